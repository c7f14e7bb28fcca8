"""The pages around the conversation: finding and making rooms, their settings, direct ones, search."""

import re
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from chat import access, services
from chat.message_services import delete_message, edit_message, send_message, set_reaction
from chat.models import Message, Room
from tests.support.cast import as_
from tests.support.rooms import make_room

pytestmark = pytest.mark.django_db


def say(by: User, room: Room, body: str) -> int:
    return send_message(by, room.pk, str(uuid4()), body).seq


def is_in(person: User, room: Room) -> bool:
    return access.member_rooms(person).filter(pk=room.pk).exists()


@pytest.fixture
def square(ada: User, ben: User) -> Room:
    """An open room of Ada and Ben."""
    room = services.create_room(ada, name="square", kind="open", description="For all")
    services.join_room(ben, room)
    return room


@pytest.fixture
def vault(ada: User, ben: User) -> Room:
    """A private one."""
    room = services.create_room(ada, name="vault", kind="private")
    services.add_members(ada, room, [ben])
    return room


@pytest.fixture
def whisper(ada: User, ben: User) -> Room:
    return services.open_direct(ada, [ben])


# The stranger


@pytest.mark.parametrize("name", ["vault", "whisper"])
@pytest.mark.parametrize(
    ("page", "post"),
    [
        ("room", None),
        ("room_history", None),
        ("room_settings", None),
        ("room_settings", {"name": "mine now"}),
        ("room_join", {}),
        ("room_leave", {}),
        ("room_archive", {"archived": "yes"}),
        ("room_members", {"add": "1"}),
        ("room_members", {"remove": "1"}),
    ],
)
def test_a_stranger_finds_nothing(
    request: pytest.FixtureRequest, cleo: User, name: str, page: str, post: dict[str, str] | None
) -> None:
    room: Room = request.getfixturevalue(name)
    address = reverse(page, args=[room.pk])
    response = as_(cleo).get(address) if post is None else as_(cleo).post(address, post)
    nowhere = address.replace(str(room.pk), "999999")
    same = as_(cleo).get(nowhere) if post is None else as_(cleo).post(nowhere, post)
    assert (response.status_code, same.status_code) == (404, 404)
    assert not is_in(cleo, room)


@pytest.mark.parametrize("page", ["room_settings", "room_leave", "room_archive", "room_members"])
def test_an_open_room_shows_its_name_and_no_more_before_one_joins(square: Room, cleo: User, page: str) -> None:
    assert as_(cleo).post(reverse(page, args=[square.pk]), {"add": cleo.pk}).status_code == 404
    assert not is_in(cleo, square)


def test_a_stranger_s_search_and_list_stay_empty(vault: Room, whisper: Room, ada: User, cleo: User) -> None:
    for room in (vault, whisper):
        say(ada, room, "the combination is 1234")
    client = as_(cleo)
    assert client.get("/search/?q=combination").context["runs"] == []
    assert client.get(f"/search/?q=combination&room={vault.pk}").status_code == 404
    listed = client.get("/rooms/").content.decode()
    assert "vault" not in listed
    assert reverse("room", args=[whisper.pk]) not in listed


def test_who_was_removed_is_a_stranger_from_then_on(vault: Room, ada: User, ben: User) -> None:
    seq = say(ada, vault, "the combination is 1234")
    services.remove_member(ada, vault, ben)
    client = as_(ben)
    assert client.get(f"{reverse('room', args=[vault.pk])}?at={seq}").status_code == 404
    assert client.get("/search/?q=combination").context["runs"] == []


def test_nobody_gets_in_unsigned(vault: Room) -> None:
    for address in [
        "/rooms/",
        "/rooms/new/",
        "/rooms/direct/",
        "/search/?q=x",
        reverse("room_settings", args=[vault.pk]),
    ]:
        assert Client().get(address).status_code == 302


# Finding and making


def test_the_list_tells_mine_from_those_to_join(square: Room, vault: Room, ada: User, ben: User, cleo: User) -> None:
    page = as_(cleo).get("/rooms/").context
    assert ([room.name for room in page["open"]], page["mine"]) == (["square"], [])
    assert page["open"][0].members == 2
    mine = as_(ben).get("/rooms/").context["mine"]
    assert [(room.name, room.members) for room in mine] == [("square", 2), ("vault", 2)]


