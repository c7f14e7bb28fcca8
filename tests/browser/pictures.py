"""Takes the pictures of the README from a demo site: ``bin/pictures``."""

import argparse
import math
import os
import random
import signal
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from accounts.models import User
from chat.models import Room
from monitor.alerts.models import Rule
from monitor.dashboards.services import create_dashboard
from monitor.dashboards.spec import PanelSpec, Spec
from monitor.metrics.ingest.services import make_pushed
from tests.browser.site import Site, development_server

IMAGES = Path(__file__).parents[2] / "docs" / "images"
ROOM: ViewportSize = {"width": 1530, "height": 872}  # wide enough for the dashboard beside the conversation
DASHBOARD: ViewportSize = {"width": 1530, "height": 699}  # three columns and three rows; the sidebar ends between lines
WIDTH = 1440  # pixels of a picture
DURATION = 310  # seconds; charts show five minutes
ATTEMPTS = 20  # to take a picture
ALLOWED = 240  # seconds, besides the collecting; it takes about 80
REPORT_EVERY = 30  # seconds of collecting
BEGUN = time.monotonic()
PASSWORD = "operations"  # of every demo user
ADMIN, OWNER = "mira@example.com", "ada@example.com"
FIND_CUT_TEXTS = """() => [...document.querySelectorAll("body *")]
    .filter((element) => element.checkVisibility() && element.scrollWidth > element.clientWidth)
    .filter((element) => getComputedStyle(element).textOverflow === "ellipsis")
    .filter((element) => element.getBoundingClientRect().top < innerHeight)
    .map((element) => element.textContent.trim())"""


def report(text: str) -> None:
    print(f"{time.monotonic() - BEGUN:4.0f} s  {text}", flush=True)


@contextmanager
def time_limit(seconds: int) -> Iterator[None]:
    """Ends whatever waits, so that the servers and the browser are ended too."""

    def give_up(*_: object) -> None:
        sys.exit(f"bin/pictures: not done after {seconds} s; the last line says how far it came.")

    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)


def wait_until(end: float) -> None:
    while (left := end - time.monotonic()) > 0:
        report(f"collects values, {left:.0f} s to go")
        time.sleep(min(REPORT_EVERY, left))


def add_booking(file: str) -> None:
    """Adds a source, an alert rule and two dashboards. Runs in ``manage.py shell``.

    Writes the token of the source and the keys of the dashboards to the file.
    """
    admin, room = User.objects.get(email=ADMIN), Room.objects.get(name="operations")
    pushed, token = make_pushed(admin, name="booking", room=room, every=60)
    key = pushed.source.key
    panels = [
        PanelSpec("Requests", [f"{key}.requests"], note="per second"),
        PanelSpec("Response time", [f"{key}.response_seconds"], note="95th percentile", colour="violet"),
        PanelSpec("Errors", [f"{key}.errors_percent"], note="of all requests", colour="red"),
        PanelSpec("Queue", [f"{key}.queue"], note="jobs that wait", colour="teal"),
    ]
    machine = [
        PanelSpec("CPU", ["host.cpu.busy"], note="all cores", top=100),
        PanelSpec("Memory", ["host.memory.used"], note="used by applications", colour="violet"),
        PanelSpec("Network", ["host.net.in", "host.net.out"], note="in and out"),
        PanelSpec("Disk", ["host.disk.read", "host.disk.written"], note="per second", colour="amber"),
        PanelSpec("Load", ["host.load.1"], note="1-minute average", colour="green"),
    ]
    booking = create_dashboard(admin, Spec("Booking", panels), room)
    overview = create_dashboard(admin, Spec("Overview", panels + machine), None)
    Path(file).write_text(f"{token} {booking.key} {overview.key}", encoding="utf-8")
    Rule.objects.create(
        title="Booking is slow",
        source=key,
        series="response_seconds",
        threshold=0.5,
        hold=5,
        severity="critical",
        room=room,
        made_by=admin,
    )


def make_values(share: float, noise: random.Random) -> str:
    """The lines of one push. ``share`` is the part of the time that has passed; an incident starts at one half."""
    rise = 1 / (1 + math.exp((0.53 - share) * 120))
    fall = 1 / (1 + math.exp((0.86 - share) * 60))
    trouble = rise * (1 - 0.3 * fall)
    values = {
        "requests": 240 + 18 * math.sin(share * 9) - 55 * trouble + noise.gauss(0, 5),
        "response_seconds": 0.18 + 0.6 * trouble + noise.gauss(0, 0.012 + 0.02 * trouble),
        "errors_percent": max(0, 0.2 + 2.6 * trouble + noise.gauss(0, 0.1 + 0.2 * trouble)),
        "queue": max(0, round(3 + 44 * trouble + noise.gauss(0, 1.5))),
    }
    return "".join(f"{name} {value:.4g}\n" for name, value in values.items())


