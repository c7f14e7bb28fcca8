from django import template

from monitor.alerts.actions import OFFERED_MINUTES
from monitor.alerts.strings import STRINGS

register = template.Library()


@register.simple_tag
def offered_minutes() -> dict[str, tuple[int, ...]]:
    return OFFERED_MINUTES


@register.simple_tag
def alert_strings() -> dict[str, str]:
    """The texts of the cards in the language of the page."""
    return {key: str(text) for key, text in STRINGS.items()}
