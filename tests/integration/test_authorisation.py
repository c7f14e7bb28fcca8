"""Who may do and hear what: every command and every event type has its row, and one without a row fails here."""

import ast
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import User
from chat import services, sidebar_stream
from chat.models import Room
from monitor.alerts.models import Alert
from monitor.checks import services as checks
from monitor.dashboards import pins
from monitor.dashboards import services as dashboards
from monitor.dashboards.protocol import BoardTick
from monitor.metrics.models import Source
from realtime.database import in_thread
from realtime.hub import Hub
from realtime.protocol import Command, Event, encode
from realtime.streams import commands
from tests.conftest import Connect
from tests.support.rooms import make_room, say
from tests.support.wire import Tab

ROOT = Path(__file__).parents[2]
ROLES = ("owner", "member", "former", "stranger")
OK, NO, GONE = "ok", "forbidden", "not_found"

# What becomes of a command about a room, or about a message of the member's, by who gives it.
MAY: dict[str, tuple[str, str, str, str]] = {
    "ping": (OK, OK, OK, OK),
    "subscribe": (OK, OK, GONE, GONE),
    "unsubscribe": (OK, OK, OK, OK),  # what is not followed is left easily
    "message.send": (OK, OK, GONE, GONE),
    "message.edit": (NO, OK, GONE, GONE),
    "message.delete": (OK, OK, GONE, GONE),
    "message.react": (OK, OK, GONE, GONE),
    "message.source": (NO, OK, GONE, GONE),
    "preview.remove": (OK, OK, GONE, GONE),
    "message.urgent": (NO, NO, GONE, GONE),  # only in a conversation of two; see test_urgent_messages
    "room.availability": (OK, OK, GONE, GONE),
    "room.roles": (OK, OK, GONE, GONE),
    "room.members": (OK, OK, GONE, GONE),
    "room.read": (OK, OK, GONE, GONE),
    "room.favourite": (OK, OK, GONE, GONE),
    "room.notifications": (OK, OK, GONE, GONE),
    "typing": (OK, OK, GONE, GONE),
    "slash.run": ("invalid", "invalid", GONE, GONE),  # in a room of theirs they are told that there is none such
    "run.stop": (OK, OK, GONE, GONE),  # a run of the member's
    "incident.do": (GONE, GONE, GONE, GONE),  # there is none here; see test_status_room
    "shift.take": (GONE, GONE, GONE, GONE),  # likewise; see test_schedules
    "shift.withdraw": (GONE, GONE, GONE, GONE),
    "dashboard.seen": (OK, OK, OK, OK),  # of one that is not followed it says nothing
    "pin.set": (OK, OK, GONE, GONE),
    "alert.acknowledge": (OK, OK, GONE, GONE),
    "alert.unacknowledge": (OK, OK, GONE, GONE),
    "alert.close": (OK, OK, GONE, GONE),
    "alert.silence": (OK, OK, GONE, GONE),
    "alert.unsilence": (OK, OK, GONE, GONE),
}

# Who hears of it when it happens to a room, or to its member.
ROOM = ("owner", "member")
HEARD: dict[str, tuple[str, ...]] = {
    "hello": ROLES,
    "other_user": (),  # in place of hello, by the user who signed in since the page was made
    "heads": ROLES,
    "message.created": ROOM,
    "message.updated": ROOM,
    "message.deleted": ROOM,
    "member.updated": ROOM,
    "room.updated": ROOM,
    "typing": ROOM,
    "presence": ROOM,
    "room": ROOM,  # a line of the sidebar
    "closed": ("member",),  # the one who is taken out
    "tick": ROOM,
    "pinned": ROOM,
    "changed": ROOM,  # of a dashboard that somebody has saved
    "counts": ROLES,  # each of what they may see; see test_watching_stream
}


def verb(kind: type[Command]) -> str:
    return str(kind.__struct_config__.tag)


def event_types() -> set[str]:
    """Every type that the source gives to an event: the third field of ``Event``, the second of ``RoomLog.record``."""
    found: set[str] = set()
    for app in ("realtime", "chat", "monitor"):
        for path in (ROOT / app).rglob("*.py"):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            functions = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
            for node in ast.walk(tree):
                if isinstance(node, ast.Call):
                    found |= set(types_of(node, functions, f"{app}/{path.name}:{node.lineno}"))
    return found


