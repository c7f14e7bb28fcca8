"""The texts on the pages use the words of the trade, not those that had to be explained."""

import re
from pathlib import Path

import polib
import pytest
from django.conf import settings

CATALOGUES = sorted(Path(settings.BASE_DIR).glob("*/locale/zh_Hans/LC_MESSAGES/django.po"))
UNCLEAR = {
    "Notification channels": r"\bways? out\b",
    "Unacknowledge": r"\bgive back\b",
    "No such series yet": r"\bis called so\b",
    "Depends on": r"\bstands? behind\b|^behind$",
    "Heartbeat": r"\bexpect a job\b",
    "Scrape target": r"\bread a server\b",
    "Condition": r"^is$",
    "No data": r"\bwithout values\b",
    "Open": r"\blook at it\b",
    "Hold": r"\bso long\b",
    "Degraded": r"\bdisturbed\b",
    "Workspace": r"\bhouse\b",
    "Link revoked": r"\bopens nothing\b",
    "A value is valid for this long.": r"\ba value counts\b|\bfor ever\b",
    "A part without a condition": r"\bnothing is asked of\b|\bsomebody says\b",
    "Acknowledged or silenced": r"\bsomebody is on it\b",
    "Query time": r"\banswer to a question\b",
    "Connections": r"\bcomings and goings\b",
    "Run history": r"^record$",
    "Sign in": r"\bcome in\b",
    "Check your mail": r"\blook into your mail\b",
}


@pytest.fixture(scope="module")
def texts() -> set[str]:
    entries = [entry for path in CATALOGUES for entry in polib.pofile(str(path)) if not entry.obsolete]
    return {text for entry in entries for text in (entry.msgid, entry.msgid_plural) if text}


@pytest.mark.parametrize("better", UNCLEAR)
def test_no_text_uses_words_that_nobody_understood(texts: set[str], better: str) -> None:
    assert len(texts) > 2000
    assert [text for text in sorted(texts) if re.search(UNCLEAR[better], text, re.IGNORECASE)] == []
