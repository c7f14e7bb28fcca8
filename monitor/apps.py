from django.apps import AppConfig


class MonitorConfig(AppConfig):
    name = "monitor"

    def ready(self) -> None:
        from chat.cards import reply_handlers
        from monitor.alerts import commands, replies  # noqa: F401 - importing the commands registers them
        from monitor.checks import slash  # noqa: F401 - importing them registers them
        from monitor.dashboards import pins  # noqa: F401 - importing it registers its command
        from monitor.dashboards.charts import slash as charts  # noqa: F401 - importing them registers them
        from monitor.dashboards.streams import DashboardStream
        from monitor.dashboards.walls import admit
        from monitor.status import commands as room  # noqa: F401 - importing it registers its commands
        from realtime.guests import serve_guests
        from realtime.streams import register_stream

        register_stream(DashboardStream())
        serve_guests(admit)
        reply_handlers["alert"] = replies.hear
