"""Admission: how many sockets are let in at once, who waits, and when the others shall come back.

Letting a socket in costs a hundred times what a message to it costs. After a restart everybody comes at once: a process
that serves all of them at the same time finishes with nobody before they give up and come again. So a few are let in
and finished, in the order of coming; a few seconds' worth of others wait; the rest are told a time of their own.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol

MAX_ENTERING = 200  # sockets that are being let in; one batch of the hub's queries
MIN_ENTERING = 60
MAX_TURN = 0.04  # seconds of one turn of the loop; if it takes longer, fewer enter: the others wait for several turns
MAX_WAIT = 3.0  # seconds in the line; a page waits 10 s for its hello
MIN_LINE = 50  # sockets, however slow the process is
STEP = 0.01  # seconds of handshakes without a look at the other sockets
FIRST_RATE, MIN_RATE = 500.0, 20.0  # sockets per second, until it has been measured, and while nothing answers
WINDOW = 1.0  # seconds that one measurement takes
MAX_HINT = 60.0  # seconds
EAGERNESS = 1.15  # so many more are told to come than can be let in: the line has room for them, and never runs dry


class Visitor(Protocol):
    """A client whose request has been read."""

    def is_gone(self) -> bool: ...

    def enter(self) -> None: ...

    def turn_away(self, seconds: float) -> None: ...


class Admission:
    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.line: OrderedDict[Visitor, None] = OrderedDict()
        self.entering = 0
        self.limit = float(MAX_ENTERING)  # of those that are entering
        self.scheduled_at = 0.0
        self.rate = FIRST_RATE  # sockets that are let in per second, when there are more than enough
        self.is_measured = False
        self.window_begin = 0.0
        self.left = 0  # since the window's begin
        self.next_time = 0.0  # that the next one who is turned away shall come back
        self.is_scheduled = False

    def arrive(self, visitor: Visitor) -> None:
        """Lets it in soon, has it wait, or turns it away with the seconds after which to come back."""
        self.measure()
        if len(self.line) >= self.count_places():
            visitor.turn_away(self.assign_time())
            return
        self.line[visitor] = None
        self.schedule()

    def count_places(self) -> float:
        """How long the line may be."""
        return max(0, self.limit - self.entering) + max(MIN_LINE, self.rate * MAX_WAIT)

    def assign_time(self) -> float:
        """Seconds from now. Those who are turned away come back one by one, as fast as they can be let in."""
        now = self.clock()
        self.next_time = min(max(self.next_time, now + MAX_WAIT / 2) + 1 / (self.rate * EAGERNESS), now + MAX_HINT)
        return self.next_time - now

    def forget(self, visitor: Visitor) -> None:
        """It has closed its connection while it waited."""
        self.line.pop(visitor, None)

    def leave(self) -> None:
        """One that was being let in is in, or was refused, or has gone."""
        self.entering -= 1
        self.left += 1
        if self.line:
            self.schedule()

    def schedule(self) -> None:
        if not self.is_scheduled:
            self.is_scheduled, self.scheduled_at = True, self.clock()
            asyncio.get_running_loop().call_soon(self.advance)

    def advance(self) -> None:
        """Lets in whom there is room for. After a while it lets the loop serve the other sockets first."""
        self.is_scheduled = False
        self.measure()
        begun = self.clock()
        self.adapt(begun - self.scheduled_at)
        while self.line and self.entering < self.limit:
            visitor, _none = self.line.popitem(last=False)
            if visitor.is_gone():
                continue
            self.entering += 1
            visitor.enter()
            if self.clock() - begun > STEP:
                break
        while len(self.line) > self.count_places() and self.clock() - begun < STEP:
            visitor, _none = self.line.popitem()  # they would wait for longer than was thought when they came
            visitor.turn_away(self.assign_time())
        if self.line and (self.entering < self.limit or len(self.line) > self.count_places()):
            self.schedule()

    def adapt(self, turn: float) -> None:
        """Sockets that enter together are answered together, in one long turn of the loop."""
        if turn > MAX_TURN:
            self.limit = max(MIN_ENTERING, self.limit * 0.9)
        elif self.entering >= self.limit - 1:
            self.limit = min(MAX_ENTERING, self.limit + 2)

    def measure(self) -> None:
        """Only a window in which somebody always waited tells how many can be let in."""
        now = self.clock()
        if self.entering < self.limit / 2:
            self.window_begin, self.left = now, 0
        elif now - self.window_begin >= WINDOW:
            measured = self.left / (now - self.window_begin)
            self.rate = max(MIN_RATE, (self.rate + measured) / 2 if self.is_measured else measured)
            self.is_measured = True
            self.window_begin, self.left = now, 0
