"""The pages of sources and jobs: members of a room look, admins make and change, strangers find nothing."""

import re
import time
from array import array
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from chat.models import Room
from monitor.metrics.ingest import services
from monitor.metrics.models import Beat, Pushed, Scraped, Series, Source
from monitor.metrics.store.ring import get_ring
from tests.support.cast import as_
from tests.support.rooms import make_room

pytestmark = pytest.mark.django_db

TOKEN = re.compile(r"myweb_(?:push|beat)_[\w-]{32}")


def page(client: Client, name: str, *args: Any) -> str:
    response = client.get(reverse(name, args=args))
    assert response.status_code == 200
    return response.content.decode()


@pytest.fixture
def pushed(ada: User, room: Room) -> Pushed:
    return services.make_pushed(ada, name="Shop", room=room, every=60)[0]


@pytest.fixture
def scraped(ada: User, room: Room) -> Scraped:
    url = "http://127.0.0.1:9100/metrics"
    return services.make_scraped(
        ada, name="Node", room=room, url=url, interval=15, timeout=5, allowed="", bearer="s3cret"
    )


@pytest.fixture
def beat(ada: User, room: Room) -> Beat:
    return services.make_beat(ada, name="Backup", room=room, period=600, cron="", zone="UTC", grace=60)[0]


@pytest.mark.usefixtures("pushed")
def test_the_dashboard_of_a_source_has_its_name(ada: User, room: Room) -> None:
    Source.objects.create(key="beats", room=room)
    shop = page(as_(ada), "dashboard", "push-shop")
    assert "<title>Shop" in shop
    assert ">Shop</a>" in shop
    assert ">Heartbeats</a>" in shop
    assert 'value="push-shop" >Shop</label>' in page(as_(ada), "walls")


@pytest.mark.usefixtures("place", "scraped", "beat")
def test_members_see_what_belongs_to_their_room_and_how_it_stands(ben: User, pushed: Pushed) -> None:
    Series.objects.create(source=pushed.source, name="orders_waiting", position=0)
    Pushed.objects.update(seen_at=timezone.now())
    get_ring().append(int(time.time()), {pushed.source_id: array("d", [17.0])})
    client = as_(ben)
    told = page(client, "sources")
    for words in ("Shop", "Node", "Backup", "1 series", "Live"):
        assert words in told
    assert reverse("pushed_new") not in told
    told = page(client, "source", "push-shop")
    for words in ("orders_waiting", "17", "just now", "at least every 1 min"):
        assert words in told
    assert "<form" not in told.split("<main")[1].split("</main>")[0]


def test_who_shares_no_room_sees_nothing(cleo: User, pushed: Pushed, beat: Beat) -> None:
    told = page(as_(cleo), "sources")
    assert "Shop" not in told
    assert "Backup" not in told
    assert "Your rooms have no sources yet. Admins add them." in told


@pytest.mark.parametrize("who", ["cleo", "dora"])
@pytest.mark.usefixtures("pushed", "scraped", "beat")
def test_for_a_stranger_nothing_is_found_be_they_admin_or_not(request: pytest.FixtureRequest, who: str) -> None:
    client = as_(request.getfixturevalue(who))
    for name, key in (("source", "push-shop"), ("source", "scrape-node"), ("source", "none"), ("beat_page", "backup")):
        assert client.get(reverse(name, args=[key])).status_code == 404
    for name, key in (
        ("pushed_renew", "push-shop"),
        ("pushed_revoke", "push-shop"),
        ("scraped_pause", "scrape-node"),
        ("beat_renew", "backup"),
        ("beat_pause", "backup"),
        ("beat_remove", "backup"),
    ):
        assert client.post(reverse(name, args=[key])).status_code == 404
    assert Beat.objects.filter(key="backup", state="new").exists()


def test_what_has_no_room_is_for_admins(ada: User, ben: User, dora: User) -> None:
    services.make_pushed(ada, name="Secret plans", room=None, every=60)
    assert "Secret plans" in page(as_(dora), "sources")
    assert "Secret plans" not in page(as_(ben), "sources")


