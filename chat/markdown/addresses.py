"""Addresses in running text: with a scheme always, without one only ``www.`` and mail addresses.

CJK punctuation ends an address, and so do Han, kana and Hangul letters directly behind an ASCII letter or digit, since
those scripts write no space: ``https://example.com/a谢谢``. Behind a sign they belong to it: ``/wiki/北京``.
"""

import re
from html import escape
from typing import NamedTuple

from chat.markdown.sanitize import REL

CJK = (  # letters of scripts that write no space
    r"\u1100-\u11ff\u2e80-\u2fff\u3005-\u3007\u3021-\u3029\u3031-\u318f\u31a0-\ua4cf\ua960-\ua97f\uac00-\ud7ff"
    r"\uf900-\ufaff\uff66-\uffdc\U00020000-\U0003ffff"
)
STOPS = (  # CJK and full-width punctuation, typographic quotation marks, and invisible or direction characters
    r"\u3000-\u3004\u3008-\u3020\u3030\u30fb\ufe10-\ufe6f\uff01-\uff20\uff3b-\uff40\uff5b-\uff65\u2018-\u201f\u2014\u2026"
    r"\xab\xbb\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
)
END = rf"\s\x00-\x1f<>\"`\\^|{STOPS}"

ADDRESS_START = re.compile(r"(?<![A-Za-z0-9])(?:https?://|mailto:)|(?<![A-Za-z0-9@._/\\-])www\.", re.IGNORECASE)
USER = rf"(?:[^{END}/?#@\[\]]{{1,100}}@)?"
HOST = r"(?:\[[0-9a-f:.]{2,45}(?:%[\w.-]{1,30})?\]|\w[\w-]{0,62}(?:\.[\w-]{1,63}){0,30}\.?)(?::\d{1,5})?"
REST = rf"(?:[/?#](?:(?!\*\*|~~|\]\()[^{END}])*)?"
WEB = re.compile(rf"https?://{USER}{HOST}{REST}", re.IGNORECASE)
WWW = re.compile(rf"www\.\w[\w-]{{0,62}}(?:\.[\w-]{{1,63}}){{1,30}}(?::\d{{1,5}})?{REST}", re.IGNORECASE)
DOMAIN = r"(?:[a-z0-9](?:[a-z0-9-]{0,62})\.){1,8}[a-z]{2,24}(?![\w-])"
MAILTO = re.compile(rf"mailto:[\w.+%-]{{1,64}}@{DOMAIN}(?:\?[^{END}]*)?", re.IGNORECASE)
MAIL_DOMAIN = re.compile(rf"@{DOMAIN}(?!:\S|@)", re.IGNORECASE)
MAIL_USER = re.compile(r"(?<![\w.+%/:@-])[a-z0-9][\w.+%-]*\Z", re.IGNORECASE | re.ASCII)
SCRIPT_CHANGE = re.compile(rf"(?<=[A-Za-z0-9*'\]])(?=[{CJK}])")
PAIRS = {")": "(", "]": "[", "}": "{"}


class Address(NamedTuple):
    href: str
    text: str
    end: int


def match_address(text: str, start: int) -> Address | None:
    """The address that begins at this match of ADDRESS_START."""
    for pattern, prefix in ((WEB, ""), (WWW, "http://"), (MAILTO, "")):
        if match := pattern.match(text, start):
            address = trim_address(match.group())
            return Address(prefix + address, address, start + len(address))
    return None


def trim_address(address: str) -> str:
    """Cuts the punctuation that follows an address in a sentence."""
    if change := SCRIPT_CHANGE.search(address):
        address = address[: change.start()]
    spare = {close: address.count(close) - address.count(open_) for close, open_ in PAIRS.items()}
    end = len(address)
    while address[end - 1] in ".,;:!?'*_~" or spare.get(address[end - 1], 0) > 0:
        end -= 1
        if address[end] in spare:
            spare[address[end]] -= 1
    return address[:end]


def match_mail(text: str, at: int) -> tuple[int, int] | None:
    """Where the mail address around this @ begins and ends."""
    domain = MAIL_DOMAIN.match(text, at)
    begin = max(0, at - 64)
    user = MAIL_USER.search(text[begin:at]) if domain else None
    return (begin + user.start(), domain.end()) if user and domain else None


def link_html(href: str, text: str) -> str:
    return f'<a href="{escape(href)}" rel="{REL}">{escape(text, quote=False)}</a>'
