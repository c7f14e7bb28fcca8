"""A clock that can be set back under running servers: libfaketime stands between them and the true one."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.stack import folder, started_with

LIBRARY = "usr/lib/*/faketime/libfaketime.so.1"


class Clock:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.behind = 0
        self.set_back(by=0)

    def set_back(self, by: int) -> None:
        """Seconds; the servers see it at once."""
        self.behind += by
        fresh = self.path.with_suffix(".new")
        fresh.write_text(f"-{self.behind}\n")
        fresh.replace(self.path)


@contextmanager
def clock_of(*parts: str) -> Iterator[Clock]:
    library = next(Path("/").glob(LIBRARY), None)
    assert library, "apt-get install libfaketime"
    clock = Clock(folder() / "run" / "clock")
    environment = {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(clock.path),
        "FAKETIME_NO_CACHE": "1",  # looks into the file each time, not each 10 s
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",  # nobody can set that one back
        "FAKETIME_FORCE_MONOTONIC_FIX": "0",  # for C libraries older than any that we run on; it slows threads down
        "NO_FAKE_STAT": "1",
        # Else it adds a variable, which uWSGI takes for room on its stack: it writes its process name beyond the end.
        "FAKETIME_DISABLE_SHM": "1",
    }
    with started_with(*parts, **environment):
        yield clock
