"""Every time is in the reader's zone, wherever it comes from, and stays right in an open tab."""

import re
from datetime import UTC, datetime

from playwright.sync_api import Locator, expect

from tests.browser.people import Cast, Person
from tests.browser.window import Window

NOON_UTC = datetime(2027, 1, 4, 12, 0, tzinfo=UTC)
ADD_TIME = """([moment, form]) => {
  const line = document.createElement("p");
  const time = document.createElement("time");
  time.dateTime = moment;
  time.dataset.form = form;
  line.append(time);
  document.querySelector("main").append(line);
}"""


def add_time(window: Window, moment: str, form: str) -> Locator:
    """As a page that is fetched later brings it."""
    window.page.evaluate(ADD_TIME, [moment, form])
    return window.page.locator("main time").last


def open_people(person: Person) -> Window:
    """Its clock stands at noon UTC and goes on only by hand."""
    window = person.window()
    window.page.clock.install(time=NOON_UTC)
    window.goto("/people/")
    window.page.clock.pause_at(NOON_UTC.replace(minute=1))
    return window


def test_a_silence_is_typed_and_read_in_each_readers_zone(cast: Cast, ada: Person) -> None:
    room = ada.make_room(name="lighthouse watch")
    there = cast.again(ada, timezone_id="Asia/Shanghai").window().goto(f"/alerts/silences/?room={room.id}")
    form = there.page.locator("form", has=there.page.get_by_role("button", name="Silence", exact=True))
    expect(form).to_contain_text("Times are in Asia/Shanghai.")
    form.locator("[name=starts]").fill("2099-01-05T06:00")
    form.locator("[name=ends]").fill("2099-01-05T07:00")
    form.locator("[name=reason]").fill(room.name)
    form.get_by_role("button", name="Silence", exact=True).click()
    shown = there.page.locator("main li", has_text=room.name)
    expect(shown).to_contain_text("5 Jan 2099, 06:00 – 5 Jan 2099, 07:00")
    here = cast.again(ada, timezone_id="America/New_York").window().goto("/alerts/silences/")
    expect(here.page.locator("main li", has_text=room.name)).to_contain_text("4 Jan 2099, 17:00 – 4 Jan 2099, 18:00")
    expect(here.page.locator("form", has=here.page.locator("[name=zone]"))).to_contain_text("America/New_York")
    bare = cast.again(ada, timezone_id="Asia/Shanghai", java_script_enabled=False).window().goto("/alerts/silences/")
    expect(bare.page.locator("main li", has_text=room.name)).to_contain_text("Jan. 4, 2099 22:00 UTC")
    expect(bare.page.locator("main")).to_contain_text("Times are in UTC.")
    shown.get_by_role("button", name="End silence").click()


def test_an_age_goes_on_in_an_open_tab(cast: Cast, ada: Person) -> None:
    mine = open_people(cast.again(ada, timezone_id="Asia/Shanghai"))
    ago = add_time(mine, "2027-01-04T12:01:00Z", "relative")
    since = add_time(mine, "2027-01-04T12:01:00Z", "since")
    expect(ago).to_have_text("just now")
    mine.page.clock.run_for("01:15")
    expect(mine.page.locator("main time").nth(-2)).to_have_text("1 min ago")
    expect(since).to_have_text("for 1 min")


def test_today_ends_at_the_readers_midnight(cast: Cast, ada: Person) -> None:
    mine = open_people(cast.again(ada, timezone_id="Asia/Shanghai"))
    add_time(mine, "2027-01-04T12:00:00Z", "day")
    add_time(mine, "2027-01-04T12:00:00Z", "moment")
    day, moment = mine.page.locator("main time").nth(-2), mine.page.locator("main time").last
    expect(day).to_have_text("Today")
    expect(moment).to_have_text("20:00")
    mine.page.clock.fast_forward("03:58:00")  # 23:59 in Shanghai
    expect(day).to_have_text("Today")
    mine.page.clock.run_for("02:00")
    expect(day).to_have_text("Yesterday")
    expect(moment).to_have_text("4 Jan, 20:00")


OVERLAP = """(message) => {
    const [time, body] = [".message__time", ".message__body"].map((part) => message.querySelector(part));
    const { left, right } = time.getBoundingClientRect();
    const log = message.closest(".timeline").getBoundingClientRect();
    return Math.max(right - body.getBoundingClientRect().left, log.left - left);
}"""


def test_a_time_of_12_hours_does_not_touch_the_words_beside_it(cast: Cast, ada: Person) -> None:
    offset = (22 - datetime.now(UTC).hour + 9) % 24 - 9  # from where it is 22 o'clock: the widest times
    room = ada.make_room()
    for text in ("One", "Two"):
        ada.send(room, text)
    mine = cast.again(ada, locale="en-US", timezone_id=f"Etc/GMT{-offset:+d}").enter(room)
    for width in (1280, 360):
        mine.page.set_viewport_size({"width": width, "height": 740})
        message = mine.said("Two")
        message.focus()
        expect(message.locator(".message__time")).to_have_text(re.compile(r"^1[01]:\d\d\sPM$"))
        assert message.evaluate(OVERLAP) <= 0, width


def test_a_heartbeat_is_offered_the_browsers_zone(cast: Cast, ada: Person) -> None:
    mine = cast.again(ada, timezone_id="America/St_Johns").window().goto("/watching/beats/new/")
    expect(mine.page.locator("[name=zone]")).to_have_value("America/St_Johns")
