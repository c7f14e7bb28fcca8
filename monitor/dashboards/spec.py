"""The JSON of a dashboard that people make: checked when it comes in, by sentences that say what is wrong."""

import math
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec
from django.utils.translation import gettext_lazy as _

from monitor.metrics.name_patterns import is_bounded_pattern
from myweb.errors import Refused
from myweb.text import clean_name

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

COLOURS = ("blue", "green", "violet", "amber", "red", "teal")
PANELS, SERIES_OF_PANEL, SERIES = 40, 40, 200
TITLE, NOTE, PATTERN = 60, 120, 2_100  # characters; a pattern may be a whole name with its source
LARGEST = 2**20  # characters or bytes of the JSON, more than the limits above come to
FORMAT = 1
PLACE = re.compile(r"\$\.panels\[(\d+)\](?:\.(\w+))?")


class PanelSpec(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    title: str
    series: list[str]  # "source.name", or a pattern: "host.cpu.core*"
    note: str = ""
    top: float | None = None  # where the scale ends; else it follows the values
    colour: str = "blue"
    wide: bool = False


class Spec(msgspec.Struct, forbid_unknown_fields=True):
    title: str
    panels: list[PanelSpec]
    format: int = FORMAT

    @property
    def sources(self) -> set[str]:
        return {source_of(pattern) for panel in self.panels for pattern in panel.series}


def source_of(pattern: str) -> str:
    return pattern.partition(".")[0]


def read(text: str | bytes) -> Spec:
    """From JSON as people write it."""
    if len(text) > LARGEST:
        raise invalid(_("The JSON of a dashboard can have at most %(limit)d KB."), limit=LARGEST // 1024)
    try:
        spec = msgspec.json.decode(text, type=Spec)
    except msgspec.ValidationError as error:
        raise wrong(str(error)) from None
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise Refused("invalid", _("Invalid JSON: %(trouble)s.") % {"trouble": error}) from None
    return checked(spec)


def stored(kept: Any) -> Spec:
    """From the database, where only what was checked stands."""
    return msgspec.convert(kept, Spec)


def written(spec: Spec) -> str:
    """For a file that people keep."""
    return msgspec.json.format(msgspec.json.encode(spec), indent=2).decode() + "\n"


def wrong(trouble: str) -> Refused:
    """``trouble`` is msgspec's: "Expected `str`, got `int` - at `$.panels[0].title`"."""
    what, _at, path = trouble.partition(" - at ")
    place = PLACE.search(path)
    if place:
        where = _("panel %(number)d %(field)s") % {"number": int(place[1]) + 1, "field": place[2] or ""}
        return Refused("invalid", f"{what} ({str(where).strip()}).")
    return Refused("invalid", f"{what} ({path.strip('`')})." if path else f"{what}.")


def checked(spec: Spec) -> Spec:
    if spec.format != FORMAT:
        raise invalid(_("Format %(number)d is not supported; use format 1."), number=spec.format)
    spec.title = clean_name(spec.title)
    if not spec.title:
        raise invalid(_("A dashboard needs a title."))
    if len(spec.title) > TITLE:
        raise invalid(_("A title can have at most %(limit)d characters."), limit=TITLE)
    if len(spec.panels) > PANELS:
        raise invalid(_("A dashboard can have at most %(limit)d panels."), limit=PANELS)
    for number, panel in enumerate(spec.panels, 1):
        check(number, panel)
    if sum(len(panel.series) for panel in spec.panels) > SERIES:
        raise invalid(_("A dashboard can have at most %(limit)d series."), limit=SERIES)
    return spec


def check(number: int, panel: PanelSpec) -> None:
    panel.title, panel.note = clean_name(panel.title), clean_name(panel.note)
    if not panel.title:
        raise invalid(_("Panel %(number)d needs a title."), number=number)
    if len(panel.title) > TITLE or len(panel.note) > NOTE:
        raise invalid(
            _("Panel %(number)d: a title can have at most %(title)d characters, a note %(note)d."),
            number=number,
            title=TITLE,
            note=NOTE,
        )
    if panel.colour not in COLOURS:
        known = ", ".join(COLOURS)
        raise invalid(_("Panel %(number)d: choose one of the colours %(known)s."), number=number, known=known)
    if panel.top is not None and not (math.isfinite(panel.top) and panel.top > 0):
        raise invalid(_("Panel %(number)d: the maximum must be greater than 0, or empty."), number=number)
    panel.series = check_series(number, panel.series)


def check_series(number: int, patterns: Iterable[str]) -> list[str]:
    found = list(dict.fromkeys(each.replace("\0", "").strip() for each in patterns))  # spaces may be in a label
    if len(found) > SERIES_OF_PANEL:
        raise invalid(_("Panel %(number)d has more than %(limit)d series."), number=number, limit=SERIES_OF_PANEL)
    for each in found:
        source, dot, name = each.partition(".")
        if (
            not (re.fullmatch(r"[-\w]+", source, re.ASCII) and dot and name)
            or len(each) > PATTERN
            or not is_bounded_pattern(each)
        ):
            raise invalid(
                _("Panel %(number)d: “%(series)s” is not a series. Begin with the source: host.cpu.busy, host.cpu.*."),
                number=number,
                series=each[:160],
            )
    return found


def words(text: str) -> str:
    return " ".join(text.replace("\0", "").split())


def invalid(text: "StrPromise", **values: object) -> Refused:
    return Refused("invalid", text % values)
