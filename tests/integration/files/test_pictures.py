"""What the worker makes of pictures, and of what says it is one."""

import base64
import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from accounts.models import User
from chat.models import Room
from files import pictures
from files.models import File, State
from files.pictures import CHILD, PICTURE, THUMBNAIL, PictureInterrupted, PictureResult, judge_result
from files.processing import process_upload
from files.storage import ORIGINAL, get_storage
from files.tasks import process_file, slots
from tasks.models import QueuedTask
from tests.integration.files.test_downloads import read_body
from tests.integration.files.test_messages_with_files import read_state, send_files
from tests.support.cast import as_
from tests.support.images import (
    PLACE,
    draw,
    encode_image,
    make_animation,
    make_jpeg_bomb,
    make_large_frame,
    make_long_animation,
    make_photo,
    make_png_bomb,
    make_polyglot,
)
from tests.support.uploads import begin_upload, encode_metadata, send_piece, upload, upload_ready

ReplaceChild = Callable[[str], None]


def list_parts(file: File) -> set[str]:
    folder = get_storage().get_folder(file.pk)
    return {path.name for path in folder.rglob("*")}


def open_served(by: User, file: File, address: str = "") -> Image.Image:
    answer = as_(by).get(f"/files/{file.pk}/{address}")
    assert answer.status_code == 200
    return Image.open(io.BytesIO(read_body(answer)))


def is_red(image: Image.Image, place: tuple[int, int]) -> bool:
    red, _green, blue = image.convert("RGB").getpixel(place)  # type: ignore[misc]
    return bool(red > 200 and blue < 60)


def test_a_photo_is_upright_and_says_nothing_of_its_place(ben: User, room: Room) -> None:
    photo = make_photo()
    assert PLACE in photo
    file = upload_ready(ben, room, photo, "IMG_1.JPG")
    assert (file.state, file.kind, file.type, file.name) == ("ready", "image", "image/jpeg", "IMG_1.JPG")
    assert (file.width, file.height) == (40, 60)
    picture = open_served(ben, file, "picture/")
    assert picture.size == (40, 60)
    assert is_red(picture, (20, 5))
    assert not picture.getexif()
    for path in get_storage().get_folder(file.pk).iterdir():
        content = path.read_bytes()
        assert not any(word in content for word in (PLACE, b"Exif", b"xmpmeta", b"GPS"))
    assert list_parts(file) == {PICTURE, THUMBNAIL}
    assert file.size == get_storage().get_path(file.pk, PICTURE).stat().st_size


def test_a_thumbnail_is_small_and_a_picture_is_limited(ben: User, room: Room) -> None:
    file = upload_ready(ben, room, encode_image(draw(5_000, 2_500), "PNG"), "plan.png")
    assert (file.width, file.height) == (4_096, 2_048)
    assert open_served(ben, file, "picture/").size == (4_096, 2_048)
    thumbnail = open_served(ben, file, "thumbnail/")
    assert (thumbnail.size, thumbnail.format) == ((720, 360), "WEBP")


def test_the_placeholder_is_pixels(ben: User, room: Room) -> None:
    file = upload_ready(ben, room, encode_image(draw(600, 400), "PNG"))
    width, height, *pixels = base64.b64decode(file.tiny)
    assert (width, height, len(pixels)) == (8, 5, 8 * 5 * 3)
    assert pixels[0] > 200
    assert pixels[2] < 60
    assert len(file.tiny) <= File.TINY_LENGTH


@pytest.mark.parametrize(
    ("content", "media_type", "mode"),
    [
        (encode_image(draw(mode="RGBA"), "PNG"), "image/png", "RGBA"),
        (encode_image(draw(mode="P"), "PNG"), "image/png", "RGB"),
        (encode_image(draw(mode="I;16"), "PNG"), "image/png", "RGB"),
        (encode_image(draw(mode="1"), "PNG"), "image/png", "RGB"),
        (encode_image(draw(), "GIF"), "image/png", "RGB"),
        (encode_image(draw(mode="CMYK"), "JPEG"), "image/jpeg", "RGB"),
        (encode_image(draw(mode="L"), "JPEG", progressive=True), "image/jpeg", "RGB"),
        (encode_image(draw(), "WEBP"), "image/jpeg", "RGB"),
        (encode_image(draw(mode="RGBA").resize((30, 30)), "WEBP"), "image/jpeg", "RGB"),
        (encode_image(draw(), "AVIF"), "image/jpeg", "RGB"),
    ],
)
def test_each_kind_of_picture_is_written_anew(
    ben: User, room: Room, content: bytes, media_type: str, mode: str
) -> None:
    file = upload_ready(ben, room, content, "picture.bmp")
    assert (file.state, file.type) == ("ready", media_type)
    answer = as_(ben).get(f"/files/{file.pk}/")
    assert answer["Content-Type"] == media_type
    assert answer["Content-Disposition"].startswith("inline;")
    assert file.name == "picture" + {"image/jpeg": ".jpg"}.get(media_type, f".{media_type.rpartition('/')[2]}")
    assert open_served(ben, file).mode == mode


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG"])
def test_what_moves_goes_on_moving(ben: User, room: Room, form: str) -> None:
    file = upload_ready(ben, room, make_animation(5, form))
    picture = open_served(ben, file, "picture/")
    assert (file.type, getattr(picture, "n_frames", 1)) == ("image/webp", 5)
    assert getattr(open_served(ben, file, "thumbnail/"), "n_frames", 1) == 1


