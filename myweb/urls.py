from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("accounts.urls")),
    path("", include("chat.urls")),
    path("", include("monitor.metrics.urls")),
    path("", include("monitor.dashboards.urls")),
    path("", include("monitor.alerts.urls")),
    path("", include("monitor.checks.urls")),
    path("", include("monitor.status.urls")),
    path("", include("ops.urls")),
    path("admin/", admin.site.urls),
]
handler429 = "accounts.rate_limit.handle_rate_limit"  # allauth calls it
