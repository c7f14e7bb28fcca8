"""Changes of sources and heartbeats by admins. Each service refuses with a sentence for users."""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from chat.models import Room
from monitor.metrics.ingest.heartbeat_schedule import get_next_due
from monitor.metrics.ingest.heartbeats import change_beat_state
from monitor.metrics.ingest.names import split_series
from monitor.metrics.ingest.source_status import get_source_status
from monitor.metrics.models import Beat, Pushed, Scraped, Series, Source
from monitor.metrics.sources.scraped import is_wanted
from myweb import tokens
from myweb.encryption import encrypt_secret
from myweb.errors import Refused

MAX_KEY_LENGTH = 32  # before a number is appended
RESERVED_SOURCE_KEYS = {"new"}  # URLs of other pages


class SourceUse(NamedTuple):
    """What uses the values of a source, for the page that asks before its removal."""

    consequence: Promise  # the sentence before the titles
    unused: Promise  # the sentence if there are none
    titles: list[str]


use_finders: list[Callable[[Source], SourceUse]] = []  # of the other apps, added by their AppConfig


def check_source_admin(by: User) -> None:
    if not by.is_admin:
        raise Refused("forbidden", _("Only admins can change sources."))


def make_unique_key(model: Any, preferred: str) -> str:
    """Return a free key: as wanted, or with a number appended."""
    key, number = preferred, 1
    while key in RESERVED_SOURCE_KEYS or model.objects.filter(key=key).exists():
        number += 1
        key = f"{preferred}-{number}"
    return key


def make_source(kind: str, name: str, room: Room | None) -> Source:
    """``kind`` is the prefix of the key, so that it never equals one of the site's own sources."""
    preferred_key = f"{kind}-{slugify(name)[:MAX_KEY_LENGTH]}".rstrip("-")
    return Source.objects.create(key=make_unique_key(Source, preferred_key), room=room)


def assign_source(by: User, source: Source, room: Room | None) -> None:
    """Assign the dashboard to a room. Other users lose access within a minute."""
    if not by.is_admin:
        raise Refused("forbidden", _("Only admins can change who sees a dashboard."))
    source.room = room
    source.save(update_fields=["room"])


@transaction.atomic
def make_pushed(by: User, *, name: str, room: Room | None, every: int) -> tuple[Pushed, str]:
    """Return the new source and its token, which can't be shown again."""
    check_source_admin(by)
    token = tokens.create_token("push")
    source = make_source("push", name, room)
    pushed = Pushed.objects.create(source=source, name=name, every=every, digest=token.digest, made_by=by)
    return pushed, token.text


@transaction.atomic
def change_pushed(by: User, pushed: Pushed, *, name: str, room: Room | None, every: int) -> None:
    check_source_admin(by)
    pushed.name, pushed.every, pushed.source.room = name, every, room
    pushed.save(update_fields=["name", "every"])
    pushed.source.save(update_fields=["room"])


def renew_pushed(by: User, pushed: Pushed) -> str:
    """Return a new token. The old one is invalid from now on."""
    check_source_admin(by)
    token = tokens.create_token("push")
    Pushed.objects.filter(pk=pushed.pk).update(digest=token.digest, revoked_at=None)
    return token.text


def revoke_pushed(by: User, pushed: Pushed) -> None:
    """Invalidate the token. Stored values are kept."""
    check_source_admin(by)
    Pushed.objects.filter(pk=pushed.pk, revoked_at=None).update(revoked_at=timezone.now())


@transaction.atomic
def make_scraped(by: User, *, name: str, room: Room | None, bearer: str = "", **fields: Any) -> Scraped:
    """``fields``: url, interval, timeout, allowed, ca."""
    check_source_admin(by)
    source = make_source("scrape", name, room)
    return Scraped.objects.create(source=source, name=name, bearer=encrypt_secret(bearer), made_by=by, **fields)


