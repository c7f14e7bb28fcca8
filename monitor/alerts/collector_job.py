"""Evaluates the rules in the collector at each tick by evaluation.py, and stores what changed."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import NamedTuple

from django.db.models import Count, Max
from django.utils import timezone

from chat.access import member_rooms
from monitor.alerts import default_rules, lifecycle, recent, reminders, silences
from monitor.alerts.cards import UPDATE_EVERY, UPDATE_EVERY_LATER, YOUNG_FOR
from monitor.alerts.evaluation import (
    GONE_STATE,
    OK_STATE,
    SOURCE_GONE_AFTER,
    NoData,
    Phase,
    RuleConfig,
    RuleState,
    evaluate_value,
)
from monitor.alerts.lifecycle import Dependencies, SeriesUpdate
from monitor.alerts.models import Alert, Instance, Rule, Silence
from monitor.metrics.catalogue import Catalogue, SeriesIndex
from monitor.metrics.collector_job import CollectorJob, run_guarded
from monitor.metrics.models import Series, Source
from monitor.metrics.name_patterns import matches_any_pattern, matches_pattern
from monitor.metrics.readings import Values
from myweb.times import to_datetime

FORCED_REREAD_EVERY = 30  # checks for changes between two unconditional reloads
OPEN_PHASES = frozenset({Phase.PENDING, Phase.FIRING})
RESTART_MARGIN = 60  # seconds: a value this long before the start counts, as after a restart
REREAD_EVERY = 2  # seconds between two checks for changed rules


class Target(NamedTuple):
    """A series that a rule watches."""

    name: str  # "web queue"
    source: str
    series: str
    position: int | None  # None: whether the source is up


class WatchedRule:
    """A rule with the states of its series."""

    def __init__(self, rule: Rule, parents: list[int]) -> None:
        self.rule, self.parents = rule, parents
        self.config = RuleConfig(rule.comparison, rule.threshold, rule.hold, rule.keep, NoData(rule.no_data))
        self.states: dict[str, RuleState] = {}
        self.values: dict[str, float | None] = {}
        self.allowed_sources: frozenset[str] = frozenset()  # keys of the sources that its room can see
        self.changed_names: set[str] = set()  # series whose changed state is not stored yet
        self.targets: dict[str, tuple[int, list[Target]]] = {}  # source -> version of its sheet, matching series
        self.began = 0  # the first tick
        self.measured: set[str] = set()  # series that had a value since then
        self.applied: object = None  # summary of the last stored state
        self.updated_at = self.opened_at = 0
        self.shown_summary: object = None  # summary of the values on the card

    def match_targets(self, sheet: SeriesIndex) -> list[Target]:
        key = sheet.source.key
        known = self.targets.get(key)
        if known is None or known[0] != sheet.version:
            targets = [
                Target(f"{key} {name}", key, name, position)
                for name, position in sheet.positions.items()
                if matches_pattern(name, self.rule.series)
            ]
            if matches_pattern(recent.UP, self.rule.series):
                targets.append(Target(f"{key} {recent.UP}", key, recent.UP, None))
            self.end_removed_series(key, {target.name for target in targets})
            known = self.targets[key] = sheet.version, targets
        return known[1]

    def end_removed_series(self, key: str, names: Collection[str]) -> None:
        """Ends series that have left the live layout."""
        for name, before in [*self.states.items()]:
            if name.partition(" ")[0] == key and name not in names:
                self.end_series(name, before)
        self.measured = {name for name in self.measured if name.partition(" ")[0] != key or name in names}

    def evaluate(self, t: int, target: Target, row: Values, sheet: SeriesIndex) -> None:
        value = float(bool(row)) if target.position is None else recent.get_known_value(row, target.position)
        before = self.states.get(target.name, OK_STATE)
        self.began = self.began or t
        if value is not None:
            self.measured.add(target.name)
        elif self.config.no_data is NoData.ALERT:
            if not self.had_recent_value(t, target, sheet):
                return
        elif row and sheet.is_stale(target.series):
            self.end_series(target.name, before)
            return
        after = evaluate_value(self.config, before, t, value)
        if value is not None or after is not OK_STATE:
            self.values[target.name] = value
        self.set_state(target.name, before, after)

    def had_recent_value(self, t: int, target: Target, sheet: SeriesIndex) -> bool:
        """Tells whether the series had a value while the rule was watched, or shortly before, as at a restart."""
        self.began = self.began or t
        if target.name in self.measured:
            return True
        return sheet.seen[target.series] >= self.began - RESTART_MARGIN and sheet.is_stale(target.series)

    def end_series(self, name: str, before: RuleState) -> None:
        """Ends a series without data. A missing value is no problem."""
        if before.phase in OPEN_PHASES:
            self.set_state(name, before, GONE_STATE)

    def set_state(self, name: str, before: RuleState, after: RuleState) -> None:
        if after != before:
            self.states[name] = after
            self.changed_names.add(name)

    def end_sources(self, source_keys: Collection[str]) -> None:
        """Ends the series of removed sources, whatever the rule's setting for missing data."""
        for name, before in [*self.states.items()]:
            if name.partition(" ")[0] in source_keys:
                self.end_series(name, before)

    def list_firing(self) -> list[str]:
        return [name for name, state in self.states.items() if state.phase is Phase.FIRING]

    def has_open_states(self) -> bool:
        return any(state.phase in OPEN_PHASES for state in self.states.values())

    def drop_ended(self) -> None:
        self.states = {name: state for name, state in self.states.items() if state.phase in OPEN_PHASES}


