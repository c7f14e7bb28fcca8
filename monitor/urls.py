from django.urls import include, path

from monitor import docks, exposition, making, marks, past, screens, views
from monitor.charts import views as charts

urlpatterns = [
    path("", include("monitor.alerts.urls")),
    path("", include("monitor.ingest.urls")),
    path("", include("monitor.checks.urls")),
    path("", include("monitor.status.urls")),
    path("metrics", exposition.metrics, name="metrics"),
    path("dashboards/", views.boards, name="dashboards"),
    path("dashboards/host/processes/", views.processes, name="processes"),
    path("dashboards/<slug:key>/", views.board, name="dashboard"),
    path("dashboards/<slug:key>/history/", past.board_history, name="dashboard_history"),
    path("dashboards/<slug:key>/pins/", marks.board_marks, name="dashboard_pins"),
    path("dashboards/<slug:key>/post/", charts.post, name="dashboard_post"),
    path("dashboards/<slug:key>/room/", views.give, name="dashboard_room"),
    path("dashboards/<slug:key>/edit/", making.edit, name="dashboard_edit"),
    path("dashboards/<slug:key>/versions/", making.versions, name="dashboard_versions"),
    path("dashboards/<slug:key>/restore/", making.restore, name="dashboard_restore"),
    path("dashboards/<slug:key>/delete/", making.delete, name="dashboard_delete"),
    path("dashboards/<slug:key>/export.json", making.export, name="dashboard_export"),
    # Not below dashboards/: a source may be called anything.
    path("boards/dock/", docks.listed, name="docks"),
    path("boards/dock/<slug:key>/", docks.dock, name="dock"),
    path("boards/pins/<number:room_id>/", marks.room_pins, name="room_pins"),
    path("boards/new/", making.new, name="dashboard_new"),
    path("boards/preview/", making.preview, name="dashboard_preview"),
    path("boards/series/", making.series, name="dashboard_series"),
    path("walls/", screens.walls, name="walls"),
    path("walls/<number:number>/revoke/", screens.revoke, name="wall_revoke"),
    path("wall/<number:number>/", screens.wall, name="wall"),
    path("wall/<number:number>/state/", screens.state, name="wall_state"),
]
