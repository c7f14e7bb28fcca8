"""Rules in a room, and the collector that measures for them second by second."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from chat.models import Message, Room
from monitor.alerts.collector_job import Evaluation
from monitor.alerts.models import Alert, Rule
from monitor.metrics.collector import Collector
from monitor.metrics.readings import Reading
from tests.support.boards import Given

BUSY, CALM = Reading("queue", 41.0), Reading("queue", 0.0)
MakeRule = Callable[..., Rule]


@pytest.fixture
def web() -> Given:
    return Given("web", BUSY)


@pytest.fixture
def make_rule(room: Room) -> MakeRule:
    def make(**fields: Any) -> Rule:
        parents = fields.pop("depends_on", [])
        told = {"title": "Queue on web is growing", "source": "web", "series": "queue", "threshold": 10.0, "hold": 10}
        rule = Rule.objects.create(room=room, **(told | fields))
        rule.depends_on.set(parents)
        return rule

    return make


class Site:
    """A collector whose seconds are made here."""

    def __init__(self, *sources: Given) -> None:
        self.sources = sources
        self.t = int(time.time()) - 600
        self.start()

    def start(self) -> None:
        """As if by another process: nothing is left but what was written down."""
        self.rules = Evaluation()
        self.collector = Collector(self.sources, [self.rules])
        self.rules.begin(self.collector.catalogue)

    def ticks(self, count: int, step: int = 1) -> None:
        for _tick in range(count):
            self.t += step
            self.collector.tick(self.t)

    def tend(self, after: timedelta = timedelta()) -> None:
        self.rules.reminders.process_due(timezone.now() + after)


def cards(room: Room) -> list[dict[str, Any]]:
    found = Message.objects.filter(room=room).exclude(card__isnull=True).order_by("seq")
    return [dict(each.card or {}) for each in found]


def said(room: Room) -> list[str]:
    return list(Message.objects.filter(room=room, card__isnull=True).order_by("seq").values_list("body", flat=True))


def fire(site: Site) -> Alert:
    site.ticks(11)
    return Alert.objects.get(ended_at=None)
