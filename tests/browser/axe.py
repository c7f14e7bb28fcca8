"""axe-core on a page: what it finds, one line for each element."""

from pathlib import Path

from playwright.sync_api import Page

SOURCE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
# Best practices too; they are what screen reader users notice first.
RUN = """async (rules) => {
    const { violations } = await axe.run(document, { resultTypes: ["violations"], ...(rules && { runOnly: rules }) });
    return violations.flatMap(({ id, impact, help, nodes }) =>
        nodes.map(({ target, html }) => `${impact} ${id}: ${help}: ${target.join(" ")}: ${html.slice(0, 120)}`));
}"""


def find_violations(page: Page, *rules: str) -> list[str]:
    """Of these rules, or of all."""
    # Not a script element, which the page's policy would refuse.
    if not page.evaluate("'axe' in window"):
        page.evaluate(SOURCE.read_text(encoding="utf-8"))
    found: list[str] = page.evaluate(RUN, list(rules) or None)
    return found
