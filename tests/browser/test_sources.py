"""A program's numbers are on a page a minute after somebody thought of it; a job that fails is seen to have failed."""

import re
import subprocess

from playwright.sync_api import Page, expect

from tests.browser.people import Person


def copied(page: Page, number: int) -> str:
    """The line of that number, by its button."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator(".copy").nth(number).get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    return str(page.evaluate("navigator.clipboard.readText()"))


def run(line: str) -> str:
    return subprocess.run(["sh", "-c", line], check=True, capture_output=True, text=True, timeout=20).stdout


def test_the_line_that_is_copied_pushes_a_value_that_the_room_sees(ada: Person, ben: Person) -> None:
    room = ada.make_room(ben)
    page = ada.window().goto("/watching/sources/").page
    page.get_by_role("button", name="New source").click()
    page.get_by_role("link", name="Push values").click()
    page.get_by_label("Name").fill("Queue of the shop")
    page.get_by_label("Visible to").select_option(label=f"#{room.name}")
    page.get_by_role("button", name="Create").click()
    assert '"accepted":1' in run(copied(page, 1))
    page.get_by_role("link", name="I have copied it").click()
    expect(page).to_have_url(re.compile(r"/sources/(?!push/)[\w-]+/$"))
    theirs = ben.window().goto(page.url[page.url.index("/watching") :]).page
    row = theirs.get_by_role("row").filter(has_text="queue.length")
    for _second in range(60):
        if row.filter(has_text="42").count():
            break
        theirs.wait_for_timeout(500)
        theirs.reload()
    expect(row).to_contain_text("42")
    expect(theirs.get_by_role("button", name="Revoke")).to_have_count(0)


def test_a_job_says_that_it_ran_and_that_it_failed(ada: Person) -> None:
    page = ada.window().goto("/watching/beats/new/").page
    page.get_by_label("Name").fill("Nightly backup")
    page.get_by_role("button", name="Create").click()
    line = copied(page, 1).partition("&& ")[2]
    page.get_by_role("link", name="I have copied it").click()
    expect(page.locator("main h1 + *")).to_have_text("New")
    run(line)
    page.reload()
    expect(page.locator("main h1 + *")).to_have_text("Up")
    run(f"{line}/3 -d 'No space left on device'")
    page.reload()
    expect(page.locator("main h1 + *")).to_have_text("Down")
    expect(page.get_by_text("No space left on device")).to_be_visible()
