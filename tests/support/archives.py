"""A house with a bit of everything, and archives of it."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path

from django.core.management import call_command

from accounts.models import User, Workspace
from chat.models import Message, Reaction, Room
from monitor.alerts.models import Route
from monitor.checks.models import Check
from monitor.metrics.backup_state import update_backup_state
from monitor.metrics.models import Chunk, Note, Series, Source
from myweb.encryption import encrypt_secret
from myweb.stored_text import stored_gettext
from ops import tables
from tests.support.rooms import make_room, say

MOMENT = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)


def furnished(ada: User, ben: User) -> Room:
    """A house with a bit of everything in it."""
    room = make_room(ada, ben, name="操作室 \U0001f6a2")
    sent = say(room, ada, "Hello @ben, **50 %** of it")
    say(room, ben, 'quotes " \\ and\nlines\ttabs')
    message = Message.objects.get(room=room, seq=sent.seq)
    Message.objects.filter(pk=message.pk).update(edited_at=MOMENT, card={"kind": "x", "deep": [1, None, {"ü": 1.5}]})
    Reaction.objects.create(message=message, user=ben, emoji="\U0001f389")
    source = Source.objects.create(key="host", room=room)
    series = Series.objects.create(source=source, name="cpu", position=0)
    Chunk.objects.create(series=series, t0=300, body=bytes(range(256)))
    Note.objects.create(name="top", at=0.1 + 0.2, body={"rows": []})
    said = stored_gettext("This name does not exist.")
    Check.objects.create(name="Shop", slug="shop", kind="http", target="https://shop.example.com", said=said)
    Route.objects.create(name="pager", sealed=encrypt_secret("json://pager.example.com"), made_by=ada)
    return room


def content() -> dict[str, list[bytes]]:
    """Every row of every table that travels, but for the epoch."""
    found = {
        each._meta.label_lower: list(tables.dump_rows(each))
        for each in tables.list_archived_models(tables.get_apps_at(tables.get_applied_migrations()))
    }
    house = json.loads(found["accounts.workspace"][0])
    house.remove(Workspace.current_epoch())
    return found | {"accounts.workspace": [house]}


def postpone_restore_check() -> None:
    """The next daily backup is not restored on trial, which takes seconds (test_restore_check.py)."""
    update_backup_state(tested_at=time.time())


def made(place: Path, name: str = "a.tar.gz") -> Path:
    call_command("backup", str(place / name))
    return place / name