def test_a_line_of_the_list_has_its_own_room_and_a_form_that_joins_it(ada: User, cleo: User) -> None:
    names = ("<b>Tom</b> & Co", "Zebra")
    rooms = [make_room(ada, kind="open", name=name) for name in names]
    rooms[1].description = "Black & <white>"
    rooms[1].save()
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(cleo)
    page = browser.get("/rooms/").content.decode()
    assert re.findall(r'class="name" dir="auto">(.*?)<', page) == ["&lt;b&gt;Tom&lt;/b&gt; &amp; Co", "Zebra"]
    assert re.findall(r'aria-label="(Join .*?)"', page) == ["Join &lt;b&gt;Tom&lt;/b&gt; &amp; Co", "Join Zebra"]
    assert re.findall(r"<small>(.*?)<", page) == ["Black &amp; &lt;white&gt;"]
    forms = re.findall(
        r'action="(/rooms/\d+/join/)">\s*<input [^>]*value="(\w+)"[^>]*>\s*<input [^>]*value="(\d+)"', page
    )
    assert [(path, user) for path, _token, user in forms] == [
        (f"/rooms/{room.pk}/join/", str(cleo.pk)) for room in rooms
    ]
    for path, token, user in forms:
        assert browser.post(path, {"csrfmiddlewaretoken": token, "page_user": user}).status_code == 302
    page = browser.get("/rooms/").content.decode()
    assert re.findall(r'<a class="name" dir="auto" href="(.*?)">', page) == [f"/rooms/{room.pk}/" for room in rooms]


def test_rooms_are_found_by_a_part_of_their_name(
    square: Room, vault: Room, whisper: Room, ada: User, ben: User, cleo: User
) -> None:
    page = as_(ben).get("/rooms/", {"q": "VAU"}).context
    assert [room.name for room in page["mine"]] == ["vault"]
    assert page["direct"] == []
    assert [room.name for room in as_(ben).get("/rooms/", {"q": ada.name}).context["direct"]] == [ada.name]
    assert [room.name for room in as_(cleo).get("/rooms/", {"q": "squ"}).context["open"]] == ["square"]
    answer = as_(cleo).get("/rooms/", {"q": "nowhere & never"}).content.decode()
    assert "No room is called that." in answer
    assert "/search/?q=nowhere%20%26%20never" in answer


def test_a_button_joins_and_another_leaves(square: Room, cleo: User) -> None:
    client = as_(cleo)
    assert client.post(reverse("room_join", args=[square.pk])).url == reverse("room", args=[square.pk])  # type: ignore[attr-defined]
    assert is_in(cleo, square)
    assert client.post(reverse("room_join", args=[square.pk])).status_code == 302
    client.post(reverse("room_leave", args=[square.pk]))
    assert not is_in(cleo, square)


def test_a_new_room_opens(ben: User) -> None:
    answer = as_(ben).post(
        "/rooms/new/", {"name": " our  plans ", "description": "", "kind": "private", "welcome": "on"}
    )
    room = Room.objects.get()
    assert answer.url == reverse("room", args=[room.pk])  # type: ignore[attr-defined]
    assert (room.name, room.kind, room.welcome) == ("our plans", "private", False)


def test_admins_may_have_newcomers_join_by_themselves(ada: User) -> None:
    as_(ada).post("/rooms/new/", {"name": "lobby", "kind": "open", "welcome": "on"})
    assert Room.objects.get().welcome


@pytest.mark.parametrize("name", ["", "   ", "x" * 61])
def test_a_room_needs_a_fitting_name(ben: User, name: str) -> None:
    page = as_(ben).post("/rooms/new/", {"name": name, "kind": "open"})
    assert "name" in page.context["form"].errors
    assert not Room.objects.exists()


# Settings


def test_admins_and_the_maker_change_a_room(square: Room, ada: User) -> None:
    as_(ada).post(reverse("room_settings", args=[square.pk]), {"name": "market", "description": "Now with fish"})
    square.refresh_from_db()
    assert (square.name, square.description) == ("market", "Now with fish")


