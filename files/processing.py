"""What a file is: its type, its checksum and, of a picture, what is shown of it. Only the worker comes here."""

from collections.abc import Iterator
from contextlib import suppress
from hashlib import file_digest, sha256
from uuid import UUID

from chat.message_services import touch_message
from chat.room_log import lock_room
from files.media_info import read_media_info
from files.models import File, Kind, State
from files.names import replace_ending
from files.pictures import ENDINGS, FORMATS, PICTURE, POSTER, THUMBNAIL, convert_picture, is_picture
from files.sniffing import BINARY, HEAD, Sniffed, sniff_blocks, sniff_content
from files.storage import ORIGINAL, get_storage, open_part
from myweb.errors import NotFound

BLOCK_SIZE = 1024 * 1024
MAX_LINES = 2**31 - 1  # that the database can store
FOUND = ("kind", "type", "sha256", "name", "size", "width", "height", "seconds", "lines", "tiny", "state", "reason")


def process_upload(file_id: UUID) -> None:
    file = File.objects.filter(pk=file_id).exclude(state=State.UPLOADING).first()
    if file is None:
        return
    try:
        if file.state == State.WORKING:
            inspect_upload(file)
    except FileNotFoundError:
        if File.objects.filter(pk=file_id).exists():  # else it was deleted meanwhile
            raise
        return
    if is_picture(file) or file.state == State.REFUSED:  # also if a worker died between the commit and this
        get_storage().get_path(file.pk, ORIGINAL).unlink(missing_ok=True)


def inspect_upload(file: File) -> None:
    sniffed, digest = inspect_content(file)
    if file.is_kept_as_sent:
        sniffed = BINARY
    file.kind, file.type, file.sha256, file.state = sniffed.kind, sniffed.type, digest, State.READY
    file.lines = min(sniffed.lines, MAX_LINES)
    if sniffed.kind == Kind.IMAGE:
        inspect_picture(file, sniffed.type)
    elif sniffed.kind in {Kind.VIDEO, Kind.AUDIO}:
        with open_part(file.pk, ORIGINAL) as source:
            file.width, file.height, file.seconds = read_media_info(source, file.size, sniffed.type)
    store_result(file)


def inspect_picture(file: File, content_type: str) -> None:
    """Of a picture only what the child wrote is kept: an original says where it was taken, and may be anything else."""
    result = convert_picture(get_storage(), file, content_type)
    if result.reason:
        file.state, file.reason, file.kind, file.sha256 = State.REFUSED, result.reason, Kind.OTHER, ""
        return
    path = get_storage().get_path(file.pk, PICTURE)
    file.type, file.width, file.height, file.tiny = result.type, result.width, result.height, result.tiny
    file.name = replace_ending(file.name, ENDINGS[result.type])[: File.NAME_LENGTH]
    file.size = path.stat().st_size
    with path.open("rb") as picture:
        file.sha256 = file_digest(picture, "sha256").hexdigest()


def inspect_content(file: File) -> tuple[Sniffed, str]:
    digest = sha256()

    def read_blocks() -> Iterator[bytes]:
        with open_part(file.pk, ORIGINAL) as source:
            while block := source.read(BLOCK_SIZE):
                digest.update(block)
                yield block

    return sniff_blocks(read_blocks()), digest.hexdigest()


def process_poster(file_id: UUID) -> None:
    """Of a poster, too, only what the child wrote is kept. A video that does not say its size gets the poster's."""
    file = File.objects.filter(pk=file_id, kind=Kind.VIDEO, state=State.READY, tiny="").first()
    if file is None:
        return
    storage = get_storage()
    path = storage.get_path(file.pk, POSTER)
    try:
        with path.open("rb") as source:
            sniffed = sniff_content(source.read(HEAD)) or BINARY
        if sniffed.type in FORMATS:
            result = convert_picture(storage, file, sniffed.type, POSTER, parts=(THUMBNAIL,))
            file.tiny = result.tiny
            if not (file.width and file.height):
                file.width, file.height = result.width, result.height
            if result.tiny:
                store_result(file, State.READY)
    except FileNotFoundError:  # it was deleted meanwhile, or is done
        return
    path.unlink(missing_ok=True)


def store_result(file: File, state: State = State.WORKING) -> None:
    """A message that has the file already is sent again, with what is known now."""
    with suppress(NotFound), lock_room(file.room_id) as log:  # a message takes its files under this lock
        if File.objects.filter(pk=file.pk, state=state).update(**{name: getattr(file, name) for name in FOUND}):
            message_id = File.objects.values_list("message_id", flat=True).get(pk=file.pk)
            if message_id is not None:
                touch_message(log, message_id)
