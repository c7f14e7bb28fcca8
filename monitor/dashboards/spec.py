"""The JSON of custom dashboards and its validation."""

import math
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec
from django.utils.translation import gettext_lazy as _

from monitor.metrics.name_patterns import is_bounded_pattern
from myweb.errors import Refused
from myweb.text_cleaning import clean_name

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

COLOURS = ("blue", "green", "violet", "amber", "red", "teal")
MAX_PANELS, MAX_PANEL_SERIES, MAX_DASHBOARD_SERIES = 40, 40, 200
MAX_TITLE, MAX_NOTE, MAX_PATTERN = 60, 120, 2_100  # characters; a pattern can be a full name with its source
MAX_JSON = 2**20  # characters or bytes of the JSON, more than the other limits allow
FORMAT = 1
PANEL_PATH = re.compile(r"\$\.panels\[(\d+)\](?:\.(\w+))?")


class PanelSpec(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    title: str
    series: list[str]  # "source.name", or a pattern: "host.cpu.core*"
    note: str = ""
    top: float | None = None  # maximum of the scale; None: automatic
    colour: str = "blue"
    wide: bool = False


class Spec(msgspec.Struct, forbid_unknown_fields=True):
    title: str
    panels: list[PanelSpec]
    format: int = FORMAT

    @property
    def sources(self) -> set[str]:
        return {get_pattern_source(pattern) for panel in self.panels for pattern in panel.series}


def get_pattern_source(pattern: str) -> str:
    return pattern.partition(".")[0]


def parse_spec(text: str | bytes) -> Spec:
    """Parses and validates JSON that users write."""
    if len(text) > MAX_JSON:
        raise spec_error(_("The JSON of a dashboard can have at most %(limit)d KB."), limit=MAX_JSON // 1024)
    try:
        spec = msgspec.json.decode(text, type=Spec)
    except msgspec.ValidationError as error:
        raise validation_error(str(error)) from None
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise Refused("invalid", _("Invalid JSON: %(trouble)s.") % {"trouble": error}) from None
    return check_spec(spec)


def load_spec(stored_spec: Any) -> Spec:
    """Converts stored JSON, which is valid."""
    return msgspec.convert(stored_spec, Spec)


def format_spec(spec: Spec) -> str:
    """Formats the JSON for a file."""
    return msgspec.json.format(msgspec.json.encode(spec), indent=2).decode() + "\n"


def validation_error(message: str) -> Refused:
    """``message`` is that of msgspec: "Expected `str`, got `int` - at `$.panels[0].title`"."""
    problem, _at, path = message.partition(" - at ")
    panel_path = PANEL_PATH.search(path)
    if panel_path:
        where = _("panel %(number)d %(field)s") % {"number": int(panel_path[1]) + 1, "field": panel_path[2] or ""}
        return Refused("invalid", f"{problem} ({str(where).strip()}).")
    return Refused("invalid", f"{problem} ({path.strip('`')})." if path else f"{problem}.")


def check_spec(spec: Spec) -> Spec:
    if spec.format != FORMAT:
        raise spec_error(_("Format %(number)d is not supported; use format 1."), number=spec.format)
    spec.title = clean_name(spec.title)
    if not spec.title:
        raise spec_error(_("A dashboard needs a title."))
    if len(spec.title) > MAX_TITLE:
        raise spec_error(_("A title can have at most %(limit)d characters."), limit=MAX_TITLE)
    if len(spec.panels) > MAX_PANELS:
        raise spec_error(_("A dashboard can have at most %(limit)d panels."), limit=MAX_PANELS)
    for number, panel in enumerate(spec.panels, 1):
        check_panel(number, panel)
    if sum(len(panel.series) for panel in spec.panels) > MAX_DASHBOARD_SERIES:
        raise spec_error(_("A dashboard can have at most %(limit)d series."), limit=MAX_DASHBOARD_SERIES)
    return spec


def check_panel(number: int, panel: PanelSpec) -> None:
    panel.title, panel.note = clean_name(panel.title), clean_name(panel.note)
    if not panel.title:
        raise spec_error(_("Panel %(number)d needs a title."), number=number)
    if len(panel.title) > MAX_TITLE or len(panel.note) > MAX_NOTE:
        raise spec_error(
            _("Panel %(number)d: a title can have at most %(title)d characters, a note %(note)d."),
            number=number,
            title=MAX_TITLE,
            note=MAX_NOTE,
        )
    if panel.colour not in COLOURS:
        known = ", ".join(COLOURS)
        raise spec_error(_("Panel %(number)d: choose one of the colours %(known)s."), number=number, known=known)
    if panel.top is not None and not (math.isfinite(panel.top) and panel.top > 0):
        raise spec_error(_("Panel %(number)d: the maximum must be greater than 0, or empty."), number=number)
    panel.series = check_series(number, panel.series)


def check_series(number: int, patterns: Iterable[str]) -> list[str]:
    series = list(dict.fromkeys(pattern.replace("\0", "").strip() for pattern in patterns))  # labels can hold spaces
    if len(series) > MAX_PANEL_SERIES:
        raise spec_error(_("Panel %(number)d has more than %(limit)d series."), number=number, limit=MAX_PANEL_SERIES)
    for pattern in series:
        source, dot, name = pattern.partition(".")
        if (
            not (re.fullmatch(r"[-\w]+", source, re.ASCII) and dot and name)
            or len(pattern) > MAX_PATTERN
            or not is_bounded_pattern(pattern)
        ):
            raise spec_error(
                _("Panel %(number)d: “%(series)s” is not a series. Begin with the source: host.cpu.busy, host.cpu.*."),
                number=number,
                series=pattern[:160],
            )
    return series


def spec_error(text: "StrPromise", **values: object) -> Refused:
    return Refused("invalid", text % values)
