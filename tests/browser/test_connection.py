"""The connection breaks: the page says so, keeps what was written, and makes good for everything afterwards."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.people import Cast, Person
from tests.browser.site import Site
from tests.browser.watch import Watch
from tests.browser.window import Room, Window
from tests.support.proxy import Proxy

Shaky = Callable[[Room], Window]


@pytest.fixture
def shaky(cast: Cast, site: Site, ada: Person, proxy: Proxy, watch: Watch) -> Iterator[Shaky]:
    """Opens a window of Ada's whose way to the site leads through the proxy."""
    watch.allow("WebSocket connection to .* failed", "ERR_INTERNET_DISCONNECTED")
    far = cast.again(ada, base_url=site.alias)
    yield far.enter
    proxy.mend()


def is_offline(window: Window) -> None:
    expect(window.page.locator("#connection")).to_have_attribute("data-state", "offline")


def test_the_page_says_since_when_it_is_offline_and_when_it_is_back(ada: Person, shaky: Shaky, proxy: Proxy) -> None:
    mine = shaky(ada.make_room())
    proxy.cut()
    expect(mine.page.locator("#connection")).to_have_text(re.compile(r"Offline since \d\d:\d\d"))
    expect(mine.page.locator("#connection-strip")).to_contain_text("What you write is kept here")
    proxy.mend()
    mine.is_live()
    expect(mine.page.locator("#connection-strip")).to_be_hidden()


@pytest.mark.development
def test_what_is_written_offline_survives_a_reload_and_is_sent_once_and_in_order(
    ada: Person, ben: Person, shaky: Shaky, proxy: Proxy
) -> None:
    room = ada.make_room(ben)
    mine, theirs = shaky(room), ben.enter(room)
    proxy.cut()
    is_offline(mine)
    written = ["one", "two", "three"]
    for text in written:
        mine.say(text)
    expect(mine.pending).to_have_count(3)
    expect(mine.pending.first).to_contain_text("waiting for the connection")
    mine.page.reload()
    expect(mine.pending.locator(".message__body")).to_have_text(written)
    expect(theirs.say("meanwhile")).to_be_visible()
    proxy.mend()
    mine.is_live()
    for window in (mine, theirs):
        expect(window.bodies).to_have_text(["meanwhile", *written])
    expect(mine.pending).to_have_count(0)
    mine.page.reload()
    expect(mine.bodies).to_have_text(["meanwhile", *written])


@pytest.mark.development
def test_a_message_whose_answer_was_lost_is_there_once(ada: Person, ben: Person, shaky: Shaky, proxy: Proxy) -> None:
    room = ada.make_room(ben)
    mine, theirs = shaky(room), ben.enter(room)
    proxy.swallow()
    mine.say("did you get this?")
    expect(theirs.said("did you get this?")).to_be_visible()
    expect(mine.pending).to_have_count(1)
    proxy.cut()
    is_offline(mine)
    proxy.mend()
    mine.is_live()
    mine.say("good")
    for window in (mine, theirs):
        expect(window.bodies).to_have_text(["did you get this?", "good"])
    expect(mine.pending).to_have_count(0)


@pytest.mark.development
def test_what_others_did_meanwhile_is_caught_up(ada: Person, ben: Person, shaky: Shaky, proxy: Proxy) -> None:
    room = ada.make_room(ben)
    mine, theirs = shaky(room), ben.enter(room)
    edited, deleted = theirs.say("as it was"), theirs.say("soon gone")
    expect(mine.messages).to_have_count(2)
    proxy.cut()
    is_offline(mine)
    theirs.act(deleted, "Delete")
    theirs.act(edited, "Edit")
    theirs.say("as it is")
    theirs.say("new")
    expect(theirs.bodies).to_have_text(["as it is", "This message was deleted.", "new"])
    proxy.mend()
    expect(mine.bodies).to_have_text(["as it is", "This message was deleted.", "new"])


def test_the_browsers_own_offline_mode_is_noticed_too(ada: Person, shaky: Shaky, proxy: Proxy) -> None:
    mine = shaky(ada.make_room())
    mine.page.context.set_offline(True)
    proxy.cut()  # browsers keep open sockets open in that mode
    is_offline(mine)
    mine.say("kept")
    expect(mine.pending).to_have_count(1)
    proxy.mend()
    mine.page.context.set_offline(False)
    expect(mine.said("kept")).to_be_visible()


def test_nothing_is_said_by_mistake_while_an_edit_waits_for_its_words(ada: Person, shaky: Shaky, proxy: Proxy) -> None:
    mine = shaky(ada.make_room())
    message = mine.say("before")
    expect(message).to_be_visible()
    proxy.hold()
    mine.act(message, "Edit")
    mine.page.keyboard.type("too early")
    mine.page.keyboard.press("Enter")
    expect(mine.page.get_by_text("Editing your message")).to_be_visible()
    proxy.mend()
    expect(mine.box).to_have_value("before")
    mine.box.fill("after")
    mine.box.press("Enter")
    expect(mine.bodies).to_have_text(["after"])


def test_an_edit_that_cannot_be_stored_gives_its_text_back(ada: Person, shaky: Shaky, proxy: Proxy) -> None:
    mine = shaky(ada.make_room())
    message = mine.say("before")
    mine.act(message, "Edit")
    expect(mine.box).to_have_value("before")
    proxy.cut()
    is_offline(mine)
    mine.box.fill("after")
    mine.box.press("Enter")
    expect(mine.toast).to_have_text("No connection. Try again when it is back.")
    expect(mine.box).to_have_value("after")


def test_the_browsers_offer_of_compression_is_accepted_and_long_messages_arrive(ada: Person, ben: Person) -> None:
    """Through nginx, which passes the offer and the answer on."""
    room = ada.make_room(ben)
    window = ada.window()
    answers: list[dict[str, str]] = []
    network = window.page.context.new_cdp_session(window.page)
    network.send("Network.enable")
    network.on(
        "Network.webSocketHandshakeResponseReceived",
        lambda event: answers.append({name.lower(): value for name, value in event["response"]["headers"].items()}),
    )
    mine, theirs = window.enter(room), ben.enter(room)
    text = "The night shift hands over in ten minutes. " * 60
    theirs.say(text)
    expect(mine.bodies).to_have_text([text.strip()])
    mine.say(text)
    expect(theirs.bodies).to_have_text([text.strip()] * 2)
    accepted = [answer["sec-websocket-extensions"] for answer in answers]
    assert accepted == ["permessage-deflate; server_no_context_takeover; client_no_context_takeover"]
