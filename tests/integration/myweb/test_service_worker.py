"""The service worker and the manifest: what makes the site installable."""

import json
import re
import struct
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.contrib.staticfiles import finders
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import User, Workspace
from myweb.service_worker import build_service_worker, get_release
from tests.support.cast import as_
from tests.support.rooms import make_room

pytestmark = pytest.mark.django_db


def test_anybody_gets_the_worker_and_asks_for_it_again_each_time(ada: User) -> None:
    for client in (Client(), as_(ada)):
        response = client.get("/sw.js")
        assert response.status_code == 200
        assert response["Content-Type"] == "text/javascript; charset=utf-8"
        assert response["Cache-Control"] == "no-cache"
        assert "worker-src 'self'" in response["Content-Security-Policy"]


def test_the_worker_names_its_release_and_is_small() -> None:
    worker = Client().get("/sw.js").content.decode()
    assert worker.startswith(f'const RELEASE = "{get_release()}"')
    assert len(worker.encode()) <= 6 * 1024
    assert not re.search(r"^\s|^//|^/\*", worker, re.MULTILINE)  # comments and indentation


def test_the_parts_of_all_apps_are_in_the_worker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "one.js").write_text('// Why.\n(() => {\n  /** @type {any} */ (self).one = "//";\n})();\n')
    (tmp_path / "two.js").write_text("/*\n * What.\n */\n\n(() => {})();\n")
    monkeypatch.setattr(finders, "find", lambda name: str(tmp_path / name))
    worker = build_service_worker.__wrapped__(("one.js", "two.js"))
    assert worker.endswith('\n(() => {\n(self).one = "//";\n})();\n(() => {})();\n')


def test_a_part_that_does_not_exist_is_named() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"names myweb/nowhere_worker\.js"):
        build_service_worker(("myweb/nowhere_worker.js",))


def test_a_worker_that_is_switched_off_removes_itself(settings: Settings, ada: User) -> None:
    settings.SERVICE_WORKER = False
    worker = Client().get("/sw.js").content.decode()
    assert "registration.unregister()" in worker
    assert "fetch" not in worker
    assert '"service_worker":false' in as_(ada).get("/rooms/").content.decode()


def test_the_manifest_makes_the_workspace_installable(ada: User) -> None:
    Workspace.objects.update(name='O\'Brien "&" Söhne <b>')
    response = Client().get("/manifest.webmanifest")
    manifest = json.loads(response.content)
    assert response["Content-Type"] == "application/manifest+json"
    assert manifest["name"] == 'O\'Brien "&" Söhne <b>'
    assert (manifest["start_url"], manifest["scope"], manifest["display"]) == ("/", "/", "standalone")
    icons = {(icon["sizes"], icon.get("purpose", "any")): icon["src"] for icon in manifest["icons"]}
    for size, purpose in ((192, "any"), (512, "any"), (192, "maskable"), (512, "maskable")):
        found = finders.find(icons[f"{size}x{size}", purpose].removeprefix(configured.STATIC_URL))
        assert found
        assert struct.unpack(">II", Path(found).read_bytes()[16:24]) == (size, size)


def test_the_shortcuts_of_the_manifest_lead_to_pages(ada: User) -> None:
    client = as_(ada)
    client.cookies["django_language"] = "zh-hans"
    manifest = json.loads(client.get("/manifest.webmanifest").content)
    assert manifest["lang"] == "zh-hans"
    assert "房间" in [shortcut["name"] for shortcut in manifest["shortcuts"]]
    for shortcut in manifest["shortcuts"]:
        assert client.get(shortcut["url"], follow=True).status_code == 200


def test_the_offline_page_is_the_same_for_everybody_and_names_nobody(ada: User) -> None:
    Workspace.objects.update(name="Observatory")
    room = make_room(ada, name="Secret plans", kind="private")
    member = as_(ada)
    member.get(f"/rooms/{room.pk}/")
    responses = [member.get("/offline/"), Client().get("/offline/")]
    pages = [response.content.decode() for response in responses]
    assert pages[0] == pages[1]
    assert "Observatory" in pages[0]
    for secret in (ada.name, ada.email, "Secret plans", "page-me", "page-room", "csrfmiddlewaretoken"):
        assert secret not in pages[0]
    assert not responses[1].cookies


def test_the_offline_page_has_the_language_of_the_browser(ada: User) -> None:
    client = Client()
    client.cookies["django_language"] = "zh-hans"
    response = client.get("/offline/")
    assert response["Content-Language"] == "zh-hans"
    assert '<html lang="zh-hans"' in response.content.decode()


def test_the_offline_page_runs_only_the_script_that_fills_it() -> None:
    page = Client().get("/offline/").content.decode()
    modules = re.findall(r'<script type="module" src="([^"]+)"', page)
    assert modules == ["/static/myweb/base.js", "/static/chat/offline.js"]
    later = re.findall(r'<link rel="modulepreload" href="[^"]+" data-later="([^"]+)"', page)
    assert {"chat/app.js", "chat/shell.js", "dashboards/offline_board.js"} <= set(later)


def test_every_static_file_that_the_offline_page_names_exists() -> None:
    page = Client().get("/offline/").content.decode()
    names = re.findall(rf"{configured.STATIC_URL}[\w./-]+", page)
    assert len(names) > 10
    assert [name for name in names if not finders.find(name.removeprefix(configured.STATIC_URL))] == []


def test_the_page_to_sign_in_deletes_what_can_be_read_offline(ada: User) -> None:
    assert "accounts/signed_out.js" in Client().get("/accounts/login/").content.decode()