@transaction.atomic
def change_scraped(by: User, scraped: Scraped, *, room: Room | None, bearer: str = "", **fields: Any) -> None:
    """Without ``bearer``, the stored token stays, unless the URL changes."""
    check_source_admin(by)
    if bearer or scraped.url != fields["url"]:
        scraped.bearer = encrypt_secret(bearer)
    if scraped.allowed != fields.get("allowed", scraped.allowed):
        retire_unwanted_series(scraped, fields["allowed"])
    for name, value in fields.items():
        setattr(scraped, name, value)
    scraped.source.room = room
    scraped.source.save(update_fields=["room"])
    scraped.save(update_fields=[*fields, "bearer", "changed_at"])


def retire_unwanted_series(scraped: Scraped, allowed: str) -> None:
    """Retire series that are no longer selected."""
    live = Series.objects.filter(source=scraped.source_id, gone_at=None)
    names = [name for name in live.values_list("name", flat=True) if not is_wanted(split_series(name)[0], allowed)]
    live.filter(name__in=names).update(gone_at=timezone.now())
    Source.objects.filter(pk=scraped.source_id).update(left_out=[], left_out_count=0)  # it was of the previous filter


@transaction.atomic
def remove_source(by: User, source: Source) -> None:
    """Delete the declaration and the history. The key is free at once; values are deleted in batches."""
    check_source_admin(by)
    if not is_removable(source):
        raise Refused("invalid", _("This source is still being read. Disable it in the settings of the site first."))
    Pushed.objects.filter(source=source).delete()
    Scraped.objects.filter(source=source).delete()
    source.key, source.room, source.removed_at = f"removed-{source.pk}", None, timezone.now()
    source.save(update_fields=["key", "room", "removed_at"])


def is_removable(source: Source) -> bool:
    """Whether users declared it, or it is no longer read."""
    declared = hasattr(source, "pushed") or hasattr(source, "scraped")
    return declared or get_source_status(source).state in {"silent", "new"}


def pause_scraped(by: User, scraped: Scraped, paused: bool) -> None:
    check_source_admin(by)
    scraped.paused = paused
    scraped.save(update_fields=["paused", "changed_at"])


@transaction.atomic
def make_beat(by: User, **fields: Any) -> tuple[Beat, str]:
    """Return the new heartbeat and its token. ``fields``: name, room, period, cron, zone, grace."""
    check_source_admin(by)
    token = tokens.create_token("beat")
    key = make_unique_key(Beat, slugify(fields["name"])[:MAX_KEY_LENGTH].strip("-") or "job")
    return Beat.objects.create(key=key, digest=token.digest, made_by=by, **fields), token.text


def change_beat(by: User, beat: Beat, **fields: Any) -> None:
    """Change ``fields`` of the heartbeat. The new schedule counts from its last report."""
    check_source_admin(by)
    for name, value in fields.items():
        setattr(beat, name, value)
    if beat.pinged_at:
        beat.due_at = get_next_due(beat, beat.pinged_at)
    beat.save(update_fields=[*fields, "due_at"])


def renew_beat(by: User, beat: Beat) -> str:
    check_source_admin(by)
    token = tokens.create_token("beat")
    Beat.objects.filter(pk=beat.pk).update(digest=token.digest)
    return token.text


@transaction.atomic
def pause_beat(by: User, beat: Beat, paused: bool) -> None:
    """A paused heartbeat is not expected. Afterwards it is new until it reports."""
    check_source_admin(by)
    locked = Beat.objects.select_for_update().get(pk=beat.pk)
    if paused != (locked.state == Beat.State.PAUSED):
        change_beat_state(locked, Beat.State.PAUSED if paused else Beat.State.NEW, timezone.now())
        locked.started_at = locked.due_at = None
        locked.save(update_fields=["state", "started_at", "due_at"])


def remove_beat(by: User, beat: Beat) -> None:
    check_source_admin(by)
    beat.delete()
