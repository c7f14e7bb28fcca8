"""Raw SQL: pages of rooms ask for the previews of their messages with links, and often there are none."""

from collections.abc import Iterable
from uuid import UUID

import msgspec
from django.db import connection

from chat.previews import PreviewsOfMessages
from chat.protocol import PreviewState
from chat.sql import unpack_rows
from link_previews.models import LinkPreview, MessageLink
from myweb.prepared_queries import fetch_prepared

FIELDS = ("site", "title", "text", "width", "height", "tiny", "is_picture")
LINKS, PREVIEWS = MessageLink._meta.db_table, LinkPreview._meta.db_table
STATES = {
    vendor: f"SELECT link.message_id, preview.id, link.url, {', '.join(f'preview.{name}' for name in FIELDS)} "  # noqa: S608 - names of this module
    f"FROM {LINKS} link JOIN {PREVIEWS} preview ON preview.id = link.preview_id "
    f"WHERE link.message_id IN (SELECT given.id FROM {given}) AND NOT link.is_removed AND preview.title <> '' "
    "ORDER BY link.message_id, link.position"
    for vendor, given in unpack_rows("id bigint").items()
}


def read_preview_states(message_ids: Iterable[int]) -> PreviewsOfMessages:
    given = msgspec.json.encode([{"id": message_id} for message_id in message_ids]).decode()
    states: dict[int, list[PreviewState]] = {}
    for message_id, preview_id, *values, is_picture in fetch_prepared(STATES[connection.vendor], [given]):
        state = PreviewState(str(UUID(str(preview_id))), *values)
        state.is_picture = bool(is_picture)  # SQLite has numbers
        states.setdefault(message_id, []).append(state)
    return states
