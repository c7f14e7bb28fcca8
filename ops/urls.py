from django.urls import path

from ops import views

urlpatterns = [
    path("healthz", views.check_health, name="healthz"),
    path("readyz", views.check_ready, name="readyz"),
    path("collectorz", views.check_collector, name="collectorz"),
]
