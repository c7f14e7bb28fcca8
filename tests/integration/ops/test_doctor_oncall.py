"""``manage.py doctor`` on who is on call."""

import pytest
from pytest_django.fixtures import Settings

from accounts.models import User
from chat.models import Room
from tests.support.oncall import make_schedule
from tests.support.patient import doctor

pytestmark = pytest.mark.django_db(transaction=True)


def test_schedules_without_a_gap_are_fine(room: Room, ada: User, ben: User, settings: Settings) -> None:
    settings.EMAIL_HOST = "mail.example.com"
    make_schedule(room, ada, ben)
    found = doctor("oncall")["oncall"]
    assert (found.state, found.message) == ("ok", "1 schedule without a gap in the next 30 days")


def test_a_gap_and_who_cannot_be_called_are_told(room: Room, ada: User, ben: User, settings: Settings) -> None:
    settings.EMAIL_HOST = "mail.example.com"
    make_schedule(room, ada, ben)
    User.objects.filter(pk=ben.pk).update(is_active=False)
    found = doctor("oncall")["oncall"]
    assert found.state == "warning"
    assert "Primary: Ben, who is deactivated, is on call from" in found.message
    settings.EMAIL_HOST = ""
    User.objects.update(is_active=True)
    assert "only open pages reach Ada Lovelace, on call now" in doctor("oncall")["oncall"].message
