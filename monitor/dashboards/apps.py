from django.apps import AppConfig


class DashboardsConfig(AppConfig):
    name = "monitor.dashboards"

    def ready(self) -> None:
        from monitor.dashboards import pins, services  # noqa: F401 - importing pins registers its command
        from monitor.dashboards.charts import slash  # noqa: F401 - importing it registers its commands
        from monitor.dashboards.streams import DashboardStream
        from monitor.dashboards.walls import admit
        from monitor.metrics.ingest.services import use_finders
        from realtime.guests import serve_guests
        from realtime.streams import register_stream

        register_stream(DashboardStream())
        serve_guests(admit)
        use_finders.append(services.find_dashboards_showing)
