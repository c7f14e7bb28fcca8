"""The table of markdown_cases.txt: inputs of many kinds and scripts with their exact HTML."""

from pathlib import Path

import pytest

from chat.markdown import Mentioned, render_markdown

PEOPLE = {
    "ada": Mentioned(1, "Ada"),
    "ben": Mentioned(2, "Ben"),
    "张伟": Mentioned(3, "张伟"),
    "weiss": Mentioned(4, "Weiß"),
}
CONSTANT = [' rel="noopener noreferrer nofollow ugc"', ' dir="auto"', ' dir="ltr"', ' class="mention"']


def read_cases() -> list[tuple[str, str]]:
    text = (Path(__file__).parent / "markdown_cases.txt").read_text()
    blocks = [block.split("\n") for block in text.split("\n\n")[1:] if not block.startswith("## ") or "\n" in block]
    return [(decode(lines[0]), decode(lines[1])) for lines in blocks if len(lines) > 1]


def decode(line: str) -> str:
    return line.replace("⏎", "\n").replace("⇥", "\t")


CASES = read_cases()


def test_the_table_has_many_inputs() -> None:
    assert len(CASES) > 200


@pytest.mark.parametrize(("body", "expected"), CASES, ids=[repr(body) for body, _html in CASES])
def test_a_message_is_shown_exactly_so(body: str, expected: str) -> None:
    html = render_markdown(body, PEOPLE)[0]
    for attribute in CONSTANT:
        html = html.replace(attribute, "")
    assert html == expected
