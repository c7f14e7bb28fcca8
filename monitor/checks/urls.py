from django.urls import path

from monitor.checks import views

urlpatterns = [
    path("checks/", views.checks, name="checks"),
    path("checks/new/", views.check_new, name="check_new"),
    path("checks/<slug:slug>/", views.check, name="check"),
    path("checks/<slug:slug>/edit/", views.check_edit, name="check_edit"),
    path("checks/<slug:slug>/delete/", views.check_delete, name="check_delete"),
    path("commands/", views.commands, name="commands"),
    path("commands/new/", views.command_new, name="command_new"),
    path("commands/<slug:name>/", views.command_edit, name="command_edit"),
    path("commands/<slug:name>/delete/", views.command_delete, name="command_delete"),
    path("runs/", views.runs, name="runs"),
    path("runs/<number:run_id>/", views.run, name="run"),
]