def types_of(call: ast.Call, functions: dict[str, ast.FunctionDef], where: str) -> Iterator[str]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    place = {"Event": 2, "record": 1}.get(name)
    if place is None or len(call.args) <= place or (name == "record" and not where.startswith("chat/")):
        return
    kind = call.args[place]
    if isinstance(kind, ast.Constant):
        yield str(kind.value)
    elif isinstance(kind, ast.Call):  # a function that chooses: get_message_event_type, wherever it stands
        yield from MESSAGE_TYPES
    else:
        assert where.startswith("chat/room_log.py"), f"{where}: a type that cannot be read from the source"


def chosen_types() -> set[str]:
    tree = ast.parse((ROOT / "chat" / "serializers.py").read_text(encoding="utf-8"))
    (function,) = [
        node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "get_message_event_type"
    ]
    strings = [node.value for node in ast.walk(function) if isinstance(node, ast.Constant)]
    return {value for value in strings if isinstance(value, str)}


MESSAGE_TYPES = chosen_types()


def test_every_command_has_its_row() -> None:
    assert {verb(kind) for kind in commands} == set(MAY)


def test_every_event_type_has_its_row() -> None:
    assert event_types() == set(HEARD)


@pytest.fixture
def room(transactional_db: None, ada: User, ben: User, eve: User, monkeypatch: pytest.MonkeyPatch) -> Room:
    monkeypatch.setattr(sidebar_stream, "FLUSH_SECONDS", 0.0)
    room = make_room(ada, ben, eve)
    services.leave_room(eve, room)
    Source.objects.create(key="host", room=room)
    room.refresh_from_db()
    return room


People = dict[str, User]


@pytest.fixture
def people(ada: User, ben: User, cleo: User, eve: User) -> People:
    return dict(zip(ROLES, (ada, ben, eve, cleo), strict=True))


def fields(do: str, room: Room, message: int, *, run: int = 1, alert: int = 1) -> dict[str, Any]:
    known: dict[str, dict[str, Any]] = {
        "subscribe": {"stream": f"room.{room.pk}"},
        "unsubscribe": {"stream": f"room.{room.pk}"},
        "message.send": {"room": room.pk, "client_id": str(uuid4()), "body": "Hello"},
        "message.edit": {"message": message, "body": "Hello again"},
        "message.delete": {"message": message},
        "message.react": {"message": message, "emoji": "👍"},
        "message.source": {"message": message},
        "preview.remove": {"message": message, "preview": str(uuid4())},
        "message.urgent": {"message": message},
        "room.availability": {"room": room.pk},
        "room.roles": {"room": room.pk},
        "room.members": {"room": room.pk},
        "room.read": {"room": room.pk, "seq": 1},
        "room.favourite": {"room": room.pk},
        "room.notifications": {"room": room.pk, "level": "all"},
        "typing": {"room": room.pk},
        "slash.run": {"room": room.pk, "client_id": str(uuid4()), "text": "/none-such"},
        "run.stop": {"run": run},
        "incident.do": {"incident": 1, "what": "publish"},
        "shift.take": {"offer": 1},
        "shift.withdraw": {"offer": 1},
        "pin.set": {"message": message, "on": True},
        "dashboard.seen": {"key": "host", "t": 1},
    }
    return {"alert": alert} if do.startswith("alert.") else known.get(do, {})


def open_alert(room: Room) -> Alert:
    now = timezone.now()
    return Alert.objects.create(room=room, key="rule.1", title="Full", began_at=now, told_at=now)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("do", MAY)
async def test_a_command_is_done_for_those_who_may(
    connect: Connect, room: Room, people: People, do: str, role: str
) -> None:
    message = (await in_thread(say, room, people["member"])).message
    run = await in_thread(checks.request_probe, people["member"], room, str(uuid4()), "tcp", "127.0.0.1:1")
    tab = await connect(people[role])
    if do == "typing":
        await tab.answer(tab.tell("subscribe", stream=f"presence.{room.pk}"))
    alert = await in_thread(open_alert, room)
    answer = await tab.answer(tab.tell(do, **fields(do, room, message, run=run.pk, alert=alert.pk)))
    became = answer["error"]["code"] if "error" in answer else OK
    assert became == MAY[do][ROLES.index(role)]


