"""What stands around every page of a signed-in user: the sidebar and its places."""

from typing import NamedTuple

from django.conf import settings
from django.templatetags.static import static
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User, Workspace
from chat.first_steps import find_room_of_steps
from chat.message_validation import MESSAGE_LIMIT
from chat.protocol import Me
from myweb.http import json_script
from myweb.service_worker import get_release


class Section(NamedTuple):
    """Part of the site that a page belongs to; ``name`` is the ``data-place`` of its line in the sidebar."""

    name: str
    title: str | Promise


SECTIONS = {  # by the first part of the path, or by two
    "accounts": Section("profile", _("Profile")),
    "alerts": Section("alerts", _("Alerts")),
    "boards": Section("dashboards", _("Dashboards")),
    "checks": Section("checks", _("Checks")),
    "commands": Section("checks", _("Checks")),
    "dashboards": Section("dashboards", _("Dashboards")),
    "first-steps": Section("rooms", _("Rooms")),
    "oncall": Section("oncall", _("On call")),
    "oncall/contact": Section("profile", _("Settings")),
    "people": Section("people", _("People")),
    "profile": Section("profile", _("Profile")),
    "rooms": Section("rooms", _("Rooms")),
    "runs": Section("checks", _("Checks")),
    "search": Section("search", _("Search")),
    "settings": Section("profile", _("Settings")),
    "status": Section("status", _("Status page")),
    "walls": Section("screens", _("Screens")),
    "workspace": Section("profile", _("Workspace")),
    "watching": Section("sources", _("Sources")),
}


class Shell(NamedTuple):
    me: Me
    is_admin: bool
    is_owner: bool
    blocks: str  # JSON for the scripts


def find_section(path: str) -> Section | None:
    parts = path.strip("/").split("/")
    return SECTIONS.get("/".join(parts[:2])) or SECTIONS.get(parts[0])


def build_shell(user: User, me: Me) -> Shell:
    workspace = Workspace.current()
    config = {
        "epoch": workspace.epoch,
        "workspace": workspace.name,
        "limit": MESSAGE_LIMIT,
        "build": get_release(),
        "service_worker": settings.SERVICE_WORKER,
        "icon": static("myweb/icon-192.png"),
        "first_steps": find_room_of_steps(user),
    }
    blocks = json_script("page-me", me) + json_script("page-config", config)
    return Shell(me, user.is_admin, user.is_owner, blocks)
