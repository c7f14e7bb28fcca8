import re
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from deploy.schemes.catalogue import ALL, SCHEMES
from deploy.schemes.scheme import HERE, Scheme
from deploy.stack import programs
from deploy.stack.errors import StackError
from deploy.stack.state import is_free
from tests.schemes.served import House, Served, serve, stylesheet


@pytest.mark.parametrize("scheme", ALL, ids=SCHEMES)
async def test_a_scheme_serves_the_pages_the_files_and_the_sockets_of_the_site(scheme: Scheme, house: House) -> None:
    with serve(house, scheme.name) as site:
        its_page_comes_with_its_files(site, scheme)
        its_worker_comes_with_its_files(site)
        it_refuses_hosts_that_it_does_not_know(site)
        it_takes_a_heartbeat_with_a_long_log(site, 3_000_000)
        if scheme.name == "uwsgi":
            it_takes_a_heartbeat_with_a_long_log(site, 20_000_000)
        if scheme.name != "runserver":  # for one developer's own machine
            it_believes_no_forwarded_header(site)
        if scheme.sockets:
            await it_carries_a_conversation(site)
            await it_refuses_pages_of_other_sites(site)
        else:
            await it_says_that_it_has_no_sockets(site)
        it_ends_when_it_is_asked_to(site)


def its_page_comes_with_its_files(site: Served, scheme: Scheme) -> None:
    page = site.get("/accounts/login/")
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    path = stylesheet(page.text)
    assert bool(re.search(r"\.[0-9a-f]{12}\.css$", path)) == scheme.hashed
    style = site.get(path)
    assert style.status_code == 200
    assert style.headers["Content-Type"].startswith("text/css")
    assert "@layer tokens" in style.text


def its_worker_comes_with_its_files(site: Served) -> None:
    """A file that is missing would keep browsers from installing it."""
    worker = site.get("/sw.js")
    assert worker.status_code == 200
    assert worker.headers["Content-Type"].startswith("text/javascript")
    assert worker.headers["Cache-Control"] == "no-cache"
    files = set(re.findall(r"/static/[\w./-]+", site.get("/offline/").text))
    assert len(files) > 10
    assert {path for path in files if site.get(path).status_code != 200} == set()


def it_refuses_hosts_that_it_does_not_know(site: Served) -> None:
    assert site.get("/accounts/login/", Host="evil.example").status_code == 400


def it_takes_a_heartbeat_with_a_long_log(site: Served, size: int) -> None:
    answer = httpx.post(f"{site.address}/api/beat/{site.house.job}/0", content=b"x" * size, timeout=20)
    assert (answer.status_code, answer.text) == (200, "ok\n")


def it_believes_no_forwarded_header(site: Served) -> None:
    """If it took the form for sent by TLS, it would ask for a Referer."""
    with site.browser() as browser:
        page = browser.get("/accounts/login/").text
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        assert token
        headers = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1", "X-Forwarded-Host": "evil.example"}
        answer = browser.post("/accounts/login/", data={"csrfmiddlewaretoken": token[1]}, headers=headers)
        assert answer.status_code == 200
        assert "https://" not in answer.text


async def it_carries_a_conversation(site: Served) -> None:
    room = site.house.room
    async with site.socket(0) as hers, site.socket(1) as his:
        await hers.ok("subscribe", stream=f"room.{room}")
        body = f"Said at port {site.place.stack.port}"
        await his.ok("message.send", room=room, client_id=f"{site.place.stack.port:032x}", body=body)
        await hers.hears(body)


async def it_refuses_pages_of_other_sites(site: Served) -> None:
    assert await refused(site, origin="https://evil.example") == 403


async def it_says_that_it_has_no_sockets(site: Served) -> None:
    assert await refused(site) == 404


def it_ends_when_it_is_asked_to(site: Served) -> None:
    killed = [name for name, part in reversed(site.parts.items()) if not part.stop()]
    assert not killed
    assert is_free(site.place.stack.port)


async def refused(site: Served, **asked: str) -> int:
    with pytest.raises(InvalidStatus) as refusal:
        async with site.socket(**asked):  # type: ignore[arg-type]
            pass
    return refusal.value.response.status_code


def test_a_missing_program_is_named_with_the_package_that_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "SYSTEM", "/nowhere")
    with pytest.raises(StackError, match="apt-get install -y apache2-bin libapache2-mod-wsgi-py3"):
        SCHEMES["apache"].require()


def test_a_missing_module_is_named_with_the_file_that_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(StackError, match=r"gunicorn, servestatic: .*pip install -r deploy/schemes/requirements\.txt"):
        SCHEMES["gunicorn"].require()


@pytest.mark.parametrize("name", SCHEMES)
def test_a_scheme_has_a_folder_that_says_when_to_choose_it(name: str) -> None:
    text = (HERE / name / "README.md").read_text(encoding="utf-8")
    assert f"bin/scheme {name}" in text
    assert "**Choose it**" in text
    assert re.search(r"^\*\*(Not|Never)\*\* ", text, re.MULTILINE)
    for link in re.findall(r"\]\(([^)]+)\)", text):
        assert (HERE / name / link).exists(), link
    assert f"[{name}]({name}/)" in Path(HERE / "README.md").read_text(encoding="utf-8")
