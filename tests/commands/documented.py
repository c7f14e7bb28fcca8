"""What README.md and the pages about deploying tell people to type."""

import re
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).parents[2]
DOCUMENTS = ("README.md", "docs/deploy.md", "deploy/kubernetes/README.md")
BLOCK = re.compile(r"^ *```sh\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
CELL = re.compile(r"^\| (`bin/stack .*?`) \|", re.MULTILINE)  # more verbs of it, in a table


def of_blocks(text: str) -> list[str]:
    """A line that is indented goes on with the one before."""
    found: list[str] = []
    for block in BLOCK.findall(text):
        for line in dedent(block).splitlines():
            if line.startswith(" ") and found:
                found[-1] += f"\n{line}"
            elif command := re.sub(r"(^|\s+)#.*$", "", line).strip():
                found.append(command)
    return found


def of_tables(text: str) -> list[str]:
    words = [word for cell in CELL.findall(text) for word in re.findall(r"`([^`]+)`", cell)]
    plain = [re.sub(r"\s*\[.*?\]", "", word) for word in words]
    return [word if word.startswith("bin/") else f"bin/stack {word}" for word in plain]


def commands() -> list[str]:
    texts = [(ROOT / name).read_text(encoding="utf-8") for name in DOCUMENTS]
    return [*dict.fromkeys(each for text in texts for each in [*of_blocks(text), *of_tables(text)])]
