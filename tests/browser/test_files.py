"""Files on their way into a message and in it."""

import base64
import io
import re
import wave

import pytest
from playwright.sync_api import FilePayload, Locator, Route, WebSocketRoute, expect

from tests.browser.people import Person
from tests.browser.uploads import PIECE, attached, drop, make_picture, paste, picture, record_video, send_files
from tests.browser.watch import Watch
from tests.browser.window import Window

PATCHES = re.compile(r"/files/uploads/[0-9a-f-]{36}/$")
MIB = 1024 * 1024


def files_of(message: Locator) -> Locator:
    return message.locator(".message__files")


def download(person: Person, message: Locator, name: str) -> bytes:
    address = message.get_by_role("link", name=f"Download {name}").last.get_attribute("href")
    assert address
    return person.get(address).body()


class Gate:
    """Requests of a page that are held until the gate opens."""

    def __init__(self, window: Window, pattern: re.Pattern[str], method: str = "GET", after: int = 0) -> None:
        self.window, self.method, self.free = window, method, after
        self.held: list[Route] = []
        window.page.route(pattern, self.handle)

    def handle(self, route: Route) -> None:
        if route.request.method != self.method or self.free > 0:
            self.free -= route.request.method == self.method
            route.continue_()
        else:
            self.held.append(route)

    def wait(self) -> None:
        while not self.held:
            self.window.page.wait_for_timeout(20)  # lets the browser's events in

    def open(self, cut: bool = False) -> None:
        self.free = 1_000
        for route in self.held:
            if cut:
                route.abort()
            else:
                route.continue_()


def hold_pieces(window: Window, after: int = 0) -> Gate:
    """All but the first ones."""
    return Gate(window, PATCHES, "PATCH", after)


@pytest.mark.development
def test_a_pasted_picture_is_a_message_of_its_own(ada: Person, ben: Person) -> None:
    room = ada.make_room(ben)
    mine, theirs = ada.enter(room), ben.enter(room)
    paste(mine, picture("screenshot.png"))
    expect(attached(mine)).to_have_count(1)
    expect(attached(mine).locator("canvas")).to_have_count(1)
    mine.box.press("Enter")
    expect(attached(mine)).to_have_count(0)
    expect(theirs.messages).to_have_count(1)
    expect(files_of(theirs.messages)).to_be_visible()
    expect(theirs.messages.locator(".message__body")).to_be_hidden()
    expect(theirs.messages.locator(".picture img, .file__name")).to_have_count(1)


def test_pasted_cells_are_text_although_a_picture_of_them_comes_along(ada: Person) -> None:
    mine = ada.enter(ada.make_room())
    paste(mine, picture("image.png"), text_plain="1\t2", text_html="<table><tr><td>1</td></tr></table>")
    paste(mine, picture("image.png"), text_html="<img src='https://example.com/x.png'>")
    expect(attached(mine)).to_have_count(1)


@pytest.mark.development
def test_files_are_dropped_anywhere_on_the_room(ada: Person, ben: Person) -> None:
    room = ada.make_room(ben)
    mine, theirs = ada.enter(room), ben.enter(room)
    assert drop(mine.log, {"name": "error.log", "text": "disk full\n"}, {"name": "b.txt", "text": "b"})
    expect(mine.page.locator("main")).not_to_have_attribute("data-dropping", "")
    expect(attached(mine)).to_have_count(2)
    mine.say("Look at these")
    message = theirs.said("Look at these")
    expect(files_of(message).get_by_role("link", name="Download error.log")).to_be_visible()
    assert download(ben, message, "error.log") == b"disk full\n"


@pytest.mark.development
def test_files_are_chosen_by_the_button_and_taken_back(ada: Person, ben: Person) -> None:
    room = ada.make_room(ben)
    mine, theirs = ada.enter(room), ben.enter(room)
    with mine.page.expect_file_chooser() as opened:
        mine.page.get_by_role("button", name="Attach files").click()
    names = ["one.txt", "a very long name of a report about the second quarter.csv", "three.txt"]
    opened.value.set_files([FilePayload(name=name, mimeType="text/plain", buffer=b"x,y\n1,2\n") for name in names])
    expect(attached(mine)).to_have_count(3)
    expect(attached(mine).locator("progress:visible")).to_have_count(0)
    attached(mine).nth(0).get_by_role("button", name="Remove one.txt").click()
    expect(attached(mine)).to_have_count(2)
    expect(attached(mine).nth(0).locator(".file__name > span").last).to_have_text("arter.csv")
    mine.box.press("Enter")
    expect(files_of(theirs.messages).locator(".excerpt")).to_have_count(2)


