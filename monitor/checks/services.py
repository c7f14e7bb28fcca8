"""Changes of checks, commands and runs. Each refusal has a message for the user."""

from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from accounts.models import User
from chat.message_services import post_card
from chat.message_validation import parse_client_id
from chat.models import Room
from monitor.checks import access, command_template, result_text
from monitor.checks.cards import build_run_card, build_run_text, update_run_card
from monitor.checks.models import Check, CheckChange, CheckState, ProbeCommand, ProbeRun
from monitor.checks.probes import PROBE_KINDS, list_changed_options, make_probe
from monitor.checks.probes.probe import Probe, Result
from monitor.checks.runner import MAX_TIMEOUT
from monitor.checks.subprocesses import check_enabled
from myweb.errors import Refused
from myweb.stored_text import as_stored
from myweb.stored_text import stored_gettext as _
from realtime.rate_limits import TooFast

Status = ProbeRun.Status

ROOM_PROBES = ("http", "tcp", "ping", "dns", "tls")
MAX_CHECKS = 160  # up to three series each
MIN_INTERVAL, MAX_INTERVAL = 5, 86_400  # seconds between two probes of a check
MAX_CHECK_TIMEOUT = 60  # seconds
MAX_COMMAND_TIMEOUT = int(MAX_TIMEOUT)  # seconds
EDITED_FIELDS = (  # the collector writes the others meanwhile
    *("name", "slug", "kind", "target", "options", "interval", "timeout", "retries", "slow_after"),
    *("room", "notify_room", "group", "tags", "parent"),
)
MINUTE = timedelta(minutes=1)
RESUME_UNDO_TIME = timedelta(seconds=15)  # more than UNDO_TIME in myweb/static/myweb/toast.js
RUNS_PER_USER, RUNS_PER_ROOM = 10, 30  # runs in a minute


# Checks


def save_check(by: User, check: Check, probe: Probe) -> None:
    """Saves ``check``, which holds the new values. The caller has checked access to its room and parent."""
    access.check_may_write(by, check.kind, find_probe_kind(probe))
    probe.check()
    if not MIN_INTERVAL <= check.interval <= MAX_INTERVAL:
        raise Refused("invalid", _("The interval must be between 5 seconds and 24 hours."), field="interval")
    if not 1 <= check.timeout <= min(MAX_CHECK_TIMEOUT, check.interval):
        raise Refused("invalid", _("The timeout must be 1 to 60 s and no longer than the interval."), field="timeout")
    if not 0 <= check.retries <= 20:
        raise Refused("invalid", _("At most 20 retries."), field="retries")
    if check.slow_after is not None and not 1 <= check.slow_after <= MAX_CHECK_TIMEOUT * 1000:
        raise Refused("invalid", _("Enter 1 to 60000 milliseconds."), field="slow_after")
    check_no_parent_cycle(check)
    check.kind, check.target, check.options = find_probe_kind(probe), probe.target, list_changed_options(probe)
    if check.pk is None and Check.objects.count() >= MAX_CHECKS:
        raise Refused("invalid", _("The limit of %(most)d checks is reached. Delete one first.") % {"most": MAX_CHECKS})
    try:
        with transaction.atomic():
            check.save(update_fields=EDITED_FIELDS if check.pk else None)
    except IntegrityError:
        raise Refused("invalid", _("Another check has this short name."), field="slug") from None


def find_probe_kind(probe: Probe) -> str:
    return next(name for name, kind in PROBE_KINDS.items() if isinstance(probe, kind))


def check_no_parent_cycle(check: Check) -> None:
    """A check can't depend on itself, not even indirectly."""
    visited, parent = {check.pk}, check.parent
    while parent is not None:
        if parent.pk in visited:
            raise Refused("invalid", _("A check can't depend on itself."), field="parent")
        visited.add(parent.pk)
        parent = parent.parent


def delete_check(by: User, check: Check) -> None:
    access.check_may_manage_checks(by)
    check.delete()


@transaction.atomic
def pause_check(by: User, check: Check, duration: timedelta | None) -> Check:
    """Without ``duration`` it stays paused until someone resumes it."""
    access.check_may_manage_checks(by)
    check = Check.objects.select_for_update().get(pk=check.pk)
    if not check.is_paused:
        change_state(check, CheckState.PAUSED, _("Paused by %(name)s.") % {"name": by.name})
    check.paused_by, check.paused_until = by, timezone.now() + duration if duration else None
    check.save(update_fields=["paused_by", "paused_until"])
    return check


@transaction.atomic
def resume_check(by: User, check: Check) -> None:
    """A pause that has just begun leaves no trace, so that Undo undoes it."""
    access.check_may_manage_checks(by)
    check = Check.objects.select_for_update().get(pk=check.pk)
    if not check.is_paused:
        return
    before = check.changes.filter(at__lt=check.since).first()
    if before and timezone.now() - check.since < RESUME_UNDO_TIME:
        check.changes.filter(at__gte=check.since).delete()
        check.state, check.since, check.said, check.paused_until = before.state, before.at, before.said, None
        check.save(update_fields=["state", "since", "said", "paused_until"])
    else:
        change_state(check, CheckState.UNKNOWN, _("Resumed by %(name)s.") % {"name": by.name})


@transaction.atomic
def resume_paused_check(check_id: int) -> None:
    """The collector calls it when the time of the pause is over."""
    check = Check.objects.select_for_update().filter(pk=check_id, paused_until__lte=timezone.now()).first()
    if check and check.is_paused:
        change_state(check, CheckState.UNKNOWN, _("The pause is over."))


