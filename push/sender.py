"""Sends the waiting push messages: one run in a process at a time, with many requests in flight.

A service that hangs takes only the places of its own requests, so it delays no other one.
How long a message is tried is set where it is queued: ``EXPIRES_AFTER`` in services.py.
"""

import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

import msgspec
from django.db import connection, transaction
from django.db.models import F, Min, Q
from django.db.models.functions import Now
from django.utils import timezone

from myweb.numbers import parse_number
from push.access import list_ended_devices, list_outdated_messages
from push.http_client import PushClient, PushResponse, get_push_client
from push.message_encryption import encrypt_message
from push.models import PushDevice, PushMessage
from push.protocol import DevicePayload, PushPayload
from push.vapid import VapidKey, encode_base64url, get_contact, get_vapid_key

MAX_IN_FLIGHT = 400
MAX_PER_SERVICE = 100
LEASE = timedelta(seconds=30)  # then what a dead process was sending is sent again
MAX_RUN = 8.0  # seconds; with the last requests it ends before a worker that stops gives up
GROUPING = 0.02  # seconds in which results are collected for one transaction
PAUSES = (10, 30, 120, 600, 1800)  # seconds before the next tries; the last one repeats until the message expires
MAX_RETRY_AFTER = 3600  # seconds that a service may ask for
MAX_NEW_REFUSALS = 5  # of a device that never got a message
MAX_FAILURES = 50  # of any device
GONE = {404, 410}
AGAIN = {408, 425, 429}  # and whatever is no answer, or one of 500 and more


class Delivery(NamedTuple):
    message: PushMessage
    response: PushResponse


class SenderRun:
    """Sends until nothing is due. Only :meth:`wake` may be called by other threads."""

    def __init__(self, client: PushClient, vapid: VapidKey, in_flight: dict[int, str]) -> None:
        self.client, self.vapid, self.contact = client, vapid, get_contact()
        self.in_flight = in_flight  # message -> service, of all runs in this process
        self.own: set[int] = set()  # those of them that this run has started
        self.events: queue.SimpleQueue[Delivery | None] = queue.SimpleQueue()  # None: something new may be due

    def wake(self) -> None:
        self.events.put(None)

    def start_due(self) -> bool:
        messages = claim_messages(dict(self.in_flight))
        for message in messages:
            self.start(message)
        return bool(messages)

    def start(self, message: PushMessage) -> None:
        device = message.device
        body = encrypt_message(encode_payload(message), device.p256dh, device.auth)
        self.in_flight[message.pk] = device.service
        self.own.add(message.pk)

        def finish(future: "Future[PushResponse]") -> None:
            self.events.put(Delivery(message, future.result()))

        self.client.post(device.endpoint, self.build_headers(message), body).add_done_callback(finish)

    def build_headers(self, message: PushMessage) -> dict[str, str]:
        left = message.expires_at - timezone.now()
        return {
            "Authorization": self.vapid.authorize(message.device.service, self.contact, time.time()),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(max(0, int(left.total_seconds()))),
            "Urgency": "high" if message.is_urgent else "normal",
            "Topic": make_topic(message),
        }

    def collect(self) -> list[Delivery]:
        """The results that came. Empty if something new may be due, or after a second."""
        try:
            events = [self.events.get(timeout=1.0)]
        except queue.Empty:
            return []
        time.sleep(GROUPING)
        while not self.events.empty():
            events.append(self.events.get_nowait())
        deliveries = [event for event in events if event is not None]
        for delivery in deliveries:
            self.own.discard(delivery.message.pk)
            self.in_flight.pop(delivery.message.pk, None)
        return deliveries


class Sender:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.current: SenderRun | None = None
        self.in_flight: dict[int, str] = {}
        self.vapid: VapidKey | None = None

    def run(self, hand_over: Callable[[], object]) -> datetime | None:
        """Returns when the next message is due, if this call has sent. Calls ``hand_over`` when it has run for long.

        The next run begins then, while this one waits for its last requests.
        """
        with self.lock:
            if self.current:
                self.current.wake()
                return None
            run = self.current = SenderRun(get_push_client(), self.get_key(), self.in_flight)
        end = time.monotonic() + MAX_RUN
        try:
            while True:
                if self.current is run and time.monotonic() >= end:
                    self.release(run)
                    hand_over()
                if self.current is run:
                    run.start_due()
                if run.own:
                    store_deliveries(run.collect())
                elif self.release(run, unless_woken=True):
                    return find_next_due()
        finally:
            self.release(run)
            for number in run.own:  # of a run that failed: they are sent again after their lease
                self.in_flight.pop(number, None)

    def release(self, run: SenderRun, *, unless_woken: bool = False) -> bool:
        """Lets another run begin. False if this one was woken since it looked."""
        with self.lock:
            if self.current is run:
                if unless_woken and not run.events.empty():
                    run.collect()
                    return False
                self.current = None
            return True

    def get_key(self) -> VapidKey:
        """The same object while the key is the same: it keeps its tokens."""
        key = get_vapid_key()
        if self.vapid is None or self.vapid.public != key.public:
            self.vapid = key
        return self.vapid