def test_a_message_has_ten_files_at_most(ada: Person) -> None:
    mine = ada.enter(ada.make_room())
    paste(mine, *({"name": f"{number}.txt", "text": "x"} for number in range(12)))
    expect(attached(mine)).to_have_count(10)
    expect(mine.page.locator("#message-problem")).to_have_text("A message can have at most 10 files.")


def test_a_file_that_is_too_large_says_so_before_it_is_sent(ada: Person, watch: Watch) -> None:
    watch.allow(r"\b413\b")
    mine = ada.enter(ada.make_room())
    paste(mine, {"name": "dump.sql", "size": 76 * MIB})
    line = attached(mine).filter(has_text="dump.sql")
    expect(line.locator(".file__note.bad")).not_to_be_empty()
    expect(line.get_by_role("button", name="Try again: dump.sql")).to_be_visible()
    mine.box.press("Enter")
    expect(mine.page.locator("#message-problem")).to_have_text(re.compile("Try again or remove it"))
    expect(mine.messages).to_have_count(0)
    line.get_by_role("button", name="Remove dump.sql").click()
    expect(mine.page.locator("#message-problem")).to_be_hidden()


def test_after_a_cut_in_the_middle_the_rest_is_uploaded_and_the_file_is_whole(
    ada: Person, ben: Person, watch: Watch
) -> None:
    watch.allow("ERR_FAILED")
    size = 75_000_000
    room = ada.make_room(ben)
    mine, theirs = ada.enter(room), ben.enter(room)
    gate = hold_pieces(mine, after=4)
    offsets: list[str] = []
    mine.page.on("request", lambda asked: offsets.append(asked.headers.get("upload-offset", asked.method)))
    paste(mine, {"name": "dump.bin", "size": size})
    mine.say("The dump")
    mine.say("It is large")
    gate.wait()
    expect(mine.pending).to_have_count(2)
    expect(mine.pending.nth(0).locator("progress")).to_be_visible()
    expect(mine.pending.nth(1)).to_contain_text("follows the message before it")
    expect(theirs.messages).to_have_count(0)
    gate.open(cut=True)
    expect(theirs.bodies).to_have_text(["The dump", "It is large"])
    pieces = [int(offset) for offset in offsets if offset.isdigit()]
    assert pieces == [PIECE * number for number in (0, 1, 2, 3, 4, 4, 5, 6, 7, 8)]
    assert "HEAD" in offsets
    content = download(ben, theirs.messages.nth(0), "dump.bin")
    assert len(content) == size
    for begin in (0, 4 * PIECE - 32, size - 64):
        expected = bytes((place * 31 + (place >> 12)) & 255 for place in range(begin, begin + 64))
        assert content[begin : begin + 64] == expected


def test_what_is_pasted_without_a_network_is_sent_when_it_is_back(ada: Person, ben: Person, watch: Watch) -> None:
    watch.allow("ERR_INTERNET_DISCONNECTED", "WebSocket")
    room = ada.make_room(ben)
    mine, theirs = ada.enter(room), ben.enter(room)
    mine.page.context.set_offline(True)
    paste(mine, {"name": "notes.txt", "text": "x"})
    mine.say("Written on a train")
    expect(mine.pending).to_contain_text("waiting for the connection")
    mine.page.context.set_offline(False)
    expect(theirs.said("Written on a train")).to_have_count(1)
    expect(files_of(theirs.messages)).to_contain_text("notes.txt")


@pytest.mark.development
def test_after_a_reload_the_rest_is_uploaded_and_the_message_is_sent_once(
    ada: Person, ben: Person, watch: Watch
) -> None:
    watch.allow("ERR_FAILED")
    room = ada.make_room(ben)
    mine, theirs = ada.enter(room), ben.enter(room)
    gate = hold_pieces(mine, after=1)
    paste(mine, {"name": "dump.bin", "size": 12 * MIB})
    mine.say("The dump")
    gate.wait()
    gate.open(cut=True)
    begun: list[str] = []
    mine.page.on("request", lambda asked: begun.append(asked.url) if asked.method == "POST" else None)
    mine.page.reload()
    mine.is_live()
    expect(theirs.said("The dump")).to_have_count(1)
    expect(mine.pending).to_have_count(0)
    expect(mine.messages).to_have_count(1)
    assert len(download(ben, theirs.messages, "dump.bin")) == 12 * MIB
    assert not [url for url in begun if url.endswith("/files/uploads/")], "the upload that was begun went on"


