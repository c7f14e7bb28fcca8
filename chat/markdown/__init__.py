"""Turns the Markdown of a message into the HTML that every reader gets: bounded, sanitised, and rendered once.

``parse_markdown`` needs no database, and its time is bounded for any text. ``ParsedMessage.render`` then fills in the
mentions, which need the members of the room.
"""

from collections.abc import Mapping

from chat.markdown.blocks import render_blocks
from chat.markdown.limits import HTML_LIMIT, TooComplex
from chat.markdown.mentions import PLACE, Mentioned, ParsedMessage, handles_of
from chat.markdown.plain import NO_MARKUP, escape_text, get_dir_attribute, render_plain
from chat.markdown.sanitize import sanitize_html

__all__ = ["Mentioned", "ParsedMessage", "find_handles", "parse_markdown", "render_markdown"]


def parse_markdown(body: str) -> ParsedMessage:
    """Needs no database. A text that is too complex, or whose markup would show nothing, is shown as typed."""
    if NO_MARKUP.fullmatch(body):
        return ParsedMessage((f"<p{get_dir_attribute(body)}>{escape_text(body)}</p>",))
    try:
        html, is_visible = render_blocks(body)
    except TooComplex:
        is_visible = False
    if not is_visible or len(html) > HTML_LIMIT:
        return ParsedMessage((render_plain(body),))
    html = sanitize_html(html)
    if len(html.encode()) > HTML_LIMIT:
        return ParsedMessage((render_plain(body),))
    parts = tuple(PLACE.split(html))
    return ParsedMessage(parts, handles_of(parts[1::2]))


def render_markdown(body: str, people: Mapping[str, Mentioned]) -> tuple[str, list[int]]:
    """The HTML of a message, and the ids of the mentioned users. ``people`` are the room's members by handle."""
    return parse_markdown(body).render(people)


def find_handles(body: str) -> frozenset[str]:
    """Every string that may be the handle of a mention. Scripts without spaces ("@张伟你好") give several for each."""
    return parse_markdown(body).handles
