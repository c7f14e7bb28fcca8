"""Rules that hold for every script of a page."""

import re
from pathlib import Path

import pytest
from django.conf import settings

SCRIPTS = sorted(
    path
    for app in ("accounts", "chat", "monitor", "myweb", "realtime")
    for path in (Path(settings.BASE_DIR) / app).glob("**/static/**/*.js")
    if not {"uplot", "highlight"}.intersection(path.parts)
)
ONE_PLACE = {
    r"addEventListener\(\s*\"keydown\"": {
        "keyboard.js",
        "panel.js",
    },  # input methods; the panel takes its listener away again
    r"\b(local|session)Storage\b": {"storage.js"},  # refusals
    r"\bindexedDB\b": {"database.js"},
    r"navigator\.languages?\b": {"i18n.js", "start.js"},  # tags that are none
    r"\bIntl\.(DateTime|RelativeTime)Format\b|toLocale(Date|Time)String": {"time.js"},  # one form each
    r"new Socket\(": {"socket.js"},  # the page's address and user
    r"\bfetch\(": {"api.js", "offline_worker.js"},  # the page's user, and one way of errors; workers have no page
}


@pytest.mark.parametrize("pattern", ONE_PLACE)
def test_what_browsers_refuse_and_whom_a_page_acts_for_is_seen_to_in_one_place(pattern: str) -> None:
    found = {path.name for path in SCRIPTS if re.search(pattern, path.read_text(encoding="utf-8"))}
    assert found == ONE_PLACE[pattern]
