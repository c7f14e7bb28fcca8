"""Prepared queries return what their query sets return, on both databases."""

from collections.abc import Callable
from datetime import timedelta

import psycopg
import pytest
from django.db import (
    DEFAULT_DB_ALIAS,
    DatabaseError,
    DataError,
    IntegrityError,
    OperationalError,
    connection,
    connections,
    transaction,
)
from django.utils import timezone

from accounts.models import Role, Session, User
from accounts.sessions import live_sessions
from chat import access, services
from chat.models import Room, RoomReader
from monitor.metrics.access import get_visible_sources
from monitor.metrics.models import Source
from myweb import connection_health
from myweb.prepared_queries import (
    MAX_KEY,
    PreparedForUsers,
    PreparedQuery,
    fetch_all_prepared,
    fetch_prepared,
    query_parameter,
)
from tests.support.rooms import make_room
from tests.support.statements import watched
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


def test_what_is_compiled_for_all_users_is_still_read_for_each(ada: User, ben: User, cleo: User) -> None:
    """Ada is an admin, who sees what belongs to no room."""
    Source.objects.create(key="host")
    Source.objects.create(key="of ada", room=make_room(ada))
    of_both = make_room(ada, ben)
    Source.objects.create(key="of both", room=of_both)
    compiled = PreparedForUsers(get_visible_sources)
    for _time in range(2):
        for user, keys in ((ada, ["host", "of ada", "of both"]), (ben, ["of both"]), (cleo, []), (ada, None)):
            assert [source.key for source in compiled(user)] == [source.key for source in get_visible_sources(user)]
            assert keys is None or [source.key for source in compiled(user)] == keys
    services.leave_room(ben, of_both)
    assert not compiled(ben)
    User.objects.filter(pk=cleo.pk).update(role=Role.ADMIN)
    cleo.refresh_from_db()
    assert [source.key for source in compiled(cleo)] == ["host"]


def test_a_number_too_large_for_any_key_finds_nothing(ada: User) -> None:
    assert access.rooms_of_members(user=ada.pk, room=MAX_KEY + 1) == []
    assert access.rooms_of_members(user=ada.pk, room=MAX_KEY) == []


def test_trouble_with_the_database_has_djangos_name(ada: User) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        fetch_prepared("SELECT nothing FROM nowhere WHERE id = %s", [1])


def test_postgresql_parses_a_statement_once_a_connection(ada: User, room: Room) -> None:
    access.rooms_of_members(user=ada.pk, room=room.pk)
    with watched() as traffic:
        for _time in range(3):
            access.rooms_of_members(user=ada.pk, room=room.pk)
    assert (traffic.statements, traffic.trips, traffic.texts) == (3, 3, [])


def test_several_statements_take_one_trip_the_first_time_too(ada: User) -> None:
    with watched() as traffic:
        assert fetch_all_prepared(("SELECT %s::int", [1]), ("SELECT %s::text, 2", ["%s"])) == [[(1,)], [("%s", 2)]]
    assert (traffic.statements, traffic.trips, len(traffic.texts)) == (2, 1, 2)


def test_values_of_every_kind_reach_the_statement_as_they_are(ada: User) -> None:
    text = "%s $1 '\\ \" 海 \n"
    select = {
        "postgresql": "SELECT %s::text, %s::bigint, %s::text, '100%%'",
        "sqlite": "SELECT %s, %s, %s, '100%%'",
    }
    assert fetch_prepared(select[connection.vendor], [text, MAX_KEY, None]) == [(text, MAX_KEY, None, "100%")]


