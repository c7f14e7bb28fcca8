"""The pages of checks, commands and runs: who sees them, and what can be done there."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from accounts.models import Role, User
from accounts.services import set_role
from chat.models import Room
from monitor.checks import services
from monitor.checks.models import Check, CheckChange, ProbeCommand, ProbeRun
from monitor.checks.probes import make_probe
from tests.support import machines
from tests.support.cast import as_
from tests.support.rooms import make_room

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def commands_enabled(settings: Settings) -> None:
    settings.COMMANDS = True


@pytest.fixture
def somewhere() -> Iterator[str]:
    with machines.saying(b"") as place:
        yield place


def make(by: User, slug: str, room: Room | None = None, **fields: Any) -> Check:
    check = Check(name=slug.title(), slug=slug, room=room, **fields)
    services.save_check(by, check, make_probe("tcp", "db.example.com:5432"))
    return check


def text(client: Client, name: str, *args: object) -> str:
    answer = client.get(reverse(name, args=args))
    assert answer.status_code == 200, answer
    return answer.content.decode()


def typed(target: str, **more: Any) -> dict[str, Any]:
    return {
        "name": "Database",
        "target": target,
        "interval": 30,
        "timeout": 5,
        "retries": 1,
        "notify_room": "on",
        **more,
    }


def test_members_see_the_checks_of_their_rooms_and_nobody_else_does(
    ada: User, ben: User, cleo: User, room: Room
) -> None:
    make(ada, "theirs", room)
    make(ada, "secret")
    found = text(as_(ben), "checks")
    assert "Theirs" in found
    assert "Secret" not in found
    assert "Theirs" not in text(as_(cleo), "checks")
    assert "Secret" in text(as_(ada), "checks")
    assert as_(ben).get(reverse("check", args=["theirs"])).status_code == 200
    for person, slug in ((ben, "secret"), (cleo, "theirs"), (cleo, "never")):
        assert as_(person).get(reverse("check", args=[slug])).status_code == 404


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("check_new", []),
        ("check_edit", ["theirs"]),
        ("commands", []),
        ("command_new", []),
        ("command_edit", ["uptime"]),
        ("runs", []),
    ],
)
def test_what_is_for_admins_is_not_there_for_others(
    ada: User, ben: User, room: Room, name: str, args: list[str]
) -> None:
    make(ada, "theirs", room)
    services.save_command(ada, ProbeCommand(name="uptime", argv=["uptime"]))
    assert as_(ben).get(reverse(name, args=args)).status_code == 404
    assert as_(ada).get(reverse(name, args=args)).status_code == 200


def test_members_cannot_change_by_posting(ada: User, ben: User, room: Room) -> None:
    make(ada, "theirs", room)
    services.save_command(ada, ProbeCommand(name="uptime", argv=["uptime"], room=room, who="members"))
    for name, args in (("check_delete", ["theirs"]), ("check_edit", ["theirs"]), ("command_delete", ["uptime"])):
        assert as_(ben).post(reverse(name, args=args), typed("a:1")).status_code == 404
    assert as_(ben).post(f"{reverse('check_new')}?kind=tcp", typed("a:1")).status_code == 404
    assert Check.objects.get().target == "db.example.com:5432"
    assert ProbeCommand.objects.exists()


def test_a_check_is_tried_before_it_is_kept(ada: User, room: Room, somewhere: str) -> None:
    client, address = as_(ada), f"{reverse('check_new')}?kind=tcp"
    answer = client.post(address, typed(somewhere, **{"try": ""}))
    assert "Connected in " in answer.content.decode()
    assert not Check.objects.exists()
    answer = client.post(address, typed(somewhere, room=room.pk, save=""))
    assert answer.status_code == 302
    check = Check.objects.get()
    assert (check.slug, check.target, check.room, check.options) == ("database", somewhere, room, {})


def test_what_is_wrong_is_said_beside_what_was_typed(ada: User) -> None:
    client = as_(ada)
    answer = client.post(f"{reverse('check_new')}?kind=tcp", typed("no port here"))
    assert "Use the format host:port." in answer.content.decode()
    answer = client.post(
        f"{reverse('check_new')}?kind=http", typed("https://a/", option_method="GET", option_status="fine")
    )
    assert "Write the expected status like" in answer.content.decode()
    assert 'value="fine"' in answer.content.decode()
    answer = client.post(f"{reverse('check_new')}?kind=tcp", typed("a:1", interval=2))
    assert "between 5 seconds" in answer.content.decode()
    assert not Check.objects.exists()


def test_options_are_kept_as_they_were_chosen(ada: User) -> None:
    client = as_(ada)
    options = {"option_method": "GET", "option_status": "200-399", "option_keyword": "fine", "option_max_bytes": 5000}
    client.post(f"{reverse('check_new')}?kind=http", typed("https://example.com/", **options))
    check = Check.objects.get()
    wanted = {"status": "200-399", "keyword": "fine", "max_bytes": 5000, "follow": False, "verify": False}
    assert check.options == wanted
    page = text(client, "check_edit", check.slug)
    assert 'value="200-399"' in page
    assert text(client, "check", check.slug).count("200-399") == 1


@pytest.mark.parametrize(
    ("language", "facts"),
    [
        ("en", ["Expected status", "<dt>Follow redirects</dt><dd>no</dd>", "Days begin at midnight UTC."]),
        ("zh-hans", ["预期状态码", "<dt>跟随重定向</dt><dd>否</dd>", "每天从协调世界时（UTC）零点算起。"]),
    ],
)
def test_a_check_names_its_options_and_days_in_the_language_of_the_reader(
    ada: User, language: str, facts: list[str]
) -> None:
    check = Check(name="Shop", slug="shop")
    services.save_check(ada, check, make_probe("http", "https://a.example/", {"status": "200-399", "follow": False}))
    answer = as_(ada).get(reverse("check", args=["shop"]), headers={"accept-language": language})
    for fact in facts:
        assert fact in answer.content.decode()


@pytest.mark.parametrize("kind", ["http", "tcp", "ping", "dns", "tls", "command"])
def test_each_kind_has_its_form(ada: User, kind: str) -> None:
    assert as_(ada).get(f"{reverse('check_new')}?kind={kind}").status_code == 200


def test_history_says_what_happened(ada: User) -> None:
    check = make(ada, "web")
    CheckChange.objects.create(of=check, state="down", said="The connection was refused <b>here</b>.")
    found = text(as_(ada), "check", "web")
    assert "refused &lt;b&gt;here" in found


def test_a_parent_in_a_room_of_others_is_not_named(ada: User, ben: User, room: Room) -> None:
    make(ada, "web", room, parent=make(ada, "hidden-router"))
    assert "Hidden-Router" not in text(as_(ben), "check", "web")
    assert "Hidden-Router" in text(as_(ada), "check", "web")


def test_a_command_is_written_one_argument_a_line(ada: User, room: Room) -> None:
    client = as_(ada)
    form = {"name": "ping", "argv": "ping\n-c\n{n:int 1-3}\n\n{host:hostname}\n", "timeout": 9, "who": "members"}
    answer = client.post(reverse("command_new"), form)
    assert "Choose the room" in answer.content.decode()
    assert client.post(reverse("command_new"), form | {"room": room.pk}).status_code == 302
    command = ProbeCommand.objects.get()
    assert command.argv == ["ping", "-c", "{n:int 1-3}", "{host:hostname}"]
    assert "{n:int 1-3}\n{host:hostname}" in text(client, "command_edit", "ping")
    assert "N HOST" in text(client, "commands")


def test_a_command_of_one_line_with_spaces_is_refused_unless_there_is_such_a_program(
    ada: User, room: Room, tmp_path: Path
) -> None:
    form = {"name": "uname", "argv": "uname -a", "timeout": 9, "who": "members", "room": room.pk}
    page = as_(ada).post(reverse("command_new"), form).content.decode()
    assert "Put each argument on its own line: uname, then -a." in page
    program = tmp_path / "say so"
    program.touch()
    assert as_(ada).post(reverse("command_new"), form | {"argv": str(program)}).status_code == 302


def test_what_an_owner_does_not_see_stays_as_it_was(ada: User, dora: User, room: Room) -> None:
    services.save_command(ada, ProbeCommand(name="uptime", argv=["uptime"], room=room))
    set_role(ada, dora, Role.OWNER)
    client = as_(dora)
    page = text(client, "command_edit", "uptime")
    assert room.name not in page
    assert "Something you don&#x27;t have access to" in page
    form = {"name": "uptime", "argv": "uptime\n-p", "timeout": 9, "who": "admins", "room": room.pk}
    assert client.post(reverse("command_edit", args=["uptime"]), form).status_code == 302
    assert ProbeCommand.objects.get().room == room
    other = make_room(ada, name="elsewhere")
    assert client.post(reverse("command_edit", args=["uptime"]), form | {"room": other.pk}).status_code == 200
    assert ProbeCommand.objects.get().room == room


def test_a_command_that_is_tried_is_on_record(ada: User, settings: Settings) -> None:
    settings.COMMAND_USER = "nobody"
    services.save_command(ada, ProbeCommand(name="hello", argv=["echo", "hello", "{who:a|b}"]))
    answer = as_(ada).post(f"{reverse('check_new')}?kind=command", typed("hello b", **{"try": ""}))
    assert "Exit status 0" in answer.content.decode()
    run = ProbeRun.objects.get()
    assert (run.by, run.argv, run.stdout) == (ada, ["echo", "hello", "b"], "hello b")


def test_a_run_is_read_by_the_members_of_its_room(ada: User, ben: User, cleo: User, dora: User, room: Room) -> None:
    run = ProbeRun.objects.create(
        by=ben, room=room, kind="command", words="story", status="done", lines=[[0, "<one>"], [1, "two"]], exit_code=3
    )
    for person in (ada, ben, dora):
        assert "&lt;one&gt;" in text(as_(person), "run", run.pk)
    assert as_(cleo).get(reverse("run", args=[run.pk])).status_code == 404
    assert as_(ben).get(f"/runs/{2**70}/").status_code == 404
    record = text(as_(dora), "runs")
    assert "story" in record
    assert room.name not in record  # it is private, and Dora is not in it


def test_checks_are_found_by_word_and_tag_and_stand_in_their_groups(ada: User) -> None:
    make(ada, "shop", group="What customers see", tags=["paid"])
    make(ada, "cache", group="Behind it")
    client = as_(ada)
    page = text(client, "checks")
    assert page.index("Behind it") < page.index("What customers see")
    found = client.get("/checks/", {"q": "CUSTOMERS sho"}).content.decode()
    assert "/checks/shop/" in found
    assert "/checks/cache/" not in found
    assert "/checks/cache/" not in client.get("/checks/", {"tag": "paid"}).content.decode()
    assert "No check matches." in client.get("/checks/", {"q": "nothing"}).content.decode()


def test_tags_group_and_telling_are_saved_from_the_form(ada: User, room: Room) -> None:
    fields = typed("a:1", room=room.pk, group="Behind  it", tags="paid, shop，paid")
    as_(ada).post(f"{reverse('check_new')}?kind=tcp", fields)
    check = Check.objects.get()
    assert (check.group, check.tags, check.notify_room) == ("Behind it", ["paid", "shop"], True)
    assert "paid, shop" in text(as_(ada), "check_edit", check.slug)


def test_an_admin_pauses_and_resumes_a_check(ada: User, ben: User, room: Room) -> None:
    make(ada, "web", room)
    for name in ("check_pause", "check_resume"):
        assert as_(ben).post(reverse(name, args=["web"]), {"minutes": "20"}).status_code == 404
    client = as_(ada)
    assert client.post(reverse("check_pause", args=["web"]), {"minutes": "7"}).status_code == 404
    client.post(reverse("check_pause", args=["web"]), {"minutes": "20"})
    assert "Paused by Ada Lovelace, 20 min left" in text(client, "check", "web")
    Check.objects.update(since=timezone.now() - timedelta(minutes=1))
    assert client.post(reverse("check_resume", args=["web"]))["Location"] == reverse("check", args=["web"])
    assert Check.objects.get().state == "unknown"


def test_a_new_check_tells_a_room_unless_another_choice_is_made(ada: User, room: Room) -> None:
    client, other = as_(ada), make_room(ada, name="elsewhere")
    assert client.get(reverse("check_new")).context["form"]["room"].value() == room.pk
    make(ada, "web", other)
    assert client.get(reverse("check_new")).context["form"]["room"].value() == other.pk
    make(ada, "secret")
    assert client.get(reverse("check_edit", args=["secret"])).context["form"]["room"].value() is None


@pytest.mark.parametrize(
    ("with_room", "notify", "sentence"),
    [
        (False, True, "Nobody: choose a room to be told there."),
        (True, False, "Nobody: telling the room is switched off."),
        (True, True, ""),
    ],
)
def test_a_check_that_tells_nobody_says_so(ada: User, room: Room, with_room: bool, notify: bool, sentence: str) -> None:
    make(ada, "database", room if with_room else None, notify_room=notify)
    _before, _heading, told = text(as_(ada), "check", "database").partition("Who is told")
    assert sentence in told
    assert ("Nobody" in told) == bool(sentence)


def test_undo_of_a_pause_leaves_no_trace(ada: User) -> None:
    check, since = make(ada, "web"), timezone.now() - timedelta(days=3)
    CheckChange.objects.create(of=check, state="up", at=since, said="Connected.")
    Check.objects.update(state="up", since=since, said="Connected.")
    client, json = as_(ada), {"accept": "application/json"}
    answer = client.post(reverse("check_pause", args=["web"]), {"minutes": "20"}, headers=json).json()
    assert answer == {"text": "Web is paused for 20 min.", "undo": "/checks/web/resume/"}
    assert client.post(answer["undo"], headers=json).json() == {}
    check.refresh_from_db()
    assert (check.state, check.since, check.said, check.paused_until) == ("up", since, "Connected.", None)
    assert check.changes.count() == 1


def test_what_is_wrong_stands_beside_its_field(ada: User) -> None:
    wrong = [
        ("http", {"target": "no URL"}, "target"),
        ("http", {"option_status": "fine"}, "option_status"),
        ("tcp", {"option_banner": "("}, "option_banner"),
        ("dns", {"option_server": "a b"}, "option_server"),
        ("tls", {"option_name": "ä" * 300}, "option_name"),
        ("tcp", {"interval": "2"}, "interval"),
        ("tcp", {"slow_after": "100000"}, "slow_after"),
        ("tcp", {"slug": "known"}, "slug"),
    ]
    make(ada, "known")
    targets = {"http": "https://a/", "dns": "a.example.com", "tls": "a", "tcp": "a:1"}
    defaults = {"option_method": "GET", "option_record": "A", "option_status": "200"}
    for kind, fields, name in wrong:
        answer = as_(ada).post(f"{reverse('check_new')}?kind={kind}", typed(targets[kind]) | defaults | fields)
        assert list(answer.context["form"].errors) == [name], kind
        assert 'aria-invalid="true"' in answer.content.decode()


def test_many_checks_need_no_more_queries_than_one(
    ada: User, room: Room, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    make(ada, "web", room)
    client = as_(ada)
    client.get("/checks/")
    with CaptureQueriesContext(connection) as few:
        client.get("/checks/")
    state = {"kind": "tcp", "target": "db:5432", "state": "up", "room": room}
    Check.objects.bulk_create(Check(name=f"Server {n}", slug=f"server-{n}", **state) for n in range(500))
    with django_assert_max_num_queries(len(few)):
        page = client.get("/checks/").content.decode()
    assert page.count('class="check-row"') == 100
    assert "1 to 100 of 501" in page
    assert "Server 499" in client.get("/checks/", {"q": "server 499"}).content.decode()


def test_response_times_are_for_those_who_see_the_check(ada: User, ben: User, cleo: User, room: Room) -> None:
    make(ada, "web", room)
    answer = as_(ben).get(reverse("check_times", args=["web"]), {"hours": 1}).json()
    assert (answer["end"] - answer["start"], answer["down"]) == (3600, [])
    assert as_(ben).get(reverse("check_times", args=["web"]), {"hours": 5}).status_code == 404
    assert as_(cleo).get(reverse("check_times", args=["web"])).status_code == 404


def test_a_new_check_waits_for_its_first_result(ada: User) -> None:
    make(ada, "web")
    page = text(as_(ada), "check", "web")
    assert "Waiting for the first result" in page
    assert "data-waiting" in page
    Check.objects.update(checked_at=timezone.now(), state="up", said="Connected.")
    assert "data-waiting" not in text(as_(ada), "check", "web")
