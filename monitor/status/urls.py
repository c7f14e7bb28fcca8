from django.urls import path

from monitor.status import editor_views, views

urlpatterns = [
    path("status/", views.page, name="status"),
    path("status/edit/", editor_views.edit, name="status_edit"),
    path("status/edit/incidents/", editor_views.begin, name="incident_new"),
    path("status/edit/incidents/<number:number>/", editor_views.incident, name="incident"),
    path("status/<str:language>/", views.page, name="status_in"),
    path("status/<str:language>/now/", views.now, name="status_now"),
    path("status/<str:language>/feed/", views.feed, name="status_feed"),
]
