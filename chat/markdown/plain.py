"""Text that is shown as it was typed: nothing to do, too complex, or nothing would be left to see."""

import re
from html import escape

from chat.markdown.addresses import ADDRESS_START, link_html, match_address
from chat.markdown.limits import HTML_LIMIT

# Nothing in here can start markup, a link, a mention or a shortcode, so escaping is all there is to do.
NO_MARKUP = re.compile(r"(?:[^\\`*_\[\]<>#+\-.~|@:\s)\xa0]| (?! )|(?<=\w)-(?=\w)|(?<=[^\W\d])[.:)](?= |\Z))*[.!]?")


def escape_text(text: str) -> str:
    return escape(text, quote=False)


def render_plain(body: str) -> str:
    """Only addresses are linked, as long as they fit."""
    html = link_addresses(body)
    return html if len(html.encode()) <= HTML_LIMIT else paragraph(escape_text(body))


def link_addresses(body: str) -> str:
    pieces, begin, search = [], 0, 0
    while start := ADDRESS_START.search(body, search):
        address = match_address(body, start.start())
        if address:
            pieces += [escape_text(body[begin : start.start()]), link_html(address.href, address.text)]
            begin = address.end
        search = max(begin, start.end())
    return paragraph("".join([*pieces, escape_text(body[begin:])]))


def paragraph(html: str) -> str:
    return f'<p class="spaced" dir="auto">{html}</p>'
