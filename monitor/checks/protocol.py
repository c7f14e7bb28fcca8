"""Socket commands of runs. The cards are in cards.py. See docs/protocol.md."""

import msgspec

from realtime.protocol import Command


class StopRun(Command, tag_field="do", tag="run.stop"):
    """Stop one's own run by its number on the card. Admins can stop any run. -> {}"""

    run: int


class ResponseTimes(msgspec.Struct):
    """The response times of a range, and when the check was down. A missing value is null."""

    start: int  # seconds since 1970
    end: int
    t: list[int]
    mean: list[float | None]
    high: list[float | None]
    down: list[tuple[int, int]]
