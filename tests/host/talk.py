"""A conversation with a site whose database is out of reach: at its end who talked is compared with each other."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol

from tests.faults.conversation import Conversation
from tests.support.talker import Person, Talker

TALKERS = 4


class Site(Protocol):
    @property
    def origin(self) -> str: ...

    def people(self, count: int) -> tuple[int, list[list[Any]]]: ...


class HostConversation(Conversation):
    async def ends(self) -> None:
        """Everybody holds everything that was said, once and in one order, and knows that this is all."""
        await self.falls_silent()
        await self.hears(max(each.last["rev"] for each in self.talkers))
        for each in self.talkers:
            assert await each.holds_the_end(), f"{each.person.name} has missed the end"
        first, *others = [each.replica.content() for each in self.talkers]
        assert all(other == first for other in others), "somebody sees something else"
        said = {each: talker.person.id for talker in self.talkers for each in talker.said}
        said |= dict.fromkeys(self.narrated, self.narrator.id)
        held = {message["client_id"]: message["author"] for message in first["messages"]}
        assert held == said
        assert [each["seq"] for each in first["messages"]] == list(range(1, len(said) + 1)), "no holes, nothing twice"
        for each in self.talkers:
            mine = [message["client_id"] for message in first["messages"] if message["author"] == each.person.id]
            assert mine == each.said, f"{each.person.name} said it in another order"


@asynccontextmanager
async def conversation(here: Site, count: int = TALKERS) -> AsyncIterator[HostConversation]:
    room, people = await asyncio.to_thread(here.people, 1 + count)
    narrator, *persons = [Person(*each) for each in people]
    way = {"ssl": unchecked()} if here.origin.startswith("https:") else None
    talk = HostConversation(room, narrator, [Talker(here.origin, each, room, way) for each in persons])
    try:
        await talk.goes_on()
        yield talk
    finally:
        for life in talk.lives:
            life.cancel()
        await asyncio.wait(talk.lives)


def unchecked() -> ssl.SSLContext:
    """For a certificate that signed itself."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
