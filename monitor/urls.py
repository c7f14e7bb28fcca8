from django.urls import path

from monitor import views

urlpatterns = [
    path("dashboards/", views.boards, name="dashboards"),
    path("dashboards/<slug:key>/", views.board, name="dashboard"),
    path("dashboards/<slug:key>/room/", views.give, name="dashboard_room"),
]
