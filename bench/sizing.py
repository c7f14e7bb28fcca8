"""The sizing table in docs/deploy.md, computed from the results of bin/bench in bench/results.

One process was measured. What several processes and the stores can do is computed from it; the page says so.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from typing import Any

from deploy.stack.state import ROOT

PAGE = ROOT / "docs" / "deploy.md"
BEGIN, END = "<!-- made by bin/bench report -->", "<!-- until here -->"

STEPS = (50, 500, 5_000, 20_000, 100_000, 1_000_000)  # open sockets
MESSAGES = 12  # per user in the busiest hour
LISTENERS = 50  # sockets that follow a room
PAGES = 10  # per user in that hour
HEADROOM = 0.5  # part of the measured capacity that stays free
REREAD = 10  # seconds, as realtime/housekeeping.py
# Not measured: conservative values that others report for one core. They only show where to look first.
REDIS_COPIES, HEADS = 100_000, 100_000  # a second

Results = dict[str, dict[str, Any]]


@dataclass
class Measured:
    """Results of one core."""

    sockets: int
    base_mb: float  # of a live process without sockets
    bytes_per_socket: float
    resume_s: float  # until all those sockets had reconnected after a restart
    posts: float  # per second, each durable
    pages: float  # per second

    @classmethod
    def of(cls, found: Results) -> "Measured":
        """Raises a KeyError with the name of the result that is missing."""
        (sockets,) = (row for row in found["connections-10000"]["rows"] if row["name"] == "myweb")
        (posts,) = (row for row in found["posts-socket-postgresql-64-1"]["rows"] if row["name"] == "myweb")
        (pages,) = (row for row in found["pages"]["rows"] if row["name"] == "myweb room")
        count: int = found["connections-10000"]["options"]["sockets"]
        base = sockets["rss_mb"] - count * sockets["bytes_per_socket"] / 1e6
        return cls(count, base, sockets["bytes_per_socket"], sockets["resume_all_s"], posts["per_s"], pages["per_s"])


@dataclass
class Step:
    sockets: int
    measured: Measured

    @property
    def messages(self) -> float:
        return self.sockets * MESSAGES / 3600

    @property
    def live(self) -> int:
        """Processes; at least two, so that one may fail."""
        return max(2, ceil(self.sockets / (self.measured.sockets * HEADROOM)))

    @property
    def live_mb(self) -> float:
        """Per process, after one process failed and its sockets moved."""
        each = self.sockets / (self.live - 1)
        return self.measured.base_mb + each * self.measured.bytes_per_socket / 1e6

    @property
    def web(self) -> int:
        """Cores."""
        return max(1, ceil(self.sockets * PAGES / 3600 / (self.measured.pages * HEADROOM)))

    @property
    def back(self) -> float:
        """Seconds until all have reconnected after a complete outage, if the database keeps pace."""
        return self.measured.resume_s * self.sockets / self.live / self.measured.sockets

    @property
    def copies(self) -> float:
        """Notifications from Redis per second: each message goes to each process with a subscriber of the room."""
        return self.messages * min(self.live, LISTENERS)

    @property
    def heads(self) -> float:
        """Rows read per second in case a notification was lost: per process the rooms with subscribers on it."""
        return self.live * min(self.sockets / LISTENERS, self.sockets / self.live) / REREAD

    def shares(self) -> dict[str, float]:
        """Load of the single servers, in parts of a core."""
        return {
            "PostgreSQL, writing": self.messages / self.measured.posts,
            "PostgreSQL, heads read again": self.heads / HEADS,
            "Redis, notifications": self.copies / REDIS_COPIES,
        }


def table(found: Results) -> Iterator[str]:
    measured = Measured.of(found)
    yield (
        "| open sockets | messages/s | deliveries/s | live processes | memory each | cores for pages | "
        "all back after | sign-ins/s | Redis sends/s | heads/s | busiest single server |"
    )
    yield "| --- |" + " --- |" * 10
    for sockets in STEPS:
        step = Step(sockets, measured)
        name, share = max(step.shares().items(), key=lambda each: each[1])
        cells = (
            f"{sockets:,}",
            f"{step.messages:,.1f}",
            f"{step.messages * LISTENERS:,.0f}",
            f"{step.live:,}",
            f"{step.live_mb:,.0f} MB",
            f"{step.web}",
            f"{step.back:,.1f} s",
            f"{sockets / step.back:,.0f}",
            f"{step.copies:,.0f}",
            f"{step.heads:,.0f}",
            f"{name}: {share:.0%} of a core",
        )
        yield f"| {' | '.join(cells)} |"


def sizes(found: Results, page: str) -> str:
    """The page with the current table. Raises a ValueError if its markers are missing."""
    before, begin, rest = page.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"docs/deploy.md has lost the lines {BEGIN} and {END} around the sizing table.")
    return "\n".join([f"{before}{BEGIN}\n", *table(found), f"\n{END}{after}"])


def write(found: Results) -> None:
    PAGE.write_text(sizes(found, PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)}: sizes for {len(STEPS)} steps")