def test_other_members_see_no_controls_and_are_refused(square: Room, ben: User, ada: User) -> None:
    client, address = as_(ben), reverse("room_settings", args=[square.pk])
    assert b"Archive this room" not in client.get(address).content
    refusals = [
        client.post(address, {"name": "mine now"}, follow=True),
        client.post(reverse("room_archive", args=[square.pk]), {"archived": "yes"}, follow=True),
        client.post(reverse("room_members", args=[square.pk]), {"remove": ada.pk}, follow=True),
    ]
    assert all(b"Only admins and the creator of the room" in page.content for page in refusals)
    square.refresh_from_db()
    assert (square.name, square.archived_at, is_in(ada, square)) == ("square", None, True)


def test_any_member_brings_others_in(vault: Room, ben: User, cleo: User) -> None:
    client, address = as_(ben), reverse("room_settings", args=[vault.pk])
    assert list(client.get(f"{address}?q=cle").context["candidates"]) == [cleo]
    client.post(reverse("room_members", args=[vault.pk]), {"add": cleo.pk})
    assert is_in(cleo, vault)
    assert list(client.get(address).context["candidates"]) == []


def test_the_maker_removes_a_member(vault: Room, ada: User, ben: User) -> None:
    as_(ada).post(reverse("room_members", args=[vault.pk]), {"remove": ben.pk})
    assert not is_in(ben, vault)


def test_an_archived_room_is_folded_away_and_can_come_back(square: Room, ada: User) -> None:
    client, address = as_(ada), reverse("room_archive", args=[square.pk])
    client.post(address, {"archived": "yes"})
    lists = client.get("/rooms/").context
    assert (lists["mine"], [room.name for room in lists["archived"]]) == ([], ["square"])
    client.post(address, {"archived": "no"})
    assert [room.name for room in client.get("/rooms/").context["mine"]] == ["square"]


def test_a_direct_room_offers_nothing_to_settle(whisper: Room, ada: User) -> None:
    page = as_(ada).get(reverse("room_settings", args=[whisper.pk])).content
    assert b"Ben" in page
    assert b"Leave this room" not in page
    assert b"Add people" not in page


# Direct


def test_a_message_button_opens_the_one_conversation(ada: User, ben: User) -> None:
    both = [as_(who).post("/rooms/direct/", {"people": other.pk}).url for who, other in ((ada, ben), (ben, ada))]  # type: ignore[attr-defined]
    assert both[0] == both[1] == reverse("room", args=[Room.objects.get().pk])


def test_the_picker_keeps_whom_one_chose_while_looking_for_more(ada: User, ben: User, cleo: User) -> None:
    page = as_(ada).post("/rooms/direct/", {"people": ben.pk, "q": "cle", "find": "yes"}).context
    assert (page["picked"], list(page["offered"])) == ([ben], [cleo])
    assert not Room.objects.exists()


@pytest.mark.parametrize("people", [[], ["x"], ["-1"], ["9" * 30], ["999999"]])
def test_nobody_to_talk_to_is_said_kindly(ada: User, people: list[str]) -> None:
    assert b"Choose at least one person" in as_(ada).post("/rooms/direct/", {"people": people}).content


def test_a_direct_room_is_listed_under_its_people(whisper: Room, ben: User) -> None:
    assert [room.name for room in as_(ben).get("/rooms/").context["direct"]] == ["Ada Lovelace"]


# Search


def test_a_hit_shows_where_who_and_what_and_links_there(vault: Room, ada: User, ben: User) -> None:
    seq = say(ada, vault, "the <b>combination</b> is 1234")
    page = as_(ben).get("/search/?q=combination").content.decode()
    assert f"{reverse('room', args=[vault.pk])}?at={seq}" in page
    assert "vault" in page
    assert "Ada Lovelace" in page
    assert "&lt;b&gt;<mark>combination</mark>" in page


@pytest.mark.parametrize(
    ("body", "query", "shown"),
    [
        ("took **four minutes longer**", "minutes", "took four <mark>minutes</mark> longer"),
        ("read [the runbook](https://example.com/x?a=1&b=2)", "runbook", "read the <mark>runbook</mark>"),
        ("read [it](https://example.com/runbook)", "runbook", "read [it](https://example.com/<mark>runbook</mark>)"),
        ("- `a < b`\n- & so on", "so", "a &lt; b &amp; <mark>so</mark> on"),
    ],
)
def test_a_snippet_is_what_readers_see(square: Room, ben: User, body: str, query: str, shown: str) -> None:
    say(ben, square, body)
    assert as_(ben).get(f"/search/?q={query}").context["runs"][0][1][0].snippet == shown


