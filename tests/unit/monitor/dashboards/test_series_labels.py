"""The labels of series in automatic dashboards."""

import re

import pytest

from monitor.dashboards.automatic import AUTOMATIC_DASHBOARDS, Panel
from monitor.dashboards.series_labels import SERIES_LABELS
from monitor.dashboards.strings import STRINGS

QUANTILE_OR_PATTERN = re.compile(r"\.p\d\d$|\*")
PANELS = [
    pytest.param(key, panel, id=f"{key} {panel.series[0]}")
    for key, dashboard in AUTOMATIC_DASHBOARDS.items()
    for panel in dashboard.panels
    if len(panel.series) > 1
]


@pytest.mark.parametrize(("key", "panel"), PANELS)
def test_each_series_beside_others_has_a_label(key: str, panel: Panel) -> None:
    for series in panel.series:
        if not QUANTILE_OR_PATTERN.search(series):
            parts = series.removeprefix(f"{key}.").split(".")
            tails = {f"{key}.{'.'.join(parts[first:])}" for first in range(len(parts))}
            assert tails & SERIES_LABELS.keys(), series


def test_pages_of_dashboards_have_the_labels() -> None:
    assert STRINGS["series_host.in"] == "in"
