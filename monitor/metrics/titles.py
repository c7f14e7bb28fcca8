"""Titles of this site's sources. Each has an automatic dashboard (dashboards/automatic.py)."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TITLES: dict[str, str | Promise] = {
    "host": _("This machine"),
    "live": _("Sockets"),
    "web": _("Pages"),
    "nginx": _("nginx"),
    "redis": _("Redis"),
    "database": _("Database"),
    "collector": _("Collector"),
    "checks": _("Checks"),
    "heartbeat": _("Heartbeat to outside"),
    "tasks": _("Background tasks"),
}
