"""What the documents say of .env, and the stores as docker-compose.yml starts them."""

import asyncio
import json
import re
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from django.db import IntegrityError, connection

from tests.compose.project import compose, containers, inside, mend, run, up
from tests.faults.stack import ROOT, site
from tests.support.quoted import LINE, VALUE
from tests.support.wire import reached

SECRET = "what nobody else may read"


def test_no_text_of_a_message_is_in_the_log_of_the_database() -> None:
    with pytest.raises(IntegrityError, match="null value"), connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO chat_message (body) VALUES ('{SECRET}')")
    connection.close()
    told = compose("logs", "--no-color", "postgres")
    assert "null value in column" in told
    assert SECRET not in told


def test_redis_has_a_limit_below_that_of_its_container() -> None:
    (container,) = json.loads(run("docker", "inspect", *containers("redis")))
    ask = 'REDISCLI_AUTH="$(cat /secrets/redis/password)" redis-cli config get "maxmemory*"'
    words = inside("redis", "sh", "-c", ask).split()
    told = dict(zip(words[::2], words[1::2], strict=True))
    assert 0 < int(told["maxmemory"]) < container["HostConfig"]["Memory"]
    assert told["maxmemory-policy"] == "volatile-lru"


def test_the_number_of_socket_processes_in_the_settings_lasts() -> None:
    try:
        up(MYWEB_LIVE="3")
        now = containers("live")
        assert len(now) == 3
        up(MYWEB_LIVE="3")
        assert containers("live") == now
    finally:
        mend()
    assert len(containers("live")) == 2


def test_a_value_in_single_quotes_is_taken_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "env").write_text(LINE)
    words = ("docker", "compose", "-p", "quotes", "--env-file", str(tmp_path / "env"), "config", "--format", "json")
    told = json.loads(run(*words))["services"]["web"]["environment"]["EMAIL_HOST_PASSWORD"]
    assert told.replace("$$", "$") == VALUE  # Compose writes $$ where it would read a variable


async def test_a_proxy_on_this_host_is_believed_with_the_setting_of_the_documents() -> None:
    (network,) = re.findall(r"^MYWEB_TRUSTED_PROXY=(\S+)", (ROOT / "docs" / "deploy.md").read_text(), re.MULTILINE)
    try:
        await asyncio.to_thread(up, MYWEB_TRUSTED_PROXY=network)
        sent = Request(f"{site()}/accounts/login/", headers={"X-Forwarded-For": "198.51.100.1, 203.0.113.9"})
        (await asyncio.to_thread(urlopen, sent, timeout=20)).close()
        await reached(lambda: "203.0.113.9" in nginx_log(), "the address that the proxy saw", 30)
        assert "198.51.100.1" not in nginx_log(), "the client wrote it"
    finally:
        await asyncio.to_thread(mend)


def test_doctor_reaches_pages_and_sockets_where_tls_ends_at_a_proxy() -> None:
    try:
        up(MYWEB_ORIGINS="https://chat.example.com")
        for check in ("pages", "websocket", "live"):
            print(inside("web", "python", "manage.py", "doctor", "--only", check))
    finally:
        mend()


def nginx_log() -> str:
    return compose("logs", "--no-color", "--no-log-prefix", "nginx")
