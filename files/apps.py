from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_delete


class FilesConfig(AppConfig):
    name = "files"

    def ready(self) -> None:
        from chat.attachments import register_file_keeper
        from chat.palette import palette_finders
        from files.file_keeper import MessageFileKeeper
        from files.models import File
        from files.palette import find_file_settings

        palette_finders.append(find_file_settings)
        register_file_keeper(MessageFileKeeper())
        post_delete.connect(on_file_deleted, sender=File)


def on_file_deleted(instance: Any, **_: Any) -> None:
    """However the row goes: alone, with its message or with its room."""
    from files.tasks import delete_bytes

    delete_bytes.enqueue(str(instance.pk))