_sender = Sender()
run_sender = _sender.run


def claim_messages(in_flight: dict[int, str]) -> list[PushMessage]:
    """Messages that are due, the urgent ones first. Others leave them alone for the time of a lease."""
    numbers = choose_messages(in_flight)
    if not numbers:
        return []
    with transaction.atomic():
        due = PushMessage.objects.filter(pk__in=numbers, due_at__lte=Now())
        if connection.features.has_select_for_update_skip_locked:
            due = due.select_for_update(skip_locked=True, of=("self",))
        messages = drop_pointless(list(due.select_related("device__session", "device__user")))
        PushMessage.objects.filter(pk__in=[message.pk for message in messages]).update(due_at=Now() + LEASE)
    return messages


def choose_messages(in_flight: dict[int, str]) -> list[int]:
    counts = Counter(in_flight.values())
    due = PushMessage.objects.filter(due_at__lte=Now()).exclude(pk__in=in_flight)
    if full := [service for service, count in counts.items() if count >= MAX_PER_SERVICE]:
        due = due.exclude(device__service__in=full)
    rows = due.order_by("-is_urgent", "due_at", "pk").values_list("pk", "device__service")
    numbers = []
    for number, service in rows[: max(0, MAX_IN_FLIGHT - len(in_flight))]:
        counts[service] += 1
        if counts[service] <= MAX_PER_SERVICE:
            numbers.append(number)
    return numbers


def drop_pointless(messages: list[PushMessage]) -> list[PushMessage]:
    """Deletes what is no news any more, and the devices whose session has ended."""
    ended = list_ended_devices({message.device_id: message.device for message in messages}.values())
    outdated = list_outdated_messages(messages)
    if ended:
        PushDevice.objects.filter(pk__in=ended).delete()
    if outdated:
        PushMessage.objects.filter(pk__in=outdated).delete()
    return [message for message in messages if message.pk not in outdated and message.device_id not in ended]


def encode_payload(message: PushMessage) -> bytes:
    payload = msgspec.convert(message.payload, PushPayload)
    shown = DevicePayload(
        id=f"{message.version:x}",
        tag=payload.tag,
        title=payload.title,
        body=payload.body,
        path=payload.path,
        badge=payload.badge,
    )
    return msgspec.json.encode(shown)


def make_topic(message: PushMessage) -> str:
    """32 characters, as RFC 8030 allows. A push service cannot tell which devices share a room."""
    payload = msgspec.convert(message.payload, PushPayload)
    digest = sha256(f"{message.device.auth} {payload.topic or payload.tag}".encode()).digest()
    return encode_base64url(digest[:24])


@transaction.atomic
def store_deliveries(deliveries: Iterable[Delivery]) -> None:
    sent = {delivery.message.pk: delivery.message for delivery in deliveries if 200 <= delivery.response.status < 300}
    if sent:
        devices = PushDevice.objects.filter(pk__in={message.device_id for message in sent.values()})
        devices.update(last_success=Now(), failures=0, problem="")
        PushMessage.objects.filter(pk__in=list_unchanged(sent)).delete()
    for message, response in deliveries:
        if not 200 <= response.status < 300:
            store_failure(message, response)


def list_unchanged(messages: dict[int, PushMessage]) -> list[int]:
    """Those that no newer message has replaced.

    A row that another transaction has locked is being replaced, and waiting for it could be a deadlock.
    """
    rows = PushMessage.objects.filter(pk__in=messages)
    if connection.features.has_select_for_update_skip_locked:
        rows = rows.select_for_update(skip_locked=True)
    return [number for number, version in rows.values_list("pk", "version") if version == messages[number].version]


def store_failure(message: PushMessage, response: PushResponse) -> None:
    device = PushDevice.objects.filter(pk=message.device_id)
    if response.status in GONE:
        device.delete()
        return
    problem = response.problem or f"HTTP {response.status}"
    device.update(failures=F("failures") + 1, problem=f"{message.device.service}: {problem}"[:200])
    given_up = Q(failures__gte=MAX_FAILURES)
    same = PushMessage.objects.filter(pk=message.pk, version=message.version)
    if is_temporary(response):
        same.update(tries=F("tries") + 1, due_at=Now() + choose_pause(message, response))
    else:
        same.delete()
        given_up |= Q(last_success=None, failures__gte=MAX_NEW_REFUSALS)
    device.filter(given_up).delete()


def is_temporary(response: PushResponse) -> bool:
    if response.is_blocked:
        return False
    return not 100 <= response.status < 500 or response.status in AGAIN


def choose_pause(message: PushMessage, response: PushResponse) -> timedelta:
    seconds = PAUSES[min(message.tries, len(PAUSES) - 1)]
    wanted = parse_number(response.retry_after) or 0  # a date, which the RFC also allows, counts as no wish
    return timedelta(seconds=max(seconds, min(wanted, MAX_RETRY_AFTER)))


def find_next_due() -> datetime | None:
    """Never at once: what is due now waits for places that other requests take."""
    first: datetime | None = PushMessage.objects.aggregate(first=Min("due_at"))["first"]
    return max(first, timezone.now() + timedelta(seconds=0.5)) if first else None
