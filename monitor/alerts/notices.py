"""What goes out of the house, by Apprise. Written down first; sent by threads, tried five times, never by a tick."""

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from django.db import close_old_connections
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from monitor.models import Alert, Notice, Route, Severity
from monitor.sealing import unseal
from myweb.network_policy import OutOfReach, Reach, resolve_blocking

logging.getLogger("apprise").setLevel(logging.CRITICAL)  # its lines may hold the addresses
logger = logging.getLogger(__name__)

PAUSES = (10, 60, 300, 900)  # seconds before the second try, the third…
AT_ONCE = 4
LEASE = timedelta(minutes=2)  # that a notice may take before it is taken for lost
KINDS = {Severity.INFO: "info", Severity.WARNING: "warning", Severity.CRITICAL: "failure"}


def write(alert: Alert, routes: list[Route], title: str, body: str, kind: str = "") -> None:
    now = timezone.now()
    kind = kind or KINDS[Severity(alert.severity)]
    Notice.objects.bulk_create(
        Notice(route=route, alert=alert, title=title[:200], body=body, kind=kind, due_at=now)
        for route in routes
        if not route.severities or alert.severity in route.severities
    )


def over(alert: Alert) -> None:
    """Whoever heard of it hears that it is over."""
    told = Route.objects.filter(notices__alert=alert).distinct()
    if not told or alert.notices.filter(kind="success").exists():
        return
    title = _("Resolved: %(title)s") % {"title": alert.title}
    write(alert, list(told), title, title, kind="success")


def deliver(address: str, title: str, body: str, kind: str) -> str:
    """Empty if it went, else what was wrong, in words that hold no secret."""
    import apprise  # takes half a second to load; most processes never send

    if not address:
        return _("The address cannot be read: the secret key has changed. Enter the address again.")
    sender = apprise.Apprise()
    try:
        if not sender.add(address):
            return _("This is no address that Apprise knows.")
        if any(is_blocked(str(getattr(server, "host", None) or "")) for server in sender):
            return _("This address is not asked: it is link-local or one of a cloud's metadata.")
        if sender.notify(title=title, body=body, notify_type=apprise.NotifyType(kind)):
            return ""
    except Exception as error:
        return _("It could not be sent: %(kind)s.") % {"kind": type(error).__name__}
    return _("The service could not be reached, or did not accept it.")


def is_blocked(host: str) -> bool:
    """Whether no request may go to one of its addresses. Private ones may have it: admins give routes."""
    try:
        resolve_blocking(host.strip("[]") or "localhost", 443, Reach.INSIDE)
    except OutOfReach:
        return True
    except (OSError, UnicodeError):
        return False  # Apprise will say that it is not there
    return False


def count(route_id: int, problem: str) -> None:
    failed = {"failed": F("failed") + 1} if problem else {"sent": F("sent") + 1}
    Route.objects.filter(pk=route_id).update(problem=problem[:200], **failed)


def send(number: int) -> None:
    """One try."""
    close_old_connections()
    notice = Notice.objects.select_related("route").filter(pk=number, sent_at=None).first()
    if notice is None:
        return
    problem = deliver(unseal(notice.route.sealed), notice.title, notice.body, notice.kind)
    now = timezone.now()
    notice.tries += 1
    notice.sent_at = None if problem else now
    pause = PAUSES[notice.tries - 1] if problem and notice.tries <= len(PAUSES) else None
    notice.due_at = now + timedelta(seconds=pause) if pause is not None else None
    notice.save(update_fields=["tries", "sent_at", "due_at"])
    count(notice.route_id, problem)
    if problem:
        logger.warning("A notice by %s did not go, try %d: %s", notice.route, notice.tries, problem)


class Sender:
    def __init__(self) -> None:
        self.threads = ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="notices")

    def turn(self, now: datetime) -> None:
        """Has what is due be sent. Who ends in the middle of it leaves it to the next."""
        due = list(Notice.objects.filter(due_at__lte=now).order_by("due_at").values_list("pk", flat=True)[:20])
        for number in due:
            if Notice.objects.filter(pk=number, due_at__lte=now).update(due_at=now + LEASE):
                self.threads.submit(self.guarded, number)

    @staticmethod
    def guarded(number: int) -> None:
        try:
            send(number)
        except Exception:
            logger.warning("A notice was not sent", exc_info=True)

    def end(self) -> None:
        self.threads.shutdown(wait=False, cancel_futures=True)