def test_of_a_polyglot_only_the_pixels_are_kept(ben: User, room: Room) -> None:
    polyglot = make_polyglot()
    assert b"<script>" in polyglot
    file = upload_ready(ben, room, polyglot, "index.html")
    answer = as_(ben).get(f"/files/{file.pk}/")
    assert (answer["Content-Type"], file.name) == ("image/png", "index.png")
    assert b"script" not in read_body(answer)
    assert list_parts(file) == {PICTURE, THUMBNAIL}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (make_png_bomb(), "too_large"),
        (make_png_bomb(2**31 - 1, 1), "too_large"),
        (make_jpeg_bomb(), "too_large"),
        (make_large_frame(), "too_large"),
        (make_animation(501, size=(2, 2)), "too_large"),
        (make_long_animation(), "too_large"),
        (encode_image(draw(), "PNG")[:100], "broken"),
        (make_photo()[:-200], "broken"),
        (b"\x89PNG\r\n\x1a\n", "broken"),
        (b"GIF89a/*<html><script>alert(1)</script>*/", "broken"),
        (b"\xff\xd8\xff<svg onload=alert(1)>", "broken"),
    ],
)
def test_bombs_and_broken_pictures_are_refused_and_not_kept(ben: User, room: Room, content: bytes, reason: str) -> None:
    file = upload(ben, room, content, "cat.png")
    send_files(ben, room, file)
    process_upload(file.pk)
    (state,) = read_state(room).files
    assert (state.state, state.reason, state.kind, state.tiny) == ("refused", reason, "other", "")
    assert list_parts(file) == set()
    for address in ("", "picture/", "thumbnail/", "?download"):
        assert as_(ben).get(f"/files/{file.pk}/{address}").status_code == 404


def test_what_is_sent_as_it_is_is_only_downloaded(ben: User, room: Room) -> None:
    browser, photo = as_(ben), make_photo()
    metadata = encode_metadata(name="photo.jpg", room=room.pk, as_is="yes")
    address = begin_upload(browser, room.pk, len(photo), **{"Upload-Metadata": metadata})["Location"]
    send_piece(browser, address, 0, photo)
    file = File.objects.get()
    process_upload(file.pk)
    answer = browser.get(f"/files/{file.pk}/")
    assert (answer["Content-Type"], read_body(answer)) == ("application/octet-stream", photo)
    assert answer["Content-Disposition"] == 'attachment; filename="photo.jpg"'
    assert browser.get(f"/files/{file.pk}/thumbnail/").status_code == 404


def test_only_pictures_have_thumbnails(ben: User, room: Room) -> None:
    file = upload_ready(ben, room, b"some text")
    for address in ("thumbnail/", "picture/"):
        assert as_(ben).get(f"/files/{file.pk}/{address}").status_code == 404


def test_strangers_see_no_thumbnail(ben: User, cleo: User, room: Room) -> None:
    file = upload_ready(ben, room, make_photo())
    send_files(ben, room, file)
    for address in ("", "thumbnail/", "picture/"):
        assert as_(ben).get(f"/files/{file.pk}/{address}").status_code == 200
        assert as_(cleo).get(f"/files/{file.pk}/{address}").status_code == 404


# The child


@pytest.fixture
def replace_child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ReplaceChild:
    def replace(code: str) -> None:
        (tmp_path / "child.py").write_text(f"import os, signal, sys\n{code}\n")
        monkeypatch.setattr(pictures, "CHILD", tmp_path / "child.py")

    return replace


