import re
from pathlib import Path

import pytest
from django.core.management import call_command

from myweb.management.commands import protocol
from realtime.protocol import Close
from realtime.streams import commands


def test_the_page_about_the_protocol_is_current() -> None:
    call_command("protocol", "--check")


def test_the_page_names_every_command_and_every_close_code() -> None:
    page = protocol.render_page()
    for kind in commands:
        assert f"### `{kind.__struct_config__.tag}`" in page
    for code in Close:
        assert f"| {code.value} | {code.name.lower()} |" in page


ROOT = Path(__file__).parents[2]
TRACKED = re.compile(
    r"`((?:myweb|accounts|realtime|tasks|push|chat|monitor|ops|docs|deploy|tests|bench|bin)/[\w./-]*)`"
)


@pytest.mark.parametrize(
    "name", ["docs/development.md", "CONTRIBUTING.md", "README.md", "README.zh-hans.md", "SECURITY.md"]
)
def test_a_guide_names_only_paths_that_exist(name: str) -> None:
    paths = TRACKED.findall((ROOT / name).read_text(encoding="utf-8"))
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_the_glossary_is_short() -> None:
    _before, _heading, glossary = (
        (ROOT / "docs" / "development.md").read_text(encoding="utf-8").partition("## Glossary")
    )
    rows = [line for line in glossary.partition("##")[0].splitlines() if line.startswith("| ")][2:]
    assert 0 < len(rows) <= 25


@pytest.mark.parametrize("name", ["README.md", "README.zh-hans.md"])
def test_the_readme_shows_small_pictures(name: str) -> None:
    paths = re.findall(r"!\[[^]]+\]\(([^)]+)\)", (ROOT / name).read_text(encoding="utf-8"))
    assert len(paths) == 2
    assert [path for path in paths if (ROOT / path).stat().st_size > 200_000] == []


def test_both_readmes_have_the_same_structure() -> None:
    english, chinese = (
        structure((ROOT / name).read_text(encoding="utf-8")) for name in ("README.md", "README.zh-hans.md")
    )
    assert english == chinese


def structure(text: str) -> list[str]:
    """Its headings, list items and rows of tables by their marks, its blocks of code and links by their content."""
    pattern = r"```sh.*?```|^#+ |^- |^\| `[^`]+`|^!\[|(?<=\]\()(?!docs/images/|README)[^)]+"
    blocks = re.findall(pattern, text, re.DOTALL | re.MULTILINE)
    return [block.strip() for block in blocks]


CALLED = re.compile(r"python -c '(from [\w.]+ import \w+; print\([\w.]+\(\)\))'")


@pytest.mark.parametrize("name", ["check", "dev", "pictures", "test"])
def test_a_command_calls_functions_that_exist(name: str) -> None:
    calls = CALLED.findall((ROOT / "bin" / name).read_text(encoding="utf-8"))
    assert calls
    for call in calls:
        exec(call, {})
