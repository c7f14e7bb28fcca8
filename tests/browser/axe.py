"""axe-core on a page: what it finds, one line for each element."""

from pathlib import Path

from playwright.sync_api import Page

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
