from django.apps import AppConfig


class StatusConfig(AppConfig):
    name = "monitor.status"

    def ready(self) -> None:
        from chat.palette import palette_finders
        from chat.prerender import frame_facts
        from monitor.status import commands, replies, slash  # noqa: F401 - importing them registers their commands
        from monitor.status.models import StatusPage
        from monitor.status.palette import find_status_groups
        from monitor.status.streams import WatchingStream
        from realtime.streams import register_stream

        register_stream(WatchingStream())
        palette_finders.append(find_status_groups)
        frame_facts["status_page_is_published"] = StatusPage.is_published