def test_older_hits_are_a_page_away(square: Room, ben: User) -> None:
    for number in range(25):
        say(ben, square, f"fish number {number}")
    first = as_(ben).get("/search/?q=fish").context
    second = as_(ben).get(f"/search/?q=fish&before={first['older']}&room={square.pk}").context
    assert ([len(hits) for _title, hits in first["runs"]], second["older"]) == ([20], None)
    assert [len(hits) for _title, hits in second["runs"]] == [5]


@pytest.mark.parametrize("query", ["q=", "", "q=%00", "q=x&before=x", f"q=x&before={'9' * 30}", "q=%25_%5C"])
def test_odd_searches_find_nothing_and_break_nothing(square: Room, ben: User, query: str) -> None:
    say(ben, square, "plain words")
    assert as_(ben).get(f"/search/?{query}").context["runs"] == []


# History


def history(person: User, room: Room, part: str = "") -> list[str]:
    """The texts of a page, and who reacted."""
    page = as_(person).get(f"/rooms/{room.pk}/history/?{part}").json()
    return [f"{each.get('html', 'gone')}{each.get('reactions') or ''}" for each in page["messages"]]


def test_a_page_of_history_is_never_older_than_the_room(ada: User, ben: User, square: Room) -> None:
    """It is kept for the user who reads it next, until anything in the room changes."""
    sent = [send_message(ada, square.pk, str(uuid4()), body) for body in ("one", "two")]
    one, two, first = (f"<p>{word}</p>" for word in ("one", "two", "first"))
    for part in ("", "before=9", "after=0", "around=1"):
        assert history(ben, square, part) == history(ada, square, part) == [one, two]
    edit_message(ada, sent[0].message, "first")
    assert history(ben, square, "before=9") == [first, two]
    set_reaction(ben, sent[0].message, "👍", True)
    assert history(ada, square, "before=9") == [f"{first}{ {'👍': [ben.pk]} }", two]
    delete_message(ada, sent[1].message)
    assert history(ben, square, "before=9")[1] == "gone"
    assert history(ben, square, "before=2&limit=1") == history(ben, square, "before=9")[:1]
    services.leave_room(ben, square)
    assert as_(ben).get(f"/rooms/{square.pk}/history/?before=9").status_code == 404


# What a page asks for by script


def test_a_page_that_goes_deletes_a_message_once(square: Room, ben: User, cleo: User) -> None:
    say(ben, square, "soon gone")
    message = Message.objects.get(room=square)
    address = reverse("message_delete", args=[message.pk])
    assert as_(cleo).post(address).status_code == 404
    assert Message.objects.get(pk=message.pk).deleted_at is None
    assert as_(ben).post(address).status_code == 200
    gone = Message.objects.get(pk=message.pk)
    assert gone.deleted_at
    assert as_(ben).post(address).status_code == 404
    assert Message.objects.get(pk=message.pk).rev == gone.rev


def test_another_members_message_is_not_theirs_to_delete(square: Room, ada: User, ben: User) -> None:
    say(ada, square, "stays")
    message = Message.objects.get(room=square)
    assert as_(ben).post(reverse("message_delete", args=[message.pk])).status_code == 403
    assert Message.objects.get(pk=message.pk).deleted_at is None


def test_the_emoji_come_in_the_readers_language_and_are_kept_by_the_browser(ben: User) -> None:
    answer = as_(ben).get(reverse("emoji"))
    assert {name for name, _emoji in answer.json()} >= {"Smileys", "Flags"}
    assert "max-age" in answer["Cache-Control"]


# The way in


def test_home_is_the_room_visited_last_else_the_one_with_a_mention(
    square: Room, vault: Room, ada: User, ben: User
) -> None:
    assert as_(ben).get("/").url == reverse("room", args=[vault.pk])  # type: ignore[attr-defined]
    say(ada, square, f"@{ben.handle} look here")
    client = as_(ben)
    assert client.get("/").url == reverse("room", args=[square.pk])  # type: ignore[attr-defined]
    client.get(reverse("room", args=[vault.pk]))
    assert client.get("/").url == reverse("room", args=[vault.pk])  # type: ignore[attr-defined]
