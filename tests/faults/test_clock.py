"""The clock of the servers for sockets and pages is set back in the middle of a conversation."""

import asyncio
import json
import re
from collections.abc import Iterator
from http.cookiejar import CookieJar
from itertools import pairwise
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener

import pytest

from accounts.models import User
from chat.models import Message
from realtime.presence import Presence
from tests.faults.clock import Clock, clock_of
from tests.faults.conversation import conversation, in_database
from tests.faults.stack import LIVE, site
from tests.support.cast import PASSWORD

TEN_MINUTES, AN_HOUR = 600, 3600  # seconds
GONE = Presence.GRACE + 15  # seconds, of which the last ones are for looking, and for a slow machine


@pytest.fixture(scope="module")
def clock() -> Iterator[Clock]:
    with clock_of(*LIVE, "web") as clock:
        yield clock


def sign_in(email: str) -> OpenerDirector:
    """By the form, as a browser does."""
    opener = build_opener(HTTPCookieProcessor(CookieJar()))
    page = opener.open(f"{site()}/accounts/login/", timeout=10).read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert token, "the sign-in form holds no token"
    form = {"login": email, "password": PASSWORD, "csrfmiddlewaretoken": token[1]}
    opener.open(f"{site()}/accounts/login/", urlencode(form).encode(), timeout=10).close()
    return opener


def give_password(user_id: int) -> str:
    user = User.objects.get(pk=user_id)
    user.set_password(PASSWORD)
    user.save()
    return str(user.email)


def steps_back(room: int) -> list[int]:
    """By how many minutes a message seems to be older than the one before it."""
    moments = Message.objects.filter(room=room).order_by("seq").values_list("created_at", flat=True)
    steps = [round((earlier - later).total_seconds() / 60) for earlier, later in pairwise(moments)]
    return [step for step in steps if step > 0]


async def test_the_conversation_goes_on_in_its_order_when_the_clock_is_set_back(clock: Clock) -> None:
    async with conversation() as talk:
        for step in (TEN_MINUTES, AN_HOUR):
            clock.set_back(by=step)
            await talk.goes_on()
        await talk.ends()
        assert await in_database(steps_back, talk.room) == [10, 60]
        assert not any(each.socket.closes or each.left for each in talk.talkers), "nobody seemed to be away"


async def test_who_left_before_the_clock_was_set_back_is_not_here_for_longer(clock: Clock) -> None:
    async with conversation() as talk:
        leaver, *others = talk.talkers
        await leaver.socket.sleep()
        await talk.goes_on(among=others)
        clock.set_back(by=AN_HOUR)
        await talk.until(lambda: all(leaver.person.id not in each.here for each in others), "being gone", GONE)
        await talk.goes_on(among=others)
        leaver.socket.awake.set()
        await talk.goes_on()
        await talk.ends()
        assert all(each.left == [leaver.person.id] for each in others), "nobody else seemed to be away"


async def test_sessions_outlive_a_clock_that_is_set_back(clock: Clock) -> None:
    async with conversation() as talk:
        email = await in_database(give_password, talk.narrator.id)
        clock.set_back(by=TEN_MINUTES)
        page = f"{site()}/rooms/{talk.room}/history/"
        browser = await asyncio.to_thread(sign_in, email)
        for _step in range(2):
            for each in talk.talkers:
                assert await each.person.fetch(page), "the page of those who were signed in before"
                assert each.socket.wire
                await each.socket.wire.close()
            assert json.loads(browser.open(page, timeout=10).read()), "and of who signed in after the first step"
            await talk.goes_on()
            clock.set_back(by=AN_HOUR)
        await talk.ends()
        assert [each.socket.closes for each in talk.talkers] == [[1000, 1000]] * len(talk.talkers)