def test_a_worker_that_is_killed_in_between_does_it_again(ben: User, room: Room, replace_child: ReplaceChild) -> None:
    file = upload(ben, room, make_photo())
    replace_child("open(sys.argv[2] + '/picture', 'w').write('half'); os.kill(os.getpid(), signal.SIGTERM)")
    with pytest.raises(PictureInterrupted):
        process_upload(file.pk)
    file.refresh_from_db()
    assert (file.state, list_parts(file)) == ("working", {ORIGINAL})
    (get_storage().get_folder(file.pk) / "work-of-a-killed-worker").mkdir()
    pictures.CHILD = CHILD
    process_upload(file.pk)
    file.refresh_from_db()
    assert (file.state, list_parts(file)) == ("ready", {PICTURE, THUMBNAIL})


def test_an_original_that_outlived_its_worker_goes_with_the_next_run(ben: User, room: Room) -> None:
    file = upload_ready(ben, room, make_photo())
    get_storage().get_path(file.pk, ORIGINAL).write_bytes(b"left")
    process_upload(file.pk)
    assert list_parts(file) == {PICTURE, THUMBNAIL}


def test_a_child_that_is_killed_for_its_use_of_memory_refuses_the_picture(
    ben: User, room: Room, replace_child: ReplaceChild
) -> None:
    file = upload(ben, room, make_photo())
    replace_child("os.kill(os.getpid(), signal.SIGKILL)")
    process_upload(file.pk)
    file.refresh_from_db()
    assert (file.state, file.reason, list_parts(file)) == (State.REFUSED, "too_large", set())


def test_a_child_that_takes_too_long_is_ended(
    ben: User,
    room: Room,
    replace_child: ReplaceChild,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pictures, "TIMEOUT", 0.1)
    replace_child("signal.pause()")
    file = upload_ready(ben, room, make_photo())
    assert (file.state, file.reason) == (State.REFUSED, "too_large")


def test_the_child_knows_no_secret(ben: User, room: Room, replace_child: ReplaceChild, tmp_path: Path) -> None:
    replace_child(
        f"open({str(tmp_path / 'seen')!r}, 'w').write(repr(dict(os.environ)) + repr(os.listdir('/proc/self/fd')))"
    )
    upload_ready(ben, room, make_photo())
    seen = (tmp_path / "seen").read_text()
    assert "MYWEB" not in seen
    assert "DATABASE" not in seen


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"no json",
        b"[]",
        b'{"type": "text/html", "width": 1, "height": 1}',
        b'{"type": "image/png", "width": 0, "height": 1}',
        b'{"type": "image/png", "width": 1, "height": 1000000}',
        b'{"type": "image/png", "width": 1, "height": 1, "tiny": "%s"}' % (b"A" * 500),
        b'{"reason": "<script>"}',
    ],
)
def test_what_a_child_says_is_not_believed(tmp_path: Path, answer: bytes) -> None:
    for part in (PICTURE, THUMBNAIL):
        (tmp_path / part).write_bytes(b"x")
    assert judge_result(answer, tmp_path) == PictureResult("broken")


def test_a_child_leads_to_no_other_file(tmp_path: Path) -> None:
    good = b'{"type": "image/png", "width": 1, "height": 1}'
    (tmp_path / THUMBNAIL).write_bytes(b"x")
    (tmp_path / PICTURE).symlink_to("/etc/passwd")
    assert judge_result(good, tmp_path).reason == "broken"
    (tmp_path / PICTURE).unlink()
    assert judge_result(good, tmp_path).reason == "broken"
    (tmp_path / PICTURE).write_bytes(b"x")
    assert judge_result(good, tmp_path).reason == ""


@pytest.mark.parametrize(
    "code",
    ["bytearray(700_000_000)", "open('big', 'wb').truncate(200_000_000)", "[open('/dev/null') for _ in range(99)]"],
)
def test_the_child_is_limited(tmp_path: Path, code: str) -> None:
    script = f"import runpy; kept = runpy.run_path({str(CHILD)!r}); kept['limit_process'](); kept['x'] = {code}"
    done = subprocess.run([sys.executable, "-I", "-c", script], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode != 0


def test_the_child_imports_nothing_of_the_site() -> None:
    source = CHILD.read_text(encoding="utf-8")
    assert not any(f"{word} {name}" in source for word in ("import", "from") for name in ("django", "files", "myweb"))


def test_pictures_leave_threads_of_the_worker_to_other_tasks(ben: User, room: Room) -> None:
    file = upload(ben, room, make_photo())
    QueuedTask.objects.all().delete()
    with slots, slots:
        process_file.func(str(file.pk))
    file.refresh_from_db()
    task = QueuedTask.objects.get(function=process_file.module_path)
    assert (file.state, task.arguments["args"]) == ("working", [str(file.pk)])
    process_file.func(*task.arguments["args"])
    file.refresh_from_db()
    assert file.state == "ready"
