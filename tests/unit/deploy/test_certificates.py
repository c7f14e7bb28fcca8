"""The certificate of the acme service: which names it asks for, how it hands it over, what it says on port 80."""

import http.client
import threading
from collections.abc import Iterator
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path
from queue import SimpleQueue

import pytest

from deploy import certificates
from deploy.certificates import (
    FIRST_RETRY,
    RENEWAL_INTERVAL,
    CertificateError,
    HttpsRedirectServer,
    build_certbot_command,
    install_certificate,
    list_site_names,
)

NAMES = ["chat.example.com", "www.example.com"]
SITES = dict(zip(NAMES, ("https://chat.example.com", "https://www.example.com:8443"), strict=True))


def got(home: Path, number: int) -> None:
    """What certbot leaves after its ``number``-th success."""
    live, archive = (home / "certbot" / "config" / kind / "site" for kind in ("live", "archive"))
    for folder in (live, archive):
        folder.mkdir(parents=True, exist_ok=True)
    for kind in ("fullchain", "privkey"):
        (archive / f"{kind}{number}.pem").write_text(f"{kind} {number}")
        (live / f"{kind}.pem").unlink(missing_ok=True)
        (live / f"{kind}.pem").symlink_to(archive / f"{kind}{number}.pem")


def served(home: Path) -> tuple[str, str]:
    return tuple((home / "current" / name).read_text() for name in ("certificate.pem", "key.pem"))  # type: ignore[return-value]


def test_the_names_are_those_of_the_origins() -> None:
    origins = "https://chat.example.com, https://www.example.com:8443 https://chat.example.com:9443"
    assert [*list_site_names({"MYWEB_ORIGINS": origins}).items()] == [*SITES.items()]


@pytest.mark.parametrize(
    "origins",
    ["", "http://chat.example.com", "https://localhost", "https://192.0.2.1", "https://a.example http://a.example"],
)
def test_names_that_no_authority_knows_are_refused_with_the_variable_to_mend(origins: str) -> None:
    with pytest.raises(CertificateError, match="MYWEB_ORIGINS"):
        list_site_names({"MYWEB_ORIGINS": origins})


def test_certbot_is_asked_for_every_name_and_for_nothing_by_hand(tmp_path: Path) -> None:
    argv = build_certbot_command(
        tmp_path, NAMES, {"MYWEB_ACME_EMAIL": "ada@example.com", "MYWEB_ACME_SERVER": "https://ca.example/dir"}
    )
    assert [argv[at + 1] for at, word in enumerate(argv) if word == "--domain"] == NAMES
    assert argv[argv.index("--email") + 1] == "ada@example.com"
    assert argv[argv.index("--server") + 1] == "https://ca.example/dir"
    assert "--non-interactive" in argv
    assert "--register-unsafely-without-email" in build_certbot_command(tmp_path, NAMES, {})
    assert "--keep-until-expiring" in argv, "it is asked twice a day, and an authority counts"


def test_a_new_certificate_and_its_key_change_places_with_the_old_in_one_step(tmp_path: Path) -> None:
    got(tmp_path, 1)
    assert install_certificate(tmp_path)
    assert not install_certificate(tmp_path), "nothing new"
    assert served(tmp_path) == ("fullchain 1", "privkey 1")
    assert (tmp_path / "current" / "key.pem").stat().st_mode & 0o007 == 0
    got(tmp_path, 2)
    assert install_certificate(tmp_path)
    assert served(tmp_path) == ("fullchain 2", "privkey 2")
    assert [path.name for path in tmp_path.glob("fullchain*")] == ["fullchain2"], "the old key is gone"


@pytest.fixture
def door(tmp_path: Path) -> Iterator[http.client.HTTPConnection]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(HttpsRedirectServer, tmp_path, SITES))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=5)
    server.shutdown()
    server.server_close()


def test_port_80_answers_challenges_and_nothing_else_from_the_disk(
    door: http.client.HTTPConnection, tmp_path: Path
) -> None:
    place = tmp_path / "challenges" / ".well-known" / "acme-challenge"
    place.mkdir(parents=True)
    (place / "abc_-9").write_text("abc.key")
    (tmp_path / "secret").write_text("key")
    expected = {"abc_-9": (200, b"abc.key"), "other": (404, b"")}
    for token, answer in expected.items():
        door.request("GET", f"/.well-known/acme-challenge/{token}")
        response = door.getresponse()
        assert (response.status, response.read()) == answer
    door.request("GET", "/.well-known/acme-challenge/../../../secret")
    response = door.getresponse()
    assert (response.status, response.read()) == (308, b"")


@pytest.mark.parametrize(
    ("host", "origin"), [("www.example.com:80", SITES["www.example.com"]), ("evil.example", SITES["chat.example.com"])]
)
def test_port_80_sends_people_to_an_address_of_the_site_with_its_port(
    door: http.client.HTTPConnection, host: str, origin: str
) -> None:
    door.request("POST", "/rooms/1/?a=b", headers={"Host": host})
    response = door.getresponse()
    response.read()
    assert (response.status, response.headers["Location"]) == (308, f"{origin}/rooms/1/?a=b")


def test_it_is_well_once_there_is_a_certificate(door: http.client.HTTPConnection, tmp_path: Path) -> None:
    for status in (503, 200):
        door.request("GET", "/healthz")
        response = door.getresponse()
        response.read()
        assert response.status == status
        got(tmp_path, 1)
        install_certificate(tmp_path)


def test_an_authority_that_gives_nothing_is_asked_less_and_less_often(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []

    def noted(_stopping: object, seconds: float) -> bool:
        pauses.append(seconds)
        return len(pauses) > 10

    monkeypatch.setattr(certificates, "build_certbot_command", lambda *_: ["false"])
    monkeypatch.setattr(certificates, "wait_for_stop", noted)
    certificates.keep_certificate(tmp_path, {"chat.example.org": "https://chat.example.org"}, SimpleQueue())
    assert pauses[:4] == [0, FIRST_RETRY, 2 * FIRST_RETRY, 4 * FIRST_RETRY]
    assert pauses[-1] == RENEWAL_INTERVAL


def test_it_ends_when_it_is_asked_to() -> None:
    stopping: SimpleQueue[None] = SimpleQueue()
    assert not certificates.wait_for_stop(stopping, 0)
    stopping.put(None)
    assert certificates.wait_for_stop(stopping, 60)
