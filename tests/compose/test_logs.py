"""MYWEB_LOG_FORMAT=json: what ``docker compose logs`` gives."""

import json
import re
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.compose.project import compose
from tests.faults.stack import site

READS_SETTINGS = r"\[(uWSGI|log-encoder)\] "
NGINX_ERROR = r"nginx: |\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[(warn|error|alert|crit|emerg)\] "


def lines(service: str) -> list[str]:
    told = compose("logs", "--no-color", "--no-log-prefix", service)
    return told.replace("\x1b[2K", "").splitlines()  # Compose erases a line that it never wrote


def parsed(service: str, text: str = "$.") -> list[dict[str, Any]]:
    """Of every line but those that are known to begin with that text."""
    return [json.loads(line) for line in lines(service) if not re.match(text, line)]


@pytest.mark.parametrize("service", ["live", "collector"])
def test_every_line_of_our_own_servers_is_an_object(service: str) -> None:
    told = parsed(service)
    assert told
    assert all({"time", "level", "logger", "message"} <= each.keys() for each in told)


def test_so_is_what_uwsgi_says_of_itself() -> None:
    told = parsed("web", READS_SETTINGS)
    assert all({"time", "level", "logger", "message"} <= each.keys() for each in told)
    assert [each for each in told if each["logger"] == "uwsgi" and "spawned uWSGI worker 1" in each["message"]]


def test_a_page_is_an_object_in_nginxs_log_and_a_refusal_is_one_in_that_of_the_pages() -> None:
    with pytest.raises(HTTPError, match="400"):
        urlopen(Request(f"{site()}/?secret", headers={"Host": "elsewhere.example"}), timeout=20)
    told = parsed("nginx", NGINX_ERROR)
    assert [each for each in told if (each["status"], each["method"], each["path"]) == (400, "GET", "/")]
    said = parsed("web", READS_SETTINGS)
    assert [each for each in said if each["logger"] != "uwsgi" and "elsewhere.example" in each["message"]]
