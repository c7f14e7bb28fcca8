from django import template

from monitor.metrics.ingest import names

register = template.Library()


@register.filter
def shorten(series: str) -> str:
    return names.shorten(series)
