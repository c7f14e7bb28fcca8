from django import template

from monitor.dashboards.charts.strings import STRINGS

register = template.Library()


@register.simple_tag
def chart_strings() -> dict[str, str]:
    """The texts of the cards in the language of the page."""
    return {key: str(text) for key, text in STRINGS.items()}