def test_files_above_the_box_are_there_again_after_a_reload(ada: Person) -> None:
    room, other = ada.make_room(), ada.make_room()
    mine = ada.enter(room)
    paste(mine, {"name": "notes.txt", "text": "x"})
    expect(attached(mine)).to_have_count(1)
    mine.page.reload()
    mine.is_live()
    expect(attached(mine)).to_contain_text(["notes.txt"])
    mine.line(other).click()
    expect(attached(mine)).to_have_count(0)
    mine.line(room).click()
    expect(attached(mine)).to_have_count(1)


def test_two_tabs_that_paste_at_once_send_each_file_once(ada: Person, ben: Person) -> None:
    room = ada.make_room(ben)
    one, other, theirs = ada.enter(room), ada.enter(room), ben.enter(room)
    for window, name in ((one, "one"), (other, "other")):
        paste(window, {"name": f"{name}.bin", "size": 9 * MIB})
        window.say(f"from {name}")
    expect(theirs.said("from one")).to_have_count(1)
    expect(theirs.said("from other")).to_have_count(1)
    for window in (one, other):
        expect(window.messages).to_have_count(2)
        expect(window.pending).to_have_count(0)
        expect(attached(window)).to_have_count(0)
    expect(files_of(theirs.said("from one"))).to_contain_text("one.bin")
    expect(files_of(theirs.said("from other"))).to_contain_text("other.bin")


def test_a_file_is_taken_out_of_a_message_that_waits(ada: Person, ben: Person) -> None:
    room = ada.make_room(ben)
    mine, theirs = ada.enter(room), ben.enter(room)
    gate = hold_pieces(mine)
    paste(mine, {"name": "large.bin", "size": 2 * MIB})
    mine.say("Without it")
    gate.wait()
    mine.pending.get_by_role("button", name="Remove large.bin").click()
    expect(theirs.said("Without it")).to_have_count(1)
    expect(files_of(theirs.messages)).to_be_hidden()


def test_a_text_is_read_in_the_page_with_colours(ada: Person, ben: Person) -> None:
    room = ada.make_room(ben)
    send_files(ben, room, ("worst.sql", b"SELECT 1 -- no index\nFROM orders;\n"), body="Slow")
    mine = ada.enter(room)
    link = mine.messages.locator(".excerpt__name")
    link.click()
    viewer = mine.page.get_by_role("dialog", name="worst.sql")
    expect(viewer.locator("pre")).to_have_text("SELECT 1 -- no index\nFROM orders;\n")
    expect(viewer.locator(".hljs-keyword").first).to_have_text("SELECT")
    expect(viewer).to_contain_text("2 lines")
    mine.page.keyboard.press("Escape")
    expect(viewer).to_have_count(0)
    expect(link).to_be_focused()


def list_heights(window: Window) -> list[int]:
    heights: list[int] = window.page.evaluate("[...document.querySelectorAll('.row')].map((row) => row.offsetHeight)")
    return heights


def test_the_first_lines_of_a_text_stand_coloured_in_its_message_and_nothing_moves(ada: Person, ben: Person) -> None:
    room = ada.make_room(ben)
    query = "".join(f"SELECT {number} FROM orders; -- € {'x' * 200}\n" for number in range(30))
    send_files(ben, room, ("worst.sql", query.encode()), ("short.py", b"import this"), body="Slow")
    mine = ada.window()
    gate = Gate(mine, re.compile(r"/files/[0-9a-f-]{36}/$"))
    mine.enter(room)
    gate.wait()
    before = list_heights(mine)
    gate.open()
    long, short = files_of(mine.messages).locator(".excerpt").all()
    expect(long.locator("pre")).to_have_text(query.partition("SELECT 12 ")[0].rstrip("\n"))
    expect(long.locator(".hljs-keyword").first).to_have_text("SELECT")
    expect(long).to_contain_text("30 lines")
    expect(short.locator("pre")).to_have_text("import this")
    expect(short.get_by_role("link", name="Show all")).to_have_count(0)
    assert list_heights(mine) == before
    long.get_by_role("link", name="Show all").click()
    viewer = mine.page.get_by_role("dialog", name="worst.sql")
    expect(viewer.locator("pre")).to_contain_text("SELECT 29")
    mine.page.keyboard.press("Escape")
    expect(long.get_by_role("link", name="Show all")).to_be_focused()


