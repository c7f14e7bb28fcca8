from django.urls import path

from monitor.status import editor_views, views

urlpatterns = [
    path("status/", views.show_status_page, name="status"),
    path("status/edit/", editor_views.edit_status_page, name="status_edit"),
    path("status/edit/publishers/", editor_views.edit_publishers, name="status_publishers"),
    path("status/edit/incidents/", editor_views.open_new_incident, name="incident_new"),
    path("status/edit/incidents/<number:number>/", editor_views.edit_incident, name="incident"),
    path("status/<str:language>/", views.show_status_page, name="status_in"),
    path("status/<str:language>/now/", views.show_status_now, name="status_now"),
    path("status/<str:language>/feed/", views.show_status_feed, name="status_feed"),
]
