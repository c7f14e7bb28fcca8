"""``/probe`` and ``/run``: who may ask for what, how often, and what is on record."""

from uuid import uuid4

import pytest

from accounts.models import User
from chat import services, slash
from chat.models import Message, Room
from monitor.checks import services as checks
from monitor.checks.models import ProbeCommand, ProbeRun
from myweb.errors import Refused
from realtime.rate_limits import TooFast
from tests.support.rooms import make_room
from tests.support.runs import offer, records, say, somebody

__all__ = ["somebody"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    "words",
    ["rm -rf /", "ping 3 -f", "ping 3 a;id", "ping 99 localhost", "ping 3", "ping 3 localhost more", "ping '3"],
)
def test_what_is_not_on_the_list_is_refused_and_on_record(room: Room, ada: User, ben: User, words: str) -> None:
    offer(ada, "ping", "ping", "-c", "{count:int 1-10}", "{host:hostname}", room=room)
    with pytest.raises(Refused):
        say(ben, room, f"/run {words}")
    assert records() == [(words, "refused")]
    assert not Message.objects.exists()


def test_words_that_no_database_takes_are_made_harmless(room: Room, ben: User) -> None:
    for text in ("/run a\0b", "/probe dns exam\0ple.com", "/run a\x1b[2J", "/probe dns exam\x07ple.com"):
        with pytest.raises(Refused):
            say(ben, room, text)
    assert records() == [("a [2J", "refused"), ("dns exam ple.com", "refused")], "what holds a NUL is not even read"


def test_a_command_is_for_its_room_and_for_those_it_says(room: Room, ada: User, ben: User, dora: User) -> None:
    other = make_room(ada, ben, name="elsewhere")
    services.add_members(ada, room, [dora])
    offer(ada, "theirs", "true", room=room)
    offer(ada, "ours", "true", room=room, who=ProbeCommand.Who.ADMINS)
    offer(ada, "anywhere", "true")
    say(ben, room, "/run theirs")
    say(dora, room, "/run ours")
    say(ada, other, "/run anywhere")
    for person, place, name in ((ben, room, "ours"), (ben, room, "anywhere"), (ben, other, "theirs")):
        with pytest.raises(Refused, match="no command"):
            say(person, place, f"/run {name}")
    with pytest.raises(Refused, match="no command"):
        say(ada, other, "/run theirs")


def test_its_card_says_whether_members_may_run_it(room: Room, ada: User) -> None:
    offer(ada, "uptime", "uptime", room=room)
    offer(ada, "restart", "true", room=room, who=ProbeCommand.Who.ADMINS)
    for name in ("uptime", "restart"):
        say(ada, room, f"/run {name}")
    found = {run.words: run.message.card or {} for run in ProbeRun.objects.all() if run.message}
    assert found["uptime"]["members"] is True
    assert "members" not in found["restart"]


def test_without_a_name_it_says_what_may_be_run(room: Room, ada: User, ben: User) -> None:
    assert say(ben, room, "/run").startswith("There are no commands that you can run here.")
    offer(ada, "ping", "ping", "{host:hostname}", room=room, summary="Is it there?")
    offer(ada, "secret", "true")
    assert say(ben, room, "/run") == "You can run:\n/run ping HOST – Is it there?"
    assert "/run secret" in say(ada, room, "/run")


@pytest.mark.parametrize("text", ["/probe", "/probe gopher a:1", "/probe http", "/probe command ls", "/probe tcp a"])
def test_a_probe_that_makes_no_sense_is_refused(room: Room, ben: User, text: str) -> None:
    with pytest.raises(Refused):
        say(ben, room, text)
    assert not Message.objects.exists()


def test_an_address_alone_is_asked_by_http(room: Room, ben: User) -> None:
    say(ben, room, "/probe https://example.com/")
    say(ben, room, "/probe http example.com")
    assert [words for words, _status in records()] == ["http https://example.com/", "http https://example.com"]
    texts = [message.body.splitlines()[0] for message in Message.objects.order_by("seq")]
    assert texts == ["`/probe https://example.com/`", "`/probe https://example.com`"]
    assert [str(run) for run in ProbeRun.objects.order_by("pk")] == ["https://example.com/", "https://example.com"]


def test_one_may_not_ask_too_often(room: Room, ada: User, ben: User) -> None:
    for _time in range(checks.RUNS_PER_USER):
        say(ben, room, "/probe tcp 127.0.0.1:1")
    with pytest.raises(TooFast):
        say(ben, room, "/probe tcp 127.0.0.1:1")
    with pytest.raises(TooFast):
        say(ben, room, "/run nothing")
    say(ada, room, "/probe tcp 127.0.0.1:1")
    assert len(records()) == checks.RUNS_PER_USER + 1


def test_the_same_asking_sent_again_is_one_run(room: Room, ben: User) -> None:
    client_id = str(uuid4())
    for _time in range(2):
        slash.run_slash_command(ben, room.pk, client_id, "/probe tcp 127.0.0.1:1")
    assert len(records()) == 1
    assert Message.objects.count() == 1


def test_only_owners_make_commands_and_only_good_ones(room: Room, ada: User, ben: User, dora: User) -> None:
    for person in (ben, dora):
        with pytest.raises(Refused, match="Only owners"):
            offer(person, "mine", "true")
    with pytest.raises(Refused, match="not a valid placeholder"):
        offer(ada, "broken", "echo", "{x")
    with pytest.raises(Refused, match="Choose the room"):
        offer(ada, "nowhere", "true", who=ProbeCommand.Who.MEMBERS)
    with pytest.raises(Refused, match="600 seconds"):
        offer(ada, "long", "true", timeout=601)