@pytest.mark.usefixtures("pushed", "scraped", "beat")
def test_members_change_nothing(ben: User, room: Room) -> None:
    client = as_(ben)
    before = list(Pushed.objects.values()), list(Scraped.objects.values()), list(Beat.objects.values())
    for name, key in (
        ("source", "push-shop"),
        ("source", "scrape-node"),
        ("beat_page", "backup"),
        ("pushed_renew", "push-shop"),
        ("pushed_revoke", "push-shop"),
        ("scraped_pause", "scrape-node"),
        ("beat_renew", "backup"),
        ("beat_pause", "backup"),
        ("beat_remove", "backup"),
    ):
        response = client.post(reverse(name, args=[key]), {"name": "Mine", "every": "1h", "paused": "yes"}, follow=True)
        assert "Only admins can change sources." in response.content.decode()
    for name in ("pushed_new", "scraped_new", "beat_new"):
        assert client.get(reverse(name)).status_code == 302
        assert client.post(reverse(name), {"name": "Mine", "every": "1h"}).status_code == 302
    assert before == (list(Pushed.objects.values()), list(Scraped.objects.values()), list(Beat.objects.values()))


def test_a_token_is_on_the_page_that_made_it_and_never_again(ada: User, room: Room) -> None:
    client = as_(ada)
    response = client.post(reverse("pushed_new"), {"name": "Shop", "room": room.pk, "every": "5m"})
    told = response.content.decode()
    token = TOKEN.findall(told)[0]
    assert response["Cache-Control"] == "no-store"
    assert "-d 42 http://127.0.0.1:8000/api/push/queue.length" in told
    assert f"-d 21.5 http://127.0.0.1:8000/api/push/{token}/office.temperature" in told, "another example"
    assert Pushed.objects.get().every == 300
    assert client.post(f"/api/push/{token}/a", "42", content_type="text/plain").status_code == 200
    for name, key in (("sources", []), ("source", ["push-shop"])):
        assert not TOKEN.search(page(client, name, *key))
    renewed = client.post(reverse("pushed_renew", args=["push-shop"])).content.decode()
    assert token not in renewed
    assert TOKEN.search(renewed)


def test_a_job_is_made_with_a_schedule_and_its_output_is_shown_as_text(ada: User, room: Room) -> None:
    client = as_(ada)
    fields = {
        "name": "Backup",
        "room": room.pk,
        "cron": "30 2 * * *",
        "zone": "Europe/Vienna",
        "grace": "1h",
        "period": "",
    }
    told = client.post(reverse("beat_new"), fields).content.decode()
    token = TOKEN.findall(told)[0]
    client.post(f"/api/beat/{token}/3", "<script>alert(1)</script>", content_type="text/plain")
    told = page(client, "beat_page", "backup")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in told
    for words in ("Down", "exit status 3", "30 2 * * *", "Europe/Vienna"):
        assert words in told
    assert token not in told


def test_while_nobody_measures_a_job_is_down_all_the_same(ada: User, beat: Beat) -> None:
    long_ago = timezone.now() - timedelta(hours=1)
    Beat.objects.update(state="up", due_at=long_ago, pinged_at=long_ago)
    assert "status-dot__text--down" in page(as_(ada), "beat_page", "backup")


