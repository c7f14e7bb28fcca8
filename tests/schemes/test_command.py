import os
import signal
import subprocess
from pathlib import Path

import httpx
import pytest

from deploy.stack.process import OwnedProcess, kill_processes, wait_until
from deploy.stack.state import ROOT, is_free
from deploy.stack.state import find_free_port as free_port
from tests.schemes.served import House


def run(name: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([ROOT / "bin" / name, *words], capture_output=True, text=True, timeout=60, check=False)


def scheme(*words: str) -> subprocess.CompletedProcess[str]:
    return run("scheme", *words)


def test_the_command_serves_until_it_is_interrupted_and_leaves_nothing(tmp_path: Path) -> None:
    port, log = free_port(), tmp_path / "log"
    # A shell that runs the tests in the background has them ignore what Ctrl-C sends.
    argv = ["env", "--default-signal=INT", str(ROOT / "bin" / "scheme"), "daphne", "--port", str(port)]
    env = {**os.environ, "MYWEB_STACK_DIR": str(tmp_path)}
    with log.open("wb") as output:
        running = subprocess.Popen(argv, stdout=output, stderr=output, env=env)
    try:
        assert wait_until(lambda: running.poll() is not None or "Ctrl-C" in log.read_text(), 60)
        assert running.poll() is None, log.read_text()
        assert httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == 200
    finally:
        running.send_signal(signal.SIGINT)
        running.wait(30)
    assert running.returncode == 0
    assert is_free(port)


def test_the_command_names_what_there_is() -> None:
    asked = scheme("--help")
    assert asked.returncode == 0
    assert "gunicorn-uvicorn  gunicorn with uvicorn workers; sockets: itself" in asked.stdout
    assert "invalid choice: 'nosuch'" in scheme("nosuch").stderr


@pytest.mark.parametrize("port", ["0", "65536", "http"])
def test_a_port_that_is_none_is_refused_with_a_sentence(port: str) -> None:
    for refused in (scheme("daphne", "--port", port), run("stack", "up", "--port", port)):
        assert refused.returncode == 2
        assert refused.stderr.endswith(f"argument --port: invalid port value: '{port}'\n")


@pytest.mark.parametrize("name", ["emperor", "apache"])
def test_the_commands_that_it_shows_serve_the_site(name: str, house: House, tmp_path: Path) -> None:
    port = house.stack.port = free_port()
    shown = scheme(name, "--show", "--port", str(port))
    assert shown.returncode == 0, shown.stderr
    settings, *commands = [line for line in shown.stdout.splitlines() if line and not line.startswith("#")]
    environ = {"PATH": os.environ["PATH"]}  # and nothing that the tests have set
    with (tmp_path / "log").open("wb") as log:
        started = [
            subprocess.Popen(
                ["bash", "-c", f"{settings}\n{command}"], cwd=tmp_path, env=environ, stdout=log, stderr=log
            )
            for command in commands
        ]
    try:
        page = f"http://127.0.0.1:{port}/accounts/login/"
        assert wait_until(lambda: status(page) == 200, 60), (tmp_path / "log").read_text()
    finally:
        for each in started:
            if process := OwnedProcess.of(each.pid):
                kill_processes(process.family())
            each.wait()


def status(page: str) -> int:
    """0 if nobody answers."""
    try:
        return httpx.get(page).status_code
    except httpx.TransportError:
        return 0
