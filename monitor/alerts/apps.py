from django.apps import AppConfig


class AlertsConfig(AppConfig):
    name = "monitor.alerts"

    def ready(self) -> None:
        from chat.cards import reply_handlers
        from chat.notifications.summary_mail import section_makers
        from chat.palette import palette_finders
        from monitor.alerts import (  # noqa: F401 - importing the commands registers them
            commands,
            marks,
            replies,
            services,
            slash,
        )
        from monitor.alerts.palette import find_alert_groups
        from monitor.alerts.summary import make_alert_section
        from monitor.dashboards.marks import mark_finders
        from monitor.metrics.ingest.services import use_finders

        mark_finders.append(marks.find_alert_marks)
        use_finders.append(services.find_rules_naming)
        reply_handlers["alert"] = replies.handle_reply
        palette_finders.append(find_alert_groups)
        section_makers.append(make_alert_section)
