"""What the page of notifications shows of a user's devices."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.conf import settings

from accounts.http import AuthenticatedRequest
from push.access import list_devices
from push.models import Content, PushDevice


class DeviceList(NamedTuple):
    devices: Iterable[PushDevice]
    contents: list[tuple[str, Any]]
    session_key: str  # of this browser
    key: str  # to subscribe with
    is_enabled: bool


def read_device_list(request: AuthenticatedRequest) -> dict[str, DeviceList]:
    from push.vapid import get_vapid_key  # loads cryptography

    session_key = str(request.session.session_key)
    key = get_vapid_key().public
    devices = sorted(list_devices(request.user), key=lambda device: device.session_id != session_key)  # this one first
    return {"push": DeviceList(devices, Content.choices, session_key, key, settings.SERVICE_WORKER)}
