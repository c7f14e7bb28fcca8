from django.contrib import admin
from django.urls import include, path

from myweb.service_worker import show_service_worker

urlpatterns = [
    path("", include("chat.urls")),  # first, since they are tried in turn
    path("sw.js", show_service_worker, name="service_worker"),
    path("", include("accounts.urls")),
    path("", include("tasks.urls")),
    path("", include("push.urls")),
    path("", include("files.urls")),
    path("", include("link_previews.urls")),
    path("", include("monitor.metrics.urls")),
    path("", include("monitor.dashboards.urls")),
    path("", include("monitor.oncall.urls")),
    path("", include("monitor.alerts.urls")),
    path("", include("monitor.checks.urls")),
    path("", include("monitor.status.urls")),
    path("", include("ops.urls")),
    path("admin/", admin.site.urls),
]
handler400 = "myweb.error_pages.show_bad_request"
handler403 = "myweb.error_pages.show_forbidden"
handler404 = "myweb.error_pages.show_not_found"
handler500 = "myweb.error_pages.show_server_error"
handler429 = "accounts.too_many_attempts.handle_rate_limit"  # allauth calls it
