from django import template

from chat.strings import STRINGS as CHAT_STRINGS
from monitor.dashboards.strings import STRINGS

register = template.Library()


@register.simple_tag
def board_strings() -> dict[str, str]:
    """What charts say, for a page of the chat, which has the house's own strings."""
    return {key: str(text) for key, text in STRINGS.items() if key not in CHAT_STRINGS}
