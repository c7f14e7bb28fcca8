"""The card of an incident in its room, updated with each change."""

import msgspec
from django.db import transaction

from accounts.models import User
from chat import cards
from chat.message_services import post_card, update_card
from monitor.status.models import Incident, IncidentUpdate, StatusPage
from myweb.text_cleaning import summarize_html
from myweb.times import format_timestamp

UPDATES_SHOWN = 4  # updates on the card
MAX_UPDATE_TEXT = 280  # characters of each


class CardUpdate(msgspec.Struct, omit_defaults=True):
    state: str
    text: str
    at: str
    waits: bool = False  # not public yet


class IncidentCard(cards.Card, tag="incident"):
    incident: int
    title: str
    state: str  # investigating, identified, monitoring, resolved
    impact: str  # none, minor, major, critical
    published: bool
    started: str
    ended: str | None = None
    parts: list[str] = []
    said: list[CardUpdate] = []  # the newest updates, newest first
    publishers: list[int] = []  # users who may publish it besides admins


def post_incident_card(by: User, incident: Incident) -> None:
    assert incident.room_id
    sent = post_card(by, incident.room_id, build_incident_card(incident), get_incident_text(incident))
    Incident.objects.filter(pk=incident.pk).update(card=sent.message)


def update_incident_card(incident: Incident) -> None:
    """Update the card after the commit, so that the room is not locked while the incident changes."""
    if incident.card_id:
        transaction.on_commit(lambda: write_incident_card(incident.pk))


def write_incident_card(incident_id: int) -> None:
    incident = Incident.objects.filter(pk=incident_id).exclude(card=None).first()
    if incident and incident.card_id:
        update_card(incident.card_id, build_incident_card(incident), get_incident_text(incident))


def build_incident_card(incident: Incident) -> IncidentCard:
    newest = incident.updates.order_by("-at", "-pk")[:UPDATES_SHOWN]
    return IncidentCard(
        incident=incident.pk,
        title=incident.title,
        state=incident.state,
        impact=incident.impact,
        published=incident.published,
        started=format_timestamp(incident.started_at),
        ended=format_timestamp(incident.ended_at) if incident.ended_at else None,
        parts=[component.title for component in incident.components.all()],
        said=[build_card_update(update, incident.published) for update in newest],
        publishers=list(StatusPage.publishers.through.objects.values_list("user_id", flat=True)),
    )


def build_card_update(update: IncidentUpdate, published: bool) -> CardUpdate:
    text = summarize_html(update.html, MAX_UPDATE_TEXT)
    return CardUpdate(update.state, text, format_timestamp(update.at), published and not update.shown)


def get_incident_text(incident: Incident) -> str:
    """Return the text for search and for clients without cards."""
    last = incident.updates.order_by("at", "pk").last()
    summary = f"{incident.title} ({incident.get_state_display()})"
    return f"{summary}: {last.text}" if last and last.text else summary
