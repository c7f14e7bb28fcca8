"""What goes out of the house, by Apprise. Written down first; sent by threads, tried five times, never by a tick."""

import logging
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from django.db import close_old_connections
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from monitor.alerts.models import Alert, Notice, Route
from monitor.alerts.notification_text import OVER, write_notice
from monitor.metrics.encryption import decrypt_secret
from myweb.network_policy import OutOfReach, Reach, resolve_host_blocking

logging.getLogger("apprise").setLevel(logging.CRITICAL)  # its lines may hold the addresses
logger = logging.getLogger(__name__)

PAUSES = (10, 60, 300, 900)  # seconds before the second try, the third…
AT_ONCE = 4
LEASE = timedelta(minutes=2)  # that a notice may take before it is taken for lost


def queue_notices(alert: Alert, routes: Iterable[Route]) -> None:
    """One that waits says how the alert stands when it is sent, so what waited before it is not needed any more."""
    now, numbers = timezone.now(), [route.pk for route in routes if fits_route(route, alert)]
    waiting = alert.notices.filter(route__in=numbers, sent_at=None).exclude(due_at=None)
    text = write_notice(alert)
    waiting.filter(claimed_at=None).delete()
    Notice.objects.bulk_create(
        Notice(route_id=number, alert=alert, title=text.title[:200], body=text.body, kind=text.kind, due_at=now)
        for number in numbers
    )


def fits_route(route: Route, alert: Alert) -> bool:
    """Whoever was told of it once is told the rest, whatever its severity is by then."""
    return not route.severities or alert.severity in route.severities or alert.notices.filter(route=route).exists()


def tell_over(alert: Alert) -> None:
    """Whoever was told of it is told that it is over."""
    queue_notices(alert, [route for route, kind in last_notices(alert) if kind != OVER])


def tell_reopened(alert: Alert) -> None:
    """Whoever was told that it is over is told that it is not."""
    queue_notices(alert, [route for route, kind in last_notices(alert) if kind == OVER])


def last_notices(alert: Alert) -> list[tuple[Route, str]]:
    """Of each route the kind of its newest notice."""
    newest = {notice.route: notice.kind for notice in alert.notices.select_related("route").order_by("pk")}
    return list(newest.items())


def deliver(address: str, title: str, body: str, kind: str) -> str:
    """Empty if it went, else what was wrong, in words that hold no secret."""
    import apprise  # takes half a second to load; most processes never send

    if not address:
        return _("The address can't be decrypted: the secret key has changed. Enter the address again.")
    sender = apprise.Apprise()
    try:
        if not sender.add(address):
            return _("Apprise does not support this address. Check its format.")
        for server in sender:
            server.redirects = False  # it would lead past the next check
        if any(is_blocked(str(getattr(server, "host", None) or "")) for server in sender):
            return _("This address is blocked: link-local or cloud metadata.")
        if sender.notify(title=title, body=body, notify_type=apprise.NotifyType(kind)):
            return ""
    except Exception as error:
        return _("Sending failed: %(kind)s.") % {"kind": type(error).__name__}
    return _("The service is unreachable or rejected the notification.")


def is_blocked(host: str) -> bool:
    """Whether no request may go to one of its addresses. Private ones may have it: admins give routes."""
    try:
        resolve_host_blocking(host.strip("[]") or "localhost", 443, Reach.INSIDE)
    except OutOfReach:
        return True
    except (OSError, UnicodeError):
        return False  # Apprise will say that it is not there
    return False


def count(route_id: int, problem: str) -> None:
    failed = {"failed": F("failed") + 1} if problem else {"sent": F("sent") + 1}
    Route.objects.filter(pk=route_id).update(problem=problem[:200], **failed)


def send(number: int) -> None:
    """One try, with what is true now."""
    close_old_connections()
    notice = Notice.objects.select_related("route", "alert__rule__made_by").filter(pk=number, sent_at=None).first()
    if notice is None:
        return
    if is_outdated(notice):
        notice.delete()
        return
    text = write_notice(notice.alert)
    notice.title, notice.body, notice.kind = text.title[:200], text.body, text.kind
    problem = deliver(decrypt_secret(notice.route.sealed), *text)
    now = timezone.now()
    notice.tries += 1
    notice.sent_at = None if problem else now
    again = problem and notice.tries <= len(PAUSES) and not is_outdated(notice)
    pause = PAUSES[notice.tries - 1] if again else None
    notice.due_at = now + timedelta(seconds=pause) if pause is not None else None
    notice.claimed_at = None
    notice.save(update_fields=["title", "body", "kind", "tries", "sent_at", "due_at", "claimed_at"])
    count(notice.route_id, problem)
    if problem:
        logger.warning("A notification through %s failed, try %d: %s", notice.route, notice.tries, problem)


def is_outdated(notice: Notice) -> bool:
    """A newer one tells the same route of the same alert."""
    return siblings(notice).filter(pk__gt=notice.pk).exists()


def siblings(notice: Notice) -> QuerySet[Notice]:
    return Notice.objects.filter(route=notice.route_id, alert=notice.alert_id).exclude(pk=notice.pk)


class Sender:
    def __init__(self) -> None:
        self.threads = ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="notices")

    def turn(self, now: datetime) -> None:
        """Has what is due be sent. Who ends in the middle of it leaves it to the next."""
        for notice in Notice.objects.filter(due_at__lte=now).order_by("due_at")[: AT_ONCE * 5]:
            if siblings(notice).filter(claimed_at__gt=now - LEASE).exists():
                continue  # one route is told of one alert in order
            due = Notice.objects.filter(pk=notice.pk, due_at__lte=now)
            if due.update(due_at=now + LEASE, claimed_at=now):
                self.threads.submit(self.guarded, notice.pk)

    @staticmethod
    def guarded(number: int) -> None:
        try:
            send(number)
        except Exception:
            logger.warning("A notification was not sent", exc_info=True)

    def end(self) -> None:
        self.threads.shutdown(wait=False, cancel_futures=True)
