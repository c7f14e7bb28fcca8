"""What the palette (Ctrl K) offers to a user. Each app adds a function to ``palette_finders`` in its AppConfig."""

from collections.abc import Callable, Iterable
from itertools import islice
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts import access as accounts_access
from accounts.models import User
from chat import access
from chat.protocol import PaletteEntry, PaletteGroup
from myweb.prepared_queries import PreparedForUsers

MAX_ENTRIES = 500  # of a group
Finder = Callable[[User], Iterable[PaletteGroup]]

palette_finders: list[Finder] = []
active_others = PreparedForUsers(
    lambda user: accounts_access.find_users().filter(is_active=True).exclude(pk=user.pk)[: MAX_ENTRIES + 1]
)
joinable_rooms = PreparedForUsers(lambda user: access.joinable_rooms(user).order_by("name", "pk")[:MAX_ENTRIES])


def list_palette(user: User) -> list[PaletteGroup]:
    """Groups of the same kind are joined, in the order in which they are first named."""
    groups: dict[str, PaletteGroup] = {}
    for find_groups in palette_finders:
        for group in find_groups(user):
            groups.setdefault(group.kind, make_group(group.kind, group.label, group.icon, ())).entries += group.entries
            groups[group.kind].search = groups[group.kind].search or group.search
    return [group for group in groups.values() if group.entries]


def make_group(kind: str, label: str, icon: str, entries: Iterable[PaletteEntry], search: str = "") -> PaletteGroup:
    """At most ``MAX_ENTRIES``; ``search`` is the URL of a page that finds the others."""
    first = list(islice(entries, MAX_ENTRIES + 1))
    return PaletteGroup(kind, label, icon, first[:MAX_ENTRIES], search if len(first) > MAX_ENTRIES else "")


def make_actions(*entries: PaletteEntry) -> PaletteGroup:
    return make_group("action", pgettext("kind in the palette", "Action"), "plus", entries)


def make_rare_actions(*entries: PaletteEntry) -> PaletteGroup:
    """Offered once something is typed."""
    return make_group("rare", pgettext("kind in the palette", "Action"), "plus", entries)


def make_pages(*entries: PaletteEntry) -> PaletteGroup:
    return make_group("page", pgettext("kind in the palette", "Page"), "screen", entries)


def make_settings(*entries: PaletteEntry) -> PaletteGroup:
    return make_group("settings", pgettext("kind in the palette", "Settings"), "gear", entries)


def find_chat_groups(user: User) -> list[PaletteGroup]:
    """The rooms of the user are not among them: the sidebar has them."""
    return [
        list_people(user),
        list_actions(user),
        make_pages(
            PaletteEntry(_("Rooms"), reverse("rooms"), icon="hash"),
            PaletteEntry(_("People"), reverse("people"), icon="people"),
            PaletteEntry(_("Search messages"), reverse("search"), icon="search"),
        ),
        list_settings(user),
        make_rare_actions(
            PaletteEntry(_("Sign out"), reverse("account_logout"), icon="door", fields={}),
            *list_joinable_rooms(user),
        ),
    ]


def list_people(user: User) -> PaletteGroup:
    direct = reverse("direct_new")
    entries = (
        PaletteEntry(
            person.name,
            f"{direct}?{urlencode({'people': person.pk})}",
            hint=f"@{person.handle}",
            fields={"people": str(person.pk)},
            person=[person.pk, person.initials, person.colour, person.picture],
        )
        for person in active_others(user)
    )
    return make_group("person", pgettext("kind in the palette", "Person"), "person", entries, f"{reverse('people')}?q=")


def list_actions(user: User) -> PaletteGroup:
    actions = [
        PaletteEntry(_("New room"), reverse("room_new"), place="rooms"),
        PaletteEntry(_("New message to someone"), reverse("direct_new"), icon="edit", place="people"),
    ]
    if user.is_admin:
        actions.append(PaletteEntry(_("Invite people"), reverse("invitations"), icon="people", place="people"))
    return make_actions(*actions)


def list_joinable_rooms(user: User) -> list[PaletteEntry]:
    return [
        PaletteEntry(
            _("Join %(room)s") % {"room": room.name},
            reverse("room_join", args=[room.pk]),
            hint=room.description,
            icon="hash",
            fields={},
        )
        for room in joinable_rooms(user)
    ]


def list_settings(user: User) -> PaletteGroup:
    settings = [
        PaletteEntry(_("Profile"), reverse("profile"), icon="person", words=_("name, handle, language, theme")),
        PaletteEntry(
            _("Notifications"), reverse("notifications"), icon="alerts", words=_("quiet hours, mute, desktop, sound")
        ),
        PaletteEntry(_("Change password"), reverse("account_change_password"), icon="lock"),
    ]
    if user.is_owner:
        settings.append(PaletteEntry(_("Workspace"), reverse("workspace"), words=_("logo, default language")))
    if user.is_admin:
        settings.append(PaletteEntry(_("Background tasks"), reverse("tasks"), icon="archive"))
    return make_settings(*settings)
