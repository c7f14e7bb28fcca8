"""Takes and removes pictures of users and of the workspace. The worker makes them small (picture_processing.py)."""

from typing import NamedTuple

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts import services
from accounts.models import User, Workspace
from files.models import PictureUpload, Reason, State
from files.storage import get_storage, write_at
from files.tasks import process_picture
from myweb.errors import Refused

MAX_MB = 5
MAX_BYTES = MAX_MB * 1_000_000
REASONS: dict[str, str | Promise] = {
    Reason.BROKEN: _("This is no picture that can be shown. Choose a PNG, JPEG, GIF, WebP or AVIF."),
    Reason.TOO_LARGE: _("This picture has too many pixels. Choose a smaller one."),
}


class PictureState(NamedTuple):
    """Of the picture of a user or the workspace, for their page."""

    address: str  # of the present one; empty: none
    state: str  # of the last upload, see State; empty: there was none
    text: str | Promise  # why it was refused


def read_picture_state(user: User, *, is_logo: bool) -> PictureState:
    last = find_last_upload(user, is_logo=is_logo)
    state, reason = (last.state, last.reason) if last else ("", "")
    return PictureState(get_logo_address() if is_logo else get_picture_address(user), state, REASONS.get(reason, ""))


def find_last_upload(user: User, *, is_logo: bool) -> PictureUpload | None:
    uploads = PictureUpload.objects.filter(is_logo=is_logo)
    return (uploads if is_logo else uploads.filter(owner=user)).first()


def get_logo_address() -> str:
    workspace = Workspace.objects.get()
    return workspace.logo_url if workspace.logo else ""


def get_picture_address(user: User) -> str:
    digest = User.objects.values_list("picture", flat=True).get(pk=user.pk)
    return reverse("user_picture", args=[user.pk, digest, 256]) if digest else ""


def receive_picture(by: User, source: UploadedFile[bytes], *, is_logo: bool) -> None:
    """In place of one that is not processed yet. Raises :class:`Refused`."""
    if (source.size or 0) > MAX_BYTES:
        raise Refused("too_large", _("Pictures can have at most %(size)d MB.") % {"size": MAX_MB})
    upload = PictureUpload(owner=by, is_logo=is_logo)
    with get_storage().lock_for_append(upload.pk) as descriptor:  # before the transaction, which others wait for
        write_at(descriptor, 0, source.chunks())
    with transaction.atomic():
        forget_upload(by, is_logo=is_logo)
        upload.save(force_insert=True)
        process_picture.enqueue(str(upload.pk))


@transaction.atomic
def remove_picture(by: User, *, is_logo: bool) -> None:
    forget_upload(by, is_logo=is_logo)
    if is_logo:
        services.remove_logo()
    else:
        services.remove_picture(by.pk)


def forget_upload(by: User, *, is_logo: bool) -> None:
    """Under a lock, so that of two pictures that are chosen at once the later one is kept."""
    if is_logo:
        Workspace.objects.select_for_update(no_key=True).get()
    else:
        User.objects.select_for_update(no_key=True).get(pk=by.pk)
    last = find_last_upload(by, is_logo=is_logo)
    if last and last.state == State.WORKING:
        pk = last.pk
        transaction.on_commit(lambda: get_storage().delete_local_folder(pk))
    if last:
        last.delete()
