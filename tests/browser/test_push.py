"""Push notifications in a browser: turned on by a click, tested, renewed, and ended for the next user.

No push service of a vendor is asked: the browser's own interface to it is replaced, and the site sends to a service of
ours. What the service worker does with a message is in tests/scripts/push_worker.test.js.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, expect

from deploy.stack.process import wait_until
from tests.browser.people import Cast, Person
from tests.browser.site import ROOT, Site, development_server
from tests.browser.watch import Watch
from tests.support.push_service import Browser, PushService, serve_push, to_text
from tests.support.serving import ended

TIMEOUT = 30.0
# In place of the browser's own: one subscription, in the storage of the browser. Its endpoints are numbered.
INTERFACE = """
(() => {
  const toBase64 = (text) => text.replaceAll("-", "+").replaceAll("_", "/");
  const decode = (text) => Uint8Array.from(atob(toBase64(text)), (sign) => sign.charCodeAt(0));
  const build = ({ endpoint, key }) => ({
    endpoint,
    options: { applicationServerKey: new Uint8Array(key).buffer },
    getKey: (name) => decode({ p256dh: P256DH, auth: AUTH }[name]).buffer,
    unsubscribe: async () => { localStorage.removeItem("fake"); return true; },
  });
  Object.defineProperty(Notification, "permission", { get: () => "granted" });
  PushManager.prototype.getSubscription = async () => {
    const stored = localStorage.getItem("fake");
    return stored && build(JSON.parse(stored));
  };
  PushManager.prototype.subscribe = async ({ userVisibleOnly, applicationServerKey }) => {
    const number = Number(localStorage.getItem("fakes") ?? 0) + 1;
    localStorage.setItem("fakes", number);
    localStorage.setItem("clicked", navigator.userActivation.isActive);
    const fake = { endpoint: `${ENDPOINT}${number}`, key: [...applicationServerKey] };
    if (!userVisibleOnly) throw new Error("silent messages are not allowed");
    localStorage.setItem("fake", JSON.stringify(fake));
    return build(fake);
  };
})();
"""


@pytest.fixture(scope="module")
def service() -> Iterator[PushService]:
    with serve_push() as service:
        yield service


@pytest.fixture(scope="module")
def push_site(tmp_path_factory: pytest.TempPathFactory, service: PushService) -> Iterator[Site]:
    """With a worker, and a push service in a private network."""
    with development_server(tmp_path_factory.mktemp("push"), MYWEB_PUSH_PRIVATE="yes") as site:
        argv = [sys.executable, "manage.py", "worker", "--with-parent"]
        with ended(subprocess.Popen(argv, cwd=ROOT, env=site.environment)):
            yield site


@pytest.fixture(scope="module")
def people(push_site: Site, chromium: Chromium, everywhere: Watch) -> Cast:
    return Cast(push_site, chromium, everywhere)


@pytest.fixture(scope="module")
def owner(people: Cast) -> Person:
    return people.keep(people.owner())


@pytest.fixture(scope="module")
def receiver(service: PushService) -> Browser:
    return service.browser("device")


def replace_interface(context: BrowserContext, receiver: Browser) -> None:
    values = {"P256DH": receiver.p256dh, "AUTH": to_text(receiver.auth), "ENDPOINT": receiver.endpoint}
    constants = "".join(f"const {name} = {json.dumps(value)};\n" for name, value in values.items())
    context.add_init_script(constants + INTERFACE)


def wait_for_message(receiver: Browser, number: int) -> dict[str, Any]:
    """What came to the numbered endpoint, decrypted."""
    receiver.path = f"/send/device{number}"
    assert wait_until(lambda: bool(receiver.requests), TIMEOUT), [each.path for each in receiver.service.received]
    return receiver.messages[-1]


def test_a_browser_gets_push_notifications_after_a_click_and_keeps_them(
    people: Cast, owner: Person, receiver: Browser
) -> None:
    ben = people.newcomer("Ben")
    replace_interface(ben.context, receiver)
    window = ben.window().goto("/settings/notifications/").is_live()
    page = window.page
    expect(page.get_by_text("Gets no push notifications.")).to_be_visible()
    page.get_by_role("button", name="Turn on").click()
    expect(page.get_by_role("button", name="Send a test")).to_be_visible()
    expect(page.get_by_text("Gets no push notifications.")).to_be_hidden()
    assert page.evaluate("localStorage.getItem('clicked')") == "true", "Safari allows it only in the click itself"

    page.get_by_role("button", name="Send a test").click()
    expect(page.get_by_text("A test was sent.")).to_be_visible()
    message = wait_for_message(receiver, 1)
    assert message["body"] == "Push notifications reach this device."

    page.evaluate("localStorage.removeItem('fake')")  # it has ended without a word
    with page.expect_response(lambda answer: answer.url.endswith("/push/subscription/") and "known" in answer.text()):
        page.reload()
    page.get_by_role("button", name="Send a test").click()
    assert wait_for_message(receiver, 2)["tag"] == "test"


def test_the_subscription_of_a_user_ends_when_another_signs_in(people: Cast, owner: Person, receiver: Browser) -> None:
    eve = people.newcomer("Eve")
    replace_interface(eve.context, receiver)
    page = eve.window().goto("/settings/notifications/").is_live().page
    page.get_by_role("button", name="Turn on").click()
    expect(page.get_by_role("button", name="Send a test")).to_be_visible()
    page.evaluate("localStorage.setItem('push', '{}')")  # as if another user had turned it on
    page.reload()
    page.wait_for_function("localStorage.getItem('fake') === null")


def test_a_browser_that_forbids_notifications_says_what_to_do(people: Cast, owner: Person) -> None:
    dora = people.newcomer("Dora")
    dora.context.add_init_script("Object.defineProperty(Notification, 'permission', { get: () => 'denied' })")
    page = dora.window().goto("/settings/notifications/").is_live().page
    expect(page.get_by_text("Notifications of this site are blocked.")).to_be_visible()
    expect(page.get_by_role("button", name="Turn on")).to_be_hidden()


def test_an_iphone_is_told_to_install_the_site_first(people: Cast, owner: Person) -> None:
    script = """
        delete window.PushManager;
        Object.defineProperty(navigator, "userAgent", { get: () => "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5) Safari" });
    """
    cleo = people.newcomer("Cleo")
    cleo.context.add_init_script(script)
    page = cleo.window().goto("/settings/notifications/").is_live().page
    expect(page.get_by_text("Add to Home Screen")).to_be_visible()
