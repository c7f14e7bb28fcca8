"""Heartbeats of jobs: who is heard of is up, who is not is late and then down, and each change is kept."""

import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from monitor.metrics.ingest import api, heartbeats, services, snippets
from monitor.metrics.ingest.heartbeat_schedule import get_beat_state, get_overdue_seconds
from monitor.metrics.models import Beat, BeatChange
from monitor.metrics.sources.declared import DeclaredReaders
from monitor.metrics.sources.heartbeats import HeartbeatsReader
from myweb.errors import Refused

pytestmark = pytest.mark.django_db(transaction=True)
State = Beat.State


@pytest.fixture
def made(ada: User) -> tuple[Beat, str]:
    return services.make_beat(ada, name="Nightly backup", room=None, period=600, cron="", zone="UTC", grace=60)


def ping(token: str, what: str = "", body: Any = None, **more: Any) -> int:
    client = Client(enforce_csrf_checks=True)
    path = f"/api/beat/{token}{what}"
    if body is None:
        return client.get(path, **more).status_code
    return client.post(path, body, content_type="application/x-www-form-urlencoded", **more).status_code


def fresh(beat: Beat) -> Beat:
    return Beat.objects.get(pk=beat.pk)


def pass_by(beat: Beat, seconds: int) -> None:
    """As if all that happened to it had happened so long before."""
    now, span = fresh(beat), timedelta(seconds=seconds)
    for name in ("pinged_at", "started_at", "due_at"):
        moment = getattr(now, name)
        setattr(now, name, moment and moment - span)
    now.save()


def readings() -> dict[str, float]:
    return {each.name: each.value for each in HeartbeatsReader().read(0)}


def changes(beat: Beat) -> list[tuple[str, str]]:
    return list(BeatChange.objects.filter(beat=beat).order_by("pk").values_list("state", "why"))


def test_who_was_heard_of_is_up_then_late_then_down_then_up_again(made: tuple[Beat, str]) -> None:
    beat, token = made
    assert readings() == {}
    assert ping(token) == 200
    assert readings() == {"nightly-backup.up": 1, "nightly-backup.late": 0}
    pass_by(beat, 630)
    found = readings()
    assert found["nightly-backup.up"] == 1
    assert 29 < found["nightly-backup.late"] < 40
    pass_by(beat, 60)
    assert readings()["nightly-backup.up"] == 0
    assert readings()["nightly-backup.up"] == 0
    assert ping(token) == 200
    assert readings()["nightly-backup.up"] == 1
    assert changes(beat) == [("up", ""), ("late", "missed"), ("down", "missed"), ("up", "")]


def test_a_job_that_goes_on_as_before_leaves_no_row(made: tuple[Beat, str]) -> None:
    assert [ping(made[1]) for _number in range(3)] == [200] * 3
    assert changes(made[0]) == [("up", "")]


@pytest.mark.parametrize(("what", "why"), [("/fail", "failed"), ("/3", "exit 3")])
def test_a_failure_is_down_at_once_and_what_the_job_wrote_is_kept(made: tuple[Beat, str], what: str, why: str) -> None:
    beat, token = made
    assert ping(token) == 200
    assert ping(token, what, "No space left on device\n") == 200
    assert fresh(beat).output == "No space left on device\n"
    assert readings()["nightly-backup.up"] == 0
    assert ping(token, "/0") == 200
    assert readings()["nightly-backup.up"] == 1
    assert changes(beat) == [("up", ""), ("down", why), ("up", "")]


def test_between_start_and_end_its_time_is_taken(made: tuple[Beat, str]) -> None:
    beat, token = made
    assert ping(token, "/start") == 200
    assert fresh(beat).state == State.NEW
    pass_by(beat, 45)
    assert ping(token, "/0") == 200
    assert 45 <= readings()["nightly-backup.duration"] < 55
    assert ping(token) == 200
    assert "nightly-backup.duration" not in readings()


def test_who_started_and_does_not_end_is_down_after_its_grace(made: tuple[Beat, str]) -> None:
    beat, token = made
    ping(token)
    pass_by(beat, 590)
    ping(token, "/start")
    pass_by(beat, 30)
    assert readings()["nightly-backup.late"] == 0
    pass_by(beat, 40)
    assert readings()["nightly-backup.up"] == 0
    assert changes(beat)[-1] == ("down", "still running")


def test_who_is_heard_of_while_it_is_found_missing_stays_up(made: tuple[Beat, str]) -> None:
    beat, token = made
    ping(token)
    pass_by(beat, 700)
    missing = fresh(beat)
    ping(token)
    heartbeats.update_overdue_state(missing, timezone.now())
    assert fresh(beat).state == State.UP
    assert changes(beat) == [("up", "")]


def test_the_token_may_come_in_a_header(made: tuple[Beat, str]) -> None:
    bearer = {"Authorization": f"Bearer {made[1]}"}
    assert [ping("", headers=bearer), ping("fail", headers=bearer)] == [200, 200]
    assert fresh(made[0]).state == State.DOWN


@pytest.mark.parametrize("what", ["/stop", "/256", "/-1", "/²"])
def test_what_else_a_job_says_is_not_understood(made: tuple[Beat, str], what: str) -> None:
    assert ping(made[1], what) == 404
    assert fresh(made[0]).state == State.NEW


def test_a_wrong_token_a_renewed_one_and_one_for_pushing_open_nothing(ada: User, made: tuple[Beat, str]) -> None:
    beat, token = made
    _pushed, foreign = services.make_pushed(ada, name="Load", room=None, every=60)
    second = services.renew_beat(ada, beat)
    assert [ping(each) for each in ("", "nobody", foreign, token, second)] == [401, 401, 401, 401, 200]


