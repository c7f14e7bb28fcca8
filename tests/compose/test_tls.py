"""TLS under compose: a certificate of one's own, and the one that the acme service keeps."""

import asyncio
import ssl
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.request import urlopen

import pytest
from pytest_django.fixtures import Settings

from tests.compose.project import PORT, compose, in_certificates, inside, mend, mended, up
from tests.faults.conversation import conversation
from tests.support.machines import certificate
from tests.support.wire import reached

SECURE = f"https://127.0.0.1:{PORT}"


@pytest.fixture
def own_certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Iterator[None]:
    certificate(tmp_path)
    tmp_path.chmod(0o755)
    up(
        MYWEB_ORIGINS=f"{SECURE} https://localhost:{PORT}",
        MYWEB_TLS_FOLDER=str(tmp_path),
        MYWEB_TLS_CERTIFICATE="cert.pem",
        MYWEB_TLS_KEY="both.pem",
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))  # what clients trust: this one alone
    monkeypatch.setenv("MYWEB_TEST_URL", SECURE)
    settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
    yield
    mend()


async def test_with_a_certificate_of_ones_own_pages_and_sockets_are_encrypted(own_certificate: None) -> None:
    with await asyncio.to_thread(urlopen, f"{SECURE}/accounts/login/", timeout=20) as page:
        assert page.status == 200
        assert "max-age" in page.headers["Strict-Transport-Security"]
    assert await asyncio.to_thread(plainly) == (308, f"{SECURE}/accounts/login/")
    async with conversation(mend=mended) as talk:
        assert all(each.socket.wire and each.socket.wire.transport.get_extra_info("cipher") for each in talk.talkers)
        await talk.ends()


async def test_a_renewed_certificate_is_served_within_a_minute(own_certificate: None, tmp_path: Path) -> None:
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    certificate(fresh)
    wanted = ssl.PEM_cert_to_DER_cert((fresh / "cert.pem").read_text())
    before = served()
    assert before != wanted
    async with conversation(mend=mended) as talk:
        (fresh / "cert.pem").replace(tmp_path / "cert.pem")
        (fresh / "both.pem").replace(tmp_path / "both.pem")
        await reached(lambda: served() == wanted, "the new certificate", 60)
        await talk.ends()
        assert [code for each in talk.talkers for code in each.socket.closes] == []


async def test_a_certificate_that_is_away_for_a_moment_goes_on_being_served(
    own_certificate: None, tmp_path: Path
) -> None:
    before = served()
    (tmp_path / "cert.pem").rename(tmp_path / "away.pem")
    told = "nginx: there is no certificate /tls/cert.pem"
    await reached(lambda: told in compose("logs", "--no-color", "nginx"), "the complaint")
    assert served() == before
    (tmp_path / "away.pem").rename(tmp_path / "cert.pem")
    await reached(lambda: spoken() == "https", "the scheme")
    assert served() == before


def served() -> bytes:
    return ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", int(PORT)), timeout=10))


def plainly() -> tuple[int, str | None]:
    line = HTTPConnection("127.0.0.1", int(PORT), timeout=20)
    line.request("GET", "/accounts/login/")
    answer = line.getresponse()
    return answer.status, answer.headers["Location"]


@pytest.fixture
def unreadable_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    install = "cd /certificates; mkdir -p 1; cp /new/cert.pem 1/certificate.pem; cp /new/both.pem 1/key.pem"
    in_certificates(f"{install}; chmod 600 1/key.pem; ln -s 1 current", f"{tmp_path}:/new:ro")
    yield
    in_certificates("rm -rf /certificates/current /certificates/1")
    mend()


def spoken() -> str:
    """What the health check of nginx takes nginx to speak."""
    return inside("nginx", "cat", "/tmp/nginx/scheme").strip()


def answers(scheme: str) -> bool:
    try:
        with urlopen(f"{scheme}://127.0.0.1:{PORT}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


async def test_a_key_that_cannot_be_read_is_told_and_taken_as_soon_as_it_can(unreadable_key: None) -> None:
    told = "nginx: the key of the certificate (/certificates/current/key.pem) cannot be read by user"
    await reached(lambda: told in compose("logs", "--no-color", "nginx"), "the complaint")
    assert spoken() == "http"
    assert answers("http"), "it goes on with what it has"
    in_certificates("chgrp 10001 /certificates/1/key.pem; chmod 640 /certificates/1/key.pem")
    await reached(lambda: answers("https"), "TLS")
    assert spoken() == "https"
    assert compose("logs", "--no-color", "nginx").count(told) <= 2, "once a minute"
