"""``manage.py doctor`` on the addresses of the site, their cookies and certificates."""

import socketserver
from contextlib import suppress
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from tests.support import machines
from tests.support.patient import answering, doctor, served
from tests.support.redis import free_port

pytestmark = pytest.mark.django_db(transaction=True)
Patch = pytest.MonkeyPatch


@pytest.mark.parametrize(
    ("origins", "message", "hint"),
    [
        (["http://chat.local:80"], "no browser sends http://chat.local:80", "Write http://chat.local in MYWEB_ORIGINS"),
        (["http://Chat.local"], "no browser sends http://Chat.local", "Write http://chat.local in"),
        (["http://a.local", "https://b.local"], "cookies are not Secure, since http://a.local", "https only"),
        (["http://chat.example.com"], "passwords are sent unencrypted to http://chat.example.com", "deploy.md"),
    ],
)
def test_an_address_that_does_not_do_is_told(settings: Settings, origins: list[str], message: str, hint: str) -> None:
    settings.ORIGINS = origins
    with machines.web(answering()) as front:
        found = doctor("origins", url=front)["origins"]
    assert message in found.message
    assert hint in found.hint


@pytest.mark.parametrize(
    ("origin", "cookie", "message", "hint"),
    [
        ("http://chat.local", "csrf=1; SameSite=Lax; Secure", "sign-in is impossible", "MYWEB_ORIGINS as it is typed"),
        ("https://chat.local", "csrf=1; SameSite=Lax", "the cookie csrf is not Secure", "https only"),
        ("http://chat.local", "csrf=1", "has lost its SameSite", "Set-Cookie"),
    ],
)
def test_cookies_fit_the_address(settings: Settings, origin: str, cookie: str, message: str, hint: str) -> None:
    settings.ORIGINS = [origin]
    with machines.web(answering(login=(200, {"Set-Cookie": cookie}, b""))) as front:
        found = doctor("origins", url=front)["origins"]
    assert message in found.message
    assert hint in found.hint


def test_without_https_there_is_no_certificate_to_look_at(settings: Settings) -> None:
    settings.ORIGINS = ["http://chat.local"]
    assert doctor("certificate")["certificate"].state == "skipped"


def test_a_certificate_is_good_for_some_days_and_for_somebody(
    settings: Settings, monkeypatch: Patch, tmp_path: Path
) -> None:
    for days in (30, 5):
        with machines.saying(b"", machines.certificate(tmp_path, days=days)) as place:
            settings.ORIGINS = [f"https://{place}"]
            monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
            found = doctor("certificate")["certificate"]
            assert f"https://{place}: The certificate is valid for {days} days" in found.message
            assert ("certbot renew" in found.hint) is (days == 5)
    with machines.saying(b"", machines.certificate(tmp_path, name="chat.example.com")) as place:
        settings.ORIGINS = [f"https://{place}"]
        found = doctor("certificate")["certificate"]
        assert "The certificate is for another address. It is for chat.example.com" in found.message
        assert "ssl_certificate" in found.hint


def test_a_certificate_is_looked_at_where_the_front_is_for_the_name_that_people_type(
    settings: Settings, monkeypatch: Patch, tmp_path: Path
) -> None:
    settings.ORIGINS = ["https://chat.example.com"]
    with machines.saying(b"", machines.certificate(tmp_path, name="chat.example.com")) as place:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        found = doctor("certificate", url=f"https://{place}")["certificate"]
        assert "https://chat.example.com: The certificate is valid for 30 days" in found.message


@pytest.mark.parametrize("secure", [True, False])
def test_behind_a_socket_of_nginx_the_certificate_is_looked_at_there_if_tls_is_spoken(
    settings: Settings, monkeypatch: Patch, tmp_path: Path, secure: bool
) -> None:
    """As under compose. Where a proxy ends TLS in front of nginx, that one is asked."""
    context = machines.certificate(tmp_path, name="chat.example.com")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))

    class SiteClient(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError):
                line = context.wrap_socket(self.request, server_side=True) if secure else self.request
                line.recv(1)
                line.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    settings.ORIGINS = [f"https://chat.example.com:{free_port()}"]
    with served(SiteClient, str(tmp_path / "front.sock")) as settings.FRONT:
        found = doctor("certificate", code=0)["certificate"]
    if secure:
        assert found.message == f"{settings.ORIGINS[0]}: The certificate is valid for 30 days"
    else:
        assert "openssl s_client -connect chat.example.com:" in found.hint


def test_an_address_that_cannot_be_reached_from_here_says_how_to_look_from_elsewhere(settings: Settings) -> None:
    settings.ORIGINS = [f"https://127.0.0.1:{free_port()}"]
    found = doctor("certificate", code=0)["certificate"]
    assert found.state == "unknown"
    assert "openssl s_client -connect 127.0.0.1:" in found.hint


def test_a_new_certificate_that_nginx_has_not_read_is_found(
    settings: Settings, monkeypatch: Patch, tmp_path: Path
) -> None:
    context = machines.certificate(tmp_path)
    renewed = tmp_path / "renewed"
    renewed.mkdir()
    machines.certificate(renewed, days=90)
    with machines.saying(b"", context) as place:
        settings.ORIGINS = [f"https://{place}"]
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        settings.CERTIFICATE = str(tmp_path / "cert.pem")
        assert doctor("certificate")["certificate"].message.endswith("; the same as on the disk")
        settings.CERTIFICATE = str(renewed / "cert.pem")
        found = doctor("certificate")["certificate"]
        assert "has not read that on the disk, until" in found.message
        assert found.hint == "sudo systemctl reload nginx"
        settings.CERTIFICATE = str(tmp_path / "none.pem")
        assert "on the disk" not in doctor("certificate")["certificate"].message, "TLS may end in front"
        settings.CERTIFICATE = __file__
        assert doctor("certificate")["certificate"].state == "unknown"
