"""Filters of every template: durations and ages in the form of ``myweb/formats.py``."""

from datetime import datetime

from django import template
from django.utils import timezone

from myweb.formats import format_age, format_duration

register = template.Library()
register.filter("duration", format_duration)


@register.filter("ago")
def format_ago(moment: datetime) -> str:
    return format_age(int((timezone.now() - moment).total_seconds()))


@register.filter("elapsed")
def format_elapsed(moment: datetime) -> str:
    """The time since ``moment``; zero if a clock was set back."""
    return format_duration(max(0, int((timezone.now() - moment).total_seconds())))


@register.filter("remaining")
def format_remaining(moment: datetime) -> str:
    """The time until ``moment``; zero if it has passed."""
    return format_duration(max(0, int((moment - timezone.now()).total_seconds())))
