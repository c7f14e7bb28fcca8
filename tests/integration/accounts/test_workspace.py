"""The page of the workspace: owners change its name, logo and default language."""

import struct

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import User, Workspace, WorkspaceLogo
from tests.support.cast import as_

pytestmark = pytest.mark.django_db


def png(width: int, height: int, more: bytes = b"") -> SimpleUploadedFile:
    head = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height)
    return SimpleUploadedFile("logo.png", head + more, "image/png")


def change(client: Client, **fields: object) -> str:
    return client.post("/workspace/", {"name": "Harbour", "language": "", **fields}, follow=True).content.decode()


def test_only_owners_find_the_page(ada: User, ben: User, dora: User) -> None:
    assert [as_(user).get("/workspace/").status_code for user in (ada, ben, dora)] == [200, 404, 404]
    assert [as_(user).post("/workspace/", {"name": "Mine"}).status_code for user in (ben, dora)] == [404, 404]
    assert "/workspace/" in as_(ada).get("/people/").content.decode()
    assert "/workspace/" not in as_(dora).get("/people/").content.decode()


def test_a_new_name_is_on_every_page(ada: User, ben: User) -> None:
    assert "Saved." in change(as_(ada), name="Harbour <team>")
    assert "Harbour &lt;team&gt;" in as_(ben).get("/profile/").content.decode()


def test_a_logo_is_shown_to_everybody_and_can_be_removed(ada: User) -> None:
    client = as_(ada)
    change(client, logo=png(64, 64))
    address = Workspace.current().logo_url
    for page in (client.get("/profile/"), client.get("/", follow=True), Client().get("/accounts/login/")):
        assert address in page.content.decode()
    picture = Client().get(address)
    assert picture["Content-Type"] == "image/png"
    assert "immutable" in picture["Cache-Control"]
    assert picture["Content-Security-Policy"] == "default-src 'none'; sandbox"
    change(client)
    assert Workspace.current().logo_url == address
    change(client, remove_logo="on")
    assert "mark" in Workspace.current().logo_url
    assert Client().get(address).status_code == 404
    assert not WorkspaceLogo.objects.exists()


@pytest.mark.parametrize(
    ("file", "text"),
    [
        (SimpleUploadedFile("logo.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"), "no PNG"),
        (SimpleUploadedFile("logo.png", b"<script>alert(1)</script>", "image/png"), "no PNG"),
        (SimpleUploadedFile("logo.jpg", b"\xff\xd8\xff", "image/jpeg"), "no PNG"),
        (png(64, 64, b"x" * 300_000), "at most 256 KB"),
        (png(20_000, 20_000), "20000 × 20000 pixels"),
        (png(8, 64), "8 × 64 pixels"),
    ],
    ids=["svg", "script", "cut", "large", "wide", "small"],
)
def test_a_file_that_is_no_fitting_picture_is_refused_at_its_field(
    file: SimpleUploadedFile, text: str, ada: User
) -> None:
    file.seek(0)
    page = change(as_(ada), name="Harbour", logo=file)
    assert text in page
    assert 'value="Harbour"' in page
    assert not WorkspaceLogo.objects.exists()


def test_the_default_language_is_for_everybody_who_chose_none(ada: User) -> None:
    change(as_(ada), language="zh-hans")
    visitor = Client(headers={"accept-language": "en"})
    assert '<html lang="zh-hans"' in visitor.get("/accounts/login/").content.decode()
    visitor.post("/i18n/setlang/", {"language": "en"})
    assert '<html lang="en"' in visitor.get("/accounts/login/").content.decode()
