"""The rules in the collector: each tick is looked at once, and what changed is written down."""

import logging
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import NamedTuple

from django.db.models import Count, Max
from django.utils import timezone

from chat.access import member_rooms
from monitor.alerts import default_rules, lifecycle, recent, reminders, silences
from monitor.alerts.lifecycle import Around, Seen
from monitor.alerts.models import Alert, Instance, Rule, Silence
from monitor.alerts.rule_state import CALM, GONE, NoData, Phase, Standing, Terms, step
from monitor.metrics.catalogue import Catalogue, SeriesIndex
from monitor.metrics.component import CollectorComponent, run_guarded
from monitor.metrics.models import Series, Source
from monitor.metrics.name_patterns import matches_any_pattern, matches_pattern
from monitor.metrics.readings import Values

logger = logging.getLogger(__name__)

UNREAD = 30  # seconds that a source is not read at all, neither up nor down: nobody measures it any more
SELDOM = 30  # such looks between two that read all anew
OPEN = frozenset({Phase.PENDING, Phase.FIRING})
JUST_NOW = 60  # seconds before a collector began, in which the one before it may have read a value
REREAD = 2  # seconds between two looks at whether the rules changed
UPDATE, LATER, YOUNG = 10, 60, 600  # seconds between two updates of a card; of one that is older than YOUNG


class Target(NamedTuple):
    """A series that a rule watches."""

    name: str  # "web queue"
    source: str
    series: str
    position: int | None  # None: whether the source is up


class Watched:
    """A rule at work."""

    def __init__(self, rule: Rule, parents: list[int]) -> None:
        self.rule, self.parents = rule, parents
        self.terms = Terms(rule.comparison, rule.threshold, rule.hold, rule.keep, NoData(rule.no_data))
        self.standings: dict[str, Standing] = {}
        self.values: dict[str, float | None] = {}
        self.allowed: frozenset[str] = frozenset()  # sources that its room may hear of
        self.dirty: set[str] = set()  # changed, and not written down yet
        self.targets: dict[str, tuple[int, list[Target]]] = {}  # source -> version of its sheet, and which series fit
        self.began = 0  # at which tick
        self.measured: set[str] = set()  # those that had a value while this collector watched
        self.settled: object = None  # what was last written down of all of it
        self.updated = self.opened = 0
        self.shown: object = None  # the values as the card has them

    def aims(self, sheet: SeriesIndex) -> list[Target]:
        key = sheet.source.key
        known = self.targets.get(key)
        if known is None or known[0] != sheet.version:
            found = [
                Target(f"{key} {name}", key, name, position)
                for name, position in sheet.positions.items()
                if matches_pattern(name, self.rule.series)
            ]
            if matches_pattern(recent.UP, self.rule.series):
                found.append(Target(f"{key} {recent.UP}", key, recent.UP, None))
            self.end_others(key, {target.name for target in found})
            known = self.targets[key] = sheet.version, found
        return known[1]

    def end_others(self, key: str, names: Collection[str]) -> None:
        """Series that have left the live layout."""
        for name, before in [*self.standings.items()]:
            if name.partition(" ")[0] == key and name not in names:
                self.end(name, before)
        self.measured = {name for name in self.measured if name.partition(" ")[0] != key or name in names}

    def look(self, t: int, target: Target, row: Values, sheet: SeriesIndex) -> None:
        value = float(bool(row)) if target.position is None else recent.value_at(row, target.position)
        before = self.standings.get(target.name, CALM)
        self.began = self.began or t
        if value is not None:
            self.measured.add(target.name)
        elif self.terms.no_data is NoData.ALERT:
            if not self.was_live(t, target, sheet):
                return
        elif row and sheet.is_stale(target.series):
            self.end(target.name, before)
            return
        after = step(self.terms, before, t, value)
        if value is not None or after is not CALM:
            self.values[target.name] = value
        self.stands(target.name, before, after)

    def was_live(self, t: int, target: Target, sheet: SeriesIndex) -> bool:
        """Since this rule is watched, or just before: then it had time to be read again, as after a restart."""
        self.began = self.began or t
        if target.name in self.measured:
            return True
        return sheet.seen[target.series] >= self.began - JUST_NOW and sheet.is_stale(target.series)

    def end(self, name: str, before: Standing) -> None:
        """It has no values any more, and so nothing that could be wrong."""
        if before.phase in OPEN:
            self.stands(name, before, GONE)

    def stands(self, name: str, before: Standing, after: Standing) -> None:
        if after != before:
            self.standings[name] = after
            self.dirty.add(name)

    def let_go(self, gone: Collection[str]) -> None:
        """What stands of sources that are gone is over, whatever the rule says of missing values."""
        for name, before in [*self.standings.items()]:
            if name.partition(" ")[0] in gone:
                self.end(name, before)

    def firing(self) -> list[str]:
        return [name for name, each in self.standings.items() if each.phase is Phase.FIRING]

    def is_busy(self) -> bool:
        return any(each.phase in OPEN for each in self.standings.values())

    def tidy(self) -> None:
        self.standings = {name: each for name, each in self.standings.items() if each.phase in OPEN}


