"""Members of a room see its checks, commands and runs. Admins see those without a room and change checks."""

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from chat.access import member_rooms
from chat.models import Room
from monitor.checks.models import Check, ProbeCommand, ProbeRun
from monitor.checks.subprocesses import check_enabled
from monitor.metrics.access import visible_to
from myweb.errors import NotFound, Refused, get_or_not_found


def checks_of(user: User) -> QuerySet[Check]:
    return Check.objects.filter(visible_to(user))


def get_check(user: User, slug: str) -> Check:
    return get_or_not_found(checks_of(user).select_related("room", "parent"), slug=slug)


def check_may_manage_checks(by: User) -> None:
    if not by.is_admin:
        raise Refused("forbidden", _("Only admins can create checks."))


def check_may_write(by: User, *kinds: str) -> None:
    """``kinds`` of the check before and after the change."""
    check_may_manage_checks(by)
    if "command" in kinds:
        check_may_write_commands(by)


def may_write_commands(by: User) -> bool:
    return settings.COMMANDS and by.is_owner


def check_may_write_commands(by: User) -> None:
    """A command is code on a server, so writing one must not give admins more rights than owners."""
    check_enabled()
    if not by.is_owner:
        raise Refused("forbidden", _("Only owners can write commands and checks that run them."))


def commands_of(user: User, room: Room | None) -> QuerySet[ProbeCommand]:
    """Returns the commands that a member of the room can run there."""
    commands = ProbeCommand.objects.filter(room=room)
    if user.is_admin:
        return commands | ProbeCommand.objects.filter(room=None)
    return commands.filter(who=ProbeCommand.Who.MEMBERS).exclude(room=None)


def check_owner(user: User) -> None:
    """Other users get a 404."""
    if not user.is_owner:
        raise NotFound


def get_command(user: User, name: str) -> ProbeCommand:
    check_owner(user)
    return get_or_not_found(ProbeCommand.objects.select_related("room"), name=name)


def get_run(user: User, run_id: int) -> ProbeRun:
    """Admins see every run, since it used the machines of the workspace."""
    runs = ProbeRun.objects.select_related("by", "room", "command")
    if not user.is_admin:
        runs = runs.filter(room__in=member_rooms(user).values("pk"))
    return get_or_not_found(runs, pk=run_id)
