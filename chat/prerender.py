"""Renders what most requests have in common once, and fills in the values of each request.

Django renders a template node by node. Of the thousand nodes of the room page, and of the frame around the other pages,
a dozen differ from one request to the next.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from types import SimpleNamespace
from typing import NamedTuple

import msgspec
from django.conf import settings
from django.template.loader import render_to_string
from django.utils.html import conditional_escape, escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from accounts.models import Workspace
from accounts.templatetags.avatars import render_picture
from chat import slash
from chat.shell import SECTIONS, Section, Shell
from myweb.http import json_script
from myweb.theme import COLOUR_SCHEMES

BLANKS = (
    *("csrf_token", "page_user", "path", "workspace", "logo", "name", "initials", "colour", "own_picture"),
    *("title", "room_name", "topic", "settings_url", "data", "shell"),
)
BLANK_MARK = "\ue000{}\ue001"  # private use characters, which no template holds
STENCILS = 200  # that are kept, about 15 KB each

# What apps show in the frame to everybody or to nobody. A template reads {{ facts.NAME }}.
frame_facts: dict[str, Callable[[], bool]] = {}

PRELOAD = re.compile(r'<link rel="modulepreload"[^>]*>')
JSON_BLOCK = re.compile(r'<script id="([^"]+)" type="application/json">(.*?)</script>\n?', re.DOTALL)


class Variant(NamedTuple):
    """What decides which texts a page has, besides the values that are filled in."""

    language: str | None
    section: str
    theme: str
    is_admin: bool
    is_owner: bool
    facts: tuple[tuple[str, bool], ...]


class Stencil(NamedTuple):
    texts: list[bytes]
    blanks: list[str]  # between the texts

    def fill(self, values: Mapping[str, bytes]) -> bytes:
        pairs = zip(self.texts, self.blanks, strict=False)
        return b"".join(part for text, blank in pairs for part in (text, values[blank])) + self.texts[-1]


def render_room_page(values: Mapping[str, object], theme: str, shell: Shell, blocks: bytes) -> bytes:
    """``values`` are escaped here. ``blocks`` are elements of ``json_script``."""
    filled = encode_values(values, shell) | {"data": blocks, "shell": shell.blocks.encode()}
    return get_stencil("chat/room.html", shell, SECTIONS["rooms"], theme).fill(filled)


def render_part(
    template: str, values: Mapping[str, object], theme: str, shell: Shell, section: Section | None
) -> SafeString:
    """A part of the frame around the other pages. ``values`` are escaped here."""
    page = get_stencil(template, shell, section, theme).fill(encode_values(values, shell))
    return mark_safe(page.decode())  # noqa: S308 - a template, and values that are escaped


def encode_values(values: Mapping[str, object], shell: Shell) -> dict[str, bytes]:
    me, workspace = shell.me, Workspace.current()
    mine = {"name": me.name, "initials": me.initials, "colour": me.colour}
    site = {"workspace": workspace.name, "logo": workspace.logo_url}
    encoded = {name: escape(value).encode() for name, value in {**site, **mine, **values}.items()}
    return encoded | {"own_picture": render_picture(me.id, me.picture).encode()}


def get_stencil(template: str, shell: Shell, section: Section | None, theme: str) -> Stencil:
    facts = tuple((name, is_true()) for name, is_true in frame_facts.items())
    name = section.name if section else ""
    variant = Variant(get_language(), name, theme, shell.is_admin, shell.is_owner, facts)
    make = make_stencil.__wrapped__ if settings.DEBUG else make_stencil  # a change of the template shows at once
    return make(template, variant)


@lru_cache(STENCILS)
def make_stencil(template: str, variant: Variant) -> Stencil:
    """In the active language, which is that of the variant."""
    blank = {name: BLANK_MARK.format(name) for name in BLANKS}
    me = SimpleNamespace(name=blank["name"], initials=blank["initials"], colour=blank["colour"])
    context: dict[str, object] = {
        **blank,
        "section": {"name": variant.section},
        "theme": variant.theme,
        "colour_scheme": COLOUR_SCHEMES[variant.theme],
        "facts": dict(variant.facts),
        "workspace": SimpleNamespace(name=blank["workspace"], logo_url=blank["logo"]),
        "shell": SimpleNamespace(me=me, is_admin=variant.is_admin, is_owner=variant.is_owner, blocks=blank["shell"]),
        "request": SimpleNamespace(get_full_path=blank["path"]),
        "commands": slash.list_slash_commands(),
    }
    return cut(template, context)


class Line(NamedTuple):
    """Of a list."""

    values: Mapping[str, str]  # escaped here, unless they are safe
    conditions: frozenset[str]  # names that are true in the template


def render_lines(template: str, lines: Iterable[Line]) -> SafeString:
    language = get_language()
    make = make_line_stencil.__wrapped__ if settings.DEBUG else make_line_stencil
    filled = [
        make(template, language, tuple(values), conditions).fill(
            {name: conditional_escape(value).encode() for name, value in values.items()}
        )
        for values, conditions in lines
    ]
    return mark_safe(b"".join(filled).decode())  # noqa: S308 - a template, and values that are escaped


@lru_cache(STENCILS)
def make_line_stencil(
    template: str, _language: str | None, blanks: tuple[str, ...], conditions: frozenset[str]
) -> Stencil:
    """In the active language, which is the given one."""
    return cut(template, {name: BLANK_MARK.format(name) for name in blanks} | dict.fromkeys(conditions, True))


def cut(template: str, context: dict[str, object]) -> Stencil:
    page = re.sub(r"\n\s+", "\n", render_to_string(template, context))  # indentation is kilobytes of it
    pieces = re.split("\ue000(.*?)\ue001", shorten_json(drop_repeated_links(page)))
    return Stencil([piece.encode() for piece in pieces[::2]], pieces[1::2])


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
