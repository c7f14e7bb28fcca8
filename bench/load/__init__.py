"""The load generator: a process of its own on the client's core, ``python -m bench.load SCENARIO``."""

import sys


def progress(text: str) -> None:
    """Rewrites one line, for people."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{text}\x1b[K")
        sys.stderr.flush()