def allowed(rule: Rule, sources: Mapping[str, int | None]) -> frozenset[str]:
    """Its room may hear of its own sources, and of those that the rule's maker sees now; see ``sources_of_rule``."""
    maker = rule.made_by
    if maker is None:
        return frozenset(key for key, room in sources.items() if room in {None, rule.room_id})
    mine = {rule.room_id, *member_rooms(maker).values_list("pk", flat=True)}
    return frozenset(key for key, room in sources.items() if room in mine or (room is None and maker.is_admin))


class Evaluation(CollectorComponent):
    """Writes to the database on transitions only; what could not be written is tried again with the next tick."""

    def __init__(self) -> None:
        self.catalogue = Catalogue()
        self.rules: dict[int, Watched] = {}
        self.silences: list[Silence] = []
        self.units: dict[str, str] = {}
        self.version: object = None  # of the rules and silences
        self.read_at = 0
        self.rereads = 0
        self.missing: dict[str, int] = {}  # source -> since when it is not read
        self.desk = reminders.Desk()

    def begin(self, catalogue: Catalogue) -> None:
        """Whatever another collector wrote down meanwhile is read anew."""
        self.catalogue, self.rules, self.units, self.version = catalogue, {}, {}, None
        self.desk.begin()
        self.reread()

    def end(self) -> None:
        self.rules = {}
        self.desk.end()

    def hurries(self) -> bool:
        return any(watched.is_busy() for watched in self.rules.values())

    def second(self, t: int) -> None:
        self.desk.tend(lifecycle.at(t))

    def tick(self, t: int, rows: Mapping[str, Values]) -> None:
        if abs(t - self.read_at) >= REREAD:
            self.reread()
            self.read_at = t
        for watched in self.rules.values():
            for target, row, sheet in self.targets(watched, rows):
                watched.look(t, target, row, sheet)
            stand = {name.partition(" ")[0] for name in watched.standings}
            watched.let_go({key for key in stand if key not in watched.allowed or self.is_gone(key, rows, t)})
        for watched in self.parents_first():
            run_guarded(partial(self.settle, watched, t), logger.warning)

    def is_gone(self, key: str, rows: Mapping[str, Values], t: int) -> bool:
        if key in rows:
            self.missing.pop(key, None)
            return False
        return t - self.missing.setdefault(key, t) >= UNREAD

    def targets(self, watched: Watched, rows: Mapping[str, Values]) -> Iterator[tuple[Target, Values, SeriesIndex]]:
        for key, row in rows.items():
            if key in watched.allowed and matches_any_pattern(key, watched.rule.source):
                sheet = self.catalogue.get_index(key)
                for target in watched.aims(sheet):
                    yield target, row, sheet

    def parents_first(self) -> list[Watched]:
        return sorted(self.rules.values(), key=lambda each: len(each.parents))

    # What holds what

    def around(self, watched: Watched) -> Around:
        waits = [self.rules[each] for each in watched.parents if each in self.rules and self.rules[each].is_busy()]
        children = [each for each in self.rules.values() if watched.rule.pk in each.parents]
        return Around(
            waits[0].rule.title if waits else "",
            sum(len(aims) for each in children for _count, aims in each.targets.values()),
            sum(len(each.firing()) for each in children),
        )

    def settle(self, watched: Watched, t: int) -> None:
        """Nothing is asked of the database unless something changed."""
        around, firing = self.around(watched), watched.firing()
        now = lifecycle.at(t)
        quiet = [name for name in firing if self.quiet(watched.rule, name, now)]
        found = (tuple(firing), tuple(quiet), around.behind)
        if watched.dirty or found != (watched.settled or ((), (), around.behind)):
            changed = {name: self.seen(watched, name) for name in watched.dirty}
            alert = lifecycle.settle(watched.rule, t, changed, around)
            watched.dirty.clear()
            watched.tidy()
            watched.settled = found if firing else None
            watched.opened, watched.updated = int(alert.began_at.timestamp()) if alert else 0, t
            watched.shown = self.visible(watched, around)
        elif firing and watched.opened:
            self.update(watched, t, around)

    def quiet(self, rule: Rule, name: str, now: datetime) -> datetime | None:
        return silences.quiet_until(self.silences, rule.room_id, rule.pk, name, now)

    def seen(self, watched: Watched, name: str) -> Seen:
        return Seen(watched.standings[name], watched.values.get(name), self.unit(name))

    def unit(self, name: str) -> str:
        if name not in self.units:
            source, _space, series = name.partition(" ")
            found = Series.objects.filter(source__key=source, name=series).values_list("unit", flat=True).first()
            self.units[name] = found or ""
        return self.units[name]

    @staticmethod
    def visible(watched: Watched, around: Around) -> object:
        values = watched.values
        return [f"{values[name]:.2g}" if values.get(name) is not None else "" for name in watched.firing()], around

    def update(self, watched: Watched, t: int, around: Around) -> None:
        every = UPDATE if t - watched.opened < YOUNG else LATER
        shown = self.visible(watched, around)
        if t - watched.updated < every or shown == watched.shown:
            return
        lifecycle.refresh(watched.rule, t, watched.values, around)
        watched.updated, watched.shown = t, shown

    # What changes under it

    def reread(self) -> None:
        """The rules and silences, if somebody changed them."""
        if not self.rules:
            default_rules.make()
        rules = Rule.objects.aggregate(Count("pk"), Max("changed_at"), Count("room__archived_at"))
        quiet = Silence.objects.aggregate(Count("pk"), Max("changed_at"))
        sources = dict(Source.objects.values_list("key", "room_id"))
        version = (*rules.values(), *quiet.values(), sources)
        self.rereads += 1
        if version != self.version or self.rereads % SELDOM == 0:  # who is in a room changes, too
            self.silences = silences.known(timezone.now())
            self.rules = self.read()
            lifecycle.close(Alert.objects.filter(ended_at=None, rule__room__archived_at__isnull=False))
            self.version = version
            for watched in self.rules.values():
                watched.allowed = allowed(watched.rule, sources)

    def read(self) -> dict[int, Watched]:
        """Each rule goes on from where its instances stand, whoever wrote them down."""
        found = Rule.objects.filter(enabled=True, removed_at=None, room__archived_at=None)
        rules = {
            rule.pk: Watched(rule, [each.pk for each in rule.depends_on.all()])
            for rule in found.select_related("made_by").prefetch_related("depends_on").order_by("pk")
        }
        for row in Instance.objects.filter(rule__in=rules, ended_at=None):
            watched = rules[row.rule_id or 0]
            watched.standings[row.name] = Standing(Phase(row.phase), row.since, row.fired_at, row.calm_since)
            watched.values[row.name] = row.value
        unchanged = {
            number: before
            for number, before in self.rules.items()
            if number in rules and rules[number].rule.changed_at == before.rule.changed_at
        }
        return rules | unchanged
