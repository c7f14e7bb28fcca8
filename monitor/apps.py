from django.apps import AppConfig


class MonitorConfig(AppConfig):
    name = "monitor"

    def ready(self) -> None:
        from chat.cards import reply_handlers
        from monitor import pins  # noqa: F401 - importing it registers its command
        from monitor.alerts import commands, replies  # noqa: F401 - importing the commands registers them
        from monitor.charts import verbs as charts  # noqa: F401 - importing them registers them
        from monitor.checks import verbs  # noqa: F401 - importing them registers them
        from monitor.status import room  # noqa: F401 - importing it registers its commands
        from monitor.streams import DashboardStream
        from monitor.walls import admit
        from realtime.guests import serve_guests
        from realtime.streams import serve

        serve(DashboardStream())
        serve_guests(admit)
        reply_handlers["alert"] = replies.hear
