"""The whole site in one archive and back: on one kind of database, on the other, and while people look on."""

import io
import json
import os
import stat
import subprocess
import sys
import tarfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import House, Session, User
from care import archive, tables
from chat.models import Message, Reaction, Room
from monitor.models import Chunk, Lease, Note, Route, Series, Source
from monitor.sealing import seal, unseal
from realtime.database import in_thread
from realtime.protocol import Close
from tests.conftest import Connect
from tests.rooms import make_room, say
from tests.wire import open_session

ROOT = Path(__file__).parents[2]
MOMENT = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)

pytestmark = pytest.mark.django_db(transaction=True)
Other = Callable[..., str]


@pytest.fixture
def room(ada: User, ben: User) -> Room:
    """A house with a bit of everything in it."""
    room = make_room(ada, ben, name="操作室 \U0001f6a2")
    sent = say(room, ada, "Hello @ben, **50 %** of it")
    say(room, ben, 'quotes " \\ and\nlines\ttabs')
    message = Message.objects.get(room=room, seq=sent.seq)
    Message.objects.filter(pk=message.pk).update(edited_at=MOMENT, card={"kind": "x", "deep": [1, None, {"ü": 1.5}]})
    Reaction.objects.create(message=message, user=ben, emoji="\U0001f389")
    source = Source.objects.create(key="host", room=room)
    series = Series.objects.create(source=source, name="cpu", position=0)
    Chunk.objects.create(series=series, t0=300, body=bytes(range(256)))
    Note.objects.create(name="top", at=0.1 + 0.2, body={"rows": []})
    Route.objects.create(name="pager", sealed=seal("json://pager.example.com"), made_by=ada)
    return room


def content() -> dict[str, list[bytes]]:
    """Every row of every table that travels, but for the epoch."""
    found = {
        each._meta.label_lower: list(tables.lines(each)) for each in tables.travelling(tables.apps_at(tables.applied()))
    }
    house = json.loads(found["accounts.house"][0])
    house.remove(House.current_epoch())
    return found | {"accounts.house": [house]}


def made(place: Path, name: str = "a.tar.gz") -> Path:
    call_command("backup", str(place / name))
    return place / name


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
    before, epoch = content(), House.current_epoch()
    path = made(tmp_path)
    say(room, ben, "said after it")
    Room.objects.filter(pk=room.pk).update(name="renamed")
    User.objects.create_user("late@example.com", "correct horse battery", name="Late")
    call_command("restore", str(path), "--replace")
    assert content() == before
    assert House.current_epoch() != epoch
    assert unseal(Route.objects.get().sealed) == "json://pager.example.com"
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


def test_an_archive_of_an_older_version_is_brought_up_to_date(room: Room, tmp_path: Path) -> None:
    """As if there were no cards, no replies and nothing measured yet."""
    before = content()

    def older(name: str, body: bytes) -> bytes | None:
        if name == archive.MANIFEST:
            manifest = json.loads(body)
            manifest["migrations"].remove("chat.0003_replies_and_cards")
            manifest["migrations"] = [each for each in manifest["migrations"] if not each.startswith("monitor.")]
            manifest["tables"] = [each for each in manifest["tables"] if not each["name"].startswith("monitor.")]
            message = next(each for each in manifest["tables"] if each["name"] == "chat.message")
            places = [message["columns"].index(each) for each in ("reply_seq", "card", "reply_author_id")]
            message["columns"] = without(message["columns"], places)
            older.places = places  # type: ignore[attr-defined]
            return json.dumps(manifest).encode()
        if name.startswith("tables/chat.message/"):
            rows = [without(json.loads(line), older.places) for line in body.splitlines()]  # type: ignore[attr-defined]
            return b"".join(json.dumps(row).encode() + b"\n" for row in rows)
        return None if name.startswith("tables/monitor.") else body

    call_command("restore", str(changed(made(tmp_path), older)), "--replace")
    after = content()
    assert after["chat.membership"] == before["chat.membership"]
    assert [json.loads(line)[:3] for line in after["chat.message"]] == [
        json.loads(line)[:3] for line in before["chat.message"]
    ]
    assert Message.objects.filter(card__isnull=True).count() == 2
    assert not Source.objects.exists()
    call_command("migrate", "--check")


def without(row: list[Any], places: list[int]) -> list[Any]:
    return [value for place, value in enumerate(row) if place not in places]


