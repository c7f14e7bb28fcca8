from django import template

from monitor.metrics.ingest import names

register = template.Library()


@register.filter(name="shorten")
def shorten_series(series: str) -> str:
    return names.shorten_series_name(series)
