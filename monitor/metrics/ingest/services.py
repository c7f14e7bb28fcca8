"""What admins do with that which comes from outside: one verb a change. Each refuses with a sentence for a person."""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from chat.models import Room
from monitor.metrics import tokens
from monitor.metrics.encryption import encrypt_secret
from monitor.metrics.ingest.heartbeats import change_beat_state
from monitor.metrics.ingest.names import split_series
from monitor.metrics.ingest.schedule import get_next_due
from monitor.metrics.ingest.source_status import get_source_status
from monitor.metrics.models import Beat, Pushed, Scraped, Series, Source
from monitor.metrics.sources.scraped import is_wanted
from myweb.errors import Refused

MAX_KEY_LENGTH = 32  # and a number behind it
RESERVED_KEYS = {"new"}  # by a page of ours


class SourceUse(NamedTuple):
    """What stays without the values of a source when it is removed."""

    consequence: Promise  # the sentence before the titles
    unused: Promise  # the sentence if there are none
    titles: list[str]


use_finders: list[Callable[[Source], SourceUse]] = []  # of the apps above, each added by its AppConfig


def check_source_admin(by: User) -> None:
    if not by.is_admin:
        raise Refused("forbidden", _("Only admins can change sources."))


def make_unique_key(model: Any, wanted: str) -> str:
    """A key that nobody has: as wanted, or with a number behind it."""
    key, number = wanted, 1
    while key in RESERVED_KEYS or model.objects.filter(key=key).exists():
        number += 1
        key = f"{wanted}-{number}"
    return key


def make_source(kind: str, name: str, room: Room | None) -> Source:
    """``kind`` stands before the key, so that no source of ours that is still to come has it."""
    wanted = f"{kind}-{slugify(name)[:MAX_KEY_LENGTH]}".rstrip("-")
    return Source.objects.create(key=make_unique_key(Source, wanted), room=room)


def assign_source(by: User, source: Source, room: Room | None) -> None:
    """Its dashboard is the room's from now on; whoever may see it no more loses it within a minute."""
    if not by.is_admin:
        raise Refused("forbidden", _("Only admins can change who sees a dashboard."))
    source.room = room
    source.save(update_fields=["room"])


@transaction.atomic
def make_pushed(by: User, *, name: str, room: Room | None, every: int) -> tuple[Pushed, str]:
    """The new source and its token, which is never to be had again."""
    check_source_admin(by)
    token = tokens.create_token("push")
    source = make_source("push", name, room)
    made = Pushed.objects.create(source=source, name=name, every=every, digest=token.digest, made_by=by)
    return made, token.text


@transaction.atomic
def change_pushed(by: User, pushed: Pushed, *, name: str, room: Room | None, every: int) -> None:
    check_source_admin(by)
    pushed.name, pushed.every, pushed.source.room = name, every, room
    pushed.save(update_fields=["name", "every"])
    pushed.source.save(update_fields=["room"])


def renew_pushed(by: User, pushed: Pushed) -> str:
    """Another token; the one before opens nothing from now on."""
    check_source_admin(by)
    token = tokens.create_token("push")
    Pushed.objects.filter(pk=pushed.pk).update(digest=token.digest, revoked_at=None)
    return token.text


def revoke_pushed(by: User, pushed: Pushed) -> None:
    "No new values are accepted. Stored values are kept."
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
    """Without ``bearer`` its token stays as it was, if it still goes to the same address."""
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
    """Series that nobody asks for any more leave the live layout at once."""
    live = Series.objects.filter(source=scraped.source_id, gone_at=None)
    names = [name for name in live.values_list("name", flat=True) if not is_wanted(split_series(name)[0], allowed)]
    live.filter(name__in=names).update(gone_at=timezone.now())
    Source.objects.filter(pk=scraped.source_id).update(left_out=[], left_out_count=0)  # that was of the filter before


@transaction.atomic
def remove_source(by: User, source: Source) -> None:
    """Its declaration and its history go. Its key is free at once; what was measured is deleted in steps."""
    check_source_admin(by)
    if not is_removable(source):
        raise Refused("invalid", _("This source is still being read. Disable it in the settings of the site first."))
    Pushed.objects.filter(source=source).delete()
    Scraped.objects.filter(source=source).delete()
    source.key, source.room, source.removed_at = f"removed-{source.pk}", None, timezone.now()
    source.save(update_fields=["key", "room", "removed_at"])


def is_removable(source: Source) -> bool:
    """What people declared; of the others what nobody reads any more."""
    declared = hasattr(source, "pushed") or hasattr(source, "scraped")
    return declared or get_source_status(source).state in {"silent", "new"}


def pause_scraped(by: User, scraped: Scraped, paused: bool) -> None:
    check_source_admin(by)
    scraped.paused = paused
    scraped.save(update_fields=["paused", "changed_at"])


@transaction.atomic
def make_beat(by: User, **fields: Any) -> tuple[Beat, str]:
    """The new heartbeat and its token. ``fields``: name, room, period, cron, zone, grace."""
    check_source_admin(by)
    token = tokens.create_token("beat")
    key = make_unique_key(Beat, slugify(fields["name"])[:MAX_KEY_LENGTH].strip("-") or "job")
    return Beat.objects.create(key=key, digest=token.digest, made_by=by, **fields), token.text


def change_beat(by: User, beat: Beat, **fields: Any) -> None:
    """``fields`` as when it was made. It is expected by the new schedule from when it was heard of last."""
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
    """Who is paused is not expected. Afterwards it is new again, until it is heard of."""
    check_source_admin(by)
    locked = Beat.objects.select_for_update().get(pk=beat.pk)
    if paused != (locked.state == Beat.State.PAUSED):
        change_beat_state(locked, Beat.State.PAUSED if paused else Beat.State.NEW, timezone.now())
        locked.started_at = locked.due_at = None
        locked.save(update_fields=["state", "started_at", "due_at"])


def remove_beat(by: User, beat: Beat) -> None:
    check_source_admin(by)
    beat.delete()
