from django.urls import path

from monitor.checks import first_step, views

urlpatterns = [
    path("checks/", views.list_checks, name="checks"),
    path("checks/first/add/", first_step.submit_first_check, name="first_check"),
    path("checks/new/", views.show_new_check, name="check_new"),
    path("checks/<slug:slug>/", views.show_check, name="check"),
    path("checks/<slug:slug>/edit/", views.edit_check, name="check_edit"),
    path("checks/<slug:slug>/times/", views.show_response_times, name="check_times"),
    path("checks/<slug:slug>/pause/", views.submit_pause, name="check_pause"),
    path("checks/<slug:slug>/resume/", views.submit_resumption, name="check_resume"),
    path("checks/<slug:slug>/delete/", views.submit_check_deletion, name="check_delete"),
    path("commands/", views.list_commands, name="commands"),
    path("commands/new/", views.show_new_command, name="command_new"),
    path("commands/<slug:name>/", views.edit_command, name="command_edit"),
    path("commands/<slug:name>/delete/", views.submit_command_deletion, name="command_delete"),
    path("runs/", views.list_runs, name="runs"),
    path("runs/<number:run_id>/", views.show_run, name="run"),
]
