"""``manage.py doctor`` where PostgreSQL has no room: a server of its own, on a small disk that is filled."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from django.db import connections

from deploy.stack.process import wait_until
from deploy.stack.programs import get_program
from deploy.stack.state import database_user
from tests.support.patient import HERE, CheckOutput, doctor
from tests.support.redis import free_port

pytestmark = pytest.mark.django_db(transaction=True)
MEGABYTES = 96


@dataclass
class SmallServer:
    data: Path
    port: int

    def connect(self) -> psycopg.Connection:
        return psycopg.connect(host=HERE, port=self.port, user="myweb", dbname="postgres", autocommit=True)

    def fill(self) -> None:
        """To the last byte, by somebody else's file."""
        room = os.statvfs(self.data)
        with self.filler.open("wb") as filler:
            os.posix_fallocate(filler.fileno(), 0, room.f_bavail * room.f_frsize)

    @property
    def filler(self) -> Path:
        return self.data.parent / "filler"


@pytest.fixture(scope="module")
def disk() -> Iterator[Path]:
    """A folder on a disk of its own, which every user may enter."""
    folder = Path(tempfile.mkdtemp(prefix="myweb-disk-", dir="/var/tmp"))
    folder.chmod(0o755)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m,mode=755", "none", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        folder.rmdir()
        pytest.skip("needs root, to mount a small disk")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)
    folder.rmdir()


@pytest.fixture(scope="module")
def small(disk: Path) -> Iterator[SmallServer]:
    """The log for recovery is elsewhere, so that the server survives."""
    user, data, log = database_user() or "postgres", disk / "data", Path(f"{disk}-wal")
    log.mkdir()
    data.mkdir()
    for folder in (log, data):
        shutil.chown(folder, user, user)
    initdb = [
        get_program("initdb"),
        "-D",
        str(data),
        "-X",
        str(log),
        "-U",
        "myweb",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--locale=C",
    ]
    subprocess.run(initdb, user=user, group=user, extra_groups=[], capture_output=True, check=True)
    server = SmallServer(data, free_port())
    argv = [get_program("postgres"), "-D", str(data), "-p", str(server.port), "-c", f"listen_addresses={HERE}"]
    argv += ["-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "autovacuum=off"]
    with subprocess.Popen(argv, user=user, group=user, extra_groups=[], stderr=subprocess.DEVNULL) as process:
        try:
            wait_until(lambda: is_up(server), 30)
            yield server
        finally:
            process.terminate()
    shutil.rmtree(log)


def is_up(server: SmallServer) -> bool:
    try:
        server.connect().close()
    except psycopg.OperationalError:
        return False
    return True


@pytest.fixture
def site_on_it(small: SmallServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallServer]:
    database = {**connections.settings["default"], "ENGINE": "myweb.postgresql", "NAME": "postgres", "OPTIONS": {}}
    database |= {"HOST": HERE, "PORT": small.port, "USER": "myweb", "PASSWORD": ""}
    monkeypatch.setitem(connections.settings, "default", database)
    yield small
    small.filler.unlink(missing_ok=True)


def typed(found: CheckOutput) -> str:
    """The first command of the hint."""
    command = found.hint.partition(": ")[2].partition(";")[0]
    return subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True).stdout


def test_a_full_disk_is_named_and_not_answered_with_a_restart(site_on_it: SmallServer) -> None:
    assert "; writable; " in doctor("database")["database"].message
    site_on_it.fill()
    found = doctor("database", "disk")
    database = found["database"]
    assert "its disk is full: could not extend file" in database.message
    assert "No space left on device" in database.message
    assert "do not restart the database" in database.hint
    assert "systemctl" not in database.hint
    assert "100%" in typed(database)
    assert f"0 B free (0 %) at {site_on_it.data}" in found["disk"].message
    site_on_it.filler.unlink()
    assert "its disk is full" not in doctor("database")["database"].message


def test_a_login_that_fails_for_want_of_room_is_told_in_the_same_words(site_on_it: SmallServer) -> None:
    with site_on_it.connect() as connection:
        connection.execute("vacuum full pg_class")  # after which the next session writes a file first
    site_on_it.fill()
    found = doctor("database", "collector")
    for name in ("database", "collector"):
        assert "could not write init file" in found[name].message
        assert "do not restart the database" in found[name].hint
        assert "systemctl" not in found[name].hint