def find_allowed_sources(rule: Rule, sources: Mapping[str, int | None]) -> frozenset[str]:
    """Returns the keys of the sources that the rule can read; see ``sources_of_rule``."""
    creator = rule.made_by
    if creator is None:
        return frozenset(key for key, room in sources.items() if room in {None, rule.room_id})
    room_ids = {rule.room_id, *member_rooms(creator).values_list("pk", flat=True)}
    return frozenset(key for key, room in sources.items() if room in room_ids or (room is None and creator.is_admin))


class Evaluation(CollectorJob):
    """Writes to the database on transitions only. It retries a failed write at the next tick."""

    def __init__(self) -> None:
        self.catalogue = Catalogue()
        self.rules: dict[int, WatchedRule] = {}
        self.silences: list[Silence] = []
        self.units: dict[str, str] = {}
        self.version: object = None  # of the stored rules and silences
        self.read_at = 0
        self.rereads = 0
        self.missing: dict[str, int] = {}  # source -> first tick without it
        self.reminders = reminders.Reminders()

    def begin(self, catalogue: Catalogue) -> None:
        """Reloads the states that another collector stored meanwhile."""
        self.catalogue, self.rules, self.units, self.version = catalogue, {}, {}, None
        self.reminders.begin()
        self.reload_if_changed()

    def end(self) -> None:
        self.rules = {}
        self.reminders.end()

    def hurries(self) -> bool:
        return any(watched.has_open_states() for watched in self.rules.values())

    def second(self, t: int) -> None:
        self.reminders.process_due(to_datetime(t))

    def tick(self, t: int, rows: Mapping[str, Values]) -> None:
        if abs(t - self.read_at) >= REREAD_EVERY:
            self.reload_if_changed()
            self.read_at = t
        for watched in self.rules.values():
            for target, row, sheet in self.iterate_targets(watched, rows):
                watched.evaluate(t, target, row, sheet)
            source_keys = {name.partition(" ")[0] for name in watched.states}
            watched.end_sources(
                {key for key in source_keys if key not in watched.allowed_sources or self.is_gone(key, rows, t)}
            )
        for watched in self.sort_parents_first():
            run_guarded(f"The alert of rule {watched.rule.pk}", partial(self.apply_changes, watched, t))

    def is_gone(self, key: str, rows: Mapping[str, Values], t: int) -> bool:
        if key in rows:
            self.missing.pop(key, None)
            return False
        return t - self.missing.setdefault(key, t) >= SOURCE_GONE_AFTER

    def iterate_targets(
        self, watched: WatchedRule, rows: Mapping[str, Values]
    ) -> Iterator[tuple[Target, Values, SeriesIndex]]:
        for key, row in rows.items():
            if key in watched.allowed_sources and matches_any_pattern(key, watched.rule.source):
                index = self.catalogue.get_index(key)
                for target in watched.match_targets(index):
                    yield target, row, index

    def sort_parents_first(self) -> list[WatchedRule]:
        return sorted(self.rules.values(), key=lambda watched: len(watched.parents))

    # Dependencies and changes

    def find_dependencies(self, watched: WatchedRule) -> Dependencies:
        open_parents = [
            self.rules[number]
            for number in watched.parents
            if number in self.rules and self.rules[number].has_open_states()
        ]
        children = [child for child in self.rules.values() if watched.rule.pk in child.parents]
        return Dependencies(
            open_parents[0].rule.title if open_parents else "",
            sum(len(targets) for child in children for _count, targets in child.targets.values()),
            sum(len(child.list_firing()) for child in children),
        )

    def apply_changes(self, watched: WatchedRule, t: int) -> None:
        """Stores changed states. Without changes it runs no query."""
        dependencies, firing = self.find_dependencies(watched), watched.list_firing()
        now = to_datetime(t)
        silenced = [name for name in firing if self.get_silenced_until(watched.rule, name, now)]
        summary = (tuple(firing), tuple(silenced), dependencies.behind)
        if watched.changed_names or summary != (watched.applied or ((), (), dependencies.behind)):
            changed = {name: self.build_update(watched, name) for name in watched.changed_names}
            alert = lifecycle.apply_rule_changes(watched.rule, t, changed, dependencies)
            watched.changed_names.clear()
            watched.drop_ended()
            watched.applied = summary if firing else None
            watched.opened_at, watched.updated_at = int(alert.began_at.timestamp()) if alert else 0, t
            watched.shown_summary = self.summarize(watched, dependencies)
        elif firing and watched.opened_at:
            self.update_card(watched, t, dependencies)

    def get_silenced_until(self, rule: Rule, name: str, now: datetime) -> datetime | None:
        return silences.series_silenced_until(self.silences, rule.room_id, rule.pk, name, now)

    def build_update(self, watched: WatchedRule, name: str) -> SeriesUpdate:
        return SeriesUpdate(watched.states[name], watched.values.get(name), self.get_unit(name))

    def get_unit(self, name: str) -> str:
        if name not in self.units:
            source, _space, series = name.partition(" ")
            stored_unit = Series.objects.filter(source__key=source, name=series).values_list("unit", flat=True).first()
            self.units[name] = stored_unit or ""
        return self.units[name]

    @staticmethod
    def summarize(watched: WatchedRule, dependencies: Dependencies) -> object:
        values = watched.values
        return [
            f"{values[name]:.2g}" if values.get(name) is not None else "" for name in watched.list_firing()
        ], dependencies

    def update_card(self, watched: WatchedRule, t: int, dependencies: Dependencies) -> None:
        every = UPDATE_EVERY if t - watched.opened_at < YOUNG_FOR else UPDATE_EVERY_LATER
        summary = self.summarize(watched, dependencies)
        if t - watched.updated_at < every or summary == watched.shown_summary:
            return
        lifecycle.refresh_values(watched.rule, t, watched.values, dependencies)
        watched.updated_at, watched.shown_summary = t, summary

    # Reloading

    def reload_if_changed(self) -> None:
        """Reloads the rules and silences after a change."""
        if not self.rules:
            default_rules.create_default_rules()
        rules_version = Rule.objects.aggregate(Count("pk"), Max("changed_at"), Count("room__archived_at"))
        silences_version = Silence.objects.aggregate(Count("pk"), Max("changed_at"))
        sources = dict(Source.objects.values_list("key", "room_id"))
        version = (*rules_version.values(), *silences_version.values(), sources)
        self.rereads += 1
        if version != self.version or self.rereads % FORCED_REREAD_EVERY == 0:  # memberships of rooms can change, too
            self.silences = silences.list_recent_silences(timezone.now())
            self.rules = self.load_rules()
            lifecycle.close_alerts(Alert.objects.filter(ended_at=None, rule__room__archived_at__isnull=False))
            self.version = version
            for watched in self.rules.values():
                watched.allowed_sources = find_allowed_sources(watched.rule, sources)

    def load_rules(self) -> dict[int, WatchedRule]:
        """Loads the rules and resumes from the stored states."""
        enabled_rules = Rule.objects.filter(enabled=True, removed_at=None, room__archived_at=None)
        rules = {
            rule.pk: WatchedRule(rule, [parent.pk for parent in rule.depends_on.all()])
            for rule in enabled_rules.select_related("made_by").prefetch_related("depends_on").order_by("pk")
        }
        for row in Instance.objects.filter(rule__in=rules, ended_at=None):
            watched = rules[row.rule_id or 0]
            watched.states[row.name] = RuleState(Phase(row.phase), row.since, row.fired_at, row.calm_since)
            watched.values[row.name] = row.value
        unchanged = {
            number: before
            for number, before in self.rules.items()
            if number in rules and rules[number].rule.changed_at == before.rule.changed_at
        }
        return rules | unchanged
