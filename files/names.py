"""Names of files as users see them."""

from collections.abc import Sequence

from myweb.text_cleaning import clean_name

NO_NAME = "file"
LONGEST_ENDING = 20  # characters of an ending such as ".tar.gz" that a cut name keeps


def clean_file_name(text: str, length: int) -> str:
    """The last part of a path, as a name of at most ``length`` characters that keeps its ending; never empty."""
    name = clean_name(text.replace("\\", "/").rstrip("/").rpartition("/")[2])
    if not name.strip("."):
        return NO_NAME
    if len(name) <= length:
        return name
    ending = get_ending(name)
    return f"{name[: length - len(ending) - 1].rstrip()}…{ending}"


def get_ending(name: str) -> str:
    """With its dot; empty if there is none."""
    stem, dot, ending = name.rpartition(".")
    return f".{ending}" if stem and dot and 0 < len(ending) < LONGEST_ENDING else ""


def replace_ending(name: str, endings: Sequence[str]) -> str:
    """With the first of these endings, unless it has one of them."""
    ending = get_ending(name)
    return name if ending.lower() in endings else f"{name.removesuffix(ending)}{endings[0]}"