@contextmanager
def pushing(site: Site, token: str, seconds: int) -> Iterator[None]:
    """Pushes values every second from a thread."""
    stopped, noise, start = threading.Event(), random.Random(7), time.monotonic()

    def push() -> None:
        for second in count():
            if stopped.wait(max(0.0, start + second - time.monotonic())):
                return
            body = make_values(second / seconds, noise).encode()
            headers = {"Authorization": f"Bearer {token}"}
            request = urllib.request.Request(f"{site.url}/api/push/", body, headers)
            urllib.request.urlopen(request, timeout=30).close()

    thread = threading.Thread(target=push)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()


def sign_in(site: Site, browser: Browser, email: str, window: ViewportSize, language: str = "en-GB") -> Page:
    context = browser.new_context(
        base_url=site.url,
        viewport=window,
        device_scale_factor=WIDTH / window["width"],
        locale=language,
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto("/accounts/login/")
    page.fill("[name=login]", email)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/rooms/**")
    return page


def open_room(page: Page, dashboard: str = "") -> None:
    path = page.locator("nav a", has_text="operations").first.get_attribute("href") or ""
    page.goto(f"{path}?dock={dashboard}" if dashboard else path)


def send_message(page: Page, text: str) -> None:
    box = page.locator("textarea").first
    box.fill(text)
    box.press("Enter")
    expect(box).to_have_value("")


def acknowledge_alert(page: Page, timeout: int) -> None:
    """At once, before the first reminder, which says that nobody has acknowledged it."""
    alert = page.locator(".alert").last
    alert.get_by_role("button", name="Acknowledge").click(timeout=timeout * 1000)
    page.keyboard.type("moving the report")
    alert.get_by_role("button", name="1 h").click()
    expect(alert).to_have_attribute("data-state", "acknowledged")


def take_picture(page: Page, path: Path) -> list[str]:
    """Returns the texts in it that are cut. It waits for shorter values, since they change every second."""
    page.mouse.move(0, 0)
    time.sleep(5)  # values arrive, images load
    for _attempt in range(ATTEMPTS):
        page.screenshot(path=path)
        cut: list[str] = page.evaluate(FIND_CUT_TEXTS)
        if not cut:
            break
        time.sleep(1)
    report(f"{path}: {path.stat().st_size // 1000} KB")
    for text in cut:
        report(f"cut: {text}")
    return cut


def take_pictures(site: Site, browser: Browser, docked: str, shown: str, folder: Path, seconds: int) -> list[str]:
    end = time.monotonic() + seconds
    viewer, mira = sign_in(site, browser, OWNER, DASHBOARD), sign_in(site, browser, ADMIN, ROOM)
    viewer.goto(f"/dashboards/{shown}/")  # a source that nobody views is read every ten seconds only
    open_room(mira)
    report("waits for the alert, which comes after half of the time")
    acknowledge_alert(mira, seconds)
    wait_until(end)
    send_message(mira, "/chart Response time 5m")
    expect(mira.locator("chart-card, .message__card").nth(1)).to_be_visible()
    cut = []
    for language, suffix in (("en-GB", ""), ("zh-CN", "-zh")):
        room = sign_in(site, browser, ADMIN, ROOM, language)
        open_room(room, docked)
        cut += take_picture(room, folder / f"room{suffix}.png")
        dashboard = sign_in(site, browser, OWNER, DASHBOARD, language)
        dashboard.goto(f"/dashboards/{shown}/")
        cut += take_picture(dashboard, folder / f"dashboard{suffix}.png")
    return cut


def main() -> None:
    parser = argparse.ArgumentParser(prog="bin/pictures", description=__doc__)
    parser.add_argument("--folder", type=Path, default=IMAGES)
    parser.add_argument("--seconds", type=int, default=DURATION)
    options = parser.parse_args()
    report(f"collects values for {options.seconds} s; the charts show five minutes")
    with (
        time_limit(options.seconds + ALLOWED),
        tempfile.TemporaryDirectory() as scratch,
        development_server(Path(scratch)) as site,
    ):
        file = Path(scratch) / "booking"
        site.manage("populate", "--password", PASSWORD)
        site.manage("shell", "-c", f"from tests.browser import pictures; pictures.add_booking({str(file)!r})")
        token, docked, shown = file.read_text(encoding="utf-8").split()
        with pushing(site, token, options.seconds), sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=os.environ["MYWEB_CHROMIUM"] or None)
            cut = take_pictures(site, browser, docked, shown, options.folder, options.seconds)
    if cut:
        sys.exit(f"bin/pictures: {len(cut)} texts are cut, see above.")
