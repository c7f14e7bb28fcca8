"""The weekly trial: the newest backup is restored into a scratch database, and what was found is known to everybody."""

import time
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from accounts.models import User
from chat.models import Message, Room
from monitor.alerts.default_rules import create_backup_rules, create_default_rules
from monitor.alerts.models import Rule
from monitor.metrics.backup_state import load_backup_state, update_backup_state
from monitor.metrics.sources.backups import BackupsReader
from monitor.metrics.sources.declared import DeclaredReaders
from myweb.formats import DAY, HOUR
from ops import daily_backups
from ops.doctor.backups import check_restorable
from ops.doctor.finding import FindingState
from ops.restore_check import is_check_due
from tests.support.archives import furnished, postpone_restore_check
from tests.support.rooms import say

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.BACKUPS, settings.BACKUPS_COPY, settings.DEBUG = str(tmp_path), "", False
    return tmp_path


@pytest.fixture
def room(ada: User, ben: User) -> Room:
    return furnished(ada, ben)


def read_series() -> dict[str, float]:
    return {reading.name: reading.value for reading in BackupsReader().read(0.0)}


def test_the_first_night_proves_its_backup_and_leaves_nothing_behind(room: Room, ben: User, folder: Path) -> None:
    call_command("backup", "--daily")
    assert sorted(folder.iterdir()) == daily_backups.list_backups(folder)
    say(room, ben, "said after it")
    assert Message.objects.count() == 3, "the site itself was not touched"
    series = read_series()
    assert (series["restorable"], series["restorable.messages"]) == (1, 2)
    assert series["age"] < 600
    finding = check_restorable(load_backup_state())
    assert finding.state == FindingState.OK
    assert finding.message.startswith("restorable: 2 messages, tried just now, in ")


def test_it_is_due_once_a_week_and_again_after_a_failure(room: Room, folder: Path) -> None:
    now = time.time()
    assert is_check_due(None, now)
    state = update_backup_state(tested_at=now)
    assert not is_check_due(state, now + 6 * DAY)
    assert is_check_due(state, now + 7 * DAY)
    assert is_check_due(update_backup_state(problem="damaged"), now)


def test_a_backup_that_cannot_be_restored_is_told_everywhere(room: Room, folder: Path) -> None:
    postpone_restore_check()
    call_command("backup", "--daily")
    (path,) = daily_backups.list_backups(folder)
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(CommandError, match=rf"The newest backup can't be restored: {path.name}: It is truncated"):
        call_command("backup", "--check-restore")
    assert read_series()["restorable"] == 0
    finding = check_restorable(load_backup_state())
    assert finding.state == FindingState.FAILED
    assert path.name in finding.message
    assert list(folder.iterdir()) == [path]


def test_a_scratch_database_larger_than_its_share_of_the_disk_is_refused(
    room: Room, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    postpone_restore_check()
    call_command("backup", "--daily")
    monkeypatch.setattr("ops.restore_check.DISK_SHARE", 10**9)
    with pytest.raises(CommandError, match="database or disk is full"):
        call_command("backup", "--check-restore")
    assert list(folder.iterdir()) == daily_backups.list_backups(folder)


def test_until_the_first_backup_its_age_counts_from_the_first_reading(room: Room, folder: Path) -> None:
    readers = DeclaredReaders().load()
    assert [reader.key for reader in readers] == ["backups"]
    assert read_series().keys() == {"age"}
    update_backup_state(since=time.time() - 27 * HOUR, has_copies=True)
    series = read_series()
    assert series.keys() == {"age", "copy.age"}
    assert min(series.values()) > 26 * HOUR


def test_a_site_without_backups_has_no_such_source(room: Room, settings: Settings) -> None:
    settings.BACKUPS = ""
    assert DeclaredReaders().load() == []


def test_the_rules_come_with_the_first_backup_and_not_again_after_they_were_removed(
    room: Room, folder: Path, settings: Settings
) -> None:
    Room.objects.update(welcome=True)
    settings.BACKUPS = ""
    assert create_default_rules()
    assert not Rule.objects.filter(source="backups").exists()
    settings.BACKUPS = str(folder)
    postpone_restore_check()
    call_command("backup", "--daily")
    rule = Rule.objects.get(title="No backup for 26 hours")
    assert (rule.series, rule.comparison, rule.threshold) == ("*age", ">", 26 * HOUR)
    Rule.objects.filter(source="backups").update(removed_at="2026-11-29T00:00Z")
    assert not create_backup_rules()


def test_a_site_that_begins_with_backups_has_their_rules_from_the_beginning(room: Room, folder: Path) -> None:
    Room.objects.update(welcome=True)
    assert create_default_rules()
    assert Rule.objects.filter(source="backups", removed_at=None).count() == 2
