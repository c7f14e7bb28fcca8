from django.urls import path

from monitor.dashboards import dock_views, editor_views, first_step, history_views, mark_views, views, wall_views
from monitor.dashboards.charts import views as charts

urlpatterns = [
    path("dashboards/", views.redirect_to_first, name="dashboards"),
    path("dashboards/host/processes/", views.show_processes, name="processes"),
    path("dashboards/<slug:key>/", views.show_dashboard, name="dashboard"),
    path("dashboards/<slug:key>/history/", history_views.show_history_values, name="dashboard_history"),
    path("dashboards/<slug:key>/pins/", mark_views.list_marks, name="dashboard_pins"),
    path("dashboards/<slug:key>/post/", charts.submit_chart, name="dashboard_post"),
    path("dashboards/<slug:key>/room/", views.submit_dashboard_room, name="dashboard_room"),
    path("dashboards/<slug:key>/edit/", editor_views.edit_dashboard, name="dashboard_edit"),
    path("dashboards/<slug:key>/versions/", editor_views.list_versions, name="dashboard_versions"),
    path("dashboards/<slug:key>/restore/", editor_views.submit_restore, name="dashboard_restore"),
    path("dashboards/<slug:key>/delete/", editor_views.submit_dashboard_deletion, name="dashboard_delete"),
    path("dashboards/<slug:key>/export.json", editor_views.export_dashboard, name="dashboard_export"),
    # Not below dashboards/, because a source can have any key.
    path("boards/dock/", dock_views.list_docks, name="docks"),
    path("boards/dock/<slug:key>/", dock_views.show_dock, name="dock"),
    path("boards/pins/<number:room_id>/", mark_views.list_room_pins, name="room_pins"),
    path("boards/share/", first_step.submit_sharing, name="dashboards_share"),
    path("boards/new/", editor_views.show_new_dashboard, name="dashboard_new"),
    path("boards/preview/", editor_views.show_draft_preview, name="dashboard_preview"),
    path("boards/series/", editor_views.list_series, name="dashboard_series"),
    path("walls/", wall_views.list_walls, name="walls"),
    path("walls/<number:number>/revoke/", wall_views.submit_wall_revocation, name="wall_revoke"),
    path("wall/<number:number>/", wall_views.show_wall, name="wall"),
    path("wall/<number:number>/state/", wall_views.show_wall_state, name="wall_state"),
]