Cause = Callable[["Scene"], Awaitable[object]]


class Scene:
    """Everyone at their page, following whatever lets them."""

    def __init__(self, hub: Hub, room: Room, people: People, tabs: dict[str, Tab]) -> None:
        self.hub, self.room, self.people, self.tabs = hub, room, people, tabs

    async def said(self) -> int:
        return int((await self.tabs["member"].send(self.room.pk, "Hello"))["message"])

    async def edited(self) -> None:
        await self.tabs["member"].ok("message.edit", message=await self.said(), body="Hello again")

    async def deleted(self) -> None:
        await self.tabs["member"].ok("message.delete", message=await self.said())

    async def typed(self) -> None:
        await self.tabs["member"].ok("typing", room=self.room.pk)

    async def came(self) -> None:
        self.hub.presence.known -= {self.people["member"].pk}
        await self.hub.housekeeping.update_presence()

    async def renamed(self) -> None:
        owner = self.people["owner"]
        await in_thread(lambda: services.update_room(owner, self.room, name="n", description="", welcome=False))

    async def measured(self) -> None:
        event = encode(Event("dashboard.host", 0, "tick", BoardTick(1, 0))).decode()
        self.hub.publish("dashboard.host", {"type": "event", "topic": "dashboard.host", "first": 0, "events": [event]})

    async def fired(self) -> None:
        await in_thread(open_alert, self.room)
        await self.hub.housekeeping.run_each_second()

    async def removed(self) -> None:
        await in_thread(services.remove_member, self.people["owner"], self.room, self.people["member"])


CAUSES: dict[str, Cause] = {
    "hello": lambda scene: in_thread(int),
    "other_user": lambda scene: in_thread(int),
    "heads": lambda scene: scene.hub.housekeeping.send_heads(),
    "message.created": lambda scene: scene.said(),
    "message.updated": lambda scene: scene.edited(),
    "message.deleted": lambda scene: scene.deleted(),
    "member.updated": lambda scene: in_thread(
        services.add_members, scene.people["owner"], scene.room, [scene.people["former"]]
    ),
    "room.updated": lambda scene: scene.renamed(),
    "typing": lambda scene: scene.typed(),
    "presence": lambda scene: scene.came(),
    "room": lambda scene: scene.said(),
    "closed": lambda scene: scene.removed(),
    "tick": lambda scene: scene.measured(),
    "pinned": lambda scene: in_thread(pins.publish_pinned),
    "changed": lambda scene: in_thread(
        dashboards.publish_dashboard_event, Event("dashboard.host", 0, "changed", {"version": 2})
    ),
    "counts": lambda scene: scene.fired(),
}


@pytest.mark.parametrize("kind", HEARD)
async def test_an_event_is_heard_by_those_it_is_for(
    connect: Connect, hub: Hub, room: Room, people: People, kind: str
) -> None:
    tabs = {role: await connect(person) for role, person in people.items()}
    await hub.housekeeping.update_presence()
    for tab in tabs.values():
        for stream in (f"room.{room.pk}", f"presence.{room.pk}", "me", "watching", "dashboard.host"):
            await tab.answer(tab.tell("subscribe", stream=stream))
    before = {role: 0 if kind == "hello" else len(tab.events) for role, tab in tabs.items()}
    await CAUSES[kind](Scene(hub, room, people, tabs))
    for role in HEARD[kind]:
        await tabs[role].until(lambda role=role: kind in heard(tabs[role], before[role]), f"{kind} for the {role}")
    for role in set(ROLES) - {*HEARD[kind]}:
        await tabs[role].caught_up()
        assert kind not in heard(tabs[role], before[role])
    for role in ("former", "stranger"):
        if kind != "member.updated":  # who is brought in hears of it in their sidebar
            assert heard(tabs[role], before[role]) <= {"hello", "heads", "counts"}


def heard(tab: Tab, since: int) -> set[str]:
    return {event["type"] for event in tab.events[since:]}