def test_a_text_is_copied_whole_from_its_message(ada: Person) -> None:
    room, text = ada.make_room(), "one\n" * 40
    send_files(ada, room, ("notes.txt", text.encode()))
    mine = ada.enter(room)
    mine.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    button = mine.messages.get_by_role("button", name="Copy notes.txt")
    button.click()
    expect(button.locator("use")).to_have_attribute("href", re.compile("#check$"))
    assert mine.page.evaluate("navigator.clipboard.readText()") == text
    mine.page.context.clear_permissions()


def test_a_large_text_is_a_line_that_says_how_long_it_is(ada: Person) -> None:
    room = ada.make_room()
    send_files(ada, room, ("queries.csv", b"ms,query\n" * 20_000))
    mine = ada.enter(room)
    expect(files_of(mine.messages).locator(".file")).to_contain_text("180 KB · 20,000 lines")
    expect(files_of(mine.messages).locator("pre")).to_have_count(0)


def test_a_video_has_a_picture_before_anything_of_it_is_loaded(ada: Person, ben: Person) -> None:
    room = ada.make_room(ben)
    mine = ada.enter(room)
    send_files(ada, room, ("crane.webm", record_video(mine, 320, 180)), body="Look")
    film = mine.messages.locator("video")
    expect(film).to_have_attribute("poster", re.compile(r"/thumbnail/$"))
    theirs = ben.window()
    asked: list[str] = []
    theirs.page.on("request", lambda request: asked.append(request.url))
    theirs.enter(room)
    film = theirs.messages.locator("video")
    expect(film).to_have_attribute("poster", re.compile(r"/thumbnail/$"))
    expect(film).to_have_js_property("preload", "none")
    frame = theirs.messages.locator(".video")
    box = frame.bounding_box()
    assert box
    assert (round(box["width"]), round(box["height"])) == (320, 180)
    address = film.evaluate("(film) => film.src")
    assert address not in asked
    frame.get_by_role("button", name="Play crane.webm").click()
    expect(film).to_have_js_property("controls", True)
    expect(frame.get_by_role("button")).to_be_hidden()
    assert film.evaluate("async (film) => { await film.play(); return film.videoWidth; }") == 320
    assert frame.bounding_box() == box


def test_a_video_that_cannot_be_played_says_so_and_is_downloaded(ada: Person, watch: Watch) -> None:
    watch.allow("ERR_", "media")
    room = ada.make_room()
    broken = b"\0\0\0\x14ftypqt  \0\0\0\0qt  " + bytes(500)
    send_files(ada, room, ("IMG_1.MOV", broken))
    mine = ada.enter(room)
    expect(files_of(mine.messages)).to_contain_text("can’t be played here")
    assert download(ada, mine.messages, "IMG_1.MOV") == broken


def test_a_picture_is_sent_as_it_is(ada: Person, ben: Person) -> None:
    room = ada.make_room(ben)
    mine, theirs = ada.enter(room), ben.enter(room)
    content = make_picture(40, 30)
    paste(
        mine, {"name": "plan.png", "type": "image/png", "base64": base64.b64encode(content).decode()}, picture("b.png")
    )
    original = attached(mine).nth(0).get_by_role("button", name="Original: plan.png")
    for pressed in ("true", "false", "true"):
        original.click()
        expect(original).to_have_attribute("aria-pressed", pressed)
    expect(attached(mine).nth(0)).to_contain_text("only to download")
    mine.say("The plan")
    message = theirs.said("The plan")
    expect(files_of(message).locator(".picture")).to_have_count(1)
    expect(files_of(message).locator(".file")).to_contain_text("plan.png")
    assert download(ben, message, "plan.png") == content


