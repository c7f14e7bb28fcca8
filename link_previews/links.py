"""The links of a message that may get a preview."""

import re
from hashlib import sha256
from html import unescape

from django.conf import settings

from chat.previews import LINK
from link_previews.models import MessageLink
from myweb.network_policy import Reach

MAX_PREVIEWS = 3  # of a message
MAX_LOOKED_AT = 50  # links of a message
HREF = re.compile(f'{LINK}(https?://[^"]+)"', re.IGNORECASE)  # in our own HTML; there are no links in code


def get_reach() -> Reach:
    return Reach.INSIDE if settings.PREVIEW_PRIVATE else Reach.OUTSIDE


def find_links(html: str) -> dict[str, str]:
    """The first URLs of a message that can be fetched, by their keys. Links to this site are not among them."""
    found: dict[str, str] = {}
    for number, match in enumerate(HREF.finditer(html)):
        if len(found) == MAX_PREVIEWS or number == MAX_LOOKED_AT:
            break
        url = unescape(match[1])
        if can_be_fetched(url):
            found.setdefault(make_key(url), url)
    return found


def can_be_fetched(url: str) -> bool:
    from myweb.guarded_fetch import FetchFailed, parse_fetch_url  # 6 MB, which no page needs

    if len(url) > MessageLink.URL_LENGTH:
        return False
    try:
        parsed = parse_fetch_url(url, get_reach())
    except FetchFailed:
        return False
    return f"{parsed.scheme}://{parsed.netloc.decode()}" not in settings.ORIGINS


def make_key(url: str) -> str:
    """The same for URLs that lead to the same document."""
    return sha256(url.partition("#")[0].encode()).hexdigest()
