from django.urls import path

from monitor.dashboards import docks, editor_views, history_views, mark_views, views, wall_views
from monitor.dashboards.charts import views as charts

urlpatterns = [
    path("dashboards/", views.boards, name="dashboards"),
    path("dashboards/host/processes/", views.processes, name="processes"),
    path("dashboards/<slug:key>/", views.board, name="dashboard"),
    path("dashboards/<slug:key>/history/", history_views.board_history, name="dashboard_history"),
    path("dashboards/<slug:key>/pins/", mark_views.board_marks, name="dashboard_pins"),
    path("dashboards/<slug:key>/post/", charts.post, name="dashboard_post"),
    path("dashboards/<slug:key>/room/", views.give, name="dashboard_room"),
    path("dashboards/<slug:key>/edit/", editor_views.edit, name="dashboard_edit"),
    path("dashboards/<slug:key>/versions/", editor_views.versions, name="dashboard_versions"),
    path("dashboards/<slug:key>/restore/", editor_views.restore, name="dashboard_restore"),
    path("dashboards/<slug:key>/delete/", editor_views.delete, name="dashboard_delete"),
    path("dashboards/<slug:key>/export.json", editor_views.export, name="dashboard_export"),
    # Not below dashboards/: a source may be called anything.
    path("boards/dock/", docks.listed, name="docks"),
    path("boards/dock/<slug:key>/", docks.dock, name="dock"),
    path("boards/pins/<number:room_id>/", mark_views.room_pins, name="room_pins"),
    path("boards/new/", editor_views.new, name="dashboard_new"),
    path("boards/preview/", editor_views.preview, name="dashboard_preview"),
    path("boards/series/", editor_views.series, name="dashboard_series"),
    path("walls/", wall_views.walls, name="walls"),
    path("walls/<number:number>/revoke/", wall_views.revoke, name="wall_revoke"),
    path("wall/<number:number>/", wall_views.wall, name="wall"),
    path("wall/<number:number>/state/", wall_views.state, name="wall_state"),
]
