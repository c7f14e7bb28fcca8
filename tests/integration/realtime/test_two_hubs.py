"""Two processes, of which only Redis tells each the news of the other; and what holds when Redis has gone."""

from collections.abc import Callable, Iterator

import pytest
from pytest_django.fixtures import Settings

from accounts.models import User
from chat.models import Room
from realtime.database import in_thread
from realtime.hub import Hub
from realtime.publish import find_held_groups
from tests.conftest import Connect
from tests.integration.realtime.test_subscribe import same
from tests.support.redis import free_port, listening, server

pytestmark = pytest.mark.django_db(transaction=True)

End = Callable[[], None]


@pytest.fixture(autouse=True)
def own_redis(settings: Settings) -> Iterator[End]:
    """A Redis that may be ended: the channel layer and presence use it from here on."""
    port = free_port()
    settings.REDIS = {"host": "127.0.0.1", "port": port, "username": None, "password": None}
    host = {**settings.REDIS, "socket_timeout": None, "socket_connect_timeout": 1}
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [host], "prefix": settings.REDIS_PREFIX},
        }
    }
    with server(port) as process:

        def end() -> None:
            process.kill()
            process.wait()

        yield end


async def test_hubs_of_two_processes_hear_each_other(
    connect: Connect, hub: Hub, other_hub: Hub, room: Room, ada: User, ben: User
) -> None:
    here, there = await connect(ada, on=hub), await connect(ben, on=other_hub)
    for tab in (here, there):
        await tab.follow(f"room.{room.pk}")
    for each in (hub, other_hub):
        await listening(each, f"room.{room.pk}")
    await here.send(room.pk, "from here")
    await there.send(room.pk, "from there")
    for tab in (here, there):
        replica = tab.rooms[f"room.{room.pk}"]
        await tab.until(lambda replica=replica: len(replica.messages) == 2, "both messages")
        await same(replica, room)
        assert len(tab.of(f"room.{room.pk}")) == 2, "the echo was dropped"


async def test_a_process_finds_the_groups_that_sockets_of_others_follow(hub: Hub, other_hub: Hub) -> None:
    hub.topic("dashboard.here")
    other_hub.subscriber.hold("dashboard.there")
    other_hub.subscriber.hold("room.7")
    for group in ("dashboard.there", "room.7"):
        await listening(other_hub, group)
    assert await in_thread(find_held_groups, "dashboard.") == {"dashboard.here", "dashboard.there"}


async def test_without_redis_a_process_finds_the_groups_of_its_own_sockets(hub: Hub, own_redis: End) -> None:
    hub.topic("dashboard.here")
    own_redis()
    assert await in_thread(find_held_groups, "dashboard.") == {"dashboard.here"}


async def test_without_redis_messages_are_acknowledged_and_arrive(
    connect: Connect, hub: Hub, other_hub: Hub, room: Room, ada: User, ben: User, own_redis: End
) -> None:
    here, beside, there = await connect(ada, on=hub), await connect(ben, on=hub), await connect(ben, on=other_hub)
    for tab in (here, beside, there):
        await tab.follow(f"room.{room.pk}")
    own_redis()
    for number in range(5):
        await here.send(room.pk, str(number))
    await beside.until(lambda: len(beside.rooms[f"room.{room.pk}"].messages) == 5, "local delivery")
    late = await connect(ada, on=other_hub)
    await late.follow(f"room.{room.pk}")
    await there.caught_up()
    assert there.rooms[f"room.{room.pk}"].messages == {}
    await other_hub.housekeeping.reread()
    await there.caught_up()
    for tab in (here, beside, there, late):
        await same(tab.rooms[f"room.{room.pk}"], room)
        assert tab.code is None
