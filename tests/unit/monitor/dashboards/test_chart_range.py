"""The range of a chart that is posted from a dashboard."""

import pytest

from monitor.dashboards.charts.cards import Span
from monitor.dashboards.charts.views import end_by_now


@pytest.mark.parametrize(
    ("posted", "expected"),
    [
        (Span(6_400, 10_000), Span(6_400, 10_000)),
        (Span(6_402, 10_002), Span(6_400, 10_000)),
        (Span(6_400, 99_999), Span(6_400, 10_000)),
    ],
)
def test_it_ends_by_now_and_keeps_its_length_if_a_clock_is_a_moment_ahead(posted: Span, expected: Span) -> None:
    assert end_by_now(posted, 10_000) == expected
