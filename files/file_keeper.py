"""Files of messages, for chat: see chat/attachments.py."""

from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from chat.attachments import FilesOfMessages
from chat.message_validation import IncomingMessage
from chat.models import Message
from chat.protocol import FileState
from files.models import File, State
from files.sql import read_file_states
from myweb.errors import Refused


def serialize_file(file: File) -> FileState:
    return FileState(
        id=str(file.pk),
        name=file.name,
        size=file.size,
        kind=file.kind,
        state=file.state,
        type=file.type,
        width=file.width,
        height=file.height,
        seconds=file.seconds,
        lines=file.lines,
        tiny=file.tiny,
        reason=file.reason,
    )


class LockedUploads:
    def __init__(self, file_ids: set[UUID]) -> None:
        # Locked rows are skipped: one of them is being deleted or sent with another message.
        rows = File.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk__in=file_ids, message=None)
        self.free = {file.pk: file for file in rows.exclude(state=State.UPLOADING)}

    def take(self, message: IncomingMessage) -> list[FileState]:
        files = [self.free.get(file_id) for file_id in message.files]
        fitting = [
            file for file in files if file and file.owner_id == message.author_id and file.room_id == message.room_id
        ]
        if len(fitting) < len(files):
            raise Refused("invalid", _("A file of this message is missing or not complete. Add it again."))
        for file in fitting:
            del self.free[file.pk]
        return [serialize_file(file) for file in fitting]

    def attach(self, message_id: int, files: Sequence[FileState]) -> None:
        for position, file in enumerate(files):
            File.objects.filter(pk=file.id).update(message=message_id, position=position)


class MessageFileKeeper:
    def read_states(self, message_ids: Sequence[int]) -> FilesOfMessages:
        return read_file_states(message_ids) if message_ids else {}

    def list_names(self, message_ids: Sequence[int]) -> dict[int, list[str]]:
        names: dict[int, list[str]] = {}
        files = File.objects.filter(message__in=message_ids).order_by("message", "position")
        for message_id, name in files.values_list("message", "name"):
            names.setdefault(message_id, []).append(name)
        return names

    def lock_files(self, file_ids: set[UUID]) -> LockedUploads:
        return LockedUploads(file_ids)

    def delete_files(self, message: Message) -> None:
        File.objects.filter(message=message).delete()
