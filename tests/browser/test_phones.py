"""Two phones: installed, notified, tapped, without a network, and back.

Headless Chromium has no push service and no notifications, so both are replaced in the page and in the service worker.
What the site sends to a push service of the tests is decrypted there. Chromium delivers it to the real worker, by
``ServiceWorker.deliverPushMessage``. A tap and a renewal are events that the test dispatches in the worker.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Worker, expect

from deploy.stack.process import wait_until
from tests.browser.offline import Way, is_as_of_before, open_offline, options, wait_until_stored, way
from tests.browser.people import Cast, Person
from tests.browser.site import Site
from tests.browser.window import Window
from tests.support.push_service import Browser, PushService, serve_push, to_text

__all__ = ["options", "way"]

TIMEOUT = 30.0
PIXEL: dict[str, Any] = {
    "user_agent": "Mozilla/5.0 (Linux; Android 14; Pixel 5) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36",
    "viewport": {"width": 393, "height": 727},
    "device_scale_factor": 2.75,
    "is_mobile": True,
    "has_touch": True,
}
OFFER = """() => dispatchEvent(Object.assign(new Event("beforeinstallprompt", { cancelable: true }), {
  prompt: async () => { window.wasAsked = true; },
}))"""
# In a page: one subscription, in the storage of the browser. DEVICE has its endpoint and keys.
PAGE_INTERFACE = """
(() => {
  const toBase64 = (text) => text.replaceAll("-", "+").replaceAll("_", "/");
  const decode = (text) => Uint8Array.from(atob(toBase64(text)), (sign) => sign.charCodeAt(0));
  const build = ({ endpoint, key }) => ({
    endpoint,
    options: { applicationServerKey: new Uint8Array(key).buffer },
    getKey: (name) => decode(DEVICE[name]).buffer,
    unsubscribe: async () => { localStorage.removeItem("fake"); return true; },
  });
  Object.defineProperty(Notification, "permission", { get: () => localStorage.getItem("allowed") ?? "default" });
  PushManager.prototype.getSubscription = async () => {
    const stored = localStorage.getItem("fake");
    return stored && build(JSON.parse(stored));
  };
  PushManager.prototype.subscribe = async ({ userVisibleOnly, applicationServerKey }) => {
    if (!userVisibleOnly || !navigator.userActivation.isActive) throw new Error("Safari forbids this");
    localStorage.setItem("allowed", "granted");
    const fake = { endpoint: DEVICE.endpoint, key: [...applicationServerKey] };
    localStorage.setItem("fake", JSON.stringify(fake));
    return build(fake);
  };
})();
"""
WORKER_INTERFACE = """() => {
  self.shown = [];
  navigator.setAppBadge = async (count) => { self.badge = count; }; // Chromium's ends a headless worker
  registration.getNotifications = async ({ tag }) => shown.filter((one) => one.tag === tag);
  registration.showNotification = async (title, options) => {
    shown = [...shown.filter((one) => one.tag !== options.tag), { title, ...options }];
  };
  self.run = async (type, fields) => {
    let waited;
    dispatchEvent(Object.assign(new Event(type), fields, { waitUntil: (promise) => { waited = promise; } }));
    await waited;
  };
}"""
TAP = """() => {
  const notification = shown.pop();
  return run("notificationclick", { notification: { ...notification, close() {} } });
}"""
RENEW = """({ endpoint, p256dh, auth, key }) => run("pushsubscriptionchange", {
  newSubscription: {
    options: { applicationServerKey: new Uint8Array(key).buffer },
    toJSON: () => ({ endpoint, expirationTime: null, keys: { p256dh, auth } }),
  },
})"""


class Phone:
    def __init__(self, person: Person, site: Site, browser: Browser) -> None:
        self.person, self.site, self.browser = person, site, browser
        device = {"endpoint": browser.endpoint, "p256dh": browser.p256dh, "auth": to_text(browser.auth)}
        person.context.add_init_script(f"const DEVICE = {json.dumps(device)};\n{PAGE_INTERFACE}")
        self.device = device
        self.received = 0
        self.window = person.window()
        self.line = person.context.new_cdp_session(self.window.page)
        self.registrations: list[dict[str, Any]] = []

    @property
    def worker(self) -> Worker:
        (worker,) = self.person.context.service_workers
        return worker

    def install(self) -> None:
        page = self.window.goto("/people/").is_live().page
        page.evaluate("navigator.serviceWorker.ready")
        errors = self.line.send("Page.getInstallabilityErrors")["installabilityErrors"]
        assert [error["errorId"] for error in errors if error["errorId"] != "in-incognito"] == []
        manifest = self.line.send("Page.getAppManifest")
        assert (manifest["errors"], manifest["url"].endswith("/manifest.webmanifest")) == ([], True)
        install = page.get_by_role("button", name="Install as an app")
        assert page.evaluate(OFFER) is False, "the browser shows its own banner"
        page.locator(".bar__menu").tap()
        page.locator("[popovertarget=me-menu]").first.tap()
        install.tap()
        assert page.evaluate("window.wasAsked")
        expect(install).to_be_hidden()

    def allow(self) -> None:
        self.line.on("ServiceWorker.workerRegistrationUpdated", self.note_registration)
        self.line.send("ServiceWorker.enable")
        self.wait_for(lambda: self.registrations)
        self.worker.evaluate(WORKER_INTERFACE)
        page = self.window.goto("/settings/notifications/").is_live().page
        expect(page.get_by_text("Gets no push notifications.")).to_be_visible()
        page.get_by_role("button", name="Turn on").tap()
        expect(page.locator("form").get_by_role("button", name="Send a test")).to_be_visible()

    def note_registration(self, event: Any) -> None:
        self.registrations += event["registrations"]

    def renew(self) -> None:
        """The browser has another subscription, and no page is loaded after it."""
        key = json.loads(self.window.evaluate("localStorage.getItem('fake')"))["key"]
        self.browser.path += "-renewed"
        self.received = 0
        self.worker.evaluate(
            RENEW, {**self.device, "endpoint": self.browser.service.origin + self.browser.path, "key": key}
        )

    def receive(self) -> dict[str, Any]:
        """The notification that the worker shows of the next message."""
        assert wait_until(lambda: len(self.browser.messages) > self.received, TIMEOUT)
        message = self.browser.messages[self.received]
        self.received += 1
        fields = {"origin": self.site.url, "registrationId": self.registrations[-1]["registrationId"]}
        self.line.send("ServiceWorker.deliverPushMessage", {**fields, "data": json.dumps(message)})
        self.wait_for(lambda: self.worker.evaluate("id => shown.some(({ data }) => data.id === id)", message["id"]))
        shown: dict[str, Any] = self.worker.evaluate("shown.at(-1)")
        return shown

    def wait_for(self, condition: Callable[[], object]) -> None:
        for _look in range(200):
            if condition():
                return
            self.window.page.wait_for_timeout(50)
        raise AssertionError("nothing came")

    def tap(self) -> Window:
        """On the notification."""
        self.worker.evaluate(TAP)
        return self.window


def send(window: Window, text: str) -> None:
    window.box.fill(text)
    window.page.get_by_role("button", name="Send").tap()


@pytest.fixture
def service(site: Site) -> Iterator[PushService]:
    if (site.environment or {}).get("MYWEB_PUSH_PRIVATE") != "yes":
        pytest.skip("needs a site with MYWEB_PUSH_PRIVATE=yes, which sends to the push service of the tests")
    with serve_push() as service:
        yield service


def test_two_phones_install_allow_receive_tap_write_offline_and_come_back(
    cast: Cast, ada: Person, site: Site, service: PushService, options: dict[str, Any], way: Way
) -> None:
    pia, quinn = phones = [
        Phone(cast.newcomer("Pia", **PIXEL, service_workers="allow"), site, service.browser("pia")),
        Phone(cast.newcomer("Quinn", **PIXEL, **options), site, service.browser("quinn")),
    ]
    room = pia.person.make_room(quinn.person)
    for phone in phones:
        phone.install()
        phone.allow()
    quinn.window.page.locator("form").get_by_role("button", name="Send a test").tap()
    assert quinn.receive()["body"] == "Push notifications reach this device."
    expect(quinn.window.page.get_by_text("The test arrived in")).to_be_visible()

    with quinn.window.page.expect_response(re.compile("/push/subscription/$")):  # the page compares the old one
        quinn.window.goto("/people/").is_live()
    quinn.renew()
    send(pia.window.enter(room), f"@{quinn.person.me['handle']} the lift is stuck")
    shown = quinn.receive()
    assert (shown["title"], shown["body"]) == (room.name, "Pia: @Quinn the lift is stuck")
    assert quinn.worker.evaluate("badge") == 1
    window = quinn.tap()
    expect(window.page).to_have_url(re.compile(rf"{room.path}\?at=1$"))
    expect(window.said("@Quinn the lift is stuck")).to_be_in_viewport()

    wait_until_stored(window, room.path)
    window.page.close()
    pia.window.goto("/people/").is_live()
    way.cut()
    window = open_offline(quinn.person, "/")
    is_as_of_before(window)
    assert window.page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    send(window, f"@{pia.person.me['handle']} from the tunnel")
    expect(window.pending).to_contain_text("from the tunnel")
    way.mend()
    window.is_live()
    assert pia.receive()["body"] == "Quinn: @Pia from the tunnel"
    expect(pia.tap().said("@Pia from the tunnel")).to_be_in_viewport()
    expect(window.pending).to_have_count(0)
    expect(window.bodies).to_have_text(["@Quinn the lift is stuck", "@Pia from the tunnel"])
