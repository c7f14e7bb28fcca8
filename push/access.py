"""Which devices may be sent to, which belong to a user, and which messages are still worth sending."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from accounts.sessions import is_signed_in
from myweb.errors import NotFound
from push.models import PushDevice, PushMessage

# Each finds the ids of messages that are no news any more, such as those that were read. Apps add theirs.
outdated_finders: list[Callable[[Sequence[PushMessage]], set[int]]] = []


def list_devices(user: User) -> "QuerySet[PushDevice]":
    return filter_live_devices(PushDevice.objects.filter(user=user)).order_by("-created_at", "pk")


def get_device(user: User, device_id: int) -> PushDevice:
    """Raises :class:`NotFound` for a device of somebody else."""
    device = list_devices(user).filter(pk=device_id).select_related("user", "session").first()
    if device is None:
        raise NotFound
    return device


def list_devices_of(user_ids: Collection[int]) -> "QuerySet[PushDevice]":
    return filter_live_devices(PushDevice.objects.filter(user__in=user_ids))


def has_device(user: User) -> bool:
    return list_devices(user).exists()


def find_reached_users(since: Mapping[int, datetime]) -> set[int]:
    """Of users with a moment each: those who have a device that took a message after it."""
    devices = list_devices_of(since.keys())
    return {user for user, at in devices.values_list("user", "last_success") if at and at >= since[user]}


def filter_live_devices(devices: "QuerySet[PushDevice]") -> "QuerySet[PushDevice]":
    return devices.filter(is_removed=False, user__is_active=True, session__expire_date__gt=timezone.now())


def list_ended_devices(devices: Iterable[PushDevice]) -> set[int]:
    """Of devices with their session and user: those whose session is void, by a new password for example.

    Such a session may stay in the database.
    """
    now = timezone.now()
    return {
        device.pk
        for device in devices
        if device.session.expire_date <= now
        or device.session.user_id != device.user_id
        or not is_signed_in(device.user, device.session.get_decoded())
    }


def list_outdated_messages(messages: Sequence[PushMessage]) -> set[int]:
    now = timezone.now()
    outdated = {message.pk for message in messages if message.expires_at <= now}
    return outdated.union(*(find(messages) for find in outdated_finders))
