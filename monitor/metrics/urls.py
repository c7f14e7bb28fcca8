from django.urls import path, re_path

from monitor.metrics import exposition
from monitor.metrics.ingest import api, heartbeat_views, pushgateway, views

urlpatterns = [
    path("metrics", exposition.metrics, name="metrics"),
    # The token, then the metric or what happened; or the token in a header, and the rest alone.
    re_path(r"^(?:api/push/(?:([^/]+)/)?)?metrics/(job(?:@base64)?/.+?)/?$", pushgateway.push_group, name="push_group"),
    re_path(r"^api/push(?:/([^/]+))?(?:/([^/]+))?/?$", api.push, name="push"),
    re_path(r"^api/beat(?:/([^/]+))?(?:/([^/]+))?/?$", api.beat, name="beat"),
    path("watching/sources/", views.sources, name="sources"),
    path("watching/sources/push/new/", views.pushed_new, name="pushed_new"),
    path("watching/sources/scrape/new/", views.scraped_new, name="scraped_new"),
    path("watching/sources/<slug:key>/", views.source, name="source"),
    path("watching/sources/<slug:key>/renew/", views.pushed_renew, name="pushed_renew"),
    path("watching/sources/<slug:key>/revoke/", views.pushed_revoke, name="pushed_revoke"),
    path("watching/sources/<slug:key>/pause/", views.scraped_pause, name="scraped_pause"),
    path("watching/sources/<slug:key>/remove/", views.source_remove, name="source_remove"),
    path("watching/beats/new/", heartbeat_views.beat_new, name="beat_new"),
    path("watching/beats/<slug:key>/", heartbeat_views.beat, name="beat_page"),
    path("watching/beats/<slug:key>/renew/", heartbeat_views.beat_renew, name="beat_renew"),
    path("watching/beats/<slug:key>/pause/", heartbeat_views.beat_pause, name="beat_pause"),
    path("watching/beats/<slug:key>/remove/", heartbeat_views.beat_remove, name="beat_remove"),
]
