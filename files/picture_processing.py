"""Pictures of users and of the workspace, in the worker: decoded by its child, written anew as small squares."""

from uuid import UUID

from django.db import transaction

from accounts import services
from files.models import Kind, PictureUpload, Reason, State
from files.pictures import convert_square
from files.sniffing import HEAD, sniff_content
from files.storage import ORIGINAL, get_storage, open_part


def process_picture_upload(upload_id: UUID) -> None:
    upload = PictureUpload.objects.filter(pk=upload_id, state=State.WORKING).first()
    if upload:  # else another one was chosen meanwhile, or a worker died after this
        try:
            squares = convert_upload(upload)
        except FileNotFoundError:
            squares = Reason.BROKEN  # lost, by a restore for example: choose it again
        store_squares(upload, squares)
    get_storage().delete_local_folder(upload_id)


def convert_upload(upload: PictureUpload) -> tuple[bytes, bytes] | str:
    with open_part(upload.pk, ORIGINAL) as source:
        sniffed = sniff_content(source.read(HEAD))
    if sniffed is None or sniffed.kind != Kind.IMAGE:
        return Reason.BROKEN
    return convert_square(get_storage().get_folder(upload.pk), sniffed.type, "contain" if upload.is_logo else "cover")


@transaction.atomic
def store_squares(upload: PictureUpload, squares: tuple[bytes, bytes] | str) -> None:
    """Unless another one was chosen meanwhile, or it was removed."""
    working = PictureUpload.objects.filter(pk=upload.pk, state=State.WORKING)
    if isinstance(squares, str):
        working.update(state=State.REFUSED, reason=squares)
        return
    large, small = squares
    if not working.update(state=State.READY):
        return
    if upload.is_logo:
        services.set_logo(large, "image/webp")
    else:
        services.set_picture(upload.owner_id, large, small)
