"""Prepared queries return what their query sets return, on both databases."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections, transaction
from django.utils import timezone

from accounts.models import Session, User
from accounts.sessions import live_sessions
from chat import access
from chat.models import Room
from myweb import connection_health
from myweb.prepared_queries import MAX_KEY, PreparedQuery, fetch_prepared, query_parameter
from tests.support.rooms import make_room
from tests.support.wire import open_session

pytestmark = pytest.mark.django_db


def fields_of(model: Session | User | Room) -> dict[str, object]:
    return {field.attname: getattr(model, field.attname) for field in model._meta.concrete_fields}


def test_a_compiled_query_set_gives_the_models_that_the_query_set_gives(ada: User, ben: User) -> None:
    room = make_room(ada, ben)
    (found,) = access.rooms_of_members(user=ada.pk, room=room.pk)
    assert fields_of(found) == fields_of(Room.objects.get(pk=room.pk))
    found.name = "Harbour"
    found.save()  # a model like any other
    assert Room.objects.get(pk=room.pk).name == "Harbour"


def test_it_brings_the_related_model_along_with_its_own_types(ada: User) -> None:
    key = open_session(ada)
    (session,) = live_sessions(key=key, now=timezone.now())
    stored = Session.objects.get(pk=key)
    assert fields_of(session) == fields_of(stored)
    assert session.user
    assert fields_of(session.user) == fields_of(ada)


def test_a_relation_that_leads_nowhere_is_none(ada: User) -> None:
    Session.objects.create(session_key="k" * 32, session_data="", expire_date=timezone.now() + timedelta(1))
    (session,) = live_sessions(key="k" * 32, now=timezone.now())
    assert session.user is None


def test_it_asks_anew_each_time_with_the_values_of_that_time(ada: User) -> None:
    key = open_session(ada)
    assert [len(live_sessions(key=each, now=timezone.now())) for each in (key, "another", key)] == [1, 0, 1]
    assert live_sessions(key=key, now=timezone.now() + timedelta(days=4000)) == []


def test_fixed_values_and_order_and_slices_stay(ada: User, ben: User) -> None:
    people = PreparedQuery(
        lambda: User.objects.filter(is_active=True, pk__gt=query_parameter("above")).order_by("-name")[:1]
    )
    assert [each.name for each in people(above=0)] == [max(ada.name, ben.name)]


def test_a_number_too_large_for_any_key_finds_nothing(ada: User) -> None:
    assert access.rooms_of_members(user=ada.pk, room=MAX_KEY + 1) == []
    assert access.rooms_of_members(user=ada.pk, room=MAX_KEY) == []


def test_trouble_with_the_database_has_djangos_name(ada: User) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        fetch_prepared("SELECT nothing FROM nowhere WHERE id = %s", [1])


@pytest.fixture
def worked(monkeypatch: pytest.MonkeyPatch) -> Callable[[float, bool], bool]:
    """Work so many seconds later, with a query or without; tells whether the database was asked if it lives."""
    mine, now, asked = connections[DEFAULT_DB_ALIAS], [1000.0], list[int]()
    monkeypatch.setattr(type(mine), "is_usable", lambda connection: not asked.append(1))  # type: ignore[func-returns-value]
    monkeypatch.setattr(connection_health._last_use, "at", 0.0, raising=False)
    monkeypatch.setattr(mine, "health_check_enabled", True)
    monkeypatch.setattr("myweb.connection_health.time.monotonic", lambda: now[0])
    monkeypatch.setattr(
        "myweb.connection_health.close_old_connections", lambda: setattr(mine, "health_check_done", False)
    )

    def work(later: float, query: bool) -> bool:
        now[0] += later
        asked.clear()
        connection_health.prepare_connection()
        if query:
            fetch_prepared("SELECT 1", [])
        connection_health.release_connection()
        return bool(asked)

    return work


def test_a_connection_that_has_just_worked_is_not_asked_whether_it_lives(worked: Callable[[float, bool], bool]) -> None:
    assert worked(1000.0, True), "nothing is known of it yet"
    assert not worked(connection_health.HEALTHY_FOR, True), "it worked a second ago"
    assert worked(connection_health.HEALTHY_FOR + 0.1, True), "too long ago"


def test_work_without_a_query_says_nothing_about_the_connection(worked: Callable[[float, bool], bool]) -> None:
    assert worked(1000.0, True)
    for _health_page in range(4):
        worked(connection_health.HEALTHY_FOR / 3, False)
    assert worked(connection_health.HEALTHY_FOR / 3, True), "it was used longer ago than it is trusted"
