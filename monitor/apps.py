from django.apps import AppConfig


class MonitorConfig(AppConfig):
    name = "monitor"

    def ready(self) -> None:
        from monitor.streams import DashboardStream
        from realtime.streams import serve

        serve(DashboardStream())
