"""How right the clock is, as the kernel says."""

import ctypes
import struct

import pytest

from monitor.metrics.sources import clock as clocks


class Kernel:
    """Answers as the kernel would; its clock is off by 1.5 ms, and by 20 ms at most."""

    def __init__(self, answer: int, status: int, offset: int) -> None:
        self.answer, self.fields = answer, (0, offset, 0, 20_000, 100, status)

    def adjtimex(self, told: "ctypes.Array[ctypes.c_char]") -> int:
        assert not any(told.raw), "it was to be changed"
        struct.pack_into(clocks.FIELDS, told, 0, *self.fields)
        return self.answer


@pytest.mark.parametrize(
    ("kernel", "found"),
    [
        (Kernel(0, 0, 1_500), {"clock.offset": 0.0015, "clock.error": 0.02}),
        (Kernel(0, clocks.NANOSECONDS, -1_500_000), {"clock.offset": -0.0015, "clock.error": 0.02}),
        (Kernel(5, clocks.UNSYNCHRONISED, 0), {}),
        (Kernel(clocks.FAILED, 0, 0), {}),
    ],
)
def test_the_kernel_knows_how_wrong_it_may_be(
    monkeypatch: pytest.MonkeyPatch, kernel: Kernel, found: dict[str, float]
) -> None:
    monkeypatch.setattr("ctypes.CDLL", lambda _name: kernel)
    assert {each.name: each.value for each in clocks.read_clock()} == found
