"""``manage.py doctor`` at the front: what nginx may lead wrongly, and what people's browsers would meet."""

import asyncio
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from realtime.consumers import PATH
from tests import machines
from tests.machines import Page
from tests.patient import doctor
from tests.redis import free_port
from tests.serving import Server, Start, ready
from tests.wire import ORIGIN

pytestmark = pytest.mark.django_db(transaction=True)
Patch = pytest.MonkeyPatch
WELL: Page = (200, {}, b"ok\n")
WAY_TO_STATIC = {"Cache-Control": "public, max-age=31536000, immutable"}


@pytest.fixture
def pages(live_server: LiveServer, settings: Settings) -> str:
    """The pages themselves, without nginx."""
    settings.ORIGINS = [live_server.url]
    settings.CSRF_TRUSTED_ORIGINS = settings.ORIGINS
    return str(live_server.url)


def answering(**known: Page) -> Callable[[str, str], Page]:
    """Well, but for the paths (by their last word) that are given."""

    def page(_method: str, path: str) -> Page:
        return known.get(path.strip("/").rpartition("/")[2] or "root", WELL)

    return page


# Routing


def test_the_pages_are_well(pages: str, ada: User) -> None:
    found = doctor("nginx", "origins")
    assert found["nginx"].said.startswith(f"{pages} answers in ")
    assert found["nginx"].said.endswith("the sign-in page is there; unknown names are refused")
    assert found["origins"].said == f"1 address known: {pages}"


def test_a_house_without_an_owner_is_open_to_the_first_who_comes(pages: str) -> None:
    found = doctor("nginx", code=0)["nginx"]
    assert "nobody owns this house yet" in found.said
    assert found.mend == f"Open {pages} now"


def test_a_front_that_is_not_there_is_said_to_be_so_by_all_who_need_it() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    found = doctor("nginx", "websocket", "origins", "database", url=url)
    for name in ("nginx", "websocket", "origins"):
        assert f"{url} does not answer: The connection was refused: nobody listens there" in found[name].said
        assert found[name].mend
    assert found["database"].state == "ok"


def test_a_name_that_the_running_pages_do_not_know_is_a_matter_of_the_settings(pages: str, settings: Settings) -> None:
    settings.ORIGINS = ["http://chat.example.com"]
    found = doctor("nginx", "origins", url=pages)
    assert "the site refuses the name chat.example.com (400)" in found["nginx"].said
    assert "MYWEB_ORIGINS" in found["nginx"].mend
    assert "the pages refuse http://chat.example.com" in found["origins"].said


@pytest.mark.parametrize(
    ("known", "said", "mend"),
    [
        ({"healthz": (503, {}, b"One moment")}, "nginx answers, and no pages behind it (503)", "uwsgi"),
        ({"healthz": (200, {}, b"another")}, "/healthz is answered by something else (200)", "--url"),
        ({"readyz": (503, {}, b"")}, "the pages do not reach the database", "uwsgi"),
        ({"readyz": (200, {}, b"degraded: so")}, "the pages do not reach Redis", "redis"),
        ({"login": (404, {}, b"")}, "the sign-in page is not there (404)", "uwsgi"),
        ({"login": (301, {"Location": "https://x/"}, b"")}, "lead to themselves without end", "MYWEB_TRUSTED_PROXY"),
        ({}, "a name that is not the site's is answered", "proxy_set_header Host $http_host"),
    ],
)
def test_what_is_led_wrongly_is_told_with_the_way_out(known: dict[str, Page], said: str, mend: str) -> None:
    with machines.web(answering(**known)) as front:
        found = doctor("nginx", url=front)["nginx"]
    assert said in found.said
    assert mend in found.mend


def test_plain_http_behind_a_proxy_that_ends_tls_is_led_to_https(settings: Settings) -> None:
    settings.ORIGINS = ["https://chat.example.com"]
    to = {"Location": "https://chat.example.com/accounts/login/"}
    with machines.web(answering(login=(301, to, b""))) as front:
        found = doctor("nginx", url=front)["nginx"]
    assert "plain http is led to https" in found.said


def test_figures_of_nginx_that_cannot_be_read_are_a_warning(pages: str, ada: User, settings: Settings) -> None:
    with machines.web(answering()) as other:
        settings.NGINX_STATUS = other
        found = doctor("nginx", code=0)["nginx"]
    assert "it is not stub_status" in found.said
    assert "MYWEB_NGINX_STATUS" in found.mend


# The upgrade to a websocket


async def listening(server: Server) -> str:
    await ready(server)
    return str(server.path)


async def asked(*only: str, **options: Any) -> dict[str, str]:
    """In a thread, while servers turn; everything that it said, by check."""
    found = await asyncio.to_thread(lambda: doctor(*only, **options))
    return {name: f"{each.said} | {each.mend}" for name, each in found.items()}


async def test_a_socket_is_opened_and_that_of_a_foreign_page_is_not(start: Start, settings: Settings) -> None:
    settings.ORIGINS = [ORIGIN]
    found = await asked("websocket", url=await listening(start()))
    assert f"{ORIGIN} upgraded in " in found["websocket"]
    assert "a foreign origin is refused" in found["websocket"]


