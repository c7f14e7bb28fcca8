"""``manage.py doctor`` on secrets, clocks, disks and mail."""

import os
import socketserver
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from chat.models import Room, RoomMail
from monitor.metrics.readings import Reading
from myweb.formats import format_bytes
from ops.doctor import keys, machine
from ops.doctor.installation import HOST
from tests.support.patient import HERE, doctor, lead_to, served

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("key_of_chance")]
Patch = pytest.MonkeyPatch
POSTGRESQL = "postgresql"


@pytest.mark.parametrize(
    "key", ["short", "x" * 64, "only-for-tests-only-for-tests-only-for-tests-only", "django-insecure-" + "q8Zr" * 12]
)
def test_a_key_that_can_be_guessed_is_found_and_not_told(settings: Settings, key: str) -> None:
    settings.SECRET_KEY = key
    found = doctor("secrets")["secrets"]
    assert "MYWEB_SECRET_KEY is too weak" in found.message
    assert "token_urlsafe" in found.hint
    assert key not in found.message


def test_a_long_key_of_chance_is_well() -> None:
    assert "the key is long and random" in doctor("secrets")["secrets"].message


def test_a_file_of_secrets_is_for_nobody_else(monkeypatch: Patch, tmp_path: Path) -> None:
    path = tmp_path / "database-password"
    path.write_text("secret")
    monkeypatch.setenv("DATABASE_PASSWORD_FILE", str(path))
    path.chmod(0o644)
    found = doctor("secrets")["secrets"]
    assert f"{path} can be read by every user of this machine" in found.message
    assert f"chmod o-rwx {path}" in found.hint
    path.chmod(0o640)
    assert "can be read by every user" not in doctor("secrets")["secrets"].message


def test_the_settings_of_a_host_are_looked_at_where_they_are(monkeypatch: Patch, tmp_path: Path) -> None:
    path = tmp_path / "myweb.env"
    path.write_text("MYWEB_SECRET_KEY=...")
    path.chmod(0o644)
    host = replace(HOST, env=path, data=tmp_path)
    for module in (keys, machine):
        monkeypatch.setattr(module, "get_installation", lambda: host)
    assert f"chmod o-rwx {path}" in doctor("secrets")["secrets"].hint
    assert tmp_path in machine.list_disk_paths()


def test_debug_is_for_this_machine_only(settings: Settings) -> None:
    settings.DEBUG = True
    assert "only for this machine" in doctor("secrets", code=None)["secrets"].message
    settings.ORIGINS = ["https://chat.example.com"]
    found = doctor("secrets")["secrets"]
    assert "MYWEB_DEBUG is on at https://chat.example.com" in found.message
    assert "MYWEB_DEBUG=no" in found.hint


def test_a_redis_that_lets_everybody_in_is_told(own_redis: tuple[Any, Any], settings: Settings) -> None:
    _process, client = own_redis
    found = doctor("secrets")["secrets"]
    assert "accepts connections without a password" in found.message
    assert "requirepass" in found.hint
    client.config_set("requirepass", "a-word-of-its-own")
    lead_to(settings, settings.REDIS["port"], password="a-word-of-its-own")
    assert "accepts connections without a password" not in doctor("secrets")["secrets"].message


# The machine


def test_a_clock_that_differs_from_that_of_a_store_fails(own_redis: tuple[Any, Any], monkeypatch: Patch) -> None:
    assert " from Redis" in doctor("clock")["clock"].message
    monkeypatch.setattr(machine, "current_time", lambda: time.time() + 90)
    found = doctor("clock")["clock"]
    assert "the clock of Redis is 1 min 30 s behind this one" in found.message
    assert ("the clock of the database is 1 min 30 s behind" in found.message) is (connection.vendor == POSTGRESQL)
    assert "timedatectl set-ntp true" in found.hint


def test_a_clock_that_nobody_keeps_is_a_warning(no_redis: None, monkeypatch: Patch) -> None:
    monkeypatch.setattr(machine, "kernel", lambda: iter([]))
    assert "the clock of this machine is not synchronized" in doctor("clock", code=0)["clock"].message
    told = [Reading("clock.offset", 3.0), Reading("clock.error", 0.5)]
    monkeypatch.setattr(machine, "kernel", lambda: iter(told))
    assert "this clock is 3 s off" in doctor("clock")["clock"].message


