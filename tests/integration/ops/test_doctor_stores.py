"""``manage.py doctor`` on the database and on Redis: each is broken, and the way out is read."""

import sqlite3
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from pytest_django.fixtures import Settings

from ops.doctor import database
from tests.support import redis as stores
from tests.support.patient import HERE, doctor, lead_to

pytestmark = pytest.mark.django_db(transaction=True)
Patch = pytest.MonkeyPatch
POSTGRESQL = "postgresql"


def test_a_migration_that_is_not_applied_is_named() -> None:
    recorder = MigrationRecorder(connection)
    ((_app, newest),) = MigrationLoader(connection).graph.leaf_nodes("chat")
    recorder.record_unapplied("chat", newest)
    try:
        found = doctor("database")["database"]
    finally:
        recorder.record_applied("chat", newest)
    assert found.state == "failed"
    assert f"1 migration is not applied: chat.{newest}" in found.message
    assert found.hint.endswith("manage.py migrate")


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
    assert found.message.endswith("the database is newer than this code: chat.0099_from_the_future")


def test_a_database_that_is_away_is_not_made_anew(monkeypatch: Patch, tmp_path: Path) -> None:
    there = connections.settings["default"]
    if connection.vendor == POSTGRESQL:
        monkeypatch.setitem(there, "PORT", stores.free_port())
    else:
        monkeypatch.setitem(there, "NAME", str(tmp_path / "none.sqlite3"))
    found = doctor("database")["database"]
    assert found.state == "failed"
    assert ("DATABASE_HOST" if connection.vendor == POSTGRESQL else "MYWEB_SQLITE") in found.hint
    assert not (tmp_path / "none.sqlite3").exists()


def test_sqlite_that_somebody_holds_is_not_writable(monkeypatch: Patch) -> None:
    if connection.vendor == POSTGRESQL:
        pytest.skip("of SQLite")
    monkeypatch.setattr(database, "BUSY_TIMEOUT", 50)
    assert "; writable; " in doctor("database")["database"].message
    with sqlite3.connect(connection.settings_dict["NAME"]) as holder:
        holder.execute("begin immediate")
        found = doctor("database")["database"]
        holder.rollback()
    holder.close()
    assert "it is not writable: database is locked" in found.message
    assert "fuser" in found.hint


def test_postgresql_that_only_reads_or_is_full_says_so(monkeypatch: Patch) -> None:
    if connection.vendor != POSTGRESQL:
        pytest.skip("of PostgreSQL")
    monkeypatch.setattr(database, "CONNECTIONS_FULL", 0.0)
    found = doctor("database")["database"]
    assert found.state == "warning"
    assert "alter system set max_connections" in found.hint
    options = {**connections.settings["default"]["OPTIONS"], "options": "-c default_transaction_read_only=on"}
    monkeypatch.setitem(connections.settings["default"], "OPTIONS", options)
    found = doctor("database")["database"]
    assert "it is read-only" in found.message
    assert "DATABASE_HOST" in found.hint


# Redis


def test_redis_is_well_until_it_ends(own_redis: tuple[Any, Any]) -> None:
    process, client = own_redis
    client.config_set("maxmemory", "256mb")
    found = doctor("redis", "layer")
    assert found["redis"].state == found["layer"].state == "ok"
    assert found["redis"].message.startswith("Redis ")
    process.kill()
    process.wait()
    found = doctor("redis", "layer")
    assert "it does not respond" in found["redis"].message
    assert "REDIS_HOST" in found["redis"].hint
    assert "publishing failed: Error 111" in found["layer"].message
    assert "start redis-server" in found["layer"].hint


def test_a_wrong_password_for_redis_is_named_and_not_told(own_redis: tuple[Any, Any], settings: Settings) -> None:
    _process, client = own_redis
    client.config_set("requirepass", "right-one")
    lead_to(settings, settings.REDIS["port"], password="wrong-pass-word")
    found = doctor("redis")["redis"]
    assert "it rejects the password" in found.message
    assert "REDIS_PASSWORD" in found.hint
    assert "wrong-pass-word" not in found.message + found.hint


def test_redis_that_is_full_refuses_what_is_new(own_redis: tuple[Any, Any]) -> None:
    _process, client = own_redis
    client.config_set("maxmemory", 1)
    found = doctor("redis")["redis"]
    assert "it rejects writes" in found.message
    assert "then it rejects writes" in found.message
    assert "config set maxmemory 256mb" in found.hint


def test_redis_without_a_limit_is_told_and_the_hint_sets_one(own_redis: tuple[Any, Any]) -> None:
    _process, client = own_redis
    found = doctor("redis", code=0)["redis"]
    assert (found.state, "it has no maxmemory" in found.message) == ("warning", True)
    for command in found.hint.split("; ")[:2]:
        assert subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True).stdout == "OK\n"
    assert doctor("redis")["redis"].state == "ok"
    assert client.config_get("maxmemory", "maxmemory-policy") == {
        "maxmemory": str(256 << 20),
        "maxmemory-policy": "volatile-lru",
    }


def test_redis_that_throws_keys_away_is_too_small(own_redis: tuple[Any, Any]) -> None:
    _process, client = own_redis
    client.config_set("maxmemory-policy", "allkeys-lru")
    client.config_set("maxmemory", client.info("memory")["used_memory"] + 100_000)
    for number in range(3000):
        client.set(f"key {number}", "x" * 100)
    found = doctor("redis", code=0)["redis"]
    assert " keys because memory was full (allkeys-lru)" in found.message
    assert "config set maxmemory" in found.hint


def test_a_replica_is_not_where_the_site_can_write(own_redis: tuple[Any, Any]) -> None:
    _process, client = own_redis
    client.replicaof(HERE, stores.free_port())
    found = doctor("redis")["redis"]
    assert "it is read-only: it is a replica" in found.message
    assert "REDIS_SENTINELS" in found.hint


def test_a_channel_that_may_not_be_published_to_is_found_though_redis_answers(own_redis: tuple[Any, Any]) -> None:
    _process, client = own_redis
    client.config_set("maxmemory", "256mb")
    client.execute_command("ACL", "SETUSER", "default", "resetchannels")
    found = doctor("redis", "layer")
    assert found["redis"].state == "ok"
    assert found["layer"].state == "failed"
    assert "acl setuser default '&*'" in found["layer"].hint


def test_without_redis_one_process_is_right(no_redis: None) -> None:
    found = doctor("redis", "layer")
    assert found["redis"].state == found["layer"].state == "skipped"
