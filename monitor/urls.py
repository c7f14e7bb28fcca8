from django.urls import include, path

from monitor import views

urlpatterns = [
    path("", include("monitor.ingest.urls")),
    path("dashboards/", views.boards, name="dashboards"),
    path("dashboards/<slug:key>/", views.board, name="dashboard"),
    path("dashboards/<slug:key>/room/", views.give, name="dashboard_room"),
]
