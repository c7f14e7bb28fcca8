from django.apps import AppConfig


class AlertsConfig(AppConfig):
    name = "monitor.alerts"

    def ready(self) -> None:
        from chat.cards import reply_handlers
        from monitor.alerts import commands, replies  # noqa: F401 - importing the commands registers them

        reply_handlers["alert"] = replies.hear
