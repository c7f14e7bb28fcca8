"""Pictures of users and the logo of the workspace: chosen, made small by the worker, and for whom they are there."""

import io
import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.templatetags.static import static
from django.test import Client
from PIL import Image

from accounts.models import User, UserPicture, Workspace, WorkspaceLogo
from chat import serializers
from chat.models import Room
from files.models import PictureUpload
from files.picture_processing import process_picture_upload
from files.storage import get_storage, write_at
from files.tasks import process_picture
from tasks.models import QueuedTask
from tests.integration.chat.test_races import at_once
from tests.support.cast import as_
from tests.support.images import (
    PLACE,
    draw,
    encode_image,
    make_animation,
    make_jpeg_bomb,
    make_long_animation,
    make_photo,
    make_png_bomb,
    make_polyglot,
)

OWN, LOGO = "/profile/picture/", "/workspace/logo/"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
PICTURE = encode_image(draw(600, 300), "PNG")


def choose(by: User, content: bytes = PICTURE, address: str = OWN, name: str = "me.png") -> Any:
    headers = {"Accept": "application/json"}
    return as_(by).post(address, {"picture": SimpleUploadedFile(name, content, "image/png")}, headers=headers)


def remove(by: User, address: str = OWN) -> Any:
    return as_(by).post(address, {"remove": "yes"}, headers={"Accept": "application/json"})


def work() -> None:
    for upload in PictureUpload.objects.all():
        process_picture_upload(upload.pk)


def read_state(by: User, address: str = OWN) -> dict[str, str]:
    state: dict[str, str] = json.loads(as_(by).get(address).content)
    return state


def set_picture(by: User, content: bytes = PICTURE) -> str:
    """The address of the large one."""
    assert choose(by, content).status_code == 200
    work()
    return read_state(by)["address"]


def open_picture(by: User, address: str) -> Image.Image:
    answer = as_(by).get(address)
    assert answer.status_code == 200
    return Image.open(io.BytesIO(answer.content))


def count_folders() -> int:
    return sum(1 for _folder in get_storage().list_local_folders())


def test_a_picture_becomes_two_squares_for_everybody_who_is_signed_in(ada: User, ben: User, cleo: User) -> None:
    answer = choose(ben)
    assert json.loads(answer.content) == {"address": "", "state": "working", "text": ""}
    (task,) = QueuedTask.objects.filter(function=process_picture.module_path)
    process_picture.func(*task.arguments["args"])
    state = read_state(ben)
    assert (state["state"], state["text"]) == ("ready", "")
    for by in (ada, ben, cleo):
        assert open_picture(by, state["address"]).size == (256, 256)
    small = as_(ada).get(state["address"].replace("/256/", "/64/"))
    assert Image.open(io.BytesIO(small.content)).size == (64, 64)
    assert small["Content-Type"] == "image/webp"
    assert small["Cache-Control"] == "private, max-age=31536000, immutable"
    assert small["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert small["Cross-Origin-Resource-Policy"] == "same-origin"
    assert Client().get(state["address"]).status_code == 302
    assert count_folders() == 0


def test_other_addresses_of_pictures_are_not_there(ada: User, ben: User) -> None:
    old = set_picture(ben)
    set_picture(ben, encode_image(draw(300, 300), "JPEG"))
    new = read_state(ben)["address"]
    assert old != new
    own = new.replace(f"/{ben.pk}/", f"/{ada.pk}/")
    for missing in (own, new.replace("/256/", "/128/"), new.replace("/256/", "/0/")):
        assert as_(ada).get(missing).status_code == 404, missing
    assert as_(ada).get(old)["Location"] == new, "an open page still names it"


def test_a_photo_says_nothing_of_its_place(ben: User) -> None:
    photo = make_photo()
    assert PLACE in photo
    address = set_picture(ben, photo)
    for size in ("256", "64"):
        content = as_(ben).get(address.replace("/256/", f"/{size}/")).content
        assert not any(word in content for word in (PLACE, b"Exif", b"EXIF", b"XMP ", b"GPS"))
    assert not open_picture(ben, address).getexif()


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP", "AVIF"])
def test_each_kind_of_picture_is_taken_by_its_content(ben: User, form: str) -> None:
    assert open_picture(ben, set_picture(ben, encode_image(draw(90, 70), form))).format == "WEBP"


def test_of_what_moves_the_first_frame_is_shown(ben: User) -> None:
    assert getattr(open_picture(ben, set_picture(ben, make_animation(5, "GIF"))), "n_frames", 1) == 1


def test_a_transparent_picture_covers_the_initials(ben: User) -> None:
    picture = open_picture(ben, set_picture(ben, encode_image(Image.new("RGBA", (50, 50)), "PNG")))
    assert picture.convert("RGBA").getpixel((20, 20)) == (255, 255, 255, 255)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (SVG, "no picture that can be shown"),
        (b"<!doctype html><script>alert(1)</script>", "no picture"),
        (b"%PDF-1.7\n", "no picture"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "no picture"),
        (b"GIF89a/*<html><script>alert(1)</script>*/", "no picture"),
        (PICTURE[:100], "no picture"),
        (b"x", "no picture"),
        (make_png_bomb(), "too many pixels"),
        (make_jpeg_bomb(), "too many pixels"),
        (make_long_animation(), "too many pixels"),
        (make_animation(501, size=(2, 2)), "too many pixels"),
    ],
    ids=[*("svg", "html", "pdf", "wav", "gif with script", "cut", "one byte"), *("png", "jpeg", "long", "frames")],
)
@pytest.mark.parametrize("address", [OWN, LOGO])
def test_what_is_no_picture_or_a_bomb_changes_nothing(ada: User, content: bytes, text: str, address: str) -> None:
    choose(ada, address=address)
    work()
    before = read_state(ada, address)["address"]
    assert before
    choose(ada, content, address)
    work()
    state = read_state(ada, address)
    assert (state["state"], state["address"], text in state["text"]) == ("refused", before, True)
    assert count_folders() == 0
    page = as_(ada).get("/profile/" if address == OWN else "/workspace/").content.decode()
    assert text in page