@pytest.mark.parametrize("size", [heartbeats.MAX_OUTPUT, api.MAX_BODY + 1, 5_000_000])
def test_a_log_of_any_size_counts_as_the_beat_and_its_end_is_kept(made: tuple[Beat, str], size: int) -> None:
    beat, token = made
    assert ping(token, "/0", "ä" * (size // 2) + "The end") == 200
    assert fresh(beat).state == State.UP
    assert fresh(beat).output.endswith("äää" + "The end")
    assert heartbeats.MAX_OUTPUT - 2 <= len(fresh(beat).output.encode()) <= heartbeats.MAX_OUTPUT


def test_a_compressed_log_counts_as_the_beat_without_its_text(made: tuple[Beat, str]) -> None:
    assert ping(made[1], "", "x", headers={"Content-Encoding": "gzip"}) == 200
    assert (fresh(made[0]).state, fresh(made[0]).output) == (State.UP, "")


@pytest.mark.parametrize(("period", "cron"), [(60, ""), (86_400, "* * * * *")])
def test_a_job_of_every_minute_that_is_on_time_is_never_late(ada: User, period: int, cron: str) -> None:
    """It is heard of some seconds after it is due, as the machine of the job allows."""
    beat, token = services.make_beat(ada, name="Minute", room=None, period=period, cron=cron, zone="UTC", grace=60)
    start = timezone.now().replace(second=2, microsecond=0)
    for minute in range(4):
        for second in (0, 20, 40, 58, 61, 65):
            now = start + timedelta(minutes=minute, seconds=second)
            if second == 0:
                heartbeats.record_ping(beat.pk, "", b"", now + timedelta(seconds=minute * 3))
            else:
                heartbeats.update_overdue_state(fresh(beat), now)
                assert get_beat_state(fresh(beat), now) == State.UP
                assert get_overdue_seconds(fresh(beat), now) == 0
    heartbeats.update_overdue_state(fresh(beat), start + timedelta(minutes=4, seconds=40))
    assert changes(beat) == [("up", ""), ("late", "missed")]
    assert token


def test_the_lines_for_crontab_run_as_they_stand_and_print_nothing(
    made: tuple[Beat, str], live_server: Any, tmp_path: Path, settings: Settings
) -> None:
    settings.ORIGINS = [live_server.url]
    beat, token = made
    (tmp_path / "backup").write_text("#!/bin/sh\necho Saved all of it\nexit $EXIT\n")
    (tmp_path / "backup").chmod(0o755)
    request = RequestFactory(HTTP_HOST=live_server.url.removeprefix("http://")).get("/")
    good, with_log, _start, _fail = [
        line.text.removeprefix("0 2 * * * ") for line in snippets.build_beat_snippets(request, token)
    ]

    def run(command: str, exit_status: int) -> str:
        env = {"PATH": f"{tmp_path}:/usr/local/bin:/usr/bin:/bin", "EXIT": str(exit_status)}
        done = subprocess.run(["sh", "-c", command], cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    assert run(good, 0) == ""
    assert fresh(beat).state == State.UP
    assert run(with_log, 3) == ""
    assert (fresh(beat).state, fresh(beat).output) == (State.DOWN, "Saved all of it\n")
    assert run(good, 1) == ""
    assert fresh(beat).state == State.DOWN
    assert run(with_log, 0) == ""
    assert changes(beat) == [("up", ""), ("down", "exit 3"), ("up", "")]


def test_who_is_paused_is_not_expected_and_new_afterwards(ada: User, made: tuple[Beat, str]) -> None:
    beat, token = made
    ping(token)
    services.pause_beat(ada, beat, True)
    assert ping(token, "/fail") == 200
    assert readings() == {}
    services.pause_beat(ada, beat, False)
    assert readings() == {}
    ping(token)
    assert readings()["nightly-backup.up"] == 1
    assert [state for state, _why in changes(beat)] == ["up", "paused", "new", "up"]


def test_another_schedule_counts_from_the_last_word(ada: User, made: tuple[Beat, str]) -> None:
    beat, token = made
    ping(token)
    pass_by(beat, 700)
    services.change_beat(ada, fresh(beat), name="Backup", room=None, period=3600, cron="", zone="UTC", grace=60)
    assert readings()["nightly-backup.up"] == 1


def test_of_many_changes_the_last_ones_are_kept(made: tuple[Beat, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeats, "PURGE_EVERY", 1)
    monkeypatch.setattr(heartbeats, "CHANGES_KEPT", 3)
    for what in ("", "/1", "", "/2", "", "/3"):
        ping(made[1], what)
    assert changes(made[0]) == [("down", "exit 2"), ("up", ""), ("down", "exit 3")]


def test_only_admins_have_a_say(ben: User, made: tuple[Beat, str]) -> None:
    beat = made[0]
    for forbidden in (
        lambda: services.make_beat(ben, name="Mine"),
        lambda: services.change_beat(ben, beat, grace=1),
        lambda: services.renew_beat(ben, beat),
        lambda: services.pause_beat(ben, beat, True),
        lambda: services.remove_beat(ben, beat),
    ):
        with pytest.raises(Refused, match="Only admins"):
            forbidden()


def test_the_collector_reads_heartbeats_as_soon_as_one_is_expected(ada: User, made: tuple[Beat, str]) -> None:
    declared = DeclaredReaders()
    assert declared.load() == []
    ping(made[1])
    assert [source.key for source in declared.load()] == ["beats"]
    services.remove_beat(ada, made[0])
    assert declared.load() == []
    assert ping(made[1]) == 401
