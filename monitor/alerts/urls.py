from django.urls import path, re_path

from monitor.alerts import hooks, outside, rules, views

urlpatterns = [
    path("alerts/", views.alerts, name="alerts"),
    path("alerts/<number:number>/", views.alert, name="alert"),
    path("alerts/<number:number>/answer/", views.answer, name="alert_answer"),
    path("alerts/rules/", rules.rules, name="alert_rules"),
    path("alerts/rules/new/", rules.rule, name="alert_rule_new"),
    path("alerts/rules/preview/", rules.preview, name="alert_preview"),
    path("alerts/rules/<number:number>/", rules.rule, name="alert_rule"),
    path("alerts/rules/<number:number>/remove/", rules.remove_rule, name="alert_rule_remove"),
    path("alerts/silences/", views.silences, name="alert_silences"),
    path("alerts/silences/<number:number>/end/", views.end_silence, name="alert_silence_end"),
    path("alerts/routes/", outside.routes, name="alert_routes"),
    path("alerts/routes/<number:number>/", outside.change_route, name="alert_route"),
    path("alerts/integrations/", outside.integrations, name="alert_integrations"),
    path("alerts/integrations/<number:number>/remove/", outside.remove_integration, name="alert_integration_remove"),
    re_path(r"^api/alerts(?:/([^/]+))?/?$", hooks.receive, name="alert_hook"),
]
