from django.apps import AppConfig


class MetricsConfig(AppConfig):
    name = "monitor.metrics"

    def ready(self) -> None:
        from chat.palette import palette_finders
        from monitor.metrics.palette import find_source_groups

        palette_finders.append(find_source_groups)
