"""TLS by ACME under compose: the acme service gets a certificate and renews it, and nginx serves what there is."""

import asyncio
import os
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import pytest
from pytest_django.fixtures import Settings

from deploy.stack.state import find_free_port as free_port
from tests.compose.project import PORT, address, compose, find_database, in_certificates, mend
from tests.faults.conversation import conversation
from tests.host.talk import unchecked
from tests.support import authority
from tests.support.authority import NAME, asked, shown
from tests.support.wire import reached

HOST = f"{NAME}:{PORT}"
ORIGIN = f"https://{HOST}"
TIMEOUT = 120.0  # seconds
RENEW = ("certbot", "renew", "--force-renewal", "--no-random-sleep-on-renew", "--quiet")
FOLDERS = [f"--{kind}-dir=/certificates/certbot/{kind}" for kind in ("config", "work", "logs")]


@dataclass
class Secured:
    """The project with an acme service, and the authority that this one asks."""

    folder: Path
    plain: int  # port

    def compose(self, *arguments: str) -> str:
        return compose(
            *arguments,
            COMPOSE_FILE=os.pathsep.join(["docker-compose.yml", "tests/compose/authority.yml"]),
            COMPOSE_PROFILES="acme",
            AUTHORITY=str(self.folder),
            MYWEB_ORIGINS=ORIGIN,
            MYWEB_HTTP_PORT=str(self.plain),
            MYWEB_ACME_SERVER="https://authority:14000/dir",
        )

    def root(self) -> str:
        """What the authority signs with, which it makes anew at each start; empty until it has started."""
        try:
            with urlopen(f"https://{address('authority')}:15000/roots/0", timeout=20, context=unchecked()) as root:
                return str(root.read().decode())
        except OSError:
            return ""


def answers(context: ssl.SSLContext | None = None) -> bool:
    try:
        return asked("/healthz", int(PORT), context, HOST).status == 200
    except OSError:
        return False


@pytest.fixture
def secured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Iterator[Secured]:
    authority.settle(tmp_path, "authority", 8080)
    tmp_path.chmod(0o755)
    monkeypatch.setenv("MYWEB_TEST_URL", ORIGIN)
    settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
    secured = Secured(tmp_path, free_port())
    secured.compose("up", "-d", "--build", "--quiet-pull", "--scale", "authority=0")
    find_database()
    try:
        yield secured
    finally:
        print(secured.compose("logs", "--no-color", "acme"))
        secured.compose("rm", "--stop", "--force", "acme", "authority")
        in_certificates("rm -rf /certificates/*")
        mend()


async def test_a_certificate_is_got_served_and_renewed_under_a_conversation(secured: Secured) -> None:
    await reached(lambda: "No certificate" in secured.compose("logs", "acme"), "the failure", TIMEOUT)
    await reached(answers, "the site while there is no authority", TIMEOUT)
    secured.compose("up", "-d", "authority")
    await reached(secured.root, "the authority")
    trust = ssl.create_default_context(cadata=secured.root())
    secured.compose("restart", "acme")
    await reached(lambda: all(answers(trust) for _worker in range(10)), "TLS", TIMEOUT)  # those of before leave first
    first = shown(int(PORT), trust)
    page = asked("/accounts/login/", int(PORT), trust, HOST)
    assert page.status in {200, 302}, "the form; in an empty house the way to the welcome"
    assert "max-age" in page.headers["Strict-Transport-Security"]
    sent_on = asked("/accounts/login/", secured.plain)
    assert (sent_on.status, sent_on.headers["Location"]) == (308, f"{ORIGIN}/accounts/login/")

    def renewed() -> bool:
        return bool(shown(int(PORT), trust)["serialNumber"] != first["serialNumber"])

    way = {"host": "127.0.0.1", "port": int(PORT), "ssl": trust}
    async with conversation([way] * 4) as talk:
        await asyncio.to_thread(secured.compose, "exec", "-T", "acme", *RENEW, *FOLDERS)
        await asyncio.to_thread(secured.compose, "restart", "acme")
        await reached(renewed, "the new certificate", TIMEOUT)
        await talk.goes_on()
        await talk.ends()
