from django.urls import path, re_path

from monitor.alerts import channel_views, integration_views, rule_views, views

urlpatterns = [
    path("alerts/", views.alerts, name="alerts"),
    path("alerts/<number:number>/", views.alert, name="alert"),
    path("alerts/<number:number>/answer/", views.answer, name="alert_answer"),
    path("alerts/rules/", rule_views.rules, name="alert_rules"),
    path("alerts/rules/new/", rule_views.rule, name="alert_rule_new"),
    path("alerts/rules/preview/", rule_views.preview, name="alert_preview"),
    path("alerts/rules/<number:number>/", rule_views.rule, name="alert_rule"),
    path("alerts/rules/<number:number>/remove/", rule_views.remove_rule, name="alert_rule_remove"),
    path("alerts/silences/", views.silences, name="alert_silences"),
    path("alerts/silences/<number:number>/end/", views.end_silence, name="alert_silence_end"),
    path("alerts/routes/", channel_views.routes, name="alert_routes"),
    path("alerts/routes/<number:number>/", channel_views.change_route, name="alert_route"),
    path("alerts/integrations/", channel_views.integrations, name="alert_integrations"),
    path(
        "alerts/integrations/<number:number>/remove/", channel_views.remove_integration, name="alert_integration_remove"
    ),
    re_path(r"^api/alerts(?:/([^/]+))?/?$", integration_views.receive, name="alert_hook"),
]
