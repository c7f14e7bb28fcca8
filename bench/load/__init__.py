"""The load generator, a separate process on the client's core: ``python -m bench.load SCENARIO``."""

import sys


def progress(text: str) -> None:
    """Shows progress on one line of the terminal."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{text}\x1b[K")
        sys.stderr.flush()