def test_pictures_are_looked_at_with_keys(ada: Person, ben: Person) -> None:
    room = ada.make_room(ben)
    names = [f"{number}.png" for number in range(1, 6)]
    contents = [make_picture(320, 200 + 40 * number, number * 40) for number in range(5)]
    send_files(ben, room, *zip(names, contents, strict=True), body="Before and after")
    mine = ada.enter(room)
    grid = mine.messages.locator(".picture")
    expect(grid).to_have_count(3)
    expect(grid.last).to_contain_text("+2")
    grid.nth(1).focus()
    mine.page.keyboard.press("Enter")
    viewer = mine.page.locator("dialog.viewer")
    shown = viewer.locator("img")
    expect(viewer).to_contain_text("2 of 5")
    mine.page.keyboard.press("ArrowRight")
    expect(viewer.get_by_role("heading")).to_have_text("3.png")
    for _ in range(5):
        mine.page.keyboard.press("ArrowRight")
    expect(viewer).to_contain_text("5 of 5")
    mine.page.keyboard.press("ArrowLeft")
    expect(viewer).to_contain_text("4 of 5")
    expect(shown).to_have_js_property("complete", True)
    before = shown.bounding_box()
    mine.page.keyboard.press("+")
    after = shown.bounding_box()
    assert before
    assert after
    assert after["width"] == pytest.approx(before["width"] * 1.5, abs=2)
    mine.page.keyboard.press("-")
    expect(viewer.get_by_role("button", name="Zoom out")).to_have_attribute("aria-disabled", "true")
    expect(viewer.get_by_role("link", name="Download 4.png")).to_have_attribute("href", re.compile(r"\?download$"))
    mine.page.keyboard.press("Escape")
    expect(viewer).to_have_count(0)
    expect(grid.nth(1)).to_be_focused()


def test_sound_plays_in_place_and_plays_on_when_its_message_changes(ada: Person, ben: Person) -> None:
    room = ada.make_room(ben)
    sound = io.BytesIO()
    with wave.open(sound, "wb") as writer:
        writer.setparams((1, 2, 8_000, 0, "NONE", ""))
        writer.writeframes(b"\0\1" * 160_000)
    send_files(ben, room, ("call.wav", sound.getvalue()))
    mine = ada.enter(room)
    player = mine.messages.locator("audio")
    expect(player).to_have_js_property("preload", "none")
    assert player.evaluate("async (player) => { await player.play(); return player.duration; }") == 20
    mine.messages.hover()
    mine.messages.get_by_role("toolbar").get_by_role("button").first.click()
    expect(mine.messages.locator(".reaction").first).to_be_visible()
    expect(player).to_have_js_property("paused", False)


class SlowWorker:
    """The site's own, but the page is not told that a file is ready until the test says so."""

    def __init__(self, window: Window) -> None:
        self.is_done = False
        window.page.route_web_socket("**/ws/**", self.connect)

    def connect(self, route: WebSocketRoute) -> None:
        server = route.connect_to_server()
        route.on_message(server.send)
        server.on_message(lambda frame: route.send(self.change(str(frame))))

    def change(self, frame: str) -> str:
        return frame if self.is_done else frame.replace('"state":"ready"', '"state":"working"')


def test_a_file_is_a_link_once_it_is_processed(ada: Person, ben: Person) -> None:
    room = ada.make_room(ben)
    mine = ada.window()
    worker = SlowWorker(mine)
    mine.enter(room)
    send_files(ben, room, ("notes.txt", b"x"))
    expect(mine.messages).to_contain_text("being processed")
    expect(files_of(mine.messages).get_by_role("link")).to_have_count(0)
    worker.is_done = True
    mine.messages.hover()
    mine.messages.get_by_role("toolbar").get_by_role("button").first.click()  # the next event has the present state
    expect(files_of(mine.messages).get_by_role("link")).to_have_count(2)
    expect(mine.messages).to_contain_text("1 line")


def test_nothing_moves_when_pictures_are_loaded(ada: Person, ben: Person) -> None:
    room = ada.make_room(ben)
    for number in range(4):
        send_files(ben, room, (f"{number}.png", make_picture(640, 300 + 90 * number, 9)), body=f"picture {number}")
    mine = ada.window()
    gate = Gate(mine, re.compile("/thumbnail/$"))
    mine.enter(room)
    expect(mine.messages.locator(".picture")).to_have_count(4)
    gate.wait()
    before = list_heights(mine)
    gate.open()
    last = mine.messages.locator(".picture img").last
    expect(last).to_have_js_property("complete", True)
    assert last.evaluate("(image) => image.naturalWidth") > 0
    assert list_heights(mine) == before


def test_a_removed_member_is_told_that_a_file_cannot_be_loaded(ada: Person, cleo: Person, watch: Watch) -> None:
    watch.allow(r"\b404\b", "4103", "WebSocket")
    room = ada.make_room(cleo, kind="private")
    send_files(ada, room, ("secret.txt", b"a secret"), body="Read this")
    theirs = cleo.enter(room)
    address = theirs.messages.locator(".excerpt__name").get_attribute("href")
    assert address
    assert cleo.get(address).ok
    ada.remove(room, cleo)
    assert cleo.get(address).status == 404
