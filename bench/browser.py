"""A visitor of the room page in headless Chromium, with a clock inside the page."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median, quantiles
from typing import Any

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, sync_playwright

# As Chromium's own "Slow 4G": 150 ms a round trip, 1.6 Mbit/s down, 750 kbit/s up.
SLOW_LINE = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1_600_000 / 8,
    "uploadThroughput": 750_000 / 8,
}
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
TIMEOUT = 120_000  # ms, for the longest step

# Milliseconds since the navigation until the frame after the first message was visible.
FIRST_MESSAGE = """
    window.firstMessage = null;
    const look = () => {
        const message = document.querySelector("[role=log] article");
        if (!message?.checkVisibility()) return requestAnimationFrame(look);
        requestAnimationFrame(() => { window.firstMessage = performance.now(); });
    };
    requestAnimationFrame(look);
"""
# Milliseconds since the navigation until the pictures that are in the window are drawn.
PICTURES = """
    window.firstPictures = null;
    const lookAtPictures = () => {
        const seen = [...document.querySelectorAll("[role=log] .picture img")].filter((image) => {
            const { top, bottom } = image.getBoundingClientRect();
            return bottom > 0 && top < innerHeight;
        });
        if (!seen.length || seen.some(({ complete }) => !complete)) return requestAnimationFrame(lookAtPictures);
        requestAnimationFrame(() => { window.firstPictures = performance.now(); });
    };
    requestAnimationFrame(lookAtPictures);
