"""The page of a user's notifications: what, when, and in whose time."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from chat.models import NotificationSettings
from chat.notifications.views import SettingsSection, sections

pytestmark = pytest.mark.django_db

PAGE = "/settings/notifications/"
VALUES = {"room_level": "mentions", "direct_level": "all", "zone": "Europe/Berlin"} | {
    f"{part}_{day}": clock for day in range(7) for part, clock in (("begin", "22:00"), ("end", "07:30"))
}


def save(user: User, **changes: str) -> Any:
    client = Client()
    client.force_login(user)
    return client.post(PAGE, VALUES | changes, headers={"Accept": "application/json"})


def read_periods(user: User) -> list[list[int]]:
    return list(NotificationSettings.objects.get(user=user).quiet_periods)


def test_the_defaults_are_shown_to_who_has_chosen_nothing(ada: User) -> None:
    client = Client()
    client.force_login(ada)
    page = client.get(PAGE).content.decode()
    assert '<option value="mentions" selected>' in page
    assert page.count('value="22:00"') == 7
    assert 'name="quiet_0" id="id_quiet_0" checked' not in page
    assert not NotificationSettings.objects.exists()


def test_what_is_chosen_is_saved_and_shown_again(ada: User, ben: User) -> None:
    assert save(ada, room_level="all", direct_level="nothing", quiet_0="on", begin_0="21:15").json() == {}
    row = NotificationSettings.objects.get(user=ada)
    assert (row.room_level, row.direct_level, row.zone) == ("all", "nothing", "Europe/Berlin")
    client = Client()
    client.force_login(ada)
    page = client.get(PAGE).content.decode()
    assert 'value="21:15"' in page
    assert page.count(" checked") == 1 + 6  # and where they are notified of what: all is on
    assert not NotificationSettings.objects.filter(user=ben).exists()


@pytest.mark.parametrize(
    ("begin", "end", "period"),
    [
        ("22:00", "07:30", [5 * 1440 + 1320, 570]),  # over midnight
        ("09:00", "17:00", [5 * 1440 + 540, 480]),
        ("00:00", "00:00", [5 * 1440, 1440]),  # the whole day
        ("12:00:00", "12:00", [5 * 1440 + 720, 1440]),
    ],
)
def test_an_end_that_is_not_later_is_on_the_next_day(begin: str, end: str, period: list[int], ada: User) -> None:
    assert save(ada, quiet_5="on", begin_5=begin, end_5=end).status_code == 200
    assert read_periods(ada) == [period]


def test_days_without_quiet_hours_have_none(ada: User) -> None:
    save(ada, quiet_5="on", quiet_6="on")
    save(ada, quiet_6="on")
    assert read_periods(ada) == [[6 * 1440 + 1320, 570]]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("room_level", "loud"),
        ("direct_level", "mentions"),
        ("zone", "Mars/Olympus"),
        ("begin_3", "25:00"),
        ("end_3", "7"),
        ("begin_3", "²2:00"),
        ("begin_3", ""),
    ],
)
def test_what_cannot_be_is_refused_at_its_field_and_changes_nothing(field: str, value: str, ada: User) -> None:
    response = save(ada, **{field: value})
    assert response.status_code == 400
    assert set(response.json()["fields"]) == {field}
    assert not NotificationSettings.objects.exists()


def test_it_works_without_a_script(ada: User) -> None:
    client = Client()
    client.force_login(ada)
    response = client.post(PAGE, VALUES | {"quiet_1": "on", "end_1": "late"})
    assert response.status_code == 200
    assert 'value="late"' in response.content.decode()
    response = client.post(PAGE, VALUES | {"quiet_1": "on"}, follow=True)
    assert response.redirect_chain == [(PAGE, 302)]
    assert len(read_periods(ada)) == 1


def test_other_apps_add_sections(ada: User) -> None:
    section = SettingsSection("chat/crumb.html", lambda request: {"href": "/", "place": f"of {request.user.name}"})
    sections.append(section)
    try:
        client = Client()
        client.force_login(ada)
        assert f"of {ada.name}" in client.get(PAGE).content.decode()
    finally:
        sections.remove(section)
