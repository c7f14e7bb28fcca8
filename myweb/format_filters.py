"""Tags and filters of every template: moments and durations, in the form of ``times.py`` and ``formats.py``."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html, json_script
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from myweb import times
from myweb.formats import (
    AGE_TEXTS,
    UNIT_TEXTS,
    format_age,
    format_bytes,
    format_duration,
    format_file_size,
    format_lasting,
    format_since,
)

register = template.Library()
register.filter("duration", format_duration)
register.filter("bytes", format_bytes)
register.filter("file_size", format_file_size)


def get_age(moment: datetime) -> float:
    return (timezone.now() - moment).total_seconds()


# What a browser without scripts shows. myweb/time.js has the same forms.
FORMS: dict[str, Callable[[Any], str]] = {
    "clock": times.format_clock,
    "day": times.format_day,
    "duration": lambda moment: format_lasting(get_age(moment)),
    "full": times.format_moment,
    "moment": times.format_moment,  # the clock if it is today, otherwise with its day
    "relative": lambda moment: format_age(get_age(moment)),
    "since": lambda moment: format_since(get_age(moment)),
}


@register.simple_tag(name="time")
def render_time(moment: date | None, form: str = "moment") -> SafeString | str:
    """A moment, which a script shows in the reader's zone, or a day. Nothing for None."""
    if moment is None:
        return ""
    instant = moment.astimezone(UTC).isoformat(timespec="seconds") if isinstance(moment, datetime) else f"{moment}"
    return format_html(
        '<time datetime="{}" data-form="{}">{}</time>', instant.replace("+00:00", "Z"), form, FORMS[form](moment)
    )


@register.simple_tag(name="sentence_gap")
def render_sentence_gap() -> str:
    """Between two sentences: Chinese has no space there."""
    return "" if (get_language() or "").startswith("zh") else " "


@register.simple_tag(name="time_texts")
def render_time_texts() -> SafeString:
    """The texts that ``myweb/time.js`` needs on every page."""
    return make_time_texts(get_language())


@cache
def make_time_texts(_language: str | None) -> SafeString:
    """In the active language, which is the given one."""
    return json_script({key: str(text) for key, text in (UNIT_TEXTS | AGE_TEXTS).items()}, "time-strings")
