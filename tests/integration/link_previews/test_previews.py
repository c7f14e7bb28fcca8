"""Previews of links: which messages get them, what they show, and when they go."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from chat import message_services, serializers
from chat import services as rooms
from chat.cards import Card
from chat.models import Message, Room
from chat.previews import PreviewsOfMessages
from files.cleanup import delete_folders_without_row
from files.storage import get_storage
from files.tasks import delete_bytes
from link_previews import fetching, following, host_turns, services, tasks
from link_previews.models import HostTurn, LinkPreview, MessageLink, RoomWithoutPreviews
from myweb.errors import NotFound, Refused
from realtime.database import in_thread
from realtime.protocol import encode
from tasks.models import QueuedTask
from tests.conftest import Connect
from tests.integration.files.test_downloads import read_body
from tests.support.cast import as_
from tests.support.images import draw, encode_image, make_photo, make_png_bomb
from tests.support.links import Web, list_titles, read_previews, read_state, say_and_work, switch_on, work
from tests.support.rooms import make_room, say


def give_picture(web: Web, path: str = "/with-picture") -> str:
    return web.add(path, '<title>Fail over</title><meta property="og:image" content="/picture.png">')


def test_nothing_is_requested_until_an_admin_switches_previews_on(ada: User, room: Room, web: Web) -> None:
    before = say_and_work(room, ada, f"{web.address}/a")
    assert (web.asked, read_previews(before), MessageLink.objects.exists()) == ([], [], False)
    switch_on(ada)
    after = say_and_work(room, ada, f"{web.address}/b")
    assert (web.asked, list_titles(before), list_titles(after)) == (["/b"], [], ["Page /b"])
    services.enable_previews(ada, False)
    say_and_work(room, ada, f"{web.address}/c")
    assert web.asked == ["/b"]
    assert list_titles(after) == ["Page /b"]


def test_what_was_sent_while_they_were_off_gets_none_however_late_it_is_read(ada: User, room: Room, web: Web) -> None:
    switch_on(ada)
    services.enable_previews(ada, False)
    say(room, ada, f"{web.address}/a")
    switch_on(ada)
    switch_on(ada)  # again: nothing is skipped
    work()
    assert web.asked == []
    say(room, ada, f"{web.address}/b")
    switch_on(ada)
    work()
    assert web.asked == ["/b"]


def test_a_preview_says_what_the_page_says_of_itself(ada: User, ben: User, room: Room, web: Web) -> None:
    switch_on(ada)
    url = web.add(
        "/fail-over?host=db-1",
        """<title>x</title><meta property="og:title" content="Fail over db-1">
        <meta property="og:site_name" content="Wiki">
        <meta name="description" content="Stop the writers."><meta property="og:image" content="/picture.png">""",
    )
    message = say_and_work(room, ben, f"See {url}#steps")
    (preview,) = read_previews(message)
    assert (preview.site, preview.title, preview.text) == ("Wiki", "Fail over db-1", "Stop the writers.")
    assert (preview.url, preview.width, preview.height) == (f"{url}#steps", 400, 200)
    assert preview.tiny
    assert web.asked == ["/fail-over?host=db-1", "/picture.png"]


def test_a_message_gets_a_new_rev_and_readers_an_event(ada: User, room: Room, web: Web) -> None:
    switch_on(ada)
    sent = say(room, ada, f"{web.address}/a")
    work()
    room.refresh_from_db()
    _head, events = serializers.read_events_since(room, sent.rev)
    (event,) = [event for event in events if event.type.startswith("message.")]
    assert event.rev > sent.rev
    assert [preview.title for preview in event.data.previews] == ["Page /a"]
    work()  # the change is none of the text
    assert Message.objects.get(pk=sent.message).rev == event.rev


def test_messages_without_previews_say_nothing_of_them(ada: User, room: Room) -> None:
    assert b"previews" not in encode(read_state(say_and_work(room, ada, "Hello https://example.com")))


def test_three_links_of_a_message_get_previews_and_none_in_code(ada: User, room: Room, web: Web) -> None:
    switch_on(ada)
    links = " ".join(f"{web.address}/{name}" for name in "abcad")
    message = say_and_work(room, ada, f"`{web.address}/code` {links}\n\n```\n{web.address}/block\n```\n")
    assert list_titles(message) == ["Page /a", "Page /b", "Page /c"]
    assert sorted(web.asked) == ["/a", "/b", "/c"]


@pytest.mark.parametrize("url", ["http://169.254.169.254/latest", "mailto:ada@example.com", "http://ada:x@127.0.0.1/"])
def test_links_that_are_never_requested_leave_the_message_as_it_was(ada: User, room: Room, url: str) -> None:
    switch_on(ada)
    sent = say(room, ada, f"Look: {url}")
    work()
    assert Message.objects.get(pk=sent.message).rev == sent.rev


def test_links_to_this_site_are_not_requested(ada: User, room: Room, web: Web, settings: Settings) -> None:
    switch_on(ada)
    settings.ORIGINS = [web.address]
    say_and_work(room, ada, f"{web.address}/rooms/1/?at=3")
    assert web.asked == []


def test_private_addresses_are_not_requested_unless_a_setting_allows_it(
    ada: User, room: Room, web: Web, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PREVIEW_PRIVATE = False
    monkeypatch.setattr("myweb.guarded_fetch.PORTS", {int(web.address.rpartition(":")[2])})
    switch_on(ada)
    message = say_and_work(room, ada, f"{web.address}/a")
    assert (web.asked, read_previews(message)) == ([], [])
    assert LinkPreview.objects.get().title == ""


def test_a_url_is_requested_once_a_week(ada: User, room: Room, web: Web) -> None:
    switch_on(ada)
    other = make_room(ada, name="other")
    first = say_and_work(room, ada, f"{web.address}/a")
    second = say_and_work(other, ada, f"{web.address}/a#part")
    assert (list_titles(first), list_titles(second), web.asked) == (["Page /a"], ["Page /a"], ["/a"])
    LinkPreview.objects.update(fetched_at=timezone.now() - timedelta(days=8))
    web.add("/a", "<title>New</title>")
    third = say_and_work(room, ada, f"{web.address}/a")
    assert (list_titles(first), list_titles(third), web.asked) == (["Page /a"], ["New"], ["/a", "/a"])


def test_what_failed_is_tried_again_for_a_new_link_after_an_hour(ada: User, room: Room, web: Web) -> None:
    switch_on(ada)
    web.pages["/a"] = (503, {"Content-Type": "text/html"}, b"<title>Down</title>")
    first = say_and_work(room, ada, f"{web.address}/a")
    say_and_work(room, ada, f"{web.address}/a")
    assert web.asked == ["/a"]
    del web.pages["/a"]
    LinkPreview.objects.update(fetched_at=timezone.now() - timedelta(hours=2))
    third = say_and_work(room, ada, f"{web.address}/a")
    assert (list_titles(first), list_titles(third)) == ([], ["Page /a"])


def test_several_messages_that_wait_for_a_url_get_it_by_one_request(ada: User, room: Room, web: Web) -> None:
    switch_on(ada)
    other = make_room(ada, name="other")
    sent = [say(where, ada, f"{web.address}/a") for where in (room, other, room)]
    work()
    assert [list_titles(Message.objects.get(pk=one.message)) for one in sent] == [["Page /a"]] * 3
    assert web.asked == ["/a"]


def test_a_room_can_be_left_out(ada: User, ben: User, cleo: User, room: Room, web: Web) -> None:
    switch_on(ada)
    path = f"/rooms/{room.pk}/link-previews/"
    assert as_(ben).post(path, {"enabled": "no"}).status_code == 404
    assert as_(cleo).post(path, {"enabled": "no"}).status_code == 404
    assert b"link-previews" not in as_(ben).get(f"/rooms/{room.pk}/settings/").content.split(b"<main")[1]
    assert as_(ada).post(path, {"enabled": "no"}).status_code == 302
    say_and_work(room, ada, f"{web.address}/a")
    assert web.asked == []
    assert "Turn on link previews here" in as_(ada).get(f"/rooms/{room.pk}/settings/").content.decode()
    as_(ada).post(path, {"enabled": "yes"})
    assert list_titles(say_and_work(room, ada, f"{web.address}/b")) == ["Page /b"]


def test_a_room_that_was_left_out_meanwhile_gets_no_request(ada: User, room: Room, web: Web) -> None:
    switch_on(ada)
    say(room, ada, f"{web.address}/a")
    tasks.PreviewLoop().run_once()
    services.enable_room_previews(room, False)
    work()
    assert web.asked == []


def test_members_of_a_direct_conversation_switch_previews_themselves(ada: User, ben: User, cleo: User) -> None:
    switch_on(ada)
    direct = rooms.open_direct(ben, [cleo])
    assert as_(cleo).post(f"/rooms/{direct.pk}/link-previews/", {"enabled": "no"}).status_code == 302
    assert RoomWithoutPreviews.objects.filter(room=direct).exists()
    assert as_(ada).post(f"/rooms/{direct.pk}/link-previews/", {"enabled": "yes"}).status_code == 404


def test_the_author_takes_a_preview_off_and_it_stays_off(ada: User, ben: User, room: Room, web: Web) -> None:
    switch_on(ada)
    message = say_and_work(room, ben, f"{web.address}/a {web.address}/b")
    rev = read_state(message).rev
    first, second = read_previews(message)
    sent = services.remove_preview(ben, message.pk, first.id)
    assert (sent.message, sent.rev) == (message.pk, rev + 1)
    assert read_previews(message) == [second]
    assert services.remove_preview(ben, message.pk, first.id).rev == rev + 1
    message_services.edit_message(ben, message.pk, f"Sorry: {web.address}/a {web.address}/b")
    work()
    assert list_titles(message) == ["Page /b"]
    assert web.asked == ["/a", "/b"]


def test_only_the_author_and_admins_take_a_preview_off(ada: User, ben: User, cleo: User, dora: User, web: Web) -> None:
    switch_on(dora)
    room = make_room(cleo, ada, ben, dora)
    message = say_and_work(room, ada, " ".join(f"{web.address}/{name}" for name in "abc"))
    by_admin, by_creator, kept = read_previews(message)
    with pytest.raises(Refused, match="Only the author or an admin"):
        services.remove_preview(ben, message.pk, kept.id)
    services.remove_preview(dora, message.pk, by_admin.id)
    services.remove_preview(cleo, message.pk, by_creator.id)
    rooms.remove_member(cleo, room, ada)
    for preview_id in (kept.id, "nonsense", str(uuid4())):
        with pytest.raises(NotFound):
            services.remove_preview(ada, message.pk, preview_id)
    assert read_previews(message) == [kept]


async def test_a_socket_takes_a_preview_off(
    transactional_db: None, ada: User, room: Room, web: Web, connect: Connect
) -> None:
    await in_thread(switch_on, ada)
    message = await in_thread(say_and_work, room, ada, f"{web.address}/a")
    (preview,) = await in_thread(read_previews, message)
    tab = await connect(ada)
    answer = await tab.ok("preview.remove", message=message.pk, preview=preview.id)
    assert answer["message"] == message.pk
    assert await in_thread(read_previews, message) == []


def test_an_edit_drops_the_previews_of_links_that_left(ada: User, room: Room, web: Web) -> None:
    switch_on(ada)
    message = say_and_work(room, ada, f"{web.address}/a {web.address}/b")
    message_services.edit_message(ada, message.pk, f"{web.address}/c {web.address}/b")
    work()
    assert list_titles(message) == ["Page /c", "Page /b"]
    services.enable_previews(ada, False)
    message_services.edit_message(ada, message.pk, f"{web.address}/b {web.address}/d")
    work()
    assert list_titles(message) == ["Page /b"]
    message_services.edit_message(ada, message.pk, "None")
    work()
    assert (list_titles(message), MessageLink.objects.count()) == ([], 0)


def test_a_deleted_message_has_no_previews_at_once(ada: User, room: Room, web: Web) -> None:
    switch_on(ada)
    message = say_and_work(room, ada, give_picture(web))
    (preview,) = read_previews(message)
    message_services.delete_message(ada, message.pk)
    assert read_previews(message) == []
    assert as_(ada).get(f"/link-previews/{preview.id}/picture/").status_code == 404
    rev = read_state(message).rev
    work()
    assert (MessageLink.objects.count(), read_state(message).rev) == (0, rev)


def test_a_message_that_is_deleted_before_its_link_is_fetched_stays_deleted(ada: User, room: Room, web: Web) -> None:
    switch_on(ada)
    sent = say(room, ada, f"{web.address}/a")
    tasks.PreviewLoop().run_once()
    message_services.delete_message(ada, sent.message)
    tasks.fetch_link.func(f"{web.address}/a")
    assert web.asked == []


def get_picture(person: User, preview_id: str) -> int:
    return as_(person).get(f"/link-previews/{preview_id}/picture/").status_code


def test_a_picture_is_ours_and_seen_by_members_only(ada: User, ben: User, cleo: User, room: Room, web: Web) -> None:
    switch_on(ada)
    message = say_and_work(room, ada, give_picture(web))
    (preview,) = read_previews(message)
    answer = as_(ben).get(f"/link-previews/{preview.id}/picture/")
    content = read_body(answer)
    assert (answer.status_code, answer["Content-Type"], content[8:12]) == (200, "image/webp", b"WEBP")
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert get_picture(cleo, preview.id) == 404
    rooms.remove_member(ada, room, ben)
    assert get_picture(ben, preview.id) == 404
    services.remove_preview(ada, message.pk, preview.id)
    assert get_picture(ada, preview.id) == 404


def test_of_a_picture_nothing_is_kept_but_what_the_worker_wrote(ada: User, room: Room, web: Web) -> None:
    switch_on(ada)
    web.pages["/picture.png"] = (200, {"Content-Type": "image/jpeg"}, make_photo())
    web.pages["/photo.jpg?size=large"] = (200, {"Content-Type": "image/jpeg"}, encode_image(draw(900, 600), "JPEG"))
    message = say_and_work(room, ada, f"{web.address}/photo.jpg?size=large")
    (preview,) = read_previews(message)
    assert (preview.title, preview.site, preview.width) == ("photo.jpg", "127.0.0.1", 900)
    assert preview.is_picture
    folder = get_storage().get_folder(LinkPreview.objects.get().pk)
    assert [path.name for path in folder.iterdir()] == ["thumbnail"]


@pytest.mark.parametrize(
    "content",
    [
        make_png_bomb(),
        encode_image(draw(1, 1), "PNG"),
        encode_image(draw(16, 16), "GIF"),
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b"<html><title>x</title>",
        b"\x89PNG\r\n\x1a\nbroken",
        encode_image(draw(100, 100), "PNG") + bytes(6_000_000),
        b"",
    ],
)
def test_a_picture_that_cannot_be_shown_is_left_out_and_not_kept(
    ada: User, room: Room, web: Web, content: bytes
) -> None:
    switch_on(ada)
    web.pages["/picture.png"] = (200, {"Content-Type": "image/png"}, content)
    (preview,) = read_previews(say_and_work(room, ada, give_picture(web)))
    assert (preview.title, preview.width) == ("Fail over", 0)
    assert get_picture(ada, preview.id) == 404
    root = get_storage().get_folder(uuid4()).parent.parent
    assert [path for path in root.rglob("*") if path.is_file()] == []


def test_words_are_shown_although_the_disk_is_full(
    ada: User, room: Room, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("link_previews.pictures.write_at", fail)
    switch_on(ada)
    (preview,) = read_previews(say_and_work(room, ada, give_picture(web)))
    assert (preview.title, preview.width) == ("Fail over", 0)


@pytest.mark.parametrize("image", ["http://169.254.169.254/latest/x.png", "file:///etc/passwd", "http://[::1", "//"])
def test_a_picture_is_fetched_as_guarded_as_its_page(ada: User, room: Room, web: Web, image: str) -> None:
    switch_on(ada)
    url = web.add("/a", f'<title>A</title><meta property="og:image" content="{image}">')
    (preview,) = read_previews(say_and_work(room, ada, url))
    assert (preview.title, preview.width) == ("A", 0)


def test_unused_previews_and_their_pictures_are_deleted(
    ada: User, room: Room, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch_on(ada)
    used = say_and_work(room, ada, give_picture(web))
    unused = say_and_work(room, ada, give_picture(web, "/other"))
    (gone,) = read_previews(unused)
    message_services.delete_message(ada, unused.pk)
    work()
    following.delete_unused()
    assert LinkPreview.objects.count() == 2  # a new link may take it
    LinkPreview.objects.update(fetched_at=timezone.now() - timedelta(days=9))
    following.delete_unused()
    assert [preview.id for preview in read_previews(used)] == [str(LinkPreview.objects.get().pk)]
    (task,) = QueuedTask.objects.filter(function=delete_bytes.module_path)
    assert task.arguments["args"] == [gone.id]
    monkeypatch.setattr("files.cleanup.KEPT_FOR", timedelta(seconds=-60))
    assert delete_folders_without_row() == 1
    assert get_picture(ada, read_previews(used)[0].id) == 200


def test_a_host_is_asked_once_a_second(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_turns, "EVERY", timedelta(seconds=1))
    turns = [host_turns.reserve_turn(host) for host in ("a.example", "A.example.", "a.example", "b.example")]
    assert [round(turn) for turn in turns] == [0, 1, 2, 0]
    HostTurn.objects.update(free_at=timezone.now() + timedelta(minutes=3))
    with pytest.raises(host_turns.HostBusy):
        host_turns.reserve_turn("a.example")


def test_links_to_one_host_wait_for_their_turn_as_tasks(
    ada: User, room: Room, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host_turns, "EVERY", timedelta(seconds=20))
    switch_on(ada)
    say(room, ada, f"{web.address}/a {web.address}/b {web.address}/c")
    tasks.PreviewLoop().run_once()
    QueuedTask.objects.all().delete()
    for name in "abc":
        tasks.fetch_link.func(f"{web.address}/{name}")
    assert web.asked == ["/a"]
    waiting = QueuedTask.objects.filter(function=tasks.fetch_link.module_path, run_at__gt=timezone.now())
    pauses = sorted((task.run_at - timezone.now()).total_seconds() for task in waiting)
    assert [round(pause, -1) for pause in pauses] == [20, 40]
    for task in waiting:
        tasks.fetch_link.func(*task.arguments["args"])
    assert web.asked == ["/a", "/b", "/c"]


def test_slow_sites_do_not_take_all_threads_of_a_worker(ada: User, room: Room, web: Web) -> None:
    switch_on(ada)
    say(room, ada, f"{web.address}/a")
    tasks.PreviewLoop().run_once()
    QueuedTask.objects.all().delete()
    for _ in range(2):
        tasks.slots.acquire()
    try:
        tasks.fetch_link.func(f"{web.address}/a")
    finally:
        for _ in range(2):
            tasks.slots.release()
    assert (web.asked, QueuedTask.objects.filter(function=tasks.fetch_link.module_path).count()) == ([], 1)


def test_a_task_that_runs_again_requests_nothing_again(ada: User, room: Room, web: Web) -> None:
    switch_on(ada)
    sent = say(room, ada, f"{web.address}/a")
    tasks.PreviewLoop().run_once()
    fetching.make_preview(f"{web.address}/a")  # and the worker dies
    work()
    assert (list_titles(Message.objects.get(pk=sent.message)), web.asked) == (["Page /a"], ["/a"])


def test_cards_get_no_previews(ada: User, room: Room, web: Web) -> None:
    class NoteCard(Card, tag="note"): ...

    switch_on(ada)
    message_services.post_card(ada, room.pk, NoteCard(), f"See {web.address}/a")
    work()
    assert web.asked == []


def test_admins_switch_previews_in_the_settings(ada: User, ben: User) -> None:
    page = "/settings/link-previews/"
    assert as_(ben).get(page).status_code == 404
    assert as_(ben).post(page, {"enabled": "yes"}).status_code == 404
    assert not following.is_enabled()
    assert as_(ada).post(page, {"enabled": "yes"}).status_code == 302
    assert following.is_enabled()
    answer = as_(ada).post(page, {"enabled": "no"}, headers={"Accept": "application/json"})
    assert (answer.status_code, following.is_enabled()) == (200, False)
    assert as_(ada).post(page, {"enabled": "maybe"}, headers={"Accept": "application/json"}).status_code == 400


def test_a_page_of_messages_without_links_asks_nothing_of_previews(
    ada: User, room: Room, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(_ids: object) -> PreviewsOfMessages:
        raise AssertionError("the database was asked")

    monkeypatch.setattr("chat.previews.preview_readers", [read])
    read_state(say_and_work(room, ada, "@ada **Hello** `https://example.com`"))
