from django.urls import path

from tasks import views

urlpatterns = [
    path("settings/tasks/", views.show_tasks, name="tasks"),
    path("settings/tasks/<number:task_id>/retry/", views.retry_task, name="task_retry"),
    path("settings/tasks/<number:task_id>/discard/", views.discard_task, name="task_discard"),
]
