"""Members of a room see its schedules and take shifts. Admins change the schedules."""

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from chat.access import member_rooms
from chat.models import Room
from monitor.oncall.models import Feed, Override, Schedule, ShiftOffer
from myweb.errors import Refused, get_or_not_found


def schedules_of(user: User) -> QuerySet[Schedule]:
    return Schedule.objects.filter(room__in=member_rooms(user).values("pk")).select_related("room")


def assignable_rooms(user: User) -> QuerySet[Room]:
    """A schedule of the user can belong to these rooms."""
    return member_rooms(user).exclude(kind=Room.Kind.DIRECT).filter(archived_at=None)


def get_schedule(user: User, number: int) -> Schedule:
    return get_or_not_found(schedules_of(user), pk=number)


def get_override(user: User, number: int) -> Override:
    overrides = Override.objects.filter(schedule__in=schedules_of(user).values("pk"))
    return get_or_not_found(overrides.select_related("schedule", "user"), pk=number)


def get_offer(user: User, number: int) -> ShiftOffer:
    offers = ShiftOffer.objects.filter(schedule__in=schedules_of(user).values("pk"))
    return get_or_not_found(offers.select_related("schedule", "user"), pk=number)


def check_may_edit(by: User) -> None:
    if not by.is_admin:
        raise Refused("forbidden", _("Only admins can do this."))


def may_remove_override(user: User, override: Override) -> bool:
    return user.is_admin or override.made_by_id == user.pk


def may_withdraw_offer(user: User, offer: ShiftOffer) -> bool:
    return user.is_admin or offer.user_id == user.pk


def find_feed(token_hash: str) -> Feed | None:
    """None if its user may no longer read it."""
    feed = Feed.objects.select_related("user", "schedule").filter(token_hash=token_hash, user__is_active=True).first()
    if feed and feed.schedule and not schedules_of(feed.user).filter(pk=feed.schedule.pk).exists():
        return None
    return feed


def feeds_of(user: User) -> QuerySet[Feed]:
    return Feed.objects.filter(user=user)
