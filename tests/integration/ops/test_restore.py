"""Archives that are older, newer, harmed or none, and databases that are not to be replaced."""

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from accounts.models import User, Workspace
from chat.models import Room
from monitor.metrics.models import Source
from ops import archive
from tests.support.archives import content, furnished, made
from tests.support.rooms import say

ROOT = Path(__file__).parents[3]
MONITOR = ("metrics.", "dashboards.", "alerts.", "checks.", "status.")

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def room(ada: User, ben: User) -> Room:
    return furnished(ada, ben)


def test_an_archive_of_an_older_version_is_brought_up_to_date(room: Room, tmp_path: Path) -> None:
    """Of before the index for searches and all apps of monitor."""
    before = content()

    def older(name: str, body: bytes) -> bytes | None:
        if name == archive.MANIFEST:
            manifest = json.loads(body)
            manifest["migrations"].remove("chat.0002_search")
            manifest["migrations"] = [each for each in manifest["migrations"] if not each.startswith(MONITOR)]
            manifest["tables"] = [each for each in manifest["tables"] if not each["name"].startswith(MONITOR)]
            return json.dumps(manifest).encode()
        return None if name.startswith(tuple(f"tables/{app}" for app in MONITOR)) else body

    call_command("restore", str(changed(made(tmp_path), older)), "--replace")
    after = content()
    assert after["chat.membership"] == before["chat.membership"]
    assert after["chat.message"] == before["chat.message"]
    assert not Source.objects.exists()
    call_command("migrate", "--check")


def test_an_archive_of_a_newer_version_says_to_update_first(room: Room, tmp_path: Path) -> None:
    path = altered(made(tmp_path), "manifest.json", lambda body: body.replace(b"chat.0001_initial", b"chat.9999_later"))
    with pytest.raises(CommandError, match=r"archive is of a newer myweb: .* know chat\.9999_later\. Update it first"):
        call_command("restore", str(path), "--replace")


def test_an_archive_in_another_form_says_to_update_first(room: Room, tmp_path: Path) -> None:
    path = altered(made(tmp_path), "manifest.json", lambda _body: b'{"format": 2, "whatever": "comes"}')
    with pytest.raises(
        CommandError, match=r"made by a newer version of myweb: update this one first\. Nothing was changed\.$"
    ):
        call_command("restore", str(path), "--replace")


def test_a_database_of_a_newer_version_is_not_replaced(room: Room, tmp_path: Path) -> None:
    path, before = made(tmp_path), content()
    recorder = MigrationRecorder(connection)
    recorder.record_applied("chat", "0099_from_the_future")
    try:
        with pytest.raises(CommandError, match=r"The database is of a newer myweb: .* chat\.0099_from_the_future\."):
            call_command("restore", str(path), "--replace")
    finally:
        recorder.record_unapplied("chat", "0099_from_the_future")
    assert content() == before


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("README.md", r"README\.md: It is not an archive of manage\.py backup\. Nothing was changed\."),
        ("nowhere.tar.gz", r"nowhere\.tar\.gz: No such file or directory\. Nothing was changed\."),
        ("ops", r"ops: Is a directory\. Nothing was changed\."),
    ],
)
def test_what_is_no_archive_is_refused_in_a_sentence(given: str, said: str) -> None:
    with pytest.raises(CommandError, match=said):
        call_command("restore", str(ROOT / given))


def altered(path: Path, member: str, change: Callable[[bytes], bytes], *, honest: bool = True) -> Path:
    return changed(path, lambda name, body: change(body) if name == member else body, honest=honest)


def changed(path: Path, change: Callable[[str, bytes], bytes | None], *, honest: bool = True) -> Path:
    """The archive with other members, or without some; ``honest`` makes the sums say so, too."""
    result = path.with_name("changed.tar.gz")
    with path.open("rb") as file, result.open("wb") as out:
        writer, sums = archive.ArchiveWriter(out), {}
        for name, body in archive.read_members(file):
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
    before, epoch = content(), Workspace.current_epoch()
    with pytest.raises(CommandError, match=r"Nothing was changed"):
        call_command("restore", str(path), "--replace")
    assert (content(), Workspace.current_epoch()) == (before, epoch)


def test_a_database_that_is_lived_in_is_not_replaced_unasked(room: Room, tmp_path: Path) -> None:
    path, before = made(tmp_path), content()
    with pytest.raises(CommandError, match=r"or use --replace"):
        call_command("restore", str(path))
    call_command("restore", str(path), "--check")
    assert content() == before


def test_a_row_that_does_not_fit_undoes_all_of_it(room: Room, tmp_path: Path) -> None:
    path, before = made(tmp_path), content()
    broken = altered(path, "tables/chat.reaction/00001.jsonl", lambda body: b'[99,"x",424242,1]\n')
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("restore", str(broken), "--replace")
    assert content() == before
