"""Names of 2 KB and of any characters go through tables, dashboards and rules, on both databases."""

import time
from random import Random

import pytest
from django.utils import timezone

from chat.models import Room
from monitor.alerts.models import Instance, Rule, Silence
from monitor.dashboards.automatic import build_layout
from monitor.dashboards.layouts import view_spec
from monitor.dashboards.spec import PanelSpec, Spec, format_spec, parse_spec
from monitor.metrics.catalogue import MAX_SERIES_PER_SOURCE, Catalogue
from monitor.metrics.columns import get_series_columns
from monitor.metrics.ingest.latest import LatestValue, TableLatestStore
from monitor.metrics.ingest.names import MAX_NAME_BYTES, format_series_name
from monitor.metrics.models import Series, Source
from monitor.metrics.readings import Reading

pytestmark = pytest.mark.django_db

NAMES = [
    format_series_name(
        "a", {"b": "".join(Random(7).choices("0123456789abcdefghijklmnopqrstuvwxyz", k=MAX_NAME_BYTES - 7))}
    ),
    format_series_name("room_temp", {"place": "上海　机房", "two words": "a  b"}),
    format_series_name("{odd} name", {"[x]": "*?[y]"}),
    format_series_name("family", {"who": "👩‍💻", "hidden": "\x00\u202e\t"}),
]


@pytest.mark.parametrize("name", NAMES)
def test_every_table_has_room_for_a_name(room: Room, name: str) -> None:
    assert len(name.encode()) <= MAX_NAME_BYTES
    source = Source.objects.create(key="s" * 40)
    Series.objects.create(source=source, name=name, position=0)
    TableLatestStore().put(source.pk, {name: LatestValue(1, 2, counter=False)})
    assert set(TableLatestStore().all(source.pk)) == {name}
    rule = Rule.objects.create(title="Long", source=source.key, series=name, threshold=1, room=room)
    whole = f"{source.key} {name}"
    Instance.objects.create(rule=rule, name=whole, phase="firing", since=int(time.time()))
    Silence.objects.create(room=room, pattern=whole, starts=timezone.now(), ends=timezone.now())


@pytest.mark.parametrize("name", NAMES)
def test_a_dashboard_shows_exactly_the_series_that_it_names(name: str) -> None:
    Series.objects.create(source=Source.objects.create(key="push-shop"), name=name, position=0)
    spec = parse_spec(format_spec(Spec("Names", [PanelSpec("One", [f"push-shop.{name}"])])))
    order = build_layout(view_spec("names", spec, 1), get_series_columns(["push-shop"]))
    assert [column.name for column in order.columns] == [name]


def test_a_refused_series_counts_once_however_often_it_comes() -> None:
    sheet = Catalogue().get_index("push-shop")
    for _tick in range(3):
        sheet.make_row(Reading(f"s{number}", 1.0) for number in range(MAX_SERIES_PER_SOURCE + 7))
        assert sheet.refused == 7
    sheet.make_row([Reading("s0", 1.0)])
    assert sheet.refused == 0
