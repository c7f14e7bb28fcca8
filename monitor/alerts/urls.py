from django.urls import path, re_path

from monitor.alerts import channel_views, rule_views, views, webhook_views

urlpatterns = [
    path("alerts/", views.list_alerts, name="alerts"),
    path("alerts/<number:number>/", views.show_alert, name="alert"),
    path("alerts/<number:number>/answer/", views.submit_action, name="alert_answer"),
    path("alerts/rules/", rule_views.list_rules, name="alert_rules"),
    path("alerts/rules/new/", rule_views.show_rule, name="alert_rule_new"),
    path("alerts/rules/preview/", rule_views.show_preview, name="alert_preview"),
    path("alerts/rules/<number:number>/", rule_views.show_rule, name="alert_rule"),
    path("alerts/rules/<number:number>/enabled/", rule_views.submit_rule_enabled, name="alert_rule_enabled"),
    path("alerts/rules/<number:number>/remove/", rule_views.submit_rule_removal, name="alert_rule_remove"),
    path("alerts/silences/", views.list_silences, name="alert_silences"),
    path("alerts/silences/<number:number>/end/", views.submit_silence_end, name="alert_silence_end"),
    path("alerts/routes/", channel_views.list_routes, name="alert_routes"),
    path("alerts/routes/<number:number>/", channel_views.submit_route_change, name="alert_route"),
    path("alerts/integrations/", channel_views.list_integrations, name="alert_integrations"),
    path(
        "alerts/integrations/<number:number>/remove/",
        channel_views.submit_integration_removal,
        name="alert_integration_remove",
    ),
    re_path(r"^api/alerts(?:/([^/]+))?/?$", webhook_views.receive_webhook, name="alert_hook"),
]
