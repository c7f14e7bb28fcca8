"""Random faults under load, for a long time."""

import json
import os
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from typing import Any

from bench import myweb
from bench.testbed import BenchError, Testbed
from deploy.stack.state import ROOT

HELP = "random faults under load; no message may be lost, and memory, descriptors and threads must not grow"
UNIT = "messages/s"


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--minutes", type=float, default=15, help="how long (default: 15)")
    parser.add_argument("--talkers", type=int, default=6, help="clients that talk (default: 6)")
    parser.add_argument("--seed", type=int, default=7, help="the same seed breaks things in the same order")


def name(options: Namespace) -> str:
    return f"soak-{options.minutes:g}"


def run(testbed: Testbed, options: Namespace, row: Any) -> None:
    """The soak test is a separate process in the environment of the stack."""
    with myweb.front(testbed) as site:
        env = {**os.environ, **site.stack.settings(), "MYWEB_TEST_URL": site.address, "PYTHONPATH": str(ROOT)}
        env |= {"DJANGO_SETTINGS_MODULE": "myweb.settings", "MYWEB_LOG_LEVEL": "WARNING"}
        words = [f"{options.minutes:g}", str(options.talkers), str(options.seed)]
        argv = [sys.executable, "-m", "bench.fault_injection", *words]
        done = subprocess.run(argv, env=env, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise BenchError("the soak test failed; see its error above.")
    measured: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    row("myweb", measured)
    if grown := measured["grown"]:
        raise BenchError(f"not flat at the end: {', '.join(grown)}.")
