from django.apps import AppConfig


class StatusConfig(AppConfig):
    name = "monitor.status"

    def ready(self) -> None:
        from monitor.status import commands, replies, slash  # noqa: F401 - importing them registers their commands
        from monitor.status.streams import WatchingStream
        from realtime.streams import register_stream

        register_stream(WatchingStream())