async def test_a_process_that_does_not_know_the_address_has_other_settings(start: Start, settings: Settings) -> None:
    settings.ORIGINS = [ORIGIN]
    found = await asked("websocket", url=await listening(start(MYWEB_ORIGINS="http://other.example.com")))
    assert f"{ORIGIN}/ws/ is not upgraded: 403" in found["websocket"]
    assert "MYWEB_ORIGINS must be the same for live" in found["websocket"]


async def test_a_process_that_lets_any_page_in_is_a_failure(start: Start, settings: Settings) -> None:
    settings.ORIGINS = [ORIGIN]
    found = await asked("websocket", url=await listening(start(MYWEB_ORIGINS=f"{ORIGIN} https://doctor.invalid")))
    assert "a page of another site may open a socket here" in found["websocket"]
    assert "Hand the Origin on" in found["websocket"]


@pytest.mark.parametrize(
    ("page", "said", "mend"),
    [
        ((503, {}, b""), "/ws/ is not upgraded: 503", "manage.py live"),
        ((429, {}, b""), "/ws/ is not upgraded: 429", "MYWEB_SOCKETS_PER_ADDRESS"),
        ((404, {}, b"Not here"), "/ws/ is not upgraded: 404", "Lead /ws/ to live"),
        (
            (404, {}, f"Only websockets at {PATH} are served here.\n".encode()),
            "404",
            "set_header Upgrade $http_upgrade",
        ),
    ],
)
def test_an_upgrade_that_is_lost_on_the_way_is_told_by_where(page: Page, said: str, mend: str) -> None:
    with machines.web(answering(ws=page)) as front:
        found = doctor("websocket", url=front)["websocket"]
    assert said in found.said
    assert mend in found.mend


async def test_of_several_processes_the_dead_one_is_named(
    transactional_db: None, tmp_path: Path, settings: Settings
) -> None:
    settings.ORIGINS, settings.WEB_STATS = [ORIGIN], str(tmp_path / "stats.sock")
    servers = [Server(tmp_path / f"live{number}.sock") for number in (1, 2)]
    try:
        await ready(*servers)
        found = await asked("live", url=str(servers[0].path))
        assert "2 sockets answer; 1 process tells of 0 open sockets" in found["live"]
        servers[1].end()
        found = await asked("live", url=str(servers[0].path))
        assert "1 socket does not answer: live2.sock" in found["live"]
        servers[0].end()
        found = await asked("live", url=str(servers[0].path))
        assert "2 sockets do not answer: live1.sock, live2.sock" in found["live"]
        assert "manage.py live" in found["live"]
    finally:
        for each in servers:
            each.end()


# Static files


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from django.conf import settings
    from django.test import override_settings

    root = tmp_path_factory.mktemp("collected")
    with override_settings(STATIC_ROOT=str(root), STORAGES=with_hashes(settings.STORAGES)):
        call_command("collectstatic", interactive=False, verbosity=0)
    return root


