"""The whole site in one archive and back: on one kind of database, on the other, and while people look on."""

import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils.translation import gettext, override
from pytest_django.fixtures import Settings

from accounts.models import Session, User, Workspace
from chat.models import Message, Room
from monitor.alerts.models import Route
from monitor.checks.models import Check
from monitor.metrics.models import Chunk, Lease
from myweb.encryption import decrypt_secret
from ops import archive, backup_writer, restore
from realtime.database import in_thread
from realtime.protocol import Close
from tests.conftest import Connect
from tests.support.archives import MOMENT, content, furnished, made
from tests.support.rooms import say
from tests.support.wire import open_session

ROOT = Path(__file__).parents[3]

pytestmark = pytest.mark.django_db(transaction=True)
Other = Callable[..., str]


@pytest.fixture
def room(ada: User, ben: User) -> Room:
    return furnished(ada, ben)


@pytest.fixture
def other(tmp_path: Path) -> Other:
    """``other("migrate")``: a management command on an SQLite of its own, which has no tables yet."""
    environment = os.environ | {"DATABASE_HOST": "", "MYWEB_SQLITE": str(tmp_path / "other.sqlite3"), "REDIS_HOST": ""}

    def manage(*arguments: str, **more: str) -> str:
        argv = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(argv, cwd=ROOT, env=environment | more, capture_output=True, text=True, check=False)
        return done.stderr if done.returncode == 0 else f"failed: {done.stderr}"

    return manage


def test_what_was_backed_up_is_there_again_to_the_last_bit(room: Room, ben: User, tmp_path: Path) -> None:
    before, epoch = content(), Workspace.current_epoch()
    path = made(tmp_path)
    say(room, ben, "said after it")
    Room.objects.filter(pk=room.pk).update(name="renamed")
    User.objects.create_user("late@example.com", "correct horse battery", name="Late")
    call_command("restore", str(path), "--replace")
    assert content() == before
    assert Workspace.current_epoch() != epoch
    assert decrypt_secret(Route.objects.get().sealed) == "json://pager.example.com"
    assert Check.objects.get().said == "This name does not exist."
    with override("zh-hans"):
        assert Check.objects.get().said == gettext("This name does not exist.") != "This name does not exist."
    assert bytes(Chunk.objects.get().body) == bytes(range(256))
    assert Message.objects.get(edited_at=MOMENT).card == {"kind": "x", "deep": [1, None, {"ü": 1.5}]}


def test_what_is_written_next_gets_a_number_of_its_own(room: Room, ada: User, tmp_path: Path) -> None:
    path = made(tmp_path)
    call_command("restore", str(path), "--replace")
    room.refresh_from_db()
    sent = say(room, ada, "the first word after it")
    assert sent.seq == 3
    assert Message.objects.filter(body__icontains="FIRST word").count() == 1  # by the trigrams of PostgreSQL
    assert User.objects.create_user("new@example.com", "correct horse battery", name="New").pk


def test_a_house_moves_to_the_other_kind_of_database_and_back(room: Room, other: Other, tmp_path: Path) -> None:
    """From the database of this run, whichever it is, to an SQLite without tables, and home again."""
    before, there = content(), made(tmp_path)
    assert "Restored" in other("restore", str(there))
    assert other("migrate", "--check") == ""
    back = tmp_path / "back.tar.gz"
    assert "Only you can read it" in other("backup", str(back))
    call_command("restore", str(back), "--replace")
    assert content() == before


