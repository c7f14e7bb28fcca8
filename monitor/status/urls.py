from django.urls import path

from monitor.status import editor, views

urlpatterns = [
    path("status/", views.page, name="status"),
    path("status/edit/", editor.edit, name="status_edit"),
    path("status/edit/incidents/", editor.begin, name="incident_new"),
    path("status/edit/incidents/<number:number>/", editor.incident, name="incident"),
    path("status/<str:language>/", views.page, name="status_in"),
    path("status/<str:language>/now/", views.now, name="status_now"),
    path("status/<str:language>/feed/", views.feed, name="status_feed"),
]
