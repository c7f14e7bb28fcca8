"""Renders the room page once for each language, and fills in the values of each request.

Django renders a template node by node. Of this page's thousand nodes twelve differ from one request to the next.
"""

import re
from collections.abc import Mapping
from functools import cache
from types import SimpleNamespace

import msgspec
from django.conf import settings
from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.translation import get_language

from accounts.templatetags.avatars import render_picture
from chat import slash
from chat.shell import SECTIONS, Shell
from chat.strings import STRINGS
from myweb.http import json_script

BLANKS = (
    *("csrf_token", "page_user", "title", "room_name", "topic", "settings_url"),
    *("workspace", "name", "initials", "colour", "logo", "theme", "colour_scheme", "data", "shell", "own_picture"),
)
BLANK_MARK = "\ue000{}\ue001"  # private use characters, which no template holds

PRELOAD = re.compile(r'<link rel="modulepreload"[^>]*>')
JSON_BLOCK = re.compile(r'<script id="([^"]+)" type="application/json">(.*?)</script>\n?', re.DOTALL)


def render_room_page(values: Mapping[str, object], shell: Shell, blocks: str) -> str:
    """``values`` are escaped here. ``blocks`` are elements of ``json_script``."""
    split = split_room_page.__wrapped__ if settings.DEBUG else split_room_page  # a change of the template shows at once
    texts, blanks = split(get_language(), shell.is_admin, shell.is_owner)
    mine = {"name": shell.me.name, "initials": shell.me.initials, "colour": shell.me.colour, "page_user": shell.me.id}
    filled: dict[str, str] = {name: escape(value) for name, value in {**values, **mine}.items()}
    filled |= {"data": blocks, "shell": shell.blocks, "own_picture": render_picture(shell.me.id, shell.me.picture)}
    return "".join(text + filled[blank] for text, blank in zip(texts, blanks, strict=False)) + texts[-1]


@cache
def split_room_page(_language: str | None, is_admin: bool, is_owner: bool) -> tuple[list[str], list[str]]:
    """The texts of the page in the active language, and the names of the blanks between them."""
    blank = {name: BLANK_MARK.format(name) for name in BLANKS}
    me = SimpleNamespace(name=blank["name"], initials=blank["initials"], colour=blank["colour"])
    strings = {key: str(text) for key, text in STRINGS.items()}
    workspace = SimpleNamespace(name=blank["workspace"], logo_url=blank["logo"])
    shell = SimpleNamespace(me=me, is_admin=is_admin, is_owner=is_owner, blocks=blank["shell"], strings=strings)
    context: dict[str, object] = blank | {"workspace": workspace, "shell": shell}
    context |= {"commands": slash.list_slash_commands(), "section": SECTIONS["rooms"]}
    page = re.sub(r"\n\s+", "\n", render_to_string("chat/room.html", context))  # indentation is kilobytes of it
    page = shorten_json(drop_repeated_links(page))
    pieces = re.split("\ue000(.*?)\ue001", page)
    return pieces[::2], pieces[1::2]


def shorten_json(page: str) -> str:
    """Django's ``json_script`` writes six characters for each that is not ASCII, and spaces."""
    return JSON_BLOCK.sub(lambda block: json_script(block[1], msgspec.json.decode(block[2])), page)


def drop_repeated_links(page: str) -> str:
    """Modules that several entry points import are preloaded for each of them; once is enough."""
    seen: set[str] = set()

    def keep_first(match: re.Match[str]) -> str:
        repeated = match[0] in seen
        seen.add(match[0])
        return "" if repeated else match[0]

    return PRELOAD.sub(keep_first, page)
