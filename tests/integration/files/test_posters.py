"""The picture of a video: its sender gives a frame, the worker writes it anew."""

import io
from typing import Any

import pytest
from PIL import Image

from accounts.models import User
from chat.models import Room
from files.models import File
from files.pictures import POSTER
from files.processing import process_poster
from files.services import MAX_POSTER
from files.storage import ORIGINAL, get_storage
from tests.integration.files.test_downloads import read_body
from tests.integration.files.test_messages_with_files import read_state, send_files
from tests.support.cast import as_
from tests.support.images import PLACE, draw, encode_image, make_photo, make_png_bomb
from tests.support.uploads import upload_ready
from tests.unit.files.test_media_info import box, movie_header, mp4, track

MOVIE = mp4(movie_header(), track(640, 360))
FRAME = encode_image(draw(1_280, 720), "JPEG")


def give_poster(by: User, file: File, content: bytes = FRAME) -> Any:
    answer = as_(by).post(f"/files/{file.pk}/poster/", content, content_type="image/jpeg")
    if answer.status_code == 202:
        process_poster(file.pk)
        file.refresh_from_db()
    return answer


def list_parts(file: File) -> set[str]:
    return {path.name for path in get_storage().get_folder(file.pk).iterdir()}


def test_the_senders_frame_becomes_the_poster_and_the_message_is_sent_again(ada: User, ben: User, room: Room) -> None:
    file = upload_ready(ben, room, MOVIE, "crane.mp4")
    send_files(ben, room, file)
    before = read_state(room)
    assert as_(ada).get(f"/files/{file.pk}/thumbnail/").status_code == 404
    assert give_poster(ben, file).status_code == 202
    after = read_state(room)
    assert (after.rev > before.rev, before.files[0].tiny, bool(after.files[0].tiny)) == (True, "", True)
    assert (after.files[0].width, after.files[0].height, after.files[0].seconds) == (640, 360, 12.5)
    answer = as_(ada).get(f"/files/{file.pk}/thumbnail/")
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/webp")
    assert Image.open(io.BytesIO(read_body(answer))).size == (720, 405)
    assert list_parts(file) == {ORIGINAL, "thumbnail"}


def test_a_video_that_does_not_say_its_size_has_that_of_its_poster(ben: User, room: Room) -> None:
    file = upload_ready(ben, room, mp4(movie_header()), "crane.mp4")
    give_poster(ben, file)
    assert (file.width, file.height) == (1_280, 720)


def test_a_film_of_a_phone_is_played_by_the_name_that_browsers_know(ben: User, room: Room) -> None:
    film = box(b"ftyp", b"qt  \0\0\0\0") + MOVIE.partition(b"\0\0\0\0")[2]
    file = upload_ready(ben, room, film, "IMG_1.MOV")
    assert (file.kind, file.type, file.name) == ("video", "video/quicktime", "IMG_1.MOV")
    answer = as_(ben).get(f"/files/{file.pk}/")
    assert (answer["Content-Type"], answer["Content-Disposition"].partition(";")[0]) == ("video/mp4", "inline")


def test_what_a_frame_says_of_its_place_is_not_kept(ben: User, room: Room) -> None:
    photo = make_photo()
    assert PLACE in photo
    file = upload_ready(ben, room, MOVIE)
    give_poster(ben, file, photo)
    assert file.tiny
    assert not any(PLACE in path.read_bytes() for path in get_storage().get_folder(file.pk).iterdir())


@pytest.mark.parametrize(
    "content", [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\xff\xd8\xff", make_png_bomb()]
)
def test_a_frame_that_cannot_be_decoded_leaves_the_video_as_it_was(ben: User, room: Room, content: bytes) -> None:
    file = upload_ready(ben, room, MOVIE)
    assert give_poster(ben, file, content).status_code == 202
    assert (file.tiny, file.state, list_parts(file)) == ("", "ready", {ORIGINAL})


def test_only_the_sender_gives_a_poster_only_to_a_video_and_only_once(ada: User, ben: User, room: Room) -> None:
    video, text = upload_ready(ben, room, MOVIE), upload_ready(ben, room, b"text")
    send_files(ben, room, video, text)
    assert give_poster(ada, video).status_code == 404
    assert give_poster(ben, text).status_code == 404
    assert give_poster(ben, video, b"\xff" * (MAX_POSTER + 1)).status_code == 413
    assert give_poster(ben, video).status_code == 202
    assert give_poster(ben, video).status_code == 409
    assert POSTER not in list_parts(video)


def test_a_poster_of_a_video_that_was_deleted_meanwhile_is_nothing(ben: User, room: Room) -> None:
    file = upload_ready(ben, room, MOVIE)
    assert as_(ben).post(f"/files/{file.pk}/poster/", FRAME, content_type="image/jpeg").status_code == 202
    file_id = file.pk
    file.delete()
    process_poster(file_id)
