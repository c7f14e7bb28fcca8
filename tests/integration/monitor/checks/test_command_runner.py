"""A command that goes through the runner: another process, and on a host another user, which holds no secret."""

import asyncio
import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from monitor.checks import runner, subprocesses
from monitor.checks.subprocesses import Line, run_program
from myweb.errors import Refused
from tests.support.wire import reached

pytestmark = pytest.mark.any_database

SECRET = "a-secret-of-the-site"
OTHER_USER = 65534  # nobody


@pytest.fixture
def path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where a real runner listens, as nobody where that is possible."""
    home = Path("/tmp") / f"runner-{os.getpid()}"
    home.mkdir(mode=0o777)
    home.chmod(0o777)
    user = {"user": OTHER_USER, "group": OTHER_USER, "extra_groups": []} if os.geteuid() == 0 else {}
    argv = ["/usr/bin/python3", "-I", "-S", str(copy_of_runner(home)), str(home / "run.sock")]
    process = subprocess.Popen(argv, env={"PATH": "/usr/bin:/bin"}, **user)  # type: ignore[call-overload]
    try:
        yield home / "run.sock"
    finally:
        process.kill()
        process.wait()
        for file in home.iterdir():
            file.unlink()
        home.rmdir()


def copy_of_runner(home: Path) -> Path:
    """Another user need not be able to read this checkout."""
    for source in (Path(runner.__file__), runner.LAUNCHER):
        (home / source.name).write_bytes(source.read_bytes())
        (home / source.name).chmod(0o644)
    return home / Path(runner.__file__).name


def listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as line, suppress(OSError):
        line.connect(str(path))
        return True
    return False


@pytest.fixture(autouse=True)
async def through_the_runner(path: Path, settings: Settings) -> None:
    settings.COMMANDS, settings.COMMAND_RUNNER = True, str(path)
    await reached(lambda: listens(path), "the runner")


async def shell(script: str, timeout: float = 20) -> subprocesses.CommandOutcome:
    return await run_program(["sh", "-c", script], timeout)


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
async def test_a_command_is_another_user_than_the_site() -> None:
    found = await shell("id -un; id -Gn")
    assert [text for _stream, text in found.lines] == ["nobody", "nogroup"]


async def test_a_command_gets_no_environment_of_the_site(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MYWEB_SECRET_KEY", SECRET)
    found = await shell("env; tr '\\0' ' ' </proc/$PPID/environ")
    assert "MYWEB_" not in "".join(text for _stream, text in found.lines)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs commands as another user")
async def test_a_command_reads_no_secret_of_the_site(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MYWEB_SECRET_KEY", SECRET)
    secret = tmp_path / "secret-key"
    secret.write_text(SECRET)
    secret.chmod(0o600)
    found = await shell(f"cat {secret} /proc/{os.getpid()}/environ")
    said = "\n".join(text for _stream, text in found.lines)
    assert said.count("Permission denied") == 2
    assert SECRET not in said
    assert "MYWEB_" not in said


async def test_the_runner_relays_both_streams_and_the_exit_status() -> None:
    found = await shell("echo one; sleep 0.1; echo two >&2; exit 3")
    assert (found.lines, found.exit_code, found.ok) == ([(0, "one"), (1, "two")], 3, False)
    found = await shell("kill -9 $$")
    assert (found.exit_code, found.signal) == (None, 9)


async def test_lines_come_while_it_runs_and_it_can_be_stopped() -> None:
    heard: list[Line] = []
    stop = asyncio.Event()
    task = asyncio.create_task(
        run_program(["sh", "-c", "trap 'echo bye; exit' TERM; echo up; sleep 60 & wait"], 60, heard.append, stop)
    )
    await reached(lambda: heard, "the first line")
    stop.set()
    found = await task
    assert (found.stopped, found.lines) == (True, [(0, "up"), (0, "bye")])


async def test_the_timeout_ends_the_whole_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocesses, "KILL_AFTER", 0.2)
    found = await shell("trap '' TERM; (trap '' TERM; sleep 300) & echo $!; wait", timeout=2)
    assert (found.timed_out, found.signal) == (True, 9)
    child = int(found.lines[0][1])
    await reached(lambda: not alive(child), "the end of its child")


async def test_a_client_that_goes_away_ends_its_command() -> None:
    heard: list[Line] = []
    task = asyncio.create_task(run_program(["sh", "-c", "echo $$; sleep 300"], 300, heard.append))
    await reached(lambda: heard, "the first line")
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    await reached(lambda: not alive(int(heard[0][1])), "its end")


async def test_output_has_an_end_through_the_runner_too() -> None:
    found = await shell("yes | head -c 300000; echo last")
    assert (found.ok, found.truncated) == (True, True)


async def test_a_runner_that_is_away_refuses_the_run(settings: Settings, tmp_path: Path) -> None:
    settings.COMMAND_RUNNER = str(tmp_path / "nobody.sock")
    with pytest.raises(Refused, match="does not respond"):
        await run_program(["true"], 5)


async def test_a_malformed_request_ends_its_own_connection_alone(path: Path) -> None:
    for request in (b"", b"nonsense\n", b'{"argv": [], "timeout": 5}\n', b'{"argv": ["id"], "timeout": 5}\n'):
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(10)
            line.connect(str(path))
            line.sendall(request)
            line.shutdown(socket.SHUT_WR)
            assert line.recv(100) == b""
    assert (await shell("echo fine")).lines == [(0, "fine")]


@pytest.mark.parametrize("timeout", ["NaN", "-Infinity", "-1", "0", '"nan"', "true, false", "null", "[]"])
def test_what_is_no_timeout_starts_nothing(path: Path, tmp_path: Path, timeout: str) -> None:
    request = f'{{"argv": ["touch", "{tmp_path}/started"], "timeout": {timeout}}}\n'.encode()
    with socket.socket(socket.AF_UNIX) as line, (tmp_path / "out").open("wb") as out:
        line.settimeout(10)
        line.connect(str(path))
        tmp_path.chmod(0o777)
        socket.send_fds(line, [request], [out.fileno(), out.fileno()])
        line.shutdown(socket.SHUT_WR)
        assert line.recv(100) == b""
    assert not (tmp_path / "started").exists()


@pytest.mark.parametrize("answer", [b"", b"nonsense\n", b"9" * 60 + b"\n", b"x" * 10_000, b"1_0\n", None])
async def test_a_runner_that_tells_no_end_holds_nobody(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: bytes | None
) -> None:
    """A command may be the runner's own user, and could put another runner in its place."""
    monkeypatch.setattr(subprocesses, "KILL_AFTER", 0.2)
    over = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        if answer is None:
            await over.wait()
        else:
            writer.write(answer)
        writer.close()

    settings.COMMAND_RUNNER = str(tmp_path / "other.sock")
    async with await asyncio.start_unix_server(serve, settings.COMMAND_RUNNER), asyncio.timeout(20):
        found = await run_program(["true"], 0.5)
        over.set()
    assert (found.ok, found.exit_code, found.signal) == (False, None, 9)


def alive(number: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False