"""
FIRST_PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
STORED = """async (path) => {
    await navigator.serviceWorker.ready;
    if (!(await indexedDB.databases()).some(({ name }) => name === "myweb-offline")) return false;
    const copies = await new Promise((done) => {
        const opening = indexedDB.open("myweb-offline");
        opening.onsuccess = () => {
            const reading = opening.result.transaction("copies").objectStore("copies").getAll();
            reading.onsuccess = () => { opening.result.close(); done(reading.result); };
        };
    });
    return Boolean(await caches.match("/offline/")) && copies.some((copy) => copy.path === path);
}"""
SWITCH = """(room) => new Promise((done) => {
    const line = document.querySelector(`#rooms a[data-room="${room}"]`);
    const log = document.querySelector("[role=log]");
    const left = log.querySelector("article");
    const begun = performance.now();
    line.click();
    const look = () => {
        const message = log.querySelector("article");
        if (!message || message === left || log.ariaBusy === "true") return requestAnimationFrame(look);
        requestAnimationFrame(() => done(performance.now() - begun));
    };
    requestAnimationFrame(look);
})"""
LISTEN_TO_KEYS = """() => {
    window.keystrokes = [];
    document.addEventListener("keydown", ({ timeStamp }) => requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => window.keystrokes.push(performance.now() - timeStamp);
        port2.postMessage(null); // runs after the frame
    }), { capture: true });
}"""
SCROLL_TO_START = """() => new Promise((done) => {
    const box = document.querySelector(".timeline");
    const firstSeq = () => Number(box.querySelector("[role=log] [data-seq]").dataset.seq);
    const step = () => {
        if (firstSeq() <= 1) return done();
        box.scrollTop = box.scrollTop > 400 ? 300 : 400; // a change that the page sees as scrolling
        requestAnimationFrame(step);
    };
    step();
})"""


@contextmanager
def launch_browser() -> Iterator[Browser]:
    program = os.environ.get("MYWEB_CHROMIUM") or None
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


class Visitor:
    """Each measurement has a browser context of its own, so a cold load has an empty cache."""

    def __init__(self, browser: Browser, address: str, cookies: str) -> None:
        self.browser = browser
        self.address = address
        pairs = [pair.partition("=") for pair in cookies.split("; ")]
        self.cookies: list[Any] = [{"name": name, "value": value, "url": address} for name, _, value in pairs]

    @contextmanager
    def open_context(self) -> Iterator[BrowserContext]:
        context = self.browser.new_context(viewport={"width": 1440, "height": 900})
        context.set_default_timeout(TIMEOUT)
        context.add_cookies(self.cookies)
        context.add_init_script(FIRST_MESSAGE)
        yield context
        context.close()

    @contextmanager
    def open_room(self, room: int) -> Iterator[tuple[Page, CDPSession]]:
        with self.open_context() as context:
            page = context.new_page()
            self.enter_room(page, room)
            yield page, context.new_cdp_session(page)

    def enter_room(self, page: Page, room: int) -> float:
        """Returns the milliseconds until the first message was visible."""
        page.goto(f"{self.address}/rooms/{room}/")
        page.wait_for_function("() => window.firstMessage !== null")
        page.wait_for_selector("#connection[data-state=live]", state="attached")
        page.wait_for_load_state("networkidle")
        return float(page.evaluate("window.firstMessage"))

    def measure_loads(self, room: int, count: int) -> dict[str, Any]:
        cold, warm = [], []
        requests: list[int] = []
        kilobytes: list[float] = []
        for _load in range(count):
            with self.open_context() as context:
                page = context.new_page()
                traffic = Traffic(context.new_cdp_session(page))
                cold.append(self.enter_room(page, room))
                requests.append(traffic.count_requests(cold[-1]))
                kilobytes.append(traffic.bytes / 1000)
                warm.append(self.enter_room(page, room))
        return {
            "cold_ms": round(median(cold)),
            "warm_ms": round(median(warm)),
            "requests": round(median(requests)),
            "kb": round(median(kilobytes)),
        }

    def measure_paint(self, room: int, count: int) -> dict[str, Any]:
        """Of a room with pictures, once a page of the site was opened: until anything is drawn, the first message, and
        the pictures in the window.
        """
        paints, messages, pictures = [], [], []
        for _load in range(count):
            with self.open_context() as context:
                context.add_init_script(PICTURES)
                page = context.new_page()
                page.goto(f"{self.address}/rooms/")
                page.wait_for_load_state("networkidle")
                messages.append(self.enter_room(page, room))
                page.wait_for_function("() => window.firstPictures !== null")
                paints.append(float(page.evaluate(FIRST_PAINT)))
                pictures.append(float(page.evaluate("window.firstPictures")))
        return {
            "paint_ms": round(median(paints)),
            "message_ms": round(median(messages)),
            "pictures_ms": round(median(pictures)),
        }

    def measure_offline(self, room: int, count: int) -> dict[str, Any]:
        """The room without a network, as the service worker opens it."""
        with self.open_room(room) as (page, _cdp):
            while not page.evaluate(STORED, f"/rooms/{room}/"):
                page.wait_for_timeout(200)
            page.context.set_offline(True)
            took = []
            for _load in range(count):
                page.goto(f"{self.address}/rooms/{room}/")
                page.wait_for_function("() => window.firstMessage !== null")
                took.append(float(page.evaluate("window.firstMessage")))
        return {"offline_ms": round(median(took))}

    def measure_switches(self, rooms: list[int], count: int) -> dict[str, Any]:
        """Between rooms that were visited before."""
        with self.open_room(rooms[-1]) as (page, _cdp):
            for room in rooms:
                page.evaluate(SWITCH, room)
                page.wait_for_load_state("networkidle")
            took = [float(page.evaluate(SWITCH, rooms[number % len(rooms)])) for number in range(count)]
        return {"switch_ms": round(median(took), 1)}

    def measure_keystrokes(self, room: int, count: int) -> dict[str, Any]:
        """The time from a key to the frame that shows it."""
        with self.open_room(room) as (page, _cdp):
            page.locator("#message-box").click()
            page.evaluate(LISTEN_TO_KEYS)
            page.keyboard.type(("the quick brown fox " * count)[:count], delay=37)
            page.wait_for_function("(count) => window.keystrokes.length >= count", arg=count)
            took = [float(each) for each in page.evaluate("window.keystrokes")]
        return {"key_p95_ms": round(quantiles(took, n=20)[-1], 1)}

    def measure_heap(self, room: int, messages: int) -> dict[str, Any]:
        """After scrolling from the end of a room to its first message."""
        with self.open_room(room) as (page, cdp):
            page.evaluate(SCROLL_TO_START)
            cdp.send("HeapProfiler.collectGarbage")
            used = cdp.send("Runtime.getHeapUsage")["usedSize"]
        return {"heap_mb": round(used / 1e6, 1), "scrolled": messages}


class Traffic:
    """What a page requests over the slow line."""

    def __init__(self, cdp: CDPSession) -> None:
        self.begun: list[float] = []  # s, of a clock that starts anywhere
        self.bytes = 0
        cdp.on("Network.requestWillBeSent", self.on_request)
        cdp.on("Network.loadingFinished", self.on_finished)
        cdp.send("Network.enable")
        cdp.send("Network.emulateNetworkConditions", SLOW_LINE)

    def on_request(self, event: dict[str, Any]) -> None:
        if not event["request"]["url"].startswith("data:"):
            self.begun.append(event["timestamp"])

    def on_finished(self, event: dict[str, Any]) -> None:
        self.bytes += event["encodedDataLength"]

    def count_requests(self, within: float) -> int:
        """Those of the first ``within`` milliseconds of the page."""
        return sum(begun <= self.begun[0] + within / 1000 for begun in self.begun)