def change_state(check: Check, state: CheckState, message: str) -> None:
    """A change by a user, who has the check locked."""
    check.state, check.since, check.said = state, timezone.now(), message
    check.paused_until = None
    check.save(update_fields=["state", "since", "said", "paused_until"])
    CheckChange.objects.create(of=check, at=check.since, state=state, said=message)


# Commands


def save_command(by: User, command: ProbeCommand) -> None:
    access.check_may_write_commands(by)
    command_template.check_template(command.argv)
    if not 1 <= command.timeout <= MAX_COMMAND_TIMEOUT:
        sentence = gettext("The timeout must be 1 to {seconds} seconds.").format(seconds=MAX_COMMAND_TIMEOUT)
        raise Refused("invalid", sentence, field="timeout")
    if command.who == ProbeCommand.Who.MEMBERS and command.room is None:
        raise Refused("invalid", _("Choose the room whose members can run it."), field="room")
    try:
        with transaction.atomic():
            command.save()
    except IntegrityError:
        raise Refused("invalid", _("Another command has this name."), field="name") from None


def delete_command(by: User, command: ProbeCommand) -> None:
    """Its runs stay in the history. This works while commands are disabled, too."""
    if not by.is_owner:
        raise Refused("forbidden", gettext_lazy("Only owners can write commands and checks that run them."))
    command.delete()


# Runs


def request_probe(by: User, room: Room, client_id: str, kind: str, target: str) -> ProbeRun:
    target = result_text.make_printable(target)
    if kind not in ROOM_PROBES:
        raise Refused("invalid", _("Enter /probe http, tcp, ping, dns or tls, and a target."))
    if kind == "http" and "://" not in target:
        target = f"https://{target}"
    run = ProbeRun(by=by, room=room, kind=kind, words=f"{kind} {target}"[:2000])
    try:
        make_probe(kind, target[:500]).check()
    except Refused as refused:
        raise record_refusal(run, refused) from None
    return queue_run(run, client_id)


def request_run(by: User, room: Room, client_id: str, text: str) -> ProbeRun:
    """Runs only commands of the list with valid arguments. Refused requests are recorded."""
    text = result_text.make_printable(text)
    run = ProbeRun(by=by, room=room, kind="command", words=text[:2000])
    try:
        check_enabled()
        name, arguments = command_template.split_words(text)
        command = access.commands_of(by, room).filter(name=name).first()
        if command is None:
            raise Refused("forbidden", _("There is no command %(name)s that you can run here.") % {"name": name[:40]})
        run.argv = command_template.fill_argv(command.argv, arguments)
    except Refused as refused:
        raise record_refusal(run, refused) from None
    run.command, run.timeout = command, command.timeout
    return queue_run(run, client_id)


def record_refusal(run: ProbeRun, refused: Refused) -> Refused:
    check_run_rate(run)
    run.status, run.said, run.ended_at = Status.REFUSED, as_stored(refused.text), timezone.now()
    run.save()
    return refused


def check_run_rate(run: ProbeRun) -> None:
    recent = ProbeRun.objects.filter(queued_at__gt=timezone.now() - MINUTE)
    if recent.filter(by=run.by).count() >= RUNS_PER_USER or recent.filter(room=run.room).count() >= RUNS_PER_ROOM:
        raise TooFast(60, _("Rate limit reached. Try again in a minute."))


def queue_run(run: ProbeRun, client_id: str) -> ProbeRun:
    """Queues the run and posts its card. A repeated request returns the same run."""
    run.client_id = parse_client_id(client_id)
    known = ProbeRun.objects.filter(by=run.by, client_id=run.client_id).first()
    if known:
        return known
    check_run_rate(run)
    assert run.by
    assert run.room_id
    try:
        with transaction.atomic():
            run.save()
            run.message_id = post_card(run.by, run.room_id, build_run_card(run), build_run_text(run)).message
            run.save(update_fields=["message"])
    except IntegrityError:  # the same request came twice at once
        return ProbeRun.objects.get(by=run.by, client_id=run.client_id)
    return run


def stop_run(by: User, run_id: int) -> None:
    """Cancels a queued run. The collector stops a running one within a second."""
    run = access.get_run(by, run_id)
    if run.by_id != by.pk and not by.is_admin:
        raise Refused("forbidden", gettext_lazy("Only admins and the user who started it can stop it."))
    sentence = _("Stopped before it started.")
    queued = ProbeRun.objects.filter(pk=run.pk, status=Status.QUEUED)
    if queued.update(status=Status.STOPPED, said=sentence, ended_at=timezone.now()):
        update_run_card(ProbeRun.objects.get(pk=run.pk))
    else:
        ProbeRun.objects.filter(pk=run.pk, status=Status.RUNNING).update(stop_asked=True)


def record_run(run: ProbeRun, result: Result) -> None:
    """Records a command that was not started from a room."""
    run.kind, run.status, run.ended_at = "command", Status.DONE, timezone.now()
    run.ok, run.said, run.seconds = result.ok, result.message, result.seconds
    if outcome := result.outcome:
        for name in ("exit_code", "signal", "timed_out", "truncated", "lines"):
            setattr(run, name, getattr(outcome, name))
    run.save()


def finish_run(run_id: int, **fields: Any) -> None:
    ProbeRun.objects.filter(pk=run_id).update(**{"ended_at": timezone.now(), **fields})
    update_run_card(ProbeRun.objects.get(pk=run_id))
