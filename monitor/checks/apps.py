from django.apps import AppConfig


class ChecksConfig(AppConfig):
    name = "monitor.checks"

    def ready(self) -> None:
        from chat.palette import palette_finders
        from monitor.checks import alert_text, commands, slash  # noqa: F401 - importing the modules registers them
        from monitor.checks.palette import find_check_groups

        palette_finders.append(find_check_groups)
