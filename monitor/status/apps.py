from django.apps import AppConfig


class StatusConfig(AppConfig):
    name = "monitor.status"

    def ready(self) -> None:
        from chat.palette import palette_finders
        from monitor.alerts.descriptions import Description, register_describer
        from monitor.checks import outages
        from monitor.status import commands, replies, slash  # noqa: F401 - importing them registers their commands
        from monitor.status.palette import find_status_groups
        from monitor.status.streams import WatchingStream
        from realtime.streams import register_stream

        def describe_check(series: str, room_id: int) -> Description | None:
            found = outages.describe_series(series, room_id)
            return Description(*found) if found else None

        register_stream(WatchingStream())
        palette_finders.append(find_status_groups)
        register_describer("checks", describe_check)
