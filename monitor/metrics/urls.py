from django.urls import path, re_path

from monitor.metrics import exposition
from monitor.metrics.ingest import api, heartbeat_views, pushgateway, views

urlpatterns = [
    path("metrics", exposition.show_metrics, name="metrics"),
    # The path has the token, then the metric or event; or only the latter, with the token in a header.
    re_path(
        r"^(?:api/push/(?:([^/]+)/)?)?metrics/(job(?:@base64)?/.+?)/?$", pushgateway.receive_group, name="push_group"
    ),
    re_path(r"^api/push(?:/([^/]+))?(?:/([^/]+))?/?$", api.receive_push, name="push"),
    re_path(r"^api/beat(?:/([^/]+))?(?:/([^/]+))?/?$", api.receive_heartbeat, name="beat"),
    path("watching/sources/", views.show_sources, name="sources"),
    path("watching/sources/push/new/", views.show_new_pushed, name="pushed_new"),
    path("watching/sources/scrape/new/", views.show_new_scraped, name="scraped_new"),
    path("watching/sources/<slug:key>/", views.show_source, name="source"),
    path("watching/sources/<slug:key>/renew/", views.renew_push_token, name="pushed_renew"),
    path("watching/sources/<slug:key>/revoke/", views.revoke_push_token, name="pushed_revoke"),
    path("watching/sources/<slug:key>/pause/", views.set_scraping_paused, name="scraped_pause"),
    path("watching/sources/<slug:key>/remove/", views.show_source_removal, name="source_remove"),
    path("watching/beats/new/", heartbeat_views.show_new_beat, name="beat_new"),
    path("watching/beats/<slug:key>/", heartbeat_views.show_beat, name="beat_page"),
    path("watching/beats/<slug:key>/renew/", heartbeat_views.renew_beat_token, name="beat_renew"),
    path("watching/beats/<slug:key>/pause/", heartbeat_views.set_beat_paused, name="beat_pause"),
    path("watching/beats/<slug:key>/remove/", heartbeat_views.delete_beat, name="beat_remove"),
]
