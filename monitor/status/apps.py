from django.apps import AppConfig


class StatusConfig(AppConfig):
    name = "monitor.status"

    def ready(self) -> None:
        from monitor.status import commands  # noqa: F401 - importing it registers its commands
