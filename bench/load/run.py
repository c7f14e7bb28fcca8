"""Starts the load generator and reads its results."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

from bench.testbed import BenchError, Testbed
from deploy.stack.state import ROOT

Action = Callable[[], object]  # its result, as JSON, is the answer


def load(
    testbed: Testbed, scenario: str, options: dict[str, Any], seconds: float, actions: dict[str, Action] | None = None
) -> dict[str, Any]:
    """Returns a row. ``seconds`` limits the whole run, including the handshakes.

    The generator requests one of the ``actions`` (a restart, say) by printing its name, and gets what it returns.
    """
    argv = ["taskset", "-c", str(testbed.client_cpu), sys.executable, "-m", "bench.load", scenario]
    words = json.dumps({**options, "cpus": [testbed.server_cpu, testbed.client_cpu]})
    generator = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert generator.stdin
    assert generator.stdout
    timer = threading.Timer(seconds, generator.kill)
    timer.start()
    row: dict[str, Any] | None = None
    try:
        print(words, file=generator.stdin, flush=True)
        for line in generator.stdout:
            if line.startswith("{"):
                row = json.loads(line)
            else:
                print(json.dumps((actions or {})[line.strip()]()), file=generator.stdin, flush=True)
        generator.wait()
    finally:
        timer.cancel()
        generator.kill()
    if row is None:
        raise BenchError(f"The load generator of {scenario} failed, or took more than {seconds:.0f} s; see above.")
    return row
