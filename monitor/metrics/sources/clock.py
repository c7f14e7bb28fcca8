"""Reads from the kernel how accurate its clock is, as set by chrony, ntpd or timesyncd."""

import ctypes
import struct
import sys
from collections.abc import Iterator
from contextlib import suppress

from monitor.metrics.readings import Reading, Unit

# Linux: the first fields of struct timex; include/uapi/linux/timex.h.
SIZE, FIELDS = 512, "@Illlli"  # modes, offset, freq, maxerror, esterror, status
UNSYNCHRONISED, NANOSECONDS = 0x40, 0x2000
FAILED = -1


def read_clock() -> Iterator[Reading]:
    """Yield nothing if the clock is not synchronized or the system does not report it."""
    if not sys.platform.startswith("linux"):
        return
    with suppress(OSError, AttributeError):
        buffer = ctypes.create_string_buffer(SIZE)  # modes is 0: nothing is changed
        if ctypes.CDLL(None).adjtimex(buffer) == FAILED:
            return
        _modes, offset, _frequency, max_error, _estimated_error, status = struct.unpack_from(FIELDS, buffer.raw)
        if not status & UNSYNCHRONISED:
            yield Reading("clock.offset", offset / (1e9 if status & NANOSECONDS else 1e6), Unit.SECONDS)
            yield Reading("clock.error", max_error / 1e6, Unit.SECONDS)