@pytest.mark.parametrize("address", [OWN, LOGO])
def test_of_a_polyglot_only_the_pixels_are_kept(ada: User, address: str) -> None:
    choose(ada, make_polyglot(), address)
    work()
    answer = as_(ada).get(read_state(ada, address)["address"])
    assert answer["Content-Type"] == "image/webp"
    assert b"script" not in answer.content


@pytest.mark.parametrize(
    "name",
    ['a"b.png', "a\r\nSet-Cookie: x=1.png", "x\u202egnp.exe", "a" * 300 + ".png", "头像.png", "../../me.svg"],
)
def test_the_name_of_a_picture_means_nothing(ben: User, name: str) -> None:
    choose(ben, name=name)
    work()
    assert read_state(ben)["state"] == "ready"


def test_pictures_are_limited(ben: User) -> None:
    assert choose(ben, b"\x89PNG\r\n\x1a\n" + bytes(5_000_000)).status_code == 413
    assert not PictureUpload.objects.exists()
    assert as_(ben).post(OWN, {}, headers={"Accept": "application/json"}).status_code == 400
    assert count_folders() == 0


def test_without_a_script_the_page_comes_again_with_a_sentence(ben: User) -> None:
    browser = as_(ben)
    page = browser.post(OWN, {"picture": SimpleUploadedFile("me.png", PICTURE)}, follow=True).content.decode()
    assert "Your picture is being prepared." in page
    work()
    assert read_state(ben)["address"] in browser.get("/profile/").content.decode()
    assert "Choose a picture." in browser.post(OWN, {}, follow=True).content.decode()
    page = browser.post(OWN, {"picture": SimpleUploadedFile("me.png", bytes(5_000_001))}, follow=True).content.decode()
    assert "Pictures can have at most 5 MB." in page
    assert "Removed." in browser.post(OWN, {"remove": "yes"}, follow=True).content.decode()
    assert not UserPicture.objects.exists()


def test_a_removed_picture_is_gone_at_once(ada: User, ben: User) -> None:
    address = set_picture(ben)
    remove(ben)
    assert as_(ada).get(address).status_code == 404
    assert read_state(ben) == {"address": "", "state": "", "text": ""}
    remove(ben)


def test_what_is_removed_before_the_worker_came_does_not_come_back(ben: User) -> None:
    choose(ben)
    upload = PictureUpload.objects.get()
    remove(ben)
    process_picture_upload(upload.pk)
    assert not UserPicture.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_pictures_the_later_one_is_kept(ben: User) -> None:
    choose(ben)
    first = PictureUpload.objects.get()
    choose(ben, encode_image(draw(40, 40), "GIF"))
    second = PictureUpload.objects.get()
    process_picture_upload(second.pk)
    address = read_state(ben)["address"]
    process_picture_upload(first.pk)
    assert read_state(ben)["address"] == address
    assert count_folders() == 0
    answers = at_once([lambda: choose(ben).status_code for _time in range(3)])
    assert (answers, PictureUpload.objects.count()) == ([200] * 3, 1)


