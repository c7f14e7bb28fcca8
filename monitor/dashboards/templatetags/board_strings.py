from django import template

from chat.strings import STRINGS as CHAT_STRINGS
from monitor.dashboards.strings import STRINGS

register = template.Library()


@register.simple_tag
def board_strings() -> dict[str, str]:
    """The texts of charts for a page of the chat, which has its own."""
    return {key: str(text) for key, text in STRINGS.items() if key not in CHAT_STRINGS}
