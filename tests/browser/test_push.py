"""What the settings of a browser say that can get no push notifications."""

import json
import re

from playwright.sync_api import expect

from tests.browser.people import Cast, Person


def test_a_browser_that_forbids_notifications_says_what_to_do(cast: Cast, ada: Person) -> None:
    dora = cast.newcomer("Dora")
    dora.context.add_init_script("Object.defineProperty(Notification, 'permission', { get: () => 'denied' })")
    page = dora.window().goto("/settings/notifications/").is_live().page
    expect(page.get_by_text("Notifications of this site are blocked.")).to_be_visible()
    expect(page.get_by_role("button", name="Turn on")).to_be_hidden()


def test_an_iphone_is_told_to_install_the_site_first(cast: Cast, ada: Person) -> None:
    script = """
        delete window.PushManager;
        Object.defineProperty(navigator, "userAgent", { get: () => "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5) Safari" });
    """
    cleo = cast.newcomer("Cleo")
    cleo.context.add_init_script(script)
    page = cleo.window().goto("/settings/notifications/").is_live().page
    expect(page.locator("main").get_by_text("Add to Home Screen")).to_be_visible()


def test_a_test_says_how_long_it_took_to_this_browser(cast: Cast, ada: Person) -> None:
    dora = cast.newcomer("Dora")
    page = dora.window().goto("/settings/notifications/").is_live().page
    key = page.locator("[data-push-key]").get_attribute("data-push-key")
    subscription = {"endpoint": "https://push.example.com/dora", "p256dh": key, "auth": "A" * 22, "key": key}
    answer = dora.ask("/push/subscription/", data=json.dumps(subscription | {"chosen": True}))
    assert answer.ok, answer.text()
    page.reload()
    result = page.locator("[data-push-result]")
    with page.expect_response(lambda response: response.url.endswith("/test/")):
        page.locator("[data-push-test] button").click()
    expect(result).to_have_text("Sending a test…")
    page.evaluate(  # as push/static/push/push_worker.js
        "navigator.serviceWorker.dispatchEvent(new MessageEvent('message', { data: { received: 'test' } }))"
    )
    expect(result).to_have_text(re.compile(r"The test arrived in [\d.]+ m?s\."))
