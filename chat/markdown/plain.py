"""Text that is shown as it was typed: nothing to do, too complex, or nothing would be left to see."""

import re
from html import escape

from chat.markdown.addresses import ADDRESS_START, link_html, match_address
from chat.markdown.limits import HTML_LIMIT

# Nothing in here can start markup, a link, a mention or a shortcode, so escaping is all there is to do.
NO_MARKUP = re.compile(r"(?:[^\\`*_\[\]<>#+\-.~|@:\s)\xa0]| (?! )|(?<=\w)-(?=\w)|(?<=[^\W\d])[.:)](?= |\Z))*[.!]?")

# Blocks of letters that are written from right to left (UAX #9, classes R and AL), with the marks that say so.
RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\u200f\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")


def get_dir_attribute(body: str) -> str:
    """The attribute of each block. Without letters from right to left it would change nothing and cost every reader."""
    return ' dir="auto"' if RIGHT_TO_LEFT.search(body) else ""


def escape_text(text: str) -> str:
    return escape(text, quote=False)


def render_plain(body: str) -> str:
    """Only addresses are linked, as long as they fit."""
    html = link_addresses(body)
    if len(html.encode()) > HTML_LIMIT:
        html = escape_text(body)
    return f'<p class="spaced"{get_dir_attribute(body)}>{html}</p>'


def link_addresses(body: str) -> str:
    pieces, begin, search = [], 0, 0
    while start := ADDRESS_START.search(body, search):
        address = match_address(body, start.start())
        if address:
            pieces += [escape_text(body[begin : start.start()]), link_html(address.href, address.text)]
            begin = address.end
        search = max(begin, start.end())
    return "".join([*pieces, escape_text(body[begin:])])
