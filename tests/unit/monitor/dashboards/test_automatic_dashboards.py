"""A source that nobody has drawn: one panel for each metric, named as a whole."""

import pytest

from monitor.dashboards.layouts import view_generated_dashboard
from monitor.metrics.models import Series, Source

pytestmark = pytest.mark.django_db


def panels(*names: str, unit: str = "") -> dict[str, list[str]]:
    source = Source.objects.create(key="node")
    for position, name in enumerate(names):
        Series.objects.create(source=source, name=name, unit=unit, position=position)
    return {
        str(panel.title): [name.removeprefix("node.") for name in panel.series]
        for panel in view_generated_dashboard("node").panels
    }


def test_a_name_is_not_cut_inside_its_labels() -> None:
    names = ('h_bucket{le="0.5"}', 'h_bucket{le="1.0"}', 'h_bucket{le="+Inf"}')
    assert panels(*names) == {"h_bucket": list(names)}


def test_all_series_of_a_metric_are_in_one_panel() -> None:
    names = ('up{job="a.b c",instance="1.2.3.4:9100"}', 'up{job="d",instance="5.6.7.8:9100"}')
    assert panels(*names) == {"up": list(names)}


def test_a_histogram_has_a_panel_for_its_buckets_and_not_one_for_each() -> None:
    buckets = [f'took_bucket{{le="{bound}"}}' for bound in (0.1, 0.5, 1)]
    assert list(panels(*buckets, "took_sum", "took_count")) == ["took_bucket", "took_sum", "took_count"]


def test_the_percentiles_of_a_timer_stand_together_whatever_its_labels() -> None:
    names = [f'answer.time.p{share}{{region="eu"}}' for share in (50, 95, 99)]
    assert panels(*names) == {"answer.time": names}


def test_series_of_a_quoted_name_are_in_one_panel_of_their_own() -> None:
    names = ['{"room temp",place="attic"}', '{"room temp",place="cellar"}', '{"door {open}"}']
    assert panels(*names) == {"room temp": names[:2], "door {open}": names[2:]}


def test_names_with_dots_and_spaces_stand_together_as_before() -> None:
    assert panels("queue.mail", "queue.sms", "disk.full /", "disk.full /home") == {
        "queue": ["queue.mail", "queue.sms"],
        "disk": ["disk.full /", "disk.full /home"],
    }


def test_a_series_that_is_gone_is_not_on_it() -> None:
    assert panels("now")
    Series.objects.update(gone_at="2026-01-01T00:00Z")
    assert view_generated_dashboard("node").panels == ()
