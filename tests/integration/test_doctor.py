"""``manage.py doctor`` on the stores, the processes and the machine: each part is broken, and the way out is read."""

import io
import os
import socketserver
import sqlite3
import threading
import time
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.db.migrations.recorder import MigrationRecorder
from pytest_django.fixtures import Settings
from redis import Redis

from care.doctor import checks, database, examination, machine
from care.doctor.finding import ok
from deploy import keys
from monitor import reports
from monitor.lease import Held
from monitor.metrics import Reading
from monitor.models import Lease, Process, Source
from monitor.reports import Report
from monitor.store.ring import get_ring
from realtime import publish
from tests import redis as stores
from tests.patient import doctor

pytestmark = pytest.mark.django_db(transaction=True)
Patch = pytest.MonkeyPatch
POSTGRESQL = "postgresql"
ELSEWHERE = "127.0.0.1"


@contextmanager
def listening(answer: bytes) -> Iterator[str]:
    """A server that says one thing to everybody and hangs up."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.sendall(answer)

    with served(Handler) as place:
        yield place


@contextmanager
def served(handler: type[socketserver.BaseRequestHandler]) -> Iterator[str]:
    with socketserver.ThreadingTCPServer((ELSEWHERE, 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"{ELSEWHERE}:{server.server_address[1]}"
        server.shutdown()
        thread.join(10)


@pytest.fixture
def own_redis(settings: Settings) -> Iterator[tuple[Any, Any]]:
    """A Redis that only this test has: its process, and a client."""
    port = stores.free_port()
    with stores.server(port) as process:
        lead_to(settings, port)
        with Redis(port=port) as client:
            yield process, client
    publish._client = None


def lead_to(settings: Settings, port: int, **more: str) -> None:
    publish._client = None
    settings.REDIS = {"host": ELSEWHERE, "port": port, **more}
    hosts = [{**settings.REDIS, "socket_timeout": None, "socket_connect_timeout": 2}]
    backend = "channels_redis.pubsub.RedisPubSubChannelLayer"
    config = {"hosts": hosts, "prefix": settings.REDIS_PREFIX}
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": backend, "CONFIG": config}}


@pytest.fixture
def no_redis(settings: Settings) -> None:
    settings.REDIS = None


@pytest.fixture(autouse=True)
def key_of_chance(settings: Settings) -> None:
    settings.SECRET_KEY = keys.secret()


# The command itself


def test_every_check_says_something_and_has_a_name_that_can_be_asked_for() -> None:
    for name in checks.CHECKS:
        found = doctor(name)
        assert [*found] == [name]
        assert found[name].said


def test_for_people_there_is_a_line_for_each_and_the_way_out_below_it(settings: Settings) -> None:
    settings.SECRET_KEY = "guessed"
    out = io.StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("doctor", "--only", "secrets", "--only", "database", stdout=out)
    assert end.value.code == 1
    first, second, third, *_rest = out.getvalue().splitlines()
    assert first.startswith(f"ok       database     {'PostgreSQL' if connection.vendor == POSTGRESQL else 'SQLite'} ")
    assert first.index(" ms") > 0
    assert second.startswith("failed   secrets      MYWEB_SECRET_KEY can be guessed")
    assert third.strip().startswith("mend: MYWEB_SECRET_KEY by python -c")
    assert out.getvalue().splitlines()[-1].startswith("1 failed, 1 ok, in ")


def test_a_warning_fails_only_if_that_is_asked_for(settings: Settings) -> None:
    settings.METRICS_TOKEN = "short"
    assert doctor("secrets", code=0)["secrets"].state == "warning"
    assert doctor("secrets", code=1, strict=True)["secrets"].state == "warning"


@pytest.mark.parametrize("url", ["ftp://127.0.0.1", "127.0.0.1:8080", "http://127.0.0.1/path", "http://me:word@host"])
def test_an_address_that_is_none_is_refused_in_a_sentence(url: str) -> None:
    with pytest.raises(CommandError, match=r"write it like http://|Put no password into"):
        call_command("doctor", "--url", url)


def test_a_check_that_breaks_or_hangs_hides_no_other(monkeypatch: Patch) -> None:
    def breaks(_front: object) -> Iterator[Any]:
        yield ok("half of it")
        raise RuntimeError("the\nsky fell")

    never = threading.Event()

    def hangs(_front: object) -> Iterator[Any]:
        yield ok("so far")
        never.wait(60)

    monkeypatch.setattr(examination, "LONGEST", 0.2)
    monkeypatch.setitem(checks.CHECKS, "redis", breaks)
    monkeypatch.setitem(checks.CHECKS, "layer", hangs)
    found = doctor("redis", "layer", "secrets")
    never.set()
    assert found["redis"].said == "half of it; it could not be looked at: the sky fell"
    assert found["layer"].said == "so far; it did not end within 0 s"
    assert found["secrets"].state != "skipped"


def test_no_secret_is_told_even_where_a_library_would(settings: Settings, monkeypatch: Patch) -> None:
    settings.REDIS = {"host": ELSEWHERE, "port": 1, "password": "redis-pass#$%@/word"}
    settings.SECRET_KEY = "k" * 50

    def blurts(_front: object) -> Iterator[Any]:
        raise RuntimeError(f"redis://:{settings.REDIS['password']}@host signed by {settings.SECRET_KEY}")

    monkeypatch.setitem(checks.CHECKS, "mail", blurts)
    assert doctor("mail")["mail"].said == "it could not be looked at: redis://:***@host signed by ***"


# The database


def test_a_migration_that_is_not_applied_is_named() -> None:
    recorder = MigrationRecorder(connection)
    recorder.record_unapplied("chat", "0003_replies_and_cards")
    try:
        found = doctor("database")["database"]
    finally:
        recorder.record_applied("chat", "0003_replies_and_cards")
    assert found.state == "failed"
    assert "1 migration is not applied: chat.0003_replies_and_cards" in found.said
    assert found.mend.endswith("manage.py migrate")


def test_a_database_of_a_newer_version_is_told() -> None:
    recorder = MigrationRecorder(connection)
    recorder.record_applied("chat", "0099_from_the_future")
    recorder.record_applied("removed", "0001_app_that_was_there_once")
    try:
        found = doctor("database")["database"]
    finally:
        recorder.record_unapplied("chat", "0099_from_the_future")
        recorder.record_unapplied("removed", "0001_app_that_was_there_once")
    assert found.state == "warning"
    assert found.said.endswith("the database is newer than this code: chat.0099_from_the_future")


def test_a_database_that_is_away_is_not_made_anew(monkeypatch: Patch, tmp_path: Path) -> None:
    there = connections.settings["default"]
    if connection.vendor == POSTGRESQL:
        monkeypatch.setitem(there, "PORT", stores.free_port())
    else:
        monkeypatch.setitem(there, "NAME", str(tmp_path / "none.sqlite3"))
    found = doctor("database")["database"]
    assert found.state == "failed"
    assert ("DATABASE_HOST" if connection.vendor == POSTGRESQL else "MYWEB_SQLITE") in found.mend
    assert not (tmp_path / "none.sqlite3").exists()


def test_sqlite_that_somebody_holds_is_not_writable(monkeypatch: Patch) -> None:
    if connection.vendor == POSTGRESQL:
        pytest.skip("of SQLite")
    monkeypatch.setattr(database, "BUSY", 50)
    assert "; writable; " in doctor("database")["database"].said
    with sqlite3.connect(connection.settings_dict["NAME"]) as holder:
        holder.execute("begin immediate")
        found = doctor("database")["database"]
        holder.rollback()
    holder.close()
    assert "it cannot be written to: database is locked" in found.said
    assert "fuser" in found.mend


def test_postgresql_that_only_reads_or_is_full_says_so(monkeypatch: Patch) -> None:
    if connection.vendor != POSTGRESQL:
        pytest.skip("of PostgreSQL")
    monkeypatch.setattr(database, "FULL", 0.0)
    found = doctor("database")["database"]
    assert found.state == "warning"
    assert "alter system set max_connections" in found.mend
    options = {**connections.settings["default"]["OPTIONS"], "options": "-c default_transaction_read_only=on"}
    monkeypatch.setitem(connections.settings["default"], "OPTIONS", options)
    found = doctor("database")["database"]
    assert "it only reads" in found.said
    assert "DATABASE_HOST" in found.mend


# Redis


def test_redis_is_well_until_it_ends(own_redis: tuple[Any, Any]) -> None:
    process, _client = own_redis
    found = doctor("redis", "layer")
    assert found["redis"].state == found["layer"].state == "ok"
    assert found["redis"].said.startswith("Redis ")
    process.kill()
    process.wait()
    found = doctor("redis", "layer")
    assert "it does not answer" in found["redis"].said
    assert "REDIS_HOST" in found["redis"].mend
    assert "a bell was rung and not heard within 3 s" in found["layer"].said


def test_a_wrong_password_for_redis_is_named_and_not_told(own_redis: tuple[Any, Any], settings: Settings) -> None:
    _process, client = own_redis
    client.config_set("requirepass", "right-one")
    lead_to(settings, settings.REDIS["port"], password="wrong-pass-word")
    found = doctor("redis")["redis"]
    assert "it refuses the password" in found.said
    assert "REDIS_PASSWORD" in found.mend
    assert "wrong-pass-word" not in found.said + found.mend


def test_redis_that_is_full_refuses_what_is_new(own_redis: tuple[Any, Any]) -> None:
    _process, client = own_redis
    client.config_set("maxmemory", 1)
    found = doctor("redis")["redis"]
    assert "it takes nothing" in found.said
    assert "then it refuses what is new" in found.said
    assert "redis-cli config set maxmemory 256mb" in found.mend


def test_redis_that_throws_keys_away_is_too_small(own_redis: tuple[Any, Any]) -> None:
    _process, client = own_redis
    client.config_set("maxmemory-policy", "allkeys-lru")
    client.config_set("maxmemory", client.info("memory")["used_memory"] + 100_000)
    for number in range(3000):
        client.set(f"key {number}", "x" * 100)
    found = doctor("redis", code=0)["redis"]
    assert " keys for want of memory (allkeys-lru)" in found.said
    assert "config set maxmemory" in found.mend


def test_a_replica_is_not_where_the_site_can_write(own_redis: tuple[Any, Any]) -> None:
    _process, client = own_redis
    client.replicaof(ELSEWHERE, stores.free_port())
    found = doctor("redis")["redis"]
    assert "it only reads: it is a replica" in found.said
    assert "REDIS_SENTINELS" in found.mend


def test_a_bell_that_may_not_ring_is_found_though_redis_answers(own_redis: tuple[Any, Any]) -> None:
    _process, client = own_redis
    client.execute_command("ACL", "SETUSER", "default", "resetchannels")
    found = doctor("redis", "layer")
    assert found["redis"].state == "ok"
    assert found["layer"].state == "failed"
    assert "&* (channels)" in found["layer"].mend


def test_without_redis_one_process_is_right_and_two_are_not(no_redis: None) -> None:
    assert doctor("redis", "layer")["redis"].state == "skipped"
    for name in ("live1", "live2"):
        reports.tell(Report(name, time.time()))
    found = doctor("live")["live"]
    assert "several processes, and no Redis" in found.said
    assert "REDIS_HOST" in found.mend


# The processes


def test_uwsgi_tells_how_many_work_and_wait(settings: Settings) -> None:
    workers = [{"id": 1, "pid": 7, "status": "busy"}, {"id": 2, "pid": 8, "status": "busy", "harakiri_count": 1}]
    stats = {"listen_queue": 3, "workers": workers, "sockets": [{"name": "x", "queue": 3, "max_queue": 100}]}
    with listening(msgspec.json.encode(stats)) as place:
        settings.WEB_STATS = place
        found = doctor("uwsgi", code=0)["uwsgi"]
    assert found.said == "2 of 2 workers busy, 3 waiting of 100; 1 request took longer than 30 s since the start"
    assert "MYWEB_WEB_PROCESSES=4" in found.mend


def test_uwsgi_without_workers_makes_no_pages(settings: Settings) -> None:
    with listening(b'{"workers": [{"id": 1, "pid": 0}]}') as place:
        settings.WEB_STATS = place
        assert doctor("uwsgi")["uwsgi"].said == "it has no workers"


def test_uwsgi_that_tells_nothing_is_a_warning_with_the_way_out(settings: Settings) -> None:
    settings.WEB_STATS = ""
    assert "MYWEB_WEB_STATS" in doctor("uwsgi", code=0)["uwsgi"].mend
    settings.WEB_STATS = f"{ELSEWHERE}:{stores.free_port()}"
    found = doctor("uwsgi", code=0)["uwsgi"]
    assert (found.state, "no statistics at" in found.said) == ("warning", True)
    settings.DEBUG = True
    settings.WEB_STATS = ""
    assert doctor("uwsgi")["uwsgi"].state == "skipped"


def test_a_process_that_fell_silent_is_named(no_redis: None) -> None:
    reports.tell(Report("host:1", time.time()))
    reports.tell(Report("host:2", time.time() - 20))
    found = doctor("live", code=0)["live"]
    assert found.said == "1 process tells of 0 open sockets; silent for some seconds: host:2"
    Process.objects.all().delete()


def test_a_collector_is_well_while_it_measures() -> None:
    assert "no collector has ever measured here" in doctor("collector")["collector"].said
    held = Held("collector")
    assert held.hold()
    found = doctor("collector")["collector"]
    assert "has the lease and has measured nothing for 30 s" in found.said
    host, database = (Source.objects.create(key=key) for key in ("host", "database"))
    get_ring().append(int(time.time()), {host.pk: array("d", [1.0]), database.pk: array("d", [2.0])})
    assert doctor("collector")["collector"].state == "ok"
    get_ring().append(int(time.time()) + 1, {host.pk: array("d", [1.0]), database.pk: array("d")})
    found = doctor("collector", code=0)["collector"]
    assert found.said.endswith("; it cannot read database")
    Lease.objects.filter(name="collector").update(until="2026-01-01T00:00:00Z")
    found = doctor("collector")["collector"]
    assert found.said == "no collector measures now: no alerts, no dashboards"
    assert "collect" in found.mend


# Secrets


@pytest.mark.parametrize(
    "key", ["short", "x" * 64, "only-for-tests-only-for-tests-only-for-tests-only", "django-insecure-" + "q8Zr" * 12]
)
def test_a_key_that_can_be_guessed_is_found_and_not_told(settings: Settings, key: str) -> None:
    settings.SECRET_KEY = key
    found = doctor("secrets")["secrets"]
    assert "MYWEB_SECRET_KEY can be guessed" in found.said
    assert "token_urlsafe" in found.mend
    assert key not in found.said


def test_a_long_key_of_chance_is_well() -> None:
    assert "the key is long and of chance" in doctor("secrets")["secrets"].said


def test_a_file_of_secrets_is_for_nobody_else(monkeypatch: Patch, tmp_path: Path) -> None:
    path = tmp_path / "database-password"
    path.write_text("secret")
    monkeypatch.setenv("DATABASE_PASSWORD_FILE", str(path))
    path.chmod(0o644)
    found = doctor("secrets")["secrets"]
    assert f"{path} can be read by every user of this machine" in found.said
    assert f"chmod o-rwx {path}" in found.mend
    path.chmod(0o640)
    assert "can be read by every user" not in doctor("secrets")["secrets"].said


def test_debug_is_for_this_machine_only(settings: Settings) -> None:
    settings.DEBUG = True
    assert "for this machine only" in doctor("secrets", code=None)["secrets"].said
    settings.ORIGINS = ["https://chat.example.com"]
    found = doctor("secrets")["secrets"]
    assert "MYWEB_DEBUG is on at https://chat.example.com" in found.said
    assert "MYWEB_DEBUG=no" in found.mend


def test_a_redis_that_lets_everybody_in_is_told(own_redis: tuple[Any, Any], settings: Settings) -> None:
    _process, client = own_redis
    found = doctor("secrets")["secrets"]
    assert "lets everybody in who reaches it" in found.said
    assert "requirepass" in found.mend
    client.config_set("requirepass", "a-word-of-its-own")
    lead_to(settings, settings.REDIS["port"], password="a-word-of-its-own")
    assert "lets everybody in" not in doctor("secrets")["secrets"].said


# The machine


def test_a_clock_that_differs_from_that_of_a_store_fails(own_redis: tuple[Any, Any], monkeypatch: Patch) -> None:
    assert " from Redis" in doctor("clock")["clock"].said
    monkeypatch.setattr(machine, "now", lambda: time.time() + 90)
    found = doctor("clock")["clock"]
    assert "the clock of Redis is 90.0 s behind this one" in found.said
    assert ("the clock of the database is 90.0 s behind" in found.said) is (connection.vendor == POSTGRESQL)
    assert "timedatectl set-ntp true" in found.mend


def test_a_clock_that_nobody_keeps_is_a_warning(no_redis: None, monkeypatch: Patch) -> None:
    monkeypatch.setattr(machine, "kernel", lambda: iter([]))
    assert "nobody keeps the clock" in doctor("clock", code=0)["clock"].said
    told = [Reading("clock.offset", 3.0), Reading("clock.error", 0.5)]
    monkeypatch.setattr(machine, "kernel", lambda: iter(told))
    assert "this clock is 3.0 s off" in doctor("clock")["clock"].said


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
    assert f"{free}.0 GB free" in found.said
    assert state == "ok" or "sudo du -xh /" in found.mend


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
        settings.EMAIL_HOST, settings.EMAIL_PORT = ELSEWHERE, int(place.rpartition(":")[2])
        settings.EMAIL_USE_TLS, settings.EMAIL_HOST_USER = False, "me"
        settings.DEFAULT_FROM_EMAIL = "chat@example.com"
        settings.EMAIL_HOST_PASSWORD = "right"
        assert f"{place} takes mail" in doctor("mail")["mail"].said
        settings.EMAIL_HOST_PASSWORD = "wrong-word"
        found = doctor("mail")["mail"]
        assert "refuses the password (535)" in found.said
        assert "EMAIL_HOST_PASSWORD" in found.mend
        settings.EMAIL_HOST_PASSWORD = "right"
        settings.DEFAULT_FROM_EMAIL = "myweb@localhost"
        assert "EMAIL_FROM" in doctor("mail", code=0)["mail"].mend
    assert "EMAIL_PORT" in doctor("mail")["mail"].mend
