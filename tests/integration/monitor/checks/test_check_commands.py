"""``manage.py probe`` and ``manage.py run-command``: what they say, and how they end."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from accounts.models import User
from monitor.checks import services
from monitor.checks.models import ProbeCommand, ProbeRun
from tests.support import machines

pytestmark = pytest.mark.django_db


def call(*words: str, **options: Any) -> str:
    said = StringIO()
    call_command(*words, stdout=said, stderr=said, **options)
    return said.getvalue()


def status(*words: str) -> tuple[int, str]:
    with pytest.raises(CommandError) as caught:
        call(*words)
    return caught.value.returncode, str(caught.value)


@pytest.fixture(autouse=True)
def commands(ada: User, settings: Settings) -> None:
    settings.COMMANDS, settings.COMMAND_USER = True, "nobody"
    for name, argv in (
        ("story", ["sh", "-c", "echo one; echo two >&2; exit {code:int 0-9}"]),
        ("hang", ["sh", "-c", "sleep 60"]),
        ("die", ["sh", "-c", "kill -9 $$"]),
    ):
        services.save_command(ada, ProbeCommand(name=name, argv=argv))


def test_a_probe_says_what_came_of_it() -> None:
    with machines.web(lambda _method, _path: (200, {}, b"All is well")) as site:
        assert call("probe", "http", site, "--option", "keyword=well", "--option", "verify=no").startswith(
            "HTTP 200 in"
        )
        assert status("probe", "http", site, "--option", "keyword=fire")[0] == 1
    assert status("probe", "http", "ftp://a")[0] == 2
    assert status("probe", "tls", "a", "--option", "days=some")[0] == 2


def test_a_command_is_run_and_is_on_record() -> None:
    assert call("run-command", "story", "0").startswith("one\ntwo\nExit status 0 after")
    run = ProbeRun.objects.get()
    assert (run.by, run.words, run.exit_code, run.stdout, run.stderr) == (None, "story 0", 0, "one", "two")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["story", "3"], 3),
        (["die"], 137),
        (["hang", "--timeout", "0.3"], 124),
        (["story", "10"], 2),
        (["story"], 2),
        (["none"], 2),
    ],
)
def test_its_end_is_the_end_of_the_command(words: list[str], code: int) -> None:
    assert status("run-command", *words)[0] == code


def test_without_a_name_it_says_which_there_are() -> None:
    assert call("run-command").splitlines() == ["die", "hang", "story CODE"]