def test_an_archive_of_a_newer_version_says_to_update_first(room: Room, tmp_path: Path) -> None:
    path = altered(made(tmp_path), "manifest.json", lambda body: body.replace(b"chat.0001_initial", b"chat.9999_later"))
    with pytest.raises(CommandError, match=r"does not know chat\.9999_later\. Update myweb first"):
        call_command("restore", str(path), "--replace")


def altered(path: Path, member: str, change: Callable[[bytes], bytes], *, honest: bool = True) -> Path:
    return changed(path, lambda name, body: change(body) if name == member else body, honest=honest)


def changed(path: Path, change: Callable[[str, bytes], bytes | None], *, honest: bool = True) -> Path:
    """The archive with other members, or without some; ``honest`` makes the sums say so, too."""
    result = path.with_name("changed.tar.gz")
    with path.open("rb") as file, result.open("wb") as out:
        writer, sums = archive.Writer(out), {}
        for name, body in archive.members(file):
            content = body.read()
            if name == archive.SUMS:
                sums = json.loads(content)
            elif (other := change(name, content)) is not None:
                writer.put(name, other)
        if not honest:
            writer.sums = sums["members"]
        rows = {
            table: count for table, count in sums["rows"].items() if any(f"/{table}/" in name for name in writer.sums)
        }
        writer.close(rows)
    return result


@pytest.mark.parametrize("harm", ["cut", "flipped", "changed", "no end", "not gzip", "shortened"])
def test_a_harmed_archive_is_refused_and_nothing_changes(room: Room, ben: User, tmp_path: Path, harm: str) -> None:
    path = made(tmp_path)
    whole = path.read_bytes()
    messages = "tables/chat.message/00001.jsonl"
    match harm:
        case "cut":
            path.write_bytes(whole[: len(whole) // 2])
        case "flipped":
            middle = len(whole) // 2
            path.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
        case "changed":
            path = altered(path, messages, lambda body: body.replace(b"Hello", b"Hullo"), honest=False)
        case "shortened":
            path = altered(path, messages, lambda body: body.splitlines(keepends=True)[0])
        case "no end":
            with tarfile.open(path, "w:gz") as tar:
                tar.addfile(tarfile.TarInfo("manifest.json"), io.BytesIO())
        case "not gzip":
            path.write_bytes(b"something else entirely")
    say(room, ben, "said after it")
    before, epoch = content(), House.current_epoch()
    with pytest.raises(CommandError, match=r"Nothing was changed"):
        call_command("restore", str(path), "--replace")
    assert (content(), House.current_epoch()) == (before, epoch)


def test_a_database_that_is_lived_in_is_not_replaced_unasked(room: Room, tmp_path: Path) -> None:
    path, before = made(tmp_path), content()
    with pytest.raises(CommandError, match=r"or say --replace"):
        call_command("restore", str(path))
    call_command("restore", str(path), "--check")
    assert content() == before


def test_a_row_that_does_not_fit_undoes_all_of_it(room: Room, tmp_path: Path) -> None:
    path, before = made(tmp_path), content()
    broken = altered(path, "tables/chat.reaction/00001.jsonl", lambda body: b'[99,"x",424242,1]\n')
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("restore", str(broken), "--replace")
    assert content() == before


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
    for _name, body in archive.members(path.open("rb")):
        assert key.encode() not in body.read()
    late = User.objects.create_user("late@example.com", "correct horse battery", name="Late")
    open_session(late)
    call_command("restore", str(path), "--replace")
    assert kept.get("/profile/").status_code == 200
    assert not Session.objects.filter(person_id=late.pk).exists()


def test_a_backup_holds_one_moment_while_others_write(
    room: Room, ben: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from threading import Thread

    from care import backup

    before, put = content(), backup.put_table

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

    monkeypatch.setattr(backup, "put_table", meanwhile)
    path = made(tmp_path)
    assert Message.objects.filter(body="said meanwhile").exists()
    call_command("restore", str(path), "--replace")
    assert content() == before


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
    assert lease.until < now + timedelta(seconds=30)


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
    await hub.duties.reread()
    assert await tab.closed() == Close.RESTART
    again = await connect(ben, session=tab.session)
    answer = await again.ok("subscribe", stream=f"room.{room.pk}", **held)
    assert answer["recovered"] is False
    assert [each["seq"] for each in answer["snapshot"]["messages"]] == [1, 2]
    sent = await again.send(room.pk, "said after it")
    await again.until(lambda: again.of(f"room.{room.pk}", "message.created"), "the next message")
    assert sent["seq"] == 3
