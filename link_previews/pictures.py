"""The pictures of previews: written anew by the child of files, and kept as one thumbnail in the storage of files."""

import logging
from collections.abc import Collection, Iterable
from contextlib import suppress
from hashlib import sha256
from uuid import UUID

from django.http import HttpRequest, HttpResponseBase

from files.models import File, Kind
from files.pictures import FORMATS, PICTURE, THUMBNAIL, convert_picture
from files.serving import serve_picture
from files.sniffing import HEAD, sniff_content
from files.storage import ORIGINAL, get_storage, open_part, write_at
from link_previews.models import LinkPreview

logger = logging.getLogger(__name__)

SMALLEST = 48  # pixels; smaller ones are signs of the site, or count readers


def store_picture(preview: LinkPreview, content: bytes) -> bool:
    """Sets the fields of the preview. False, and nothing is kept, if it is no picture that can be shown."""
    sniffed = sniff_content(content[:HEAD])
    if sniffed is None or sniffed.type not in FORMATS:
        return False
    storage = get_storage()
    try:
        with storage.lock_for_append(preview.pk) as descriptor:
            write_at(descriptor, 0, [content])
        result = convert_picture(storage, File(pk=preview.pk), sniffed.type)
        if not result.reason and min(result.width, result.height) >= SMALLEST:
            with open_part(preview.pk, THUMBNAIL) as thumbnail:
                preview.picture = sha256(thumbnail.read()).hexdigest()
            preview.width, preview.height, preview.tiny = result.width, result.height, result.tiny
    except OSError as error:  # such as a full disk: the words are shown all the same
        logger.warning("The picture of a preview can't be stored: %s", error)
    finally:
        if preview.picture:
            for part in (ORIGINAL, PICTURE):
                storage.get_path(preview.pk, part).unlink(missing_ok=True)
        else:
            with suppress(OSError):
                storage.delete_folder(preview.pk)
    return bool(preview.picture)


def serve_preview_picture(request: HttpRequest, preview: LinkPreview) -> HttpResponseBase:
    thumbnail = File(pk=preview.pk, name="preview.webp", kind=Kind.IMAGE, type="image/webp", sha256=preview.picture)
    return serve_picture(request, thumbnail, THUMBNAIL, "image/webp")


def find_picture_owners(folders: Collection[UUID]) -> Iterable[UUID]:
    return LinkPreview.objects.filter(pk__in=folders).values_list("pk", flat=True)


def find_missing_pictures(limit: int) -> int:
    """How many of the newest have no bytes."""
    storage = get_storage()
    newest = LinkPreview.objects.exclude(picture="").order_by("-fetched_at").values_list("pk", flat=True)[:limit]
    return sum(not storage.get_path(preview_id, THUMBNAIL).exists() for preview_id in newest)
