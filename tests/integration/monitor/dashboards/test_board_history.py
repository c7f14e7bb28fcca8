"""``/dashboards/<key>/history/``: any range as JSON, for those whose dashboard it is; what is over may be kept."""

import time
from array import array

import pytest
from django.http import HttpResponse

from accounts.models import User
from monitor.dashboards import serializers
from monitor.dashboards.automatic import AUTOMATIC_DASHBOARDS
from monitor.metrics.models import Series, Source
from monitor.metrics.store.compaction import write_chunks
from monitor.metrics.store.ring import RingRow
from tests.support.cast import as_
from tests.support.rooms import make_room

pytestmark = pytest.mark.django_db

T0 = 1_790_000_100 // 300 * 300


@pytest.fixture
def source(ada: User, ben: User) -> Source:
    source = Source.objects.create(key="host", room=make_room(ada, ben))
    for position, name in enumerate(("unseen", "cpu.busy")):
        Series.objects.create(source=source, name=name, unit="%", position=position)
    write_chunks(source.pk, [RingRow(T0 + t, array("d", [0.0, 50 + t / 8])) for t in range(0, 300, 10)])
    return source


def ask(person: User, query: str, **headers: str) -> HttpResponse:
    return as_(person).get(f"/dashboards/host/history/?{query}", headers=headers)  # type: ignore[return-value]


def over(seconds: int = 300) -> str:
    return f"from={T0}&to={T0 + seconds}"


@pytest.mark.usefixtures("source")
def test_any_range_is_given_by_position(ben: User) -> None:
    found = ask(ben, f"{over(60)}&points=60").json()  # type: ignore[attr-defined]
    assert found == {
        "layout": serializers.get_layout("host")[1].number,
        "columns": [{"name": "cpu.busy", "unit": "%", "source": "host"}],
        "panels": [[0], *[[]] * (len(AUTOMATIC_DASHBOARDS["host"].panels) - 1)],
        "step": 1,
        "t": [T0 + t for t in range(0, 60, 10)],
        "mean": [[50, 51.25, 52.5, 53.75, 55, 56.25]],
    }
    coarse = ask(ben, f"{over()}&points=10").json()  # type: ignore[attr-defined]
    assert (coarse["step"], coarse["t"][:2]) == (30, [T0, T0 + 30])
    assert (coarse["low"][0][0], coarse["high"][0][0], coarse["mean"][0][0]) == (50, 52.5, 51.25)


@pytest.mark.usefixtures("source")
def test_strangers_do_not_find_it(cleo: User, dora: User) -> None:
    for person in (cleo, dora):
        assert ask(person, over()).status_code == 404


@pytest.mark.usefixtures("source")
def test_what_makes_no_sense_is_refused(ben: User) -> None:
    for query in ("", "from=2&to=1", "from=a&to=9", "from=0&to=99999999999", "from=-5&to=5", f"{over()}&points=x"):
        assert ask(ben, query).status_code == 400


@pytest.mark.usefixtures("source")
def test_what_is_over_is_kept_by_the_browser_and_by_nobody_else(ben: User) -> None:
    closed = ask(ben, over())
    assert closed["Cache-Control"] == "private, max-age=31536000, immutable"
    now = int(time.time())
    for seconds, age in ((300, 0), (86_400, 60)):
        goes_on = ask(ben, f"from={now - seconds}&to={now}")
        assert goes_on["Cache-Control"] == f"private, max-age={age}"
    again = ask(ben, over(), **{"If-None-Match": closed["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", closed["ETag"])
