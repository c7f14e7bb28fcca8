"""Changes of incidents. Each service refuses with a sentence for users.

Every member of its room may open an incident and add updates. Users who may publish make them public: updates by others
on a published incident wait for their approval.
"""

import re
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.forms import BaseModelFormSet, ModelForm
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from chat import markdown
from chat.models import Message, Room
from chat.role_mentions import get_mentionable_members
from monitor.metrics.models import Series, Source
from monitor.status import access, incident_card
from monitor.status.component_states import list_measured_fields, reset_measured_state, update_component_states
from monitor.status.conditions import UP, Condition, InvalidCondition
from monitor.status.models import Component, Incident, IncidentUpdate, StatusPage
from myweb.errors import Refused
from myweb.text_cleaning import clean_name

MAX_TITLE_LENGTH, MAX_UPDATE_LENGTH = 120, 4_000  # characters of a title, of an update


@transaction.atomic
def create_incident(by: User, title: str, impact: str, room: Room | None = None) -> Incident:
    title = clean_name(title)
    if not title:
        raise Refused("invalid", _("Enter what is wrong: /incident The shop is slow"))
    if len(title) > MAX_TITLE_LENGTH:
        raise Refused("too_long", _("The title is too long. Put the details in an update."))
    if room is None and not by.is_admin:
        raise Refused("forbidden", _("Only admins can open an incident outside a room."))
    return Incident.objects.create(title=title, impact=impact, room=room, started_at=timezone.now())


@transaction.atomic
def add_incident_update(
    by: User, incident: Incident, text: str, state: str = "", message: Message | None = None
) -> IncidentUpdate:
    """Add an update. Without ``state`` the incident keeps its own."""
    incident = Incident.objects.select_for_update().get(pk=incident.pk)
    text = text.strip()
    if not text and not state:
        raise Refused("invalid", _("The update is empty."))
    if len(text) > MAX_UPDATE_LENGTH:
        raise Refused("too_long", _("An update can have at most %(limit)d characters.") % {"limit": MAX_UPDATE_LENGTH})
    update = IncidentUpdate.objects.create(
        incident=incident,
        state=state or incident.state,
        text=text,
        html=markdown.render_markdown(text, {})[0] if text else "",
        message=message,
        shown=incident.published and access.may_publish(by),
        at=timezone.now(),
    )
    apply_last_update(incident)
    return update


@transaction.atomic
def publish_incident(by: User, incident: Incident) -> None:
    """Make the incident and all its updates public."""
    access.check_publisher(by)
    incident = Incident.objects.select_for_update().get(pk=incident.pk)
    incident.published = True
    incident.save(update_fields=["published"])
    incident.updates.filter(shown=False).update(shown=True)
    apply_last_update(incident)


@transaction.atomic
def withdraw_incident(by: User, incident: Incident) -> None:
    access.check_publisher(by)
    incident = Incident.objects.select_for_update().get(pk=incident.pk)
    incident.published = False
    incident.save(update_fields=["published"])
    apply_last_update(incident)


@transaction.atomic
def correct_incident(by: User, incident: Incident, title: str, impact: str, components: Iterable[Component]) -> None:
    access.check_publisher(by)
    incident = Incident.objects.select_for_update().get(pk=incident.pk)
    previous_ids = set(incident.components.values_list("pk", flat=True))
    incident.title, incident.impact = title, impact
    incident.save(update_fields=["title", "impact"])
    incident.components.set(components)
    update_component_states(previous_ids | {component.pk for component in components})
    incident_card.update_incident_card(incident)


@transaction.atomic
def save_status_page(by: User, page: "ModelForm[StatusPage]", parts: "BaseModelFormSet[Component, Any]") -> None:
    """Save the page and its components from valid forms."""
    if not by.is_admin:
        raise Refused("forbidden", _("Only admins can change the status page."))
    page.save()
    measured_before = {component.pk: list_measured_fields(component) for component in Component.objects.all()}
    parts.save()
    for component in [*parts.new_objects, *(component for component, _changed in parts.changed_objects)]:
        if list_measured_fields(component) != measured_before.get(component.pk):
            reset_measured_state(component)
    update_component_states(Component.objects.values_list("pk", flat=True))
    update_open_cards()


@transaction.atomic
def set_publisher(by: User, user: User, *, allowed: bool) -> None:
    """Admins may publish without it."""
    if not by.is_admin:
        raise Refused("forbidden", _("Only admins can change the status page."))
    publishers = StatusPage.current().publishers
    if allowed:
        publishers.add(user)
    else:
        publishers.remove(user)
    update_open_cards()


def update_open_cards() -> None:
    """They name the components, and who may publish."""
    for incident in Incident.objects.filter(ended_at=None):
        incident_card.update_incident_card(incident)


def list_unknown_conditions() -> list[str]:
    """Return the conditions on series that no source has had so far."""
    conditions = Component.objects.values_list("down_when", "disturbed_when")
    return [text for texts in conditions for text in texts if text and not is_known_condition(text)]


def is_known_condition(text: str) -> bool:
    try:
        condition = Condition.read(text)
    except InvalidCondition:
        return False
    if condition.series == UP and Source.objects.filter(key=condition.source).exists():
        return True
    return Series.objects.filter(source__key=condition.source, name=condition.series).exists()


def apply_last_update(incident: Incident) -> None:
    """Copy the state of the last update to the incident; of a published one, the last public update counts."""
    updates = incident.updates.filter(shown=True) if incident.published else incident.updates.all()
    last_update = updates.order_by("at", "pk").last()
    if last_update:
        incident.state = last_update.state
        is_resolved = last_update.state == Incident.State.RESOLVED
        incident.ended_at = (incident.ended_at or last_update.at) if is_resolved else None
        incident.save(update_fields=["state", "ended_at"])
    update_component_states(incident.components.values_list("pk", flat=True))
    incident_card.update_incident_card(incident)


def remove_mentions(text: str, room_id: int) -> str:
    """Remove mentions from the text of a message, since member names are not public."""
    handles = get_mentionable_members(room_id, markdown.parse_markdown(text).handles)
    for handle in sorted(handles, key=len, reverse=True):
        text = re.sub(rf"(?<![\w@./-])@{re.escape(handle)}[,:]?[ \t]*", "", text, flags=re.IGNORECASE)
    return text.strip()