@pytest.mark.parametrize("full", [True, False])
def test_a_disk_that_is_full_or_a_reader_that_goes_is_told_in_a_sentence(
    tmp_path: Path, other: Other, full: bool
) -> None:
    other("migrate")
    environment = os.environ | {"MYWEB_SQLITE": str(tmp_path / "other.sqlite3"), "DATABASE_HOST": "", "REDIS_HOST": ""}
    argv = [sys.executable, "manage.py", "backup", "-"]
    if full:
        writer = os.open("/dev/full", os.O_WRONLY)
    else:
        reader, writer = os.pipe()
        os.close(reader)
    with os.fdopen(writer, "wb") as out:
        done = subprocess.run(
            argv, cwd=ROOT, env=environment, stdout=out, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    why = "No space left on device" if full else "Broken pipe"
    assert done.stderr.endswith(f"CommandError: The standard output can't be written: {why}.\n")
    assert "Traceback" not in done.stderr


def test_only_its_owner_reads_an_archive_and_none_is_overwritten(room: Room, tmp_path: Path) -> None:
    path = made(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(CommandError, match="exists"):
        made(tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == ["a.tar.gz"], "nothing is left beside it"


def test_who_is_signed_in_stays_so_and_is_not_in_the_archive(room: Room, ada: User, ben: User, tmp_path: Path) -> None:
    kept, key = Client(), open_session(ben)
    kept.force_login(ada)
    path = made(tmp_path)
    for _name, body in archive.read_members(path.open("rb")):
        assert key.encode() not in body.read()
    late = User.objects.create_user("late@example.com", "correct horse battery", name="Late")
    open_session(late)
    call_command("restore", str(path), "--replace")
    assert kept.get("/profile/").status_code == 200
    assert not Session.objects.filter(user_id=late.pk).exists()


def test_a_backup_holds_one_moment_while_others_write(
    room: Room, ben: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, put = content(), backup_writer.write_table

    def meanwhile(writer: Any, model: Any, tell: Any) -> int:
        if model._meta.label_lower == "chat.room":

            def write() -> None:
                say(room, ben, "said meanwhile")
                connection.close()

            thread = Thread(target=write)
            thread.start()
            thread.join(20)
            assert not thread.is_alive(), "the writer had to wait for the backup"
        return put(writer, model, tell)

    monkeypatch.setattr(backup_writer, "write_table", meanwhile)
    path = made(tmp_path)
    assert Message.objects.filter(body="said meanwhile").exists()
    call_command("restore", str(path), "--replace")
    assert content() == before


def test_who_writes_while_the_archive_is_loaded_does_not_wait(
    room: Room, ben: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, before, load = made(tmp_path), content(), restore.load_tables

    def write() -> None:
        say(room, ben, "said meanwhile")
        connection.close()

    def meanwhile(*arguments: Any) -> None:
        load(*arguments)
        thread = Thread(target=write)
        thread.start()
        thread.join(20)
        assert not thread.is_alive(), "the writer had to wait for the restore"

    monkeypatch.setattr(restore, "load_tables", meanwhile)
    call_command("restore", str(path), "--replace")
    assert content() == before


def test_who_writes_while_the_tables_change_places_goes_on_in_what_was_restored(
    room: Room, ben: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite does not tell who waits")
    path, finish = made(tmp_path), restore.finish_restore

    def write() -> None:
        say(room, ben, "said meanwhile")
        connection.close()

    thread = Thread(target=write)

    def meanwhile(*arguments: Any) -> None:
        thread.start()
        while not waits():
            assert thread.is_alive(), "the writer did not wait for the restore"
        finish(*arguments)

    monkeypatch.setattr(restore, "finish_restore", meanwhile)
    call_command("restore", str(path), "--replace")
    thread.join(20)
    assert Message.objects.get(body="said meanwhile").seq == 3


def waits() -> bool:
    """Somebody, for us."""
    with connection.cursor() as cursor:
        cursor.execute("select 1 from pg_locks where not granted and pg_backend_pid() = any (pg_blocking_pids(pid))")
        return cursor.fetchone() is not None


def test_files_of_people_travel_where_the_site_keeps_some(room: Room, settings: Settings, tmp_path: Path) -> None:
    media = tmp_path / "media"
    (media / "faces").mkdir(parents=True)
    (media / "faces" / "ada.png").write_bytes(b"\x89PNG" * 100_000)
    settings.MEDIA_ROOT = str(media)
    path = made(tmp_path)
    (media / "faces" / "ada.png").unlink()
    (media / "late").write_bytes(b"late")
    call_command("restore", str(path), "--replace")
    assert [each.relative_to(media).as_posix() for each in media.rglob("*") if each.is_file()] == ["faces/ada.png"]
    assert (media / "faces" / "ada.png").read_bytes() == b"\x89PNG" * 100_000
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.tar.gz", "media"]


def test_the_collector_lets_go_of_what_it_knew(room: Room, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    Lease.objects.create(name="collector", holder="a collector", until=now + timedelta(seconds=60))
    call_command("restore", str(made(tmp_path)), "--replace")
    lease = Lease.objects.get(name="collector")
    assert lease.holder == "restore"
    assert lease.until < datetime.now(UTC) + timedelta(seconds=30)


def test_another_secret_key_is_told(
    room: Room, settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, key = made(tmp_path), settings.SECRET_KEY
    settings.SECRET_KEY = "another" * 10
    call_command("restore", str(path), "--replace")
    assert "MYWEB_SECRET_KEY_FALLBACKS" in capsys.readouterr().err
    settings.SECRET_KEY_FALLBACKS = [key]
    call_command("restore", str(path), "--replace")
    assert "MYWEB_SECRET_KEY_FALLBACKS" not in capsys.readouterr().err


async def test_open_pages_begin_again_from_what_was_restored(
    connect: Connect, hub: Any, room: Room, ada: User, ben: User, tmp_path: Path
) -> None:
    path = await in_thread(made, tmp_path)
    tab = await connect(ben)
    replica = await tab.follow(f"room.{room.pk}")
    await tab.send(room.pk, "lost with the restore")
    await tab.until(lambda: "lost" in replica.said()[-1], "the message")
    held = replica.resume()
    await in_thread(call_command, "restore", str(path), "--replace")
    await hub.housekeeping.reread()
    assert await tab.closed() == Close.RESTART
    again = await connect(ben, session=tab.session)
    answer = await again.ok("subscribe", stream=f"room.{room.pk}", **held)
    assert answer["recovered"] is False
    assert [each["seq"] for each in answer["snapshot"]["messages"]] == [1, 2]
    sent = await again.send(room.pk, "said after it")
    await again.until(lambda: again.of(f"room.{room.pk}", "message.created"), "the next message")
    assert sent["seq"] == 3


DOCUMENTED = [
    ("docs/deploy.md", "docker compose exec -T web python manage.py backup -"),
    ("docs/deploy.md", "docker compose -f compose.small.yml run --rm --no-deps -T site backup -"),
    ("deploy/kubernetes/README.md", "kubectl -n myweb exec deployment/web -c web -- python manage.py backup -"),
]


@pytest.mark.parametrize(("document", "command"), DOCUMENTED)
def test_the_documented_backup_ends_in_a_file_that_only_its_owner_can_read(
    document: str, command: str, tmp_path: Path
) -> None:
    lines = re.findall(r"\(umask[^`\n]* backup - [^`\n]*\)", (ROOT / document).read_text(encoding="utf-8"))
    (line,) = (line for line in lines if command in line)
    assert len(lines) == sum(document == each for each, _command in DOCUMENTED)
    here = line.replace(command, "echo the archive")
    subprocess.run(["sh", "-c", f"umask 022; {here}"], cwd=tmp_path, check=True)
    path = tmp_path / "myweb.tar.gz"
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("the archive\n", 0o600)


@pytest.mark.parametrize(("mode", "warned"), [(0o644, True), (0o640, True), (0o602, True), (0o600, False)])
def test_a_backup_into_a_file_that_others_can_read_warns(
    mode: int, warned: bool, room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, said = tmp_path / "out.tar.gz", StringIO()
    path.touch()
    path.chmod(mode)
    with path.open("w") as out, monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", out)
        call_command("backup", "-", stderr=said)
    assert (f"Others can read this file (mode {mode:04o})" in said.getvalue()) is warned
    assert path.stat().st_size > 1000
