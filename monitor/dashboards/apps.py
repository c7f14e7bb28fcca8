from django.apps import AppConfig


class DashboardsConfig(AppConfig):
    name = "monitor.dashboards"

    def ready(self) -> None:
        from chat.palette import palette_finders
        from chat.search.index import kind_finders
        from chat.search.query import KINDS
        from monitor.dashboards import commands, services  # noqa: F401 - importing commands registers them
        from monitor.dashboards.charts import slash  # noqa: F401 - importing it registers its commands
        from monitor.dashboards.palette import find_dashboard_groups
        from monitor.dashboards.pins import find_pinned_kinds
        from monitor.dashboards.streams import DashboardStream
        from monitor.dashboards.walls import filter_wall_guests
        from monitor.metrics.ingest.services import use_finders
        from realtime.guests import serve_guests
        from realtime.streams import register_stream

        register_stream(DashboardStream())
        serve_guests(filter_wall_guests)
        use_finders.append(services.find_dashboards_showing)
        palette_finders.append(find_dashboard_groups)
        kind_finders.append(find_pinned_kinds)
        KINDS["is"].append("pinned")
