from django.apps import AppConfig


class ChecksConfig(AppConfig):
    name = "monitor.checks"

    def ready(self) -> None:
        from monitor.checks import slash  # noqa: F401 - importing it registers its commands
