"""Changes of schedules and shifts. Each refusal has a message for the user."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import get_or_create_bot
from chat import bots
from chat.message_services import post_card, update_card
from chat.models import Membership
from monitor.oncall import access, timetable
from monitor.oncall.cards import build_offer_card, describe_offer
from monitor.oncall.models import Override, Schedule, ShiftOffer
from monitor.oncall.rotation import Shift, find_last_hand_over
from myweb.errors import NotFound, Refused
from myweb.times import find_zone, to_wall

MAX_OVERRIDES = 200  # of a schedule that have not ended
MAX_OFFERS = 20  # open ones of a schedule


@transaction.atomic
def save_schedule(by: User, schedule: Schedule | None, values: Mapping[str, Any]) -> Schedule:
    """Saves ``values`` by field name. The user on call stays so until the next hand-over."""
    access.check_may_edit(by)
    now = timezone.now()
    holder = timetable.find_user_on_call(schedule, now) if schedule else None
    schedule = schedule or Schedule(made_by=by)
    before = timetable.get_rotation(schedule) if schedule.pk else None
    for name, value in values.items():
        setattr(schedule, name, value)
    if before is None:
        schedule.begins_on = to_wall(now, find_zone(schedule.zone)).date()
    if before != timetable.get_rotation(schedule):
        begin_turns(schedule, holder, now)
    schedule.save()
    return schedule


def begin_turns(schedule: Schedule, holder: User | None, now: datetime) -> None:
    """Counts the turns from the hand-over before ``now``, and from the person who is on call."""
    schedule.first = schedule.people.index(holder.pk) if holder and holder.pk in schedule.people else 0
    schedule.begins_on = find_last_hand_over(timetable.get_rotation(schedule), now)


def remove_schedule(by: User, schedule: Schedule) -> None:
    access.check_may_edit(by)
    schedule.delete()


@transaction.atomic
def add_override(by: User, schedule: Schedule, user: User, begins: datetime, ends: datetime) -> Override:
    """An admin gives a time to a member of the room."""
    access.check_may_edit(by)
    if ends <= begins:
        raise Refused("invalid", _("The end must be after the start."), field="ends")
    if ends <= timezone.now():
        raise Refused("invalid", _("This time is in the past."), field="ends")
    check_takes_part(schedule, user)
    return store_override(by, schedule, user, begins, ends)


def check_takes_part(schedule: Schedule, user: User) -> None:
    if not user.is_active or not Membership.objects.filter(room=schedule.room_id, user=user, active=True).exists():
        raise Refused("invalid", _("Only members of the room can be on call."))


def store_override(by: User, schedule: Schedule, user: User, begins: datetime, ends: datetime) -> Override:
    Schedule.objects.select_for_update().get(pk=schedule.pk)
    if schedule.overrides.filter(ends__gt=timezone.now()).count() >= MAX_OVERRIDES:
        raise Refused("invalid", _("This schedule has too many overrides. Remove some first."))
    return Override.objects.create(schedule=schedule, user=user, begins=begins, ends=ends, made_by=by)


@transaction.atomic
def remove_override(by: User, override: Override) -> None:
    """From now on the turns count again."""
    if not access.may_remove_override(by, override):
        raise Refused("forbidden", _("Only admins and the author of an override can remove it."))
    schedule, now = override.schedule, timezone.now()
    override.delete()
    if override.begins <= now < override.ends:
        user = timetable.find_user_on_call(schedule, now)
        texts = {"name": f"@{user.handle}" if user else "–", "schedule": schedule.name}
        post_text(schedule, _("On call again for %(schedule)s: %(name)s."), texts)


@transaction.atomic
def take_over(by: User, schedule: Schedule, moment: datetime) -> Override:
    """The user takes the rest of the shift of this moment."""
    now = timezone.now()
    check_takes_part(schedule, by)
    shift = find_open_shift(schedule, max(moment, now))
    if shift.user_id == by.pk:
        raise Refused("invalid", _("You are on call then already."))
    begins = max(shift.begins, now)
    override = store_override(by, schedule, by, begins, shift.ends)
    before = User.objects.filter(pk=shift.user_id or 0).first()
    texts = {
        "name": f"@{by.handle}",
        "before": f"@{before.handle}" if before else "–",
        "schedule": schedule.name,
        "begins": timetable.format_local(schedule, begins),
        "ends": timetable.format_local(schedule, shift.ends),
    }
    is_current = begins == now
    post_text(
        schedule,
        _("%(name)s takes over from %(before)s until %(ends)s: %(schedule)s.")
        if is_current
        else _("%(name)s takes the shift of %(before)s from %(begins)s to %(ends)s: %(schedule)s."),
        texts,
    )
    return override


def find_open_shift(schedule: Schedule, moment: datetime) -> Shift:
    if moment > timezone.now() + timetable.LONGEST_SHIFT:
        raise Refused("invalid", _("This shift is too far away."))
    return timetable.find_shift(schedule, moment)


@transaction.atomic
def offer_shift(by: User, schedule: Schedule, moment: datetime) -> ShiftOffer:
    """Posts a card in the room, from which another member takes the shift."""
    now = timezone.now()
    shift = find_open_shift(schedule, max(moment, now))
    if shift.user_id != by.pk:
        raise Refused("invalid", _("You can only offer shifts of your own."))
    Schedule.objects.select_for_update().get(pk=schedule.pk)
    open_offers = schedule.offers.filter(closed_at=None, ends__gt=now)
    if open_offers.filter(user=by, begins__lt=shift.ends, ends__gt=shift.begins).exists():
        raise Refused("invalid", _("You have offered this shift already."))
    if open_offers.count() >= MAX_OFFERS:
        raise Refused("invalid", _("This schedule has too many open offers."))
    offer = ShiftOffer.objects.create(schedule=schedule, user=by, begins=max(shift.begins, now), ends=shift.ends)
    offer.message_id = post_card(get_watch_bot(), schedule.room_id, *render_offer(offer)).message
    offer.save(update_fields=["message"])
    return offer


@transaction.atomic
def take_offered_shift(by: User, number: int) -> None:
    """The first who takes it has it."""
    schedule_id = access.get_offer(by, number).schedule_id
    Schedule.objects.select_for_update().get(pk=schedule_id)
    offer, now = access.get_offer(by, number), timezone.now()
    check_takes_part(offer.schedule, by)
    if offer.user_id == by.pk:
        raise Refused("invalid", _("This is your own shift."))
    if offer.taken_by_id == by.pk:
        return  # the answer to the first request was lost
    if offer.closed_at or offer.ends <= now:
        raise Refused("invalid", _("This shift is not on offer any more."))
    store_override(by, offer.schedule, by, max(offer.begins, now), offer.ends)
    offer.taken_by = by
    close_offer(offer, now)


@transaction.atomic
def withdraw_offer(by: User, number: int) -> None:
    offer = access.get_offer(by, number)
    if not access.may_withdraw_offer(by, offer):
        raise Refused("forbidden", _("Only admins and the user who offers a shift can withdraw it."))
    Schedule.objects.select_for_update().get(pk=offer.schedule_id)
    offer = access.get_offer(by, number)
    if not offer.closed_at:
        close_offer(offer, timezone.now())


def close_offer(offer: ShiftOffer, now: datetime) -> None:
    offer.closed_at = now
    offer.save(update_fields=["closed_at", "taken_by"])
    try:
        update_card(offer.message_id or 0, *render_offer(offer))
    except (NotFound, Refused):
        return  # the card was deleted, or the room archived


def render_offer(offer: ShiftOffer) -> tuple[Any, str]:
    with translation.override(settings.LANGUAGE_CODE):
        return build_offer_card(offer), describe_offer(offer)


def get_watch_bot() -> User:
    return get_or_create_bot("Watch")


def post_text(schedule: Schedule, text: str, texts: Mapping[str, str]) -> None:
    """An archived room gets none."""
    try:
        bots.post_bot_message(get_watch_bot(), schedule.room_id, text % texts)
    except Refused:
        return
