"""Modules and styles are joined when static files are collected, and pages get the joined ones."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages
from django.core.management import call_command
from django.template import Context, Template
from django.test import override_settings
from pytest_django.fixtures import Settings

from myweb.bundles import find_entries, find_esbuild
from myweb.storage import ModuleManifestStorage
from myweb.templatetags import modules

needs_esbuild = pytest.mark.skipif(find_esbuild() is None, reason="esbuild is not installed")
ROOM_PAGE = ("chat/app.js", "myweb/plugins.js")
MOST = 16  # files of scripts on the room page


def collect(root: Path) -> dict[str, Any]:
    """Returns the manifest."""
    backend = {"staticfiles": {"BACKEND": "myweb.storage.ModuleManifestStorage"}}
    with override_settings(STATIC_ROOT=str(root), STORAGES=backend, DEBUG=False):
        call_command("collectstatic", interactive=False, verbosity=0)
        manifest: dict[str, Any] = json.loads((root / "staticfiles.json").read_text(encoding="utf-8"))
    return manifest


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    root = tmp_path_factory.mktemp("collected")
    return root, collect(root)


def test_entries_are_the_modules_and_styles_that_templates_name(
    collected: tuple[Path, dict[str, Any]],
) -> None:
    entries = find_entries(collected[0])
    assert {*ROOM_PAGE, "chat/code_worker.js", "chat/room.css", "dashboards/board.js"} <= {*entries}
    assert not {"myweb/start.js", "dashboards/uplot/uPlot.js"} & {*entries}, "classic scripts"


@needs_esbuild
def test_the_room_page_loads_few_files(collected: tuple[Path, dict[str, Any]]) -> None:
    imports = collected[1]["imports"]
    assert len({*ROOM_PAGE, *imports["chat/app.js"], *imports["myweb/plugins.js"]}) <= MOST


@needs_esbuild
def test_a_page_gets_joined_files_whose_imports_exist(collected: tuple[Path, dict[str, Any]]) -> None:
    root, manifest = collected
    for entry in find_entries(root):
        served = root / manifest["paths"][entry]
        assert served.relative_to(root).parts[0] == "joined"
        text = served.read_text(encoding="utf-8")
        for path in re.findall(r"""(?:from|import|@import)\s*\(?["'](\.[^"']+)["']""", text):
            assert re.search(r"\.[0-9a-f]{12}\.\w+$", path), f"{entry} imports {path}"
            assert (served.parent / path).resolve().is_file(), f"{entry} imports {path}"
        assert "@import" not in text


@needs_esbuild
def test_all_files_that_a_module_imports_are_preloaded(
    collected: tuple[Path, dict[str, Any]], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, manifest = collected
    settings.DEBUG = False
    storage = ModuleManifestStorage(location=str(root), base_url="/static/")
    monkeypatch.setattr(modules, "staticfiles_storage", storage)
    html = Template('{% load modules %}{% module "chat/app.js" %}').render(Context())
    preloaded = re.findall(r'<link rel="modulepreload" href="/static/([^"]+)">', html)
    assert preloaded == manifest["imports"]["chat/app.js"]
    text = (root / manifest["paths"]["chat/app.js"]).read_text(encoding="utf-8")
    direct = {Path(path).name for path in re.findall(r'(?:from|import)\s*"(\.[^"]+)"', text)}
    assert direct <= {Path(part).name for part in preloaded}


def test_without_esbuild_every_module_is_served_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("myweb.storage.find_esbuild", lambda: None)
    manifest = collect(tmp_path)
    assert manifest["imports"] == {}
    assert manifest["paths"]["chat/app.js"].startswith("chat/app.")
    assert "esbuild is not installed" in caplog.text


def test_development_serves_a_module_as_it_is() -> None:
    assert not isinstance(storages["staticfiles"], ModuleManifestStorage)
    html = Template('{% load modules %}{% module "chat/app.js" %}').render(Context())
    assert html == '<script type="module" src="/static/chat/app.js"></script>'
