"""A worker that is killed while its child decodes a picture: another one does it again."""

from pathlib import Path

import pytest

from accounts.models import User
from chat.models import Room
from files.models import File
from files.pictures import PICTURE, THUMBNAIL
from files.storage import get_storage
from tests.integration.files.test_messages_with_files import read_state, send_files
from tests.support.background import WorkerProcess, wait_for, worker
from tests.support.images import draw, encode_image
from tests.support.uploads import upload

pytestmark = pytest.mark.django_db(transaction=True)


def test_kill_9_in_the_middle_of_a_picture_costs_only_time(
    ben: User, room: Room, tmp_path: Path, files_root: Path
) -> None:
    file = upload(ben, room, encode_image(draw(6_000, 5_000), "PNG", compress_level=1), "plan.png")
    send_files(ben, room, file)
    folder, log = get_storage().get_folder(file.pk), tmp_path / "worker.log"
    process = WorkerProcess(log, "--lease", "3", MYWEB_FILES_ROOT=str(files_root))
    wait_for(lambda: any(folder.glob("work-*")), log)
    process.kill()
    assert File.objects.get().state == "working"
    with worker(log, "--lease", "3", MYWEB_FILES_ROOT=str(files_root)):
        wait_for(lambda: File.objects.get().state == "ready", log)
        wait_for(lambda: {path.name for path in folder.iterdir()} == {PICTURE, THUMBNAIL}, log)
    (state,) = read_state(room).files
    assert (state.state, state.width, state.height) == ("ready", 4_096, 3_413)
