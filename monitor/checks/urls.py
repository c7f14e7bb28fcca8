from django.urls import path

from monitor.checks import pages

urlpatterns = [
    path("checks/", pages.checks, name="checks"),
    path("checks/new/", pages.check_new, name="check_new"),
    path("checks/<slug:slug>/", pages.check, name="check"),
    path("checks/<slug:slug>/edit/", pages.check_edit, name="check_edit"),
    path("checks/<slug:slug>/delete/", pages.check_delete, name="check_delete"),
    path("commands/", pages.commands, name="commands"),
    path("commands/new/", pages.command_new, name="command_new"),
    path("commands/<slug:name>/", pages.command_edit, name="command_edit"),
    path("commands/<slug:name>/delete/", pages.command_delete, name="command_delete"),
    path("runs/", pages.runs, name="runs"),
    path("runs/<number:run_id>/", pages.run, name="run"),
]
