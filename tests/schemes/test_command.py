import os
import signal
import subprocess
from pathlib import Path

import httpx

from deploy.stack.process import wait_until
from deploy.stack.state import ROOT, free_port, is_free


def scheme(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([ROOT / "bin" / "scheme", *words], capture_output=True, text=True, timeout=60, check=False)


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
