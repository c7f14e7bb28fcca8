from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_delete


class LinkPreviewsConfig(AppConfig):
    name = "link_previews"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from chat.palette import palette_finders
        from chat.previews import preview_readers
        from chat.room_sections import room_sections
        from files.cleanup import folder_owners
        from link_previews import commands  # noqa: F401 - importing them registers them
        from link_previews.models import LinkPreview
        from link_previews.palette import find_preview_settings
        from link_previews.pictures import find_picture_owners
        from link_previews.setting_views import read_room_section
        from link_previews.sql import read_preview_states

        preview_readers.append(read_preview_states)
        palette_finders.append(find_preview_settings)
        room_sections.append(read_room_section)
        folder_owners.append(find_picture_owners)
        post_delete.connect(on_preview_deleted, sender=LinkPreview)


def on_preview_deleted(instance: Any, **_: Any) -> None:
    from files.tasks import delete_bytes

    if instance.picture:
        delete_bytes.enqueue(str(instance.pk))
