"""Files of messages, at most MAX_FILES (message_validation.py). The app that keeps files registers itself here."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from chat.message_validation import IncomingMessage
from chat.models import Message
from chat.protocol import FileState
from myweb.errors import Refused

FilesOfMessages = Mapping[int, list[FileState]]  # by message, those without files are left out


class LockedFiles(Protocol):
    """The files that the messages of a transaction name."""

    def take(self, message: IncomingMessage) -> list[FileState]:
        """Those of one message, in its order. Raises :class:`Refused`; what is taken once is not taken again."""
        ...

    def attach(self, message_id: int, files: Sequence[FileState]) -> None: ...


class FileKeeper(Protocol):
    def read_states(self, message_ids: Sequence[int]) -> FilesOfMessages: ...

    def list_names(self, message_ids: Sequence[int]) -> dict[int, list[str]]:
        """By message; those without files are left out."""
        ...

    def lock_files(self, file_ids: set[UUID]) -> LockedFiles:
        """Called in the transaction that stores the messages, which holds the locks of their rooms."""
        ...

    def delete_files(self, message: Message) -> None:
        """In the transaction that deletes the message."""
        ...


class NoFiles:
    """Without an app that keeps files no message has any."""

    def read_states(self, message_ids: Sequence[int]) -> FilesOfMessages:
        return {}

    def list_names(self, message_ids: Sequence[int]) -> dict[int, list[str]]:
        return {}

    def lock_files(self, file_ids: set[UUID]) -> LockedFiles:
        return self

    def take(self, message: IncomingMessage) -> list[FileState]:
        if message.files:
            raise Refused("invalid", _("A file of this message is not there any more."))
        return []

    def attach(self, message_id: int, files: Sequence[FileState]) -> None: ...

    def delete_files(self, message: Message) -> None: ...


_keepers: list[FileKeeper] = [NoFiles()]


def register_file_keeper(keeper: FileKeeper) -> None:
    _keepers.append(keeper)


def get_file_keeper() -> FileKeeper:
    return _keepers[-1]


def read_files_of(messages: Iterable[Message]) -> FilesOfMessages:
    return get_file_keeper().read_states([message.pk for message in messages if not message.deleted_at])


def lock_files_of(messages: Sequence[IncomingMessage]) -> LockedFiles:
    """Asks nothing of the database if no message has files."""
    file_ids = {file_id for message in messages for file_id in message.files}
    return get_file_keeper().lock_files(file_ids) if file_ids else NoFiles()
