"""axe-core on a page: what it finds, one line for each element."""

from collections.abc import Iterable
from pathlib import Path

from playwright.sync_api import Page

from tests.browser import look
from tests.browser.window import Window

SOURCE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
# Best practices too; they are what screen reader users notice first.
RUN = """async () => {
    const { violations } = await axe.run(document, { resultTypes: ["violations"] });
    return violations.flatMap(({ id, impact, help, nodes }) =>
        nodes.map(({ target, html }) => `${impact} ${id}: ${help}: ${target.join(" ")}: ${html.slice(0, 120)}`));
}"""


def find_violations(page: Page) -> list[str]:
    # Not a script element, which the page's policy would refuse.
    if not page.evaluate("'axe' in window"):
        page.evaluate(SOURCE.read_text(encoding="utf-8"))
    found: list[str] = page.evaluate(RUN)
    return found


def list_violations(window: Window, sizes: Iterable[str] = look.SIZES) -> list[str]:
    """In the light with all rules. In the dark only colours differ, and look.faults() measures those."""
    window.watch.allow("Applying inline style")  # axe does for a moment, to measure
    found: list[str] = []
    window.page.emulate_media(color_scheme="light", reduced_motion="reduce")
    for size in sizes:
        look.resize(window.page, size)
        found += window.page.evaluate(look.SETTLED, look.TIMEOUT)
        found += [f"{size}: {violation}" for violation in find_violations(window.page)]
    return found