@pytest.mark.parametrize(
    ("name", "fields", "words"),
    [
        ("pushed_new", {"every": "soon"}, "Enter a duration such as"),
        ("pushed_new", {"every": "0s"}, "At least 1s"),
        ("pushed_new", {"every": "9999w"}, "at most"),
        ("beat_new", {"period": "", "cron": "", "zone": "UTC", "grace": "1h"}, "Enter how often it runs."),
        ("beat_new", {"cron": "every day", "zone": "UTC", "grace": "1h"}, "Enter five crontab fields"),
        ("beat_new", {"period": "1d", "zone": "Mars/Base", "grace": "1h"}, "Enter a time zone such as"),
        ("scraped_new", {"url": "ftp://host/", "interval": "15s", "timeout": "5s"}, "Use the format"),
        ("scraped_new", {"url": "http://[::1", "interval": "15s", "timeout": "5s"}, "Use the format"),
        ("scraped_new", {"url": "http://169.254.169.254/", "interval": "15s", "timeout": "5s"}, "address is blocked"),
        ("scraped_new", {"url": "http://host/", "interval": "1s", "timeout": "5s"}, "At least 5s"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(ada: User, name: str, fields: dict[str, str], words: str) -> None:
    told = as_(ada).post(reverse(name), {"name": "Thing"} | fields).content.decode()
    assert words in told.split("errorlist")[1]
    assert not Pushed.objects.exists()
    assert not Scraped.objects.exists()
    assert not Beat.objects.exists()


def test_a_source_is_given_to_rooms_of_ones_own_only(ada: User, ben: User, dora: User) -> None:
    foreign = make_room(dora, ben, name="elsewhere")
    fields = {"name": "Shop", "room": foreign.pk, "every": "1m"}
    told = as_(ada).post(reverse("pushed_new"), fields).content.decode()
    assert "errorlist" in told
    assert "elsewhere" not in told
    assert not Pushed.objects.exists()


def test_an_admin_changes_pauses_and_removes(
    ada: User, pushed: Pushed, scraped: Scraped, beat: Beat, room: Room
) -> None:
    client = as_(ada)
    client.post(reverse("source", args=["push-shop"]), {"name": "Store", "room": "", "every": "1h"})
    pushed.refresh_from_db()
    assert (pushed.name, pushed.every, Source.objects.get(pk=pushed.pk).room) == ("Store", 3600, None)
    client.post(reverse("pushed_revoke", args=["push-shop"]))
    assert "Revoked" in page(client, "sources")
    fields = {"name": "Knot", "room": room.pk, "url": scraped.url, "interval": "1m", "timeout": "2s", "allowed": "a*"}
    client.post(reverse("source", args=["scrape-node"]), fields)
    kept = Scraped.objects.get()
    assert (kept.name, kept.interval, kept.allowed, kept.bearer) == ("Knot", 60, "a*", scraped.bearer)
    for paused in ("yes", "no"):
        client.post(reverse("scraped_pause", args=["scrape-node"]), {"paused": paused})
        assert Scraped.objects.get().paused == (paused == "yes")
        client.post(reverse("beat_pause", args=["backup"]), {"paused": paused})
        assert Beat.objects.get().state == ("paused" if paused == "yes" else "new")
    fields = {"name": "Nightly", "room": room.pk, "period": "1d", "zone": "UTC", "grace": "2h"}
    client.post(reverse("beat_page", args=["backup"]), fields)
    assert Beat.objects.get(key="backup", name="Nightly").grace == 7200
    client.post(reverse("beat_remove", args=["backup"]))
    assert not Beat.objects.exists()


def test_what_the_site_tells_of_itself_can_be_given_to_a_room(ada: User, ben: User, room: Room) -> None:
    Source.objects.create(key="beats")
    assert as_(ben).get(reverse("source", args=["beats"])).status_code == 404
    for given in (room.pk, ""):
        as_(ada).post(reverse("source", args=["beats"]), {"room": given})
        assert as_(ben).get(reverse("source", args=["beats"])).status_code == (200 if given else 404)


def test_the_token_for_a_server_is_on_no_page(ada: User, scraped: Scraped) -> None:
    told = page(as_(ada), "source", "scrape-node")
    assert "s3cret" not in told
    assert scraped.bearer not in told


def test_who_is_not_signed_in_is_sent_to_sign_in(pushed: Pushed) -> None:
    for path in (reverse("sources"), reverse("source", args=["push-shop"]), reverse("beat_new")):
        assert reverse("account_login") in Client().get(path)["Location"]
