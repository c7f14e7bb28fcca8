"""Notifies by the channels while the database is away, and again when it is back.

Nothing of it needs the database: the channels are remembered from the last good tick. The alert in the room follows
when the database is back, since the rules then evaluate what was measured meanwhile.
"""

import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import Workspace
from monitor.alerts import condition_text
from monitor.alerts.models import Route, Severity
from monitor.alerts.notification_text import KIND_RESOLVED, KINDS
from monitor.metrics.collector_job import CollectorJob
from monitor.metrics.readings import Values
from monitor.oncall.apprise_delivery import send_by_apprise
from myweb.encryption import decrypt_secret
from myweb.times import format_moment

logger = logging.getLogger(__name__)

HOLD = 30  # seconds until the channels are notified, as the default rule has it
REMEMBER_EVERY = 60  # seconds
RETRY_EVERY = 60  # seconds after which a channel that failed is tried again
MAX_TRIES = 5
MAX_ROUTES = 100


class RememberedRoute(NamedTuple):
    name: str
    address: str  # an Apprise URL


class OutageNotices(CollectorJob):
    """Channels for critical alerts get them."""

    def __init__(self) -> None:
        self.routes: list[RememberedRoute] = []
        self.workspace = ""
        self.remembered_at = 0  # tick, as all times here
        self.began_at: int | None = None
        self.tried_at = 0
        self.tries: dict[str, int] = {}  # channel -> attempts to say that it is away
        self.informed: set[str] = set()  # channels that know it
        self.threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="outage")

    def begin(self, catalogue: object) -> None:
        self.remembered_at, self.began_at = 0, None

    def tick(self, t: int, rows: Mapping[str, Values]) -> None:
        if self.began_at is None and abs(t - self.remembered_at) >= REMEMBER_EVERY:
            self.remember()
            self.remembered_at = t

    def remember(self) -> None:
        self.workspace = Workspace.current().name or "myweb"
        critical = [route for route in Route.objects.all() if not route.severities or CRITICAL in route.severities]
        self.routes = [RememberedRoute(route.name, decrypt_secret(route.sealed)) for route in critical[:MAX_ROUTES]]

    def without_database(self, t: int, reason: str) -> None:
        if self.began_at is None:
            self.began_at, self.tries, self.informed, self.tried_at = t, {}, set(), 0
        if t - self.began_at < HOLD or t - self.tried_at < RETRY_EVERY:
            return
        self.tried_at = t
        with translation.override(settings.LANGUAGE_CODE):
            title = _("%(workspace)s: the database is unavailable") % {"workspace": self.workspace}
            body = _("Since %(time)s. Pages and messages fail until it is back. Reason: %(reason)s") % {
                "time": format_moment(self.began_at),
                "reason": reason,
            }
        for route in self.routes:
            if route.name not in self.informed and self.tries.get(route.name, 0) < MAX_TRIES:
                self.tries[route.name] = self.tries.get(route.name, 0) + 1
                self.threads.submit(self.send, route, title, body, KINDS[Severity.CRITICAL])

    def second(self, t: int) -> None:
        """The database is back."""
        if self.began_at is None:
            return
        span = condition_text.format_span(max(0, t - self.began_at))
        began_at, self.began_at = self.began_at, None
        with translation.override(settings.LANGUAGE_CODE):
            title = _("%(workspace)s: the database is back") % {"workspace": self.workspace}
            body = _("It was unavailable since %(time)s, for %(span)s.") % {
                "time": format_moment(began_at),
                "span": span,
            }
        for route in self.routes:
            if route.name in self.tries:
                self.threads.submit(self.send, route, title, body, KIND_RESOLVED)

    def send(self, route: RememberedRoute, title: str, body: str, kind: str) -> None:
        problem = send_by_apprise(route.address, title, body, kind)
        if problem:
            logger.warning("A notification through %s failed: %s", route.name, problem)
        else:
            self.informed.add(route.name)


CRITICAL = str(Severity.CRITICAL)
