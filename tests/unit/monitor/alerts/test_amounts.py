"""Values in words: negative, long and large ones, too; bytes are counted in powers of 1024 everywhere."""

import pytest

from monitor.alerts.condition_text import describe_violation, format_span
from monitor.metrics.readings import format_reading


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (-3 * 1024**3, "B", "-3 GiB"),
        (1023, "B", "1,020 B"),
        (1536, "B/s", "1.5 KiB/s"),
        (-0.25, "s", "-250 ms"),
        (0.00002, "s", "20 µs"),
        (119, "s", "1 min 59 s"),
        (3900, "s", "1 h 5 min"),
        (8100, "s", "2 h 15 min"),
        (-8100, "s", "-2 h 15 min"),
        (30 * 86_400, "s", "30 d"),
        (1234567, "", "1,234,567"),
        (-1234567, "", "-1,234,567"),
        (1e21, "", "1E21"),
        (0.0000001, "", "1E-7"),
        (-40, "°C", "-40 °C"),
        (-2000, "/s", "-2,000/s"),
        (None, "B", "no value"),
    ],
)
def test_a_value_is_written_with_its_unit(value: float | None, unit: str, text: str) -> None:
    assert format_reading(value, unit) == text


def test_a_span_that_is_negative_is_none() -> None:
    assert format_span(-5) == "0 s"


def test_a_condition_that_has_just_begun_has_no_time() -> None:
    assert describe_violation("web queue", "41", "above 10", 0) == "web queue is 41, above 10"
    assert describe_violation("web queue", "41", "above 10", 63) == "web queue is 41, above 10 for 1 min 3 s"
    assert describe_violation("web up", "0", "below 1", 0) == "web is down"