def with_hashes(there: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    return {**there, "staticfiles": {"BACKEND": "myweb.storage.ModuleManifestStorage"}}


@pytest.fixture
def root(collected: Path, tmp_path: Path, settings: Settings) -> Path:
    shutil.copytree(collected, tmp_path / "root")
    settings.STORAGES, settings.STATIC_ROOT = with_hashes(settings.STORAGES), str(tmp_path / "root")
    return tmp_path / "root"


@pytest.fixture
def served(collected: Path) -> Iterator[str]:
    """What was collected, as nginx serves it."""
    with machines.web(lambda _method, path: (200, WAY_TO_STATIC, (collected / path[8:]).read_bytes())) as front:
        yield front


def hashed(root: Path, name: str) -> Path:
    stem, _dot, ending = name.rpartition(".")
    return next(root.glob(f"{stem}.{'[0-9a-f]' * 12}.{ending}"))


def test_static_files_are_as_their_names_promise(root: Path, served: str) -> None:
    found = doctor("static", url=served)["static"]
    assert found.state == "ok"
    assert " files with the right hashes; served by nginx, to be kept for ever" in found.said


@pytest.mark.parametrize("how", ["altered", "gone"])
def test_a_static_file_that_is_not_as_it_was_is_named(root: Path, served: str, how: str) -> None:
    path = hashed(root, "realtime/socket.js")
    if how == "gone":
        path.unlink()
    else:
        path.write_text(f"{path.read_text()}// and more")
    found = doctor("static", url=served)["static"]
    assert f" are missing or altered: {path.relative_to(root)}" in found.said
    assert "collectstatic" in found.mend


def test_code_that_is_newer_than_what_was_collected_is_told(root: Path, served: str) -> None:
    (root / "realtime/socket.js").write_text("// of yesterday")
    found = doctor("static", url=served)["static"]
    assert "1 file of the code are newer than what was collected: realtime/socket.js" in found.said
    assert "collectstatic" in found.mend


def test_static_files_that_were_never_collected_or_whose_list_is_broken(root: Path, served: str) -> None:
    (root / "staticfiles.json").write_text("{")
    assert "the list of them cannot be read" in doctor("static", url=served)["static"].said
    (root / "staticfiles.json").unlink()
    found = doctor("static", url=served)["static"]
    assert "there is no staticfiles.json in " in found.said
    assert "collectstatic" in found.mend


def test_where_only_the_list_is_nginx_is_asked_for_every_file(root: Path, served: str, collected: Path) -> None:
    for path in root.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
    assert (
        " files with the right hashes, asked of nginx; served by nginx" in doctor("static", url=served)["static"].said
    )
    other = hashed(collected, "realtime/socket.js").relative_to(collected)

    def page(_method: str, path: str) -> Page:
        return (
            (404, {}, b"") if path.endswith(str(other)) else (200, WAY_TO_STATIC, (collected / path[8:]).read_bytes())
        )

    with machines.web(page) as front:
        found = doctor("static", url=front)["static"]
    assert found.said.startswith("1 of ")
    assert f"are missing or altered, asked of nginx: {other}" in found.said


@pytest.mark.parametrize(
    ("page", "said", "mend"),
    [
        ((404, {}, b""), " is not served (404)", "MYWEB_STATIC_ROOT"),
        ((200, {}, b"other"), " is served with another content", "collectstatic"),
    ],
)
def test_a_front_that_serves_other_files_is_found(root: Path, page: Page, said: str, mend: str) -> None:
    with machines.web(lambda _method, _path: page) as front:
        found = doctor("static", url=front)["static"]
    assert said in found.said
    assert mend in found.mend


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"Cache-Control": "no-cache"}, " may not be kept by browsers"),
        ({**WAY_TO_STATIC, "Content-Security-Policy": "default-src 'self'"}, " is served by Python"),
    ],
)
def test_static_files_that_cost_more_than_they_should_are_a_warning(
    root: Path, collected: Path, headers: dict[str, str], said: str
) -> None:
    with machines.web(lambda _method, path: (200, headers, (collected / path[8:]).read_bytes())) as front:
        found = doctor("static", url=front, code=0)["static"]
    assert said in found.said


# Addresses and their certificates


@pytest.mark.parametrize(
    ("origins", "said", "mend"),
    [
        (["http://chat.local:80"], "no browser sends http://chat.local:80", "Write http://chat.local in MYWEB_ORIGINS"),
        (["http://Chat.local"], "no browser sends http://Chat.local", "Write http://chat.local in"),
        (["http://a.local", "https://b.local"], "cookies are not Secure, since http://a.local", "https only"),
        (["http://chat.example.com"], "passwords travel readable to http://chat.example.com", "TLS"),
    ],
)
def test_an_address_that_does_not_do_is_told(settings: Settings, origins: list[str], said: str, mend: str) -> None:
    settings.ORIGINS = origins
    with machines.web(answering()) as front:
        found = doctor("origins", url=front)["origins"]
    assert said in found.said
    assert mend in found.mend


@pytest.mark.parametrize(
    ("origin", "cookie", "said", "mend"),
    [
        ("http://chat.local", "csrf=1; SameSite=Lax; Secure", "nobody can sign in", "MYWEB_ORIGINS as it is typed"),
        ("https://chat.local", "csrf=1; SameSite=Lax", "the cookie csrf is not Secure", "https only"),
        ("http://chat.local", "csrf=1", "has lost its SameSite", "Set-Cookie"),
    ],
)
def test_cookies_fit_the_address(settings: Settings, origin: str, cookie: str, said: str, mend: str) -> None:
    settings.ORIGINS = [origin]
    with machines.web(answering(login=(200, {"Set-Cookie": cookie}, b""))) as front:
        found = doctor("origins", url=front)["origins"]
    assert said in found.said
    assert mend in found.mend


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
            assert f"https://{place}: The certificate is good for {days} days" in found.said
            assert ("certbot renew" in found.mend) is (days == 5)
    with machines.saying(b"", machines.certificate(tmp_path, name="chat.example.com")) as place:
        settings.ORIGINS = [f"https://{place}"]
        found = doctor("certificate")["certificate"]
        assert "The certificate is for another address. It is for chat.example.com" in found.said
        assert "MYWEB_TLS_CERTIFICATE" in found.mend


def test_a_certificate_is_looked_at_where_the_front_is_for_the_name_that_people_type(
    settings: Settings, monkeypatch: Patch, tmp_path: Path
) -> None:
    settings.ORIGINS = ["https://chat.example.com"]
    with machines.saying(b"", machines.certificate(tmp_path, name="chat.example.com")) as place:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        found = doctor("certificate", url=f"https://{place}")["certificate"]
        assert "https://chat.example.com: The certificate is good for 30 days" in found.said


def test_an_address_that_cannot_be_reached_from_here_says_how_to_look_from_elsewhere(settings: Settings) -> None:
    settings.ORIGINS = [f"https://127.0.0.1:{free_port()}"]
    found = doctor("certificate", code=0)["certificate"]
    assert found.state == "warning"
    assert "openssl s_client -connect 127.0.0.1:" in found.mend