def test_the_worker_may_die_and_do_it_again(ben: User, monkeypatch: pytest.MonkeyPatch) -> None:
    choose(ben)
    upload = PictureUpload.objects.get()
    with monkeypatch.context() as patch:
        patch.setattr("files.picture_processing.store_squares", lambda *_: (_ for _ in ()).throw(RuntimeError))
        with pytest.raises(RuntimeError):
            process_picture_upload(upload.pk)
    for _time in range(2):
        process_picture_upload(upload.pk)
    assert read_state(ben)["state"] == "ready"


def test_lost_bytes_are_told(ben: User) -> None:
    choose(ben)
    get_storage().delete_folder(PictureUpload.objects.get().pk)
    work()
    assert read_state(ben)["state"] == "refused"


def test_forged_requests_are_refused(ben: User) -> None:
    browser = as_(ben, enforce_csrf_checks=True)
    assert browser.post(OWN, {"remove": "yes"}).status_code == 403
    assert Client().post(OWN, {"remove": "yes"}).status_code == 302
    assert as_(ben).put(OWN).status_code == 405


def test_the_states_of_members_have_the_digest(ben: User, room: Room) -> None:
    before = max(member.rev for member in serializers.read_room_snapshot(room).members)
    address = set_picture(ben)
    room.refresh_from_db()
    (member,) = (member for member in serializers.read_room_snapshot(room).members if member.id == ben.pk)
    assert address == f"/people/{ben.pk}/picture/{member.picture}/256/"
    assert member.rev > before


def test_pages_show_the_picture_where_initials_are(ada: User, ben: User, room: Room) -> None:
    small = set_picture(ben).replace("/256/", "/64/")
    for page in ("/people/", "/people/members/", "/palette/", f"/rooms/{room.pk}/"):
        content = as_(ada).get(page).content.decode()
        digest = small.split("/")[-3]
        assert (digest if page in {"/palette/", f"/rooms/{room.pk}/"} else small) in content, page
    assert small.replace("/64/", "/256/") in as_(ada).get(f"/people/{ben.pk}/").content.decode()
    assert small in as_(ben).get("/people/").content.decode().partition("<main")[0]  # the own one, in the sidebar
    assert small in as_(ben).get(f"/rooms/{room.pk}/").content.decode()


# The logo


def test_owners_choose_the_logo_which_sign_in_shows_too(ada: User, ben: User, dora: User) -> None:
    assert [choose(user, address=LOGO).status_code for user in (ben, dora, ada)] == [404, 404, 200]
    work()
    address = Workspace.current().logo_url
    assert address == read_state(ada, LOGO)["address"]
    for page in (as_(ben).get("/profile/"), as_(ben).get("/", follow=True), Client().get("/accounts/login/")):
        assert address in page.content.decode()
    logo = Client().get(address)
    assert (logo["Content-Type"], logo["Cache-Control"]) == ("image/webp", "public, max-age=31536000, immutable")
    assert logo["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert Image.open(io.BytesIO(logo.content)).size == (256, 256)
    assert (
        as_(ada).post("/workspace/", {"name": "Harbour", "language": "", "mail_may_show_text": "yes"}).status_code
        == 302
    )
    assert Workspace.current().logo_url == address
    assert [remove(user, LOGO).status_code for user in (ben, ada)] == [404, 200]
    assert "mark" in Workspace.current().logo_url
    assert Client().get(address)["Location"] == static("myweb/mark.svg"), "an open page still names it"
    assert not WorkspaceLogo.objects.exists()


def test_a_wide_logo_is_whole_with_nothing_above_and_below(ada: User) -> None:
    choose(ada, PICTURE, LOGO)
    work()
    logo = open_picture(ada, Workspace.current().logo_url).convert("RGBA")
    assert [logo.getpixel(place)[3] for place in ((128, 5), (128, 128), (2, 128))] == [0, 255, 255]  # type: ignore[index]


def test_the_database_is_free_while_a_picture_is_written(ben: User, monkeypatch: pytest.MonkeyPatch) -> None:
    depth, inside = len(connections["default"].savepoint_ids), list[int]()

    def watch(*arguments: Any) -> int:
        inside.append(len(connections["default"].savepoint_ids))
        return write_at(*arguments)

    monkeypatch.setattr("files.picture_uploads.write_at", watch)
    choose(ben)
    assert inside == [depth]
