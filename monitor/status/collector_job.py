"""Evaluates the conditions of each component of the status page in the collector."""

from collections.abc import Mapping
from typing import NamedTuple

from django.db.models import Exists, OuterRef

from monitor.checks.models import CheckState
from monitor.metrics.catalogue import Catalogue
from monitor.metrics.collector_job import CollectorJob
from monitor.metrics.readings import Values
from monitor.status.component_states import STABLE_SECONDS, store_measured_state
from monitor.status.conditions import Condition, InvalidCondition, Measured
from monitor.status.models import Component, ComponentState, StatusChange
from myweb.times import to_datetime

RELOAD_INTERVAL = 5  # seconds after which changed conditions are loaded


class ComponentRule(NamedTuple):
    down: Condition | None
    disturbed: Condition | None
    is_slow: bool = False  # a check that is degraded

    def get_state(self, measured: Measured) -> str:
        results = [condition.holds(measured) if condition else False for condition in (self.down, self.disturbed)]
        if results[0]:
            return ComponentState.DOWN
        if results[1]:
            return ComponentState.DISTURBED
        if None in results:
            return ComponentState.UNKNOWN
        return ComponentState.DISTURBED if self.is_slow else ComponentState.WORKS


class StatusEvaluator(CollectorJob):
    def __init__(self) -> None:
        self.catalogue: Catalogue | None = None
        self.rules: dict[int, ComponentRule] = {}
        self.states: dict[int, str] = {}
        self.without_verdict: set[int] = set()  # their first result counts at once
        self.pending: dict[int, tuple[str, int]] = {}  # component -> new state, and since when
        self.loaded_at = 0

    def begin(self, catalogue: Catalogue) -> None:
        self.catalogue, self.loaded_at = catalogue, 0

    def tick(self, t: int, rows: Mapping[str, Values]) -> None:
        if abs(t - self.loaded_at) >= RELOAD_INTERVAL:
            self.load_components(t)
        if not self.catalogue or not self.rules:
            return
        measured = {key: (self.catalogue.get_index(key).positions, values) for key, values in rows.items()}
        for component_id, rule in self.rules.items():
            self.check_component(component_id, rule.get_state(measured), t)

    def load_components(self, t: int) -> None:
        verdicts = StatusChange.objects.filter(component=OuterRef("pk")).exclude(state=ComponentState.UNKNOWN)
        components = list(Component.objects.select_related("check_measured").annotate(has_verdict=Exists(verdicts)))
        self.rules = {component.pk: make_rule(component) for component in components}
        self.without_verdict = {component.pk for component in components if not component.has_verdict}
        self.states = {component.pk: component.measured for component in components}
        self.loaded_at = t

    def check_component(self, component_id: int, state: str, t: int) -> None:
        if state == self.states[component_id]:
            self.pending.pop(component_id, None)
            return
        new_state, since = self.pending.get(component_id, ("", t))
        if new_state != state or since > t:  # or the clock was set back
            since = t
            self.pending[component_id] = (state, t)
        if t - since >= STABLE_SECONDS or (component_id in self.without_verdict and state != ComponentState.UNKNOWN):
            self.without_verdict.discard(component_id)
            store_measured_state(component_id, state, to_datetime(since))
            self.states[component_id] = state
            del self.pending[component_id]


def make_rule(component: Component) -> ComponentRule:
    if component.kind == Component.Kind.CHECK:
        check = component.check_measured
        condition = Condition("checks", f"{check.slug}.up" if check else "", "<", 1.0)
        return ComponentRule(condition, None, check is not None and check.state == CheckState.DEGRADED)
    return ComponentRule(parse_condition(component.down_when), parse_condition(component.disturbed_when))


def parse_condition(text: str) -> Condition | None:
    try:
        return Condition.read(text) if text else None
    except InvalidCondition:
        return None
