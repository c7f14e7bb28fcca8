"""``manage.py doctor`` on static files: on the disk, and as they are served."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django.fixtures import Settings

from tests.support import machines
from tests.support.machines import Page
from tests.support.patient import doctor

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]
WAY_TO_STATIC = {"Cache-Control": "public, max-age=31536000, immutable"}


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
    assert " files with the right hashes; served by nginx, cacheable forever" in found.message


@pytest.mark.parametrize("how", ["altered", "gone"])
def test_a_static_file_that_is_not_as_it_was_is_named(root: Path, served: str, how: str) -> None:
    path = hashed(root, "realtime/socket.js")
    if how == "gone":
        path.unlink()
    else:
        path.write_text(f"{path.read_text()}// and more")
    found = doctor("static", url=served)["static"]
    assert f" are missing or altered: {path.relative_to(root)}" in found.message
    assert "collectstatic" in found.hint


def test_code_that_is_newer_than_what_was_collected_is_told(root: Path, served: str) -> None:
    (root / "realtime/socket.js").write_text("// of yesterday")
    found = doctor("static", url=served)["static"]
    assert "1 file of the code is newer than what was collected: realtime/socket.js" in found.message
    assert "collectstatic" in found.hint


def test_static_files_that_were_never_collected_or_whose_list_is_broken(root: Path, served: str) -> None:
    (root / "staticfiles.json").write_text("{")
    assert "the list of them can't be read" in doctor("static", url=served)["static"].message
    (root / "staticfiles.json").unlink()
    found = doctor("static", url=served)["static"]
    assert "staticfiles.json is missing in " in found.message
    assert "collectstatic" in found.hint


def test_where_only_the_list_is_nginx_is_asked_for_every_file(root: Path, served: str, collected: Path) -> None:
    for path in root.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
    assert (
        " files with the right hashes, checked through nginx; served by nginx"
        in doctor("static", url=served)["static"].message
    )
    other = hashed(collected, "realtime/socket.js").relative_to(collected)

    def page(_method: str, path: str) -> Page:
        return (
            (404, {}, b"") if path.endswith(str(other)) else (200, WAY_TO_STATIC, (collected / path[8:]).read_bytes())
        )

    with machines.web(page) as front:
        found = doctor("static", url=front)["static"]
    assert found.message.startswith("1 of ")
    assert f"are missing or altered, checked through nginx: {other}" in found.message


@pytest.mark.parametrize(
    ("page", "message", "hint"),
    [
        ((404, {}, b""), " is not served (404)", "MYWEB_STATIC_ROOT"),
        ((200, {}, b"other"), " is served with different content", "collectstatic"),
    ],
)
def test_a_front_that_serves_other_files_is_found(root: Path, page: Page, message: str, hint: str) -> None:
    with machines.web(lambda _method, _path: page) as front:
        found = doctor("static", url=front)["static"]
    assert message in found.message
    assert hint in found.hint


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({"Cache-Control": "no-cache"}, " is not cacheable by browsers"),
        ({**WAY_TO_STATIC, "Content-Security-Policy": "default-src 'self'"}, " is served by Python"),
    ],
)
def test_static_files_that_cost_more_than_they_should_are_a_warning(
    root: Path, collected: Path, headers: dict[str, str], message: str
) -> None:
    with machines.web(lambda _method, path: (200, headers, (collected / path[8:]).read_bytes())) as front:
        found = doctor("static", url=front, code=0)["static"]
    assert message in found.message
