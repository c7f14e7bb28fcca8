"""Cards of probes and runs."""

from typing import Any

from django.utils.translation import gettext as _

from chat import cards
from chat.message_services import update_card
from monitor.checks.models import ProbeCommand, ProbeRun
from monitor.checks.subprocesses import get_signal_name
from myweb.errors import NotFound
from myweb.times import format_timestamp

MAX_LINES, MAX_BYTES = 40, 8_000  # of output on a card; the run's page shows all of it


class ProbeCard(cards.Card, tag="probe"):
    """The result of a probe that a user started with ``/probe``."""

    run: int
    probe: str  # http, tcp, ping, dns, tls
    target: str
    status: str  # queued, running, done, stopped, lost, refused
    by: int
    ok: bool | None = None  # null: unknown
    said: str = ""
    seconds: float | None = None
    numbers: dict[str, float] = {}


class RunCard(cards.Card, tag="run"):
    """A command that a user started with ``/run``."""

    run: int
    command: str  # as typed: "disk-free /srv"
    status: str  # queued, running, done, stopped, lost, refused
    by: int
    at: str  # when it was requested
    ok: bool | None = None
    said: str = ""
    exit_code: int | None = None
    signal: str = ""
    timed_out: bool = False
    truncated: bool = False
    seconds: float | None = None
    lines: list[tuple[int, str]] = []  # the last lines; 1 in front: stderr
    before: int = 0  # lines that the card leaves out
    members: bool = False  # all members of the room can run it, not only admins


class CheckCard(cards.Card, tag="check"):
    """An outage of a check: posted when it goes down, updated when it is up again."""

    check: str  # slug
    name: str
    since: int  # seconds since 1970
    said: str = ""  # the reason, as the end of a sentence
    ended: int | None = None


def build_run_card(run: ProbeRun) -> cards.Card:
    common: dict[str, Any] = {
        "run": run.pk,
        "status": run.status,
        "by": run.by_id or 0,
        "ok": run.ok,
        "said": str(run.said),
    }
    if run.kind != "command":
        target = run.words.partition(" ")[2]
        return ProbeCard(probe=run.kind, target=target, seconds=run.seconds, numbers=run.numbers, **common)
    last_lines = take_last_lines(run.lines)
    return RunCard(
        command=run.words,
        at=format_timestamp(run.queued_at),
        exit_code=run.exit_code,
        signal="" if run.signal is None else get_signal_name(run.signal),
        timed_out=run.timed_out,
        truncated=run.truncated,
        seconds=run.seconds,
        lines=last_lines,
        before=len(run.lines) - len(last_lines),
        members=is_for_members(run.command, run.room_id),
        **common,
    )


def is_for_members(command: ProbeCommand | None, room_id: int | None) -> bool:
    return command is not None and command.room_id == room_id and command.who == ProbeCommand.Who.MEMBERS


def take_last_lines(lines: list[tuple[int, str]]) -> list[tuple[int, str]]:
    bytes_left, last_lines = MAX_BYTES, list(lines[-MAX_LINES:])
    for index in range(len(last_lines) - 1, -1, -1):
        bytes_left -= len(last_lines[index][1].encode()) + 8
        if bytes_left < 0:
            return last_lines[index + 1 :]
    return last_lines


def build_run_text(run: ProbeRun) -> str:
    """Builds the text for the search and for pages without cards."""
    name = "/run" if run.kind == "command" else "/probe"
    result = run.said or {"queued": _("Queued"), "running": _("Running")}.get(run.status, "")
    return f"`{name} {str(run).replace('`', '´')}`\n{result}"


def update_run_card(run: ProbeRun) -> bool:
    """Updates the run's card. Returns False if the card is gone."""
    try:
        return (
            run.message_id is not None
            and update_card(run.message_id, build_run_card(run), build_run_text(run)) is not None
        )
    except NotFound:
        return False
