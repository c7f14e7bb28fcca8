from django import template

from monitor.alerts.strings import STRINGS

register = template.Library()


@register.simple_tag
def alert_strings() -> dict[str, str]:
    """What the cards say, in the language of the page."""
    return {key: str(text) for key, text in STRINGS.items()}
