"""Replies, commands and cards: what a message answers, what the writing box does, what another app draws."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Route, expect

from tests.browser.people import Cast, Person
from tests.browser.site import Site
from tests.browser.test_connection import is_offline
from tests.browser.watch import Watch
from tests.browser.window import Window
from tests.support.proxy import Proxy


def strip(window: Window) -> Locator:
    return window.page.locator(".composer__reply")


def quote(message: Locator) -> Locator:
    return message.locator(".message__quote")


def test_a_reply_shows_what_it_answers_and_follows_its_changes(ada: Person, ben: Person) -> None:
    room = ada.make_room(ben)
    mine, theirs = ada.enter(room), ben.enter(room)
    mine.say("Is the **replica** ready?")
    question = theirs.said("Is the replica ready?")
    theirs.act(question, "Reply")
    expect(strip(theirs)).to_contain_text("Replying to Ada Lovelace")
    expect(strip(theirs)).to_contain_text("Is the replica ready?")
    theirs.say("Since noon")
    expect(strip(theirs)).to_be_hidden()
    for window in (mine, theirs):
        expect(quote(window.said("Since noon"))).to_have_text(re.compile("Ada Lovelace Is the replica ready?"))
    quote(theirs.said("Since noon")).click()
    expect(question).to_be_focused()
    mine.act(mine.said("Is the replica ready?"), "Edit")
    mine.box.fill("Is the primary ready?")
    mine.box.press("Enter")
    expect(quote(theirs.said("Since noon"))).to_contain_text("Is the primary ready?")
    mine.act(mine.said("Is the primary ready?"), "Delete")
    expect(quote(theirs.said("Since noon"))).to_contain_text("This message was deleted.")


def test_a_reply_by_keyboard_is_kept_with_the_draft_until_escape(ada: Person) -> None:
    mine = ada.enter(ada.make_room())
    mine.say("Who waters the ficus?").focus()
    expect(mine.pending).to_have_count(0)
    mine.said("Who waters the ficus?").focus()
    mine.page.keyboard.press("r")
    expect(mine.box).to_be_focused()
    mine.write("I d")
    mine.page.reload()
    expect(mine.box).to_have_value("I d")
    expect(strip(mine)).to_contain_text("Who waters the ficus?")
    mine.box.press("Escape")
    expect(strip(mine)).to_be_hidden()
    mine.write("o")
    mine.box.press("Enter")
    expect(quote(mine.said("I do"))).to_be_hidden()


@pytest.fixture
def far(cast: Cast, site: Site, ada: Person, proxy: Proxy, watch: Watch) -> Iterator[Person]:
    """Ada, whose way to the site leads through the proxy."""
    watch.allow("WebSocket connection to .* failed", "ERR_INTERNET_DISCONNECTED")
    yield cast.again(ada, base_url=site.alias)
    proxy.mend()


def test_offline_a_reply_waits_and_a_command_stays_in_the_box(ada: Person, far: Person, proxy: Proxy) -> None:
    room = ada.make_room()
    ada.send(room, "Anyone on call?")
    mine = far.enter(room)
    proxy.cut()
    is_offline(mine)
    mine.act(mine.said("Anyone on call?"), "Reply")
    mine.say("Me, till Friday")
    expect(quote(mine.pending)).to_contain_text("Anyone on call?")
    mine.say("/nothing")
    expect(mine.page.get_by_role("alert")).to_have_text("A command needs a connection. It stays here until then.")
    expect(mine.box).to_have_value("/nothing")
    mine.page.reload()
    expect(quote(mine.pending)).to_contain_text("Anyone on call?")
    proxy.mend()
    mine.is_live()
    expect(quote(mine.said("Me, till Friday"))).to_contain_text("Anyone on call?")
    mine.box.press("Enter")
    expect(mine.page.get_by_role("alert")).to_contain_text("There is no command /nothing.")


def test_commands_are_completed_done_and_refused_with_the_text_kept(ada: Person) -> None:
    mine = ada.enter(ada.make_room())
    mine.write("/he")
    expect(mine.page.get_by_role("option", name="/help")).to_contain_text("List the commands")
    mine.box.press("Enter")
    expect(mine.box).to_have_value("/help")
    mine.box.press("Enter")
    expect(mine.page.get_by_role("button", name="/help")).to_contain_text("List the commands")
    mine.page.get_by_role("button", name="/probe").click()
    expect(mine.box).to_have_value("/probe ")
    expect(mine.box).to_be_focused()
    mine.say("/etc/hosts is wrong")
    expect(mine.page.get_by_role("alert")).to_contain_text("There is no command /etc/hosts.")
    expect(mine.box).to_have_value("/etc/hosts is wrong")
    mine.box.press("Home")
    mine.write("/")
    expect(mine.page.get_by_role("alert")).to_be_hidden()
    mine.box.press("Enter")
    expect(mine.bodies).to_have_text(["/etc/hosts is wrong"])


POST = """
from accounts.services import get_or_create_bot
from chat import cards
from chat.message_services import post_card, update_card
class Light(cards.Card, tag="light"):
    colour: str
{}
"""
REGISTER = """async () => {
    const { registerCard } = await import("/static/chat/cards.js");
    registerCard("light", (state, place, { message, reply }) => {
        const button = document.createElement("button");
        button.textContent = state.colour;
        button.onclick = reply;
        place.replaceChildren(button);
        place.dataset.rev = message.rev;
    });
}"""


def run(site: Site, code: str) -> None:
    site.manage("shell", "-c", POST.format(code))


def load_modules_apart(window: Window) -> Window:
    """A joined script has no module that a test could import: the page gets them as development serves them."""
    joined = re.compile(r"/static/joined/(?!parts/)(.+)\.[0-9a-f]{12}\.js$")

    def serve(route: Route) -> None:
        found = joined.search(route.request.url)
        assert found
        route.fulfill(content_type="text/javascript", body=f'import "/static/{found[1]}.js";')

    window.page.route(joined, serve)
    return window


def test_a_card_is_drawn_by_its_kind_and_changes_under_the_focus(site: Site, ada: Person) -> None:
    room = ada.make_room()
    run(
        site,
        f"post_card(get_or_create_bot('Watch'), {room.id}, Light(colour='red'), 'The light is red')",
    )
    mine = load_modules_apart(ada.window()).enter(room)
    expect(mine.said("The light is red").locator(".avatar--bot")).to_have_text("!")
    mine.page.evaluate(REGISTER)
    expect(mine.bodies).to_be_hidden()
    card = mine.messages.locator(".message__card")
    card.get_by_role("button", name="red").focus()
    change = "from chat.models import Message; last = Message.objects.filter(room={}).first()\n"
    run(
        site,
        change.format(room.id) + "update_card(last.pk, Light(colour='green'), 'The light is green')",
    )
    expect(card.get_by_role("button", name="green")).to_be_focused()
    card.get_by_role("button").click()
    expect(strip(mine)).to_contain_text("The light is green")
    mine.act(mine.messages, "Delete")
    expect(mine.bodies).to_have_text(["This message was deleted."])
    expect(card).to_have_count(0)
