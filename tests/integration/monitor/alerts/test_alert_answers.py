"""What people say to an alert, and what it says to them: acknowledged, silenced, reminded of, called."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import User
from chat.models import Mention, Message, Room
from monitor.alerts import actions
from monitor.alerts.models import Alert, Instance, Silence
from myweb.errors import NotFound, Refused
from realtime import online_users
from realtime.database import in_thread
from tests.conftest import Connect
from tests.support.alerts import CALM, MakeRule, Site, cards, fire, make_rule, said, web
from tests.support.boards import Given

__all__ = ["make_rule", "web"]
pytestmark = pytest.mark.django_db(transaction=True)


async def test_a_button_acknowledges_for_all_to_see(
    connect: Connect, room: Room, web: Given, make_rule: MakeRule, ada: User, ben: User
) -> None:
    await in_thread(make_rule)
    alert = await in_thread(lambda: fire(Site(web)))
    mine, theirs = await connect(ben), await connect(ada)
    stream = f"room.{room.pk}"
    await theirs.follow(stream)
    await mine.ok("alert.acknowledge", alert=alert.pk, minutes=30, words="restarting\nthe worker")
    await theirs.until(lambda: theirs.data(stream, "message.created"), "the card")
    card = theirs.data(stream, "message.created")[-1]["card"]
    assert (card["state"], card["by"], card["words"]) == ("acknowledged", ben.pk, "restarting the worker")
    assert 1700 < card["until"] - time.time() <= 1800
    await mine.ok("alert.unacknowledge", alert=alert.pk)
    await theirs.until(lambda: len(theirs.data(stream, "message.created")) == 2, "the card again")
    assert theirs.data(stream, "message.created")[-1]["card"]["state"] == "firing"
    await mine.ok("alert.silence", alert=alert.pk, minutes=5)
    await theirs.until(lambda: len(theirs.data(stream, "message.created")) == 3, "the card again")
    assert theirs.data(stream, "message.created")[-1]["card"]["state"] == "silenced"


async def test_a_reply_acknowledges_for_all_to_see(
    connect: Connect, room: Room, web: Given, make_rule: MakeRule, ada: User, ben: User
) -> None:
    await in_thread(make_rule)
    await in_thread(lambda: fire(Site(web)))
    seq = await in_thread(lambda: Message.objects.get(room=room).seq)
    mine, theirs = await connect(ben), await connect(ada)
    stream = f"room.{room.pk}"
    await theirs.follow(stream)
    for body in ("looks bad", "ack 2h on it"):
        await mine.ok("message.send", room=room.pk, client_id=str(uuid4()), body=body, reply=seq)
    await theirs.until(lambda: len(theirs.data(stream, "message.created")) == 3, "both replies and the card")
    states = {each["seq"]: each for each in theirs.data(stream, "message.created")}
    assert (states[seq]["card"]["state"], states[seq]["card"]["name"]) == ("acknowledged", "Ben")


def test_when_the_time_is_over_it_fires_again_and_calls_who_was_on_it(
    room: Room, web: Given, make_rule: MakeRule, ben: User
) -> None:
    make_rule()
    site = Site(web)
    alert = fire(site)
    actions.acknowledge_alert(ben, alert.pk, 30)
    site.tend(timedelta(minutes=29))
    assert said(room) == []
    site.tend(timedelta(minutes=31))
    site.tend(timedelta(minutes=32))
    assert said(room) == ["@ben: Acknowledgement expired, and it is still firing: Queue on web is growing."]
    assert cards(room)[0]["state"] == "firing"
    assert Mention.objects.get().user == ben


def test_what_is_over_cannot_be_acknowledged_and_a_stranger_finds_nothing(
    room: Room, web: Given, make_rule: MakeRule, ben: User, cleo: User
) -> None:
    make_rule()
    site = Site(web)
    alert = fire(site)
    for verb in (actions.acknowledge_alert, actions.silence_alert, actions.unacknowledge_alert):
        with pytest.raises(NotFound):
            verb(cleo, alert.pk)
    with pytest.raises(Refused, match="30 days"):
        actions.acknowledge_alert(ben, alert.pk, 0)
    web.readings = (CALM,)
    site.ticks(1)
    with pytest.raises(Refused, match="already ended"):
        actions.acknowledge_alert(ben, alert.pk)


def test_what_is_silenced_makes_no_card_until_the_silence_ends(room: Room, web: Given, make_rule: MakeRule) -> None:
    rule = make_rule()
    site = Site(web)
    begin = datetime.fromtimestamp(site.t, UTC)
    Silence.objects.create(
        room=room, rule=rule, pattern="web *", starts=begin, ends=begin + timedelta(seconds=100), reason="deploy"
    )
    site.ticks(60)
    assert cards(room) == []
    assert Instance.objects.get().phase == "firing"
    site.ticks(45)
    assert [each["state"] for each in cards(room)] == ["firing"]


def test_a_silenced_card_says_who_silenced_it_and_ends_only_its_own_silence(
    room: Room, web: Given, make_rule: MakeRule, ben: User
) -> None:
    rule = make_rule()
    site = Site(web)
    alert = fire(site)
    actions.silence_alert(ben, alert.pk, 5)
    (card,) = cards(room)
    assert (card["state"], card["name"], card["ends"]) == ("silenced", "Ben", True)
    actions.unsilence_alert(ben, alert.pk)
    assert cards(room)[0]["state"] == "firing"
    now = timezone.now()
    Silence.objects.create(room=room, starts=now, ends=now + timedelta(hours=1), made_by=ben)
    actions.silence_alert(ben, alert.pk, 5)
    actions.unsilence_alert(ben, alert.pk)
    (card,) = cards(room)
    assert (card["state"], "ends" in card) == ("silenced", False)
    assert Silence.objects.filter(rule=rule, ended_at=None).count() == 0


def test_a_silence_over_an_open_card_ends_with_a_word(room: Room, web: Given, make_rule: MakeRule, ben: User) -> None:
    make_rule()
    site = Site(web)
    alert = fire(site)
    actions.silence_alert(ben, alert.pk, 5, "deploy")
    Silence.objects.update(starts=timezone.now() - timedelta(hours=1), ends=timezone.now() - timedelta(seconds=500))
    site.ticks(10)
    assert cards(room)[0]["state"] == "silenced"
    site.t = int(time.time()) - 400
    site.ticks(3)
    assert cards(room)[0]["state"] == "firing"
    assert said(room) == ["No longer suppressed, and still firing: Queue on web is growing."]


def test_the_room_is_reminded_until_somebody_acknowledges(
    room: Room, web: Given, make_rule: MakeRule, ben: User
) -> None:
    make_rule(severity="critical")
    site = Site(web)
    alert = fire(site)
    Alert.objects.update(told_at=timezone.now(), began_at=timezone.now())
    for minutes in (5, 11, 15, 22):
        site.tend(timedelta(minutes=minutes))
    assert len(said(room)) == 2
    assert said(room)[0].startswith("Still firing after 11 min and not acknowledged")
    actions.acknowledge_alert(ben, alert.pk, 600)
    site.tend(timedelta(minutes=60))
    assert len(said(room)) == 2


@pytest.mark.usefixtures("real_redis")
async def test_presence_is_what_the_socket_servers_write(connect: Connect, hub: Any, ben: User) -> None:
    await connect(ben)
    await hub.housekeeping.update_presence()
    assert await in_thread(online_users.get_online_users) == {ben.pk}
