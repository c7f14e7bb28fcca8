"""What the settings of a browser say that can get no push notifications."""

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
