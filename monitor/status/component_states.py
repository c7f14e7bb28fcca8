"""Computes the state of each component, the worst of measurements and incidents, and stores its changes."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from monitor.checks.models import CheckState
from monitor.status.models import Component, ComponentState, Incident, StatusChange

STABLE_SECONDS = 5  # seconds that a measured state must last, so that one slow second changes nothing
BY_IMPACT = {
    Incident.Impact.MINOR: ComponentState.DISTURBED,
    Incident.Impact.MAJOR: ComponentState.DISTURBED,
    Incident.Impact.CRITICAL: ComponentState.DOWN,
}

BY_CHECK = {
    CheckState.UP: ComponentState.WORKS,
    CheckState.DEGRADED: ComponentState.DISTURBED,
    CheckState.DOWN: ComponentState.DOWN,
}


def get_worst_state(states: Iterable[str]) -> ComponentState:
    order = list(ComponentState)
    return max(map(ComponentState, states), key=order.index, default=ComponentState.WORKS)


def get_incident_states(component: Component) -> list[str]:
    """Return the states that the open published incidents imply."""
    impacts = component.incidents.filter(published=True, ended_at=None).values_list("impact", flat=True)
    return [BY_IMPACT[Incident.Impact(impact)] for impact in impacts if impact in BY_IMPACT]


@transaction.atomic
def update_component_states(components: Iterable[int], at: datetime | None = None) -> None:
    """Compute the states of these components again and store changes."""
    for component in Component.objects.select_for_update().filter(pk__in=list(components)):
        state = component.by_hand or get_worst_state([component.measured, *get_incident_states(component)])
        first = not component.changes.exists()
        if first or state != component.state:
            Component.objects.filter(pk=component.pk).update(state=state)
            StatusChange.objects.create(component=component, state=state, at=at or timezone.now())


def list_measured_fields(component: Component) -> list[object]:
    """A change of the other fields keeps the measured state."""
    return [component.kind, component.check_measured_id, component.down_when, component.disturbed_when]


def find_first_state(component: Component) -> ComponentState:
    """Of what is measured from now on. A check already has a state; other results are awaited."""
    if component.kind == Component.Kind.CHECK and component.check_measured:
        return BY_CHECK.get(CheckState(component.check_measured.state), ComponentState.UNKNOWN)
    return ComponentState.UNKNOWN if component.is_measured else ComponentState.WORKS


def reset_measured_state(component: Component) -> None:
    """What is measured has changed."""
    Component.objects.filter(pk=component.pk).update(measured=find_first_state(component))


def store_measured_state(component_id: int, state: str, at: datetime) -> None:
    if Component.objects.filter(pk=component_id).exclude(measured=state).update(measured=state):
        update_component_states([component_id], at)
