"""Sends notifications by Apprise. Threads of the collector send stored notices, with up to five attempts."""

import logging
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from django.db import close_old_connections
from django.db.models import F, QuerySet
from django.utils import timezone

from monitor.alerts.models import Alert, Notice, Route
from monitor.alerts.notification_text import KIND_RESOLVED, write_notice
from monitor.oncall.apprise_delivery import send_by_apprise
from myweb.encryption import decrypt_secret

logger = logging.getLogger(__name__)

RETRY_PAUSES = (10, 60, 300, 900)  # seconds before the second attempt, the third and so on
SENDER_THREADS = 4
LEASE = timedelta(minutes=2)  # after which a claimed notice counts as lost


def queue_notices(alert: Alert, routes: Iterable[Route]) -> None:
    """Queues a notice for each channel. It replaces an unsent one, since the text is built when it is sent."""
    now, numbers = timezone.now(), [route.pk for route in routes if fits_route(route, alert)]
    unsent = alert.notices.filter(route__in=numbers, sent_at=None).exclude(due_at=None)
    text = write_notice(alert)
    unsent.filter(claimed_at=None).delete()
    Notice.objects.bulk_create(
        Notice(route_id=number, alert=alert, title=text.title[:200], body=text.body, kind=text.kind, due_at=now)
        for number in numbers
    )


def fits_route(route: Route, alert: Alert) -> bool:
    """A channel that got one notice of an alert gets the later ones, whatever the severity is by then."""
    return not route.severities or alert.severity in route.severities or alert.notices.filter(route=route).exists()


def queue_resolved_notices(alert: Alert) -> None:
    """Notifies the channels that know of the alert that it is resolved."""
    queue_notices(alert, [route for route, kind in find_last_notices(alert) if kind != KIND_RESOLVED])


def queue_reopened_notices(alert: Alert) -> None:
    """Notifies the channels that know of the resolution that the alert fires again."""
    queue_notices(alert, [route for route, kind in find_last_notices(alert) if kind == KIND_RESOLVED])


def find_last_notices(alert: Alert) -> list[tuple[Route, str]]:
    """Returns each channel with the kind of its newest notice."""
    newest = {notice.route: notice.kind for notice in alert.notices.select_related("route").order_by("pk")}
    return list(newest.items())


def record_delivery(route_id: int, problem: str) -> None:
    failed = {"failed": F("failed") + 1} if problem else {"sent": F("sent") + 1}
    Route.objects.filter(pk=route_id).update(problem=problem, **failed)


def send_notice(number: int) -> None:
    """Makes one attempt with the current state of the alert."""
    close_old_connections()
    notice = Notice.objects.select_related("route", "alert__rule__made_by").filter(pk=number, sent_at=None).first()
    if notice is None:
        return
    if is_outdated(notice):
        notice.delete()
        return
    text = write_notice(notice.alert)
    notice.title, notice.body, notice.kind = text.title[:200], text.body, text.kind
    problem = send_by_apprise(decrypt_secret(notice.route.sealed), *text)
    now = timezone.now()
    notice.tries += 1
    notice.sent_at = None if problem else now
    retries = problem and notice.tries <= len(RETRY_PAUSES) and not is_outdated(notice)
    pause = RETRY_PAUSES[notice.tries - 1] if retries else None
    notice.due_at = now + timedelta(seconds=pause) if pause is not None else None
    notice.claimed_at = None
    notice.save(update_fields=["title", "body", "kind", "tries", "sent_at", "due_at", "claimed_at"])
    record_delivery(notice.route_id, problem)
    if problem:
        logger.warning("A notification through %s failed, attempt %d: %s", notice.route, notice.tries, problem)


def is_outdated(notice: Notice) -> bool:
    """Tells whether a newer notice exists for the same channel and alert."""
    return find_sibling_notices(notice).filter(pk__gt=notice.pk).exists()


def find_sibling_notices(notice: Notice) -> QuerySet[Notice]:
    return Notice.objects.filter(route=notice.route_id, alert=notice.alert_id).exclude(pk=notice.pk)


class NoticeSender:
    def __init__(self) -> None:
        self.threads = ThreadPoolExecutor(max_workers=SENDER_THREADS, thread_name_prefix="notices")

    def send_due(self, now: datetime) -> None:
        """Submits due notices to the threads. If the process exits, the next one sends them after the lease."""
        for notice in Notice.objects.filter(due_at__lte=now).order_by("due_at")[: SENDER_THREADS * 5]:
            if find_sibling_notices(notice).filter(claimed_at__gt=now - LEASE).exists():
                continue  # a channel gets the notices of an alert in order
            due = Notice.objects.filter(pk=notice.pk, due_at__lte=now)
            if due.update(due_at=now + LEASE, claimed_at=now):
                self.threads.submit(self.send_guarded, notice.pk)

    @staticmethod
    def send_guarded(number: int) -> None:
        try:
            send_notice(number)
        except Exception:
            logger.warning("Sending a notification failed", exc_info=True)

    def end(self) -> None:
        self.threads.shutdown(wait=False, cancel_futures=True)
