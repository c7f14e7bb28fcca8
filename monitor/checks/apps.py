from django.apps import AppConfig


class ChecksConfig(AppConfig):
    name = "monitor.checks"

    def ready(self) -> None:
        from monitor.checks import alert_text, commands, slash  # noqa: F401 - importing the modules registers them
