"""Programs are run with nothing of the site, with limits, and are ended with everything that they started."""

import asyncio
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from monitor.checks import subprocesses
from monitor.checks.subprocesses import MAX_OUTPUT, CommandOutcome, Line, run_program
from myweb.errors import Refused
from tests.support.wire import reached

pytestmark = pytest.mark.any_database


@pytest.fixture(autouse=True)
def somebody(settings: Settings) -> None:
    """Nothing runs as root, even if root runs the tests."""
    settings.COMMANDS, settings.COMMAND_USER = True, "nobody"


async def shell(
    script: str, timeout: float = 20, hear: Callable[[Line], None] = subprocesses.ignore_line
) -> CommandOutcome:
    return await run_program(["sh", "-c", script], timeout, hear)


def alive(number: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


async def test_what_it_says_is_kept_apart_and_in_order() -> None:
    found = await shell("echo one; sleep 0.1; echo two >&2; sleep 0.1; printf three")
    assert found.lines == [(0, "one"), (1, "two"), (0, "three")]
    assert (found.ok, found.exit_code, found.signal, found.timed_out) == (True, 0, None, False)


async def test_lines_are_heard_while_it_runs() -> None:
    heard: list[Line] = []
    stop = asyncio.Event()
    task = asyncio.create_task(run_program(["sh", "-c", "echo first; sleep 60"], 60, heard.append, stop))
    await reached(lambda: heard, "the first line")
    stop.set()
    found = await task
    assert (found.stopped, found.ok, found.lines) == (True, False, [(0, "first")])


async def test_an_exit_status_and_a_signal_are_told() -> None:
    found = await shell("exit 3")
    assert (found.exit_code, found.describe()[:14]) == (3, "Exit status 3 ")
    found = await shell("kill -9 $$")
    assert (found.exit_code, found.signal) == (None, 9)
    assert found.describe().startswith("Terminated by signal SIGKILL")


async def test_the_timeout_ends_the_whole_group_even_who_does_not_listen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocesses, "KILL_AFTER", 0.2)
    script = "trap '' TERM; (trap '' TERM; sleep 300) & echo $!; echo $$; wait"
    found = await shell(script, timeout=3)
    assert (found.timed_out, found.signal) == (True, 9)
    numbers = [int(text) for _stream, text in found.lines]
    assert len(numbers) == 2
    await reached(lambda: not any(alive(each) for each in numbers), "the end of both")


async def test_who_listens_may_end_in_good_order() -> None:
    found = await shell("trap 'echo cleaned up; exit 0' TERM; echo ready; sleep 300 & wait", timeout=3)
    assert (found.timed_out, found.ok) == (True, False)
    assert found.lines == [(0, "ready"), (0, "cleaned up")]


async def test_what_stays_behind_a_good_end_is_ended_too() -> None:
    begun = time.monotonic()
    found = await shell("sleep 300 & echo $!")
    assert time.monotonic() - begun < 10
    assert found.ok
    await reached(lambda: not alive(int(found.lines[0][1])), "its end")


async def test_a_child_that_left_the_group_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocesses, "DRAIN_TIMEOUT", 0.1)
    found = await shell("setsid sleep 5 & echo out")
    assert (found.ok, found.lines) == (True, [(0, "out")])


async def test_it_has_nothing_of_this_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_PASSWORD", "secret-word")
    found = await run_program(["env"], 20)
    assert {text.partition("=")[0] for _stream, text in found.lines} == {"PATH", "LANG"}
    found = await shell("ls -A; pwd; cat")
    assert len(found.lines) == 1
    assert "myweb-run-" in found.lines[0][1]
    assert not os.path.exists(found.lines[0][1])  # noqa: ASYNC240, PTH110


async def test_output_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    found = await shell("yes | head -c 300000; echo last")
    assert (found.ok, found.truncated) == (True, True)
    assert sum(len(text) + 1 for _stream, text in found.lines) <= MAX_OUTPUT + 1
    found = await shell("head -c 10000 /dev/zero | tr '\\0' x")
    assert "".join(text for _stream, text in found.lines) == "x" * 10000


async def test_only_what_can_be_read_is_kept() -> None:
    found = await shell(r"printf '\033[31mred\033[0m \0 \377 \033]0;title\007ok\n10%%\r20%%\r100%%\n'")
    assert [text for _stream, text in found.lines] == ["red  \N{REPLACEMENT CHARACTER} ok", "100%"]


async def test_secrets_of_the_site_do_not_appear(settings: Settings) -> None:
    settings.SECRET_KEY = "very-secret-key"
    settings.REDIS = {"password": "redis-word"}
    found = await run_program(["echo", "a very-secret-key, redis-word!"], 20)
    assert found.lines == [(0, "a ••••, ••••!")]


async def test_it_has_limits() -> None:
    found = await shell("ulimit -n; ulimit -c; ulimit -t; dd if=/dev/zero of=big bs=1M count=20; ls -l big", timeout=7)
    assert [text for _stream, text in found.lines][:3] == ["256", "0", "8"]
    assert str(20 * 1024 * 1024) not in str(found.lines)


async def test_a_program_that_is_not_there_is_said() -> None:
    found = await run_program(["no-such-program"], 20)
    assert (found.exit_code, found.lines) == (
        127,
        [(1, "no-such-program can't be started: No such file or directory")],
    )


async def test_no_word_is_read_by_a_shell() -> None:
    found = await run_program(["echo", "$HOME;", "`id`", "*"], 20)
    assert found.lines == [(0, "$HOME; `id` *")]


@pytest.mark.skipif(os.geteuid() != 0, reason="is about root")
async def test_nothing_is_run_as_root(settings: Settings) -> None:
    found = await run_program(["id", "-un"], 20)
    assert found.lines == [(0, "nobody")]
    for name in ("", "root", "nobody-like-that"):
        settings.COMMAND_USER = name
        with pytest.raises(Refused, match="MYWEB_COMMAND_USER"):
            await run_program(["id", "-un"], 20)