@pytest.mark.django_db(transaction=True)
class TestTransactions:
    """A prepared statement is a statement like any other."""

    insert = "INSERT INTO chat_roomreader (name) VALUES (%s) RETURNING name"
    names = RoomReader.objects.values_list("name", flat=True)

    def test_as_the_first_one_of_a_transaction_it_is_undone_with_it(self) -> None:
        for _time in range(2):
            with transaction.atomic():
                assert fetch_prepared(self.insert, ["first"]) == [("first",)]
                assert fetch_prepared(self.insert, ["second"]) == [("second",)]
                transaction.set_rollback(True)
        assert not self.names.all()

    def test_of_several_without_a_transaction_all_are_undone_if_one_fails(self) -> None:
        if connection.vendor != "postgresql":
            pytest.skip("SQLite gets them one by one")
        with pytest.raises(IntegrityError):
            fetch_all_prepared((self.insert, ["one"]), (self.insert, ["two"]), (self.insert, ["two"]))
        assert not self.names.all()
        assert fetch_all_prepared((self.insert, ["one"]), (self.insert, ["two"])) == [[("one",)], [("two",)]]

    def test_the_first_ones_begin_their_transaction_in_the_same_trip(self) -> None:
        with transaction.atomic():
            fetch_prepared(self.insert, ["known"])
        with transaction.atomic(), watched() as traffic:
            fetch_all_prepared((self.insert, ["one"]), (self.insert, ["two"]))
        assert (traffic.statements, traffic.trips) == (3, 1)

    def test_one_that_fails_undoes_the_savepoint_around_it_and_no_more(self) -> None:
        with transaction.atomic():
            fetch_prepared(self.insert, ["kept"])
            with pytest.raises(IntegrityError), transaction.atomic():
                self.insert_both("undone", "kept")
        assert [*self.names.all()] == ["kept"]

    def insert_both(self, *names: str) -> None:
        for name in names:
            fetch_prepared(self.insert, [name])

    def test_after_one_that_failed_the_connection_works_on(self) -> None:
        fetch_prepared(self.insert, ["one"])
        for _time in range(2):
            with pytest.raises(IntegrityError):
                fetch_prepared(self.insert, ["one"])
        assert fetch_prepared(self.insert, ["another"]) == [("another",)]

    def test_a_broken_transaction_takes_no_statement(self) -> None:
        with transaction.atomic():
            transaction.set_rollback(True)
            with pytest.raises(transaction.TransactionManagementError):
                fetch_prepared(self.insert, ["late"])


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="of a server and its connections")
class TestServer:
    def test_a_column_that_has_another_type_since_is_no_error(self, ada: User, room: Room) -> None:
        assert access.rooms_of_members(user=ada.pk, room=room.pk)
        try:
            alter_name("varchar(61)")
            assert access.rooms_of_members(user=ada.pk, room=room.pk)
        finally:
            alter_name("varchar(60)")
        assert access.rooms_of_members(user=ada.pk, room=room.pk)

    def test_a_server_that_forgot_the_statement_gets_it_again(self, ada: User, room: Room) -> None:
        assert access.rooms_of_members(user=ada.pk, room=room.pk)
        with connection.cursor() as cursor:
            cursor.execute("DEALLOCATE ALL")
        assert access.rooms_of_members(user=ada.pk, room=room.pk)

    @pytest.mark.parametrize(("value", "error"), [("a\0b", DataError), ("\ud800", UnicodeEncodeError)])
    def test_a_text_that_no_column_takes_is_refused_whole(self, value: str, error: type[Exception], ada: User) -> None:
        driver = connection.connection
        with pytest.raises(error):
            fetch_prepared("SELECT %s::text", [value])
        assert fetch_prepared("SELECT %s::text", ["ab"]) == [("ab",)]
        assert connection.connection is driver

    def test_another_connection_prepares_anew(self, ada: User, room: Room) -> None:
        assert access.rooms_of_members(user=ada.pk, room=room.pk)
        with psycopg.connect(**connection.get_connection_params()) as other, connection.cursor() as cursor:
            backend = cursor.execute("SELECT pg_backend_pid()").fetchone()
            other.execute("SELECT pg_terminate_backend(%s, 10000)", backend)
        with pytest.raises(OperationalError):
            access.rooms_of_members(user=ada.pk, room=room.pk)
        connection.close_if_unusable_or_obsolete()
        assert access.rooms_of_members(user=ada.pk, room=room.pk)


def alter_name(kind: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE chat_room ALTER name TYPE {kind}")


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