@pytest.mark.parametrize(
    ("free", "inodes", "state"), [(500, 900, "ok"), (50, 900, "warning"), (500, 20, "warning"), (5, 900, "failed")]
)
def test_a_disk_that_is_full_says_how_full(monkeypatch: Patch, free: int, inodes: int, state: str) -> None:
    """Thousandths of a terabyte."""

    class Disk:
        f_frsize, f_blocks, f_bavail = 10**9, 1000, free
        f_files, f_favail = 1000, inodes

    monkeypatch.setattr(os, "statvfs", lambda _path: Disk())
    found = doctor("disk", code=int(state == "failed"))["disk"]
    assert found.state == state
    assert f"{format_bytes(free * 10**9)} free" in found.message
    assert state == "ok" or "sudo du -xh /" in found.hint


def test_a_small_disk_with_nothing_on_it_is_not_full(monkeypatch: Patch) -> None:
    """Such as /tmp in the memory of a small machine."""

    class Disk:
        f_frsize, f_blocks, f_bavail, f_files, f_favail = 10**6, 64, 63, 0, 0

    monkeypatch.setattr(os, "statvfs", lambda _path: Disk())
    assert doctor("disk")["disk"].state == "ok"


# Mail


class Post(socketserver.StreamRequestHandler):
    """As much of SMTP as it takes to sign in; the only right word is "right"."""

    def handle(self) -> None:
        self.wfile.write(b"220 post\r\n")
        for line in self.rfile:
            word = line.split()[0].upper()
            if word == b"EHLO":
                self.wfile.write(b"250-post\r\n250 AUTH PLAIN\r\n")
            elif word == b"AUTH":
                right = line.split()[2] == b"AG1lAHJpZ2h0"  # \0me\0right
                self.wfile.write(b"235 fine\r\n" if right else b"535 wrong\r\n")
            else:
                self.wfile.write(b"250 fine\r\n")


def test_the_mail_server_is_asked_with_the_password(settings: Settings) -> None:
    assert doctor("mail")["mail"].state == "skipped"
    with served(Post) as place:
        settings.EMAIL_HOST, settings.EMAIL_PORT = HERE, int(place.rpartition(":")[2])
        settings.EMAIL_USE_TLS, settings.EMAIL_HOST_USER = False, "me"
        settings.DEFAULT_FROM_EMAIL = "chat@example.com"
        settings.EMAIL_HOST_PASSWORD = "right"
        assert f"{place} accepts mail" in doctor("mail")["mail"].message
        settings.EMAIL_HOST_PASSWORD = "wrong-word"
        found = doctor("mail")["mail"]
        assert "rejects the password (535)" in found.message
        assert "EMAIL_HOST_PASSWORD" in found.hint
        settings.EMAIL_HOST_PASSWORD = "right"
        settings.DEFAULT_FROM_EMAIL = "myweb@localhost"
        assert "EMAIL_FROM" in doctor("mail", code=0)["mail"].hint
    assert "EMAIL_PORT" in doctor("mail")["mail"].hint


def test_mails_that_wait_are_counted_with_their_age(settings: Settings, room: Room, ben: User) -> None:
    now = timezone.now()
    mail = RoomMail.objects.create(user=ben, room=room, seq=1, notified_at=now, due_at=now, try_at=now)
    with served(Post) as place:
        settings.EMAIL_HOST, settings.EMAIL_PORT = HERE, int(place.rpartition(":")[2])
        settings.EMAIL_USE_TLS, settings.DEFAULT_FROM_EMAIL = False, "chat@example.com"
        assert "wait" not in doctor("mail")["mail"].message
        RoomMail.objects.filter(pk=mail.pk).update(due_at=now - timedelta(hours=3))
        found = doctor("mail", code=0)["mail"]
        assert found.state == "warning"
        assert "the mails of 1 user wait, the oldest for 3 h" in found.message
