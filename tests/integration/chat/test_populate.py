"""``manage.py populate`` fills an empty workspace, and no other."""

import io
import re

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import User
from chat.models import Message
from monitor.oncall.models import Schedule
from tests.support.cast import as_

pytestmark = pytest.mark.django_db


def test_an_empty_workspace_is_filled() -> None:
    call_command("populate", messages=60, stdout=io.StringIO())
    assert Message.objects.count() > 50


def test_somebody_is_on_call_in_it_and_will_hand_over() -> None:
    call_command("populate", messages=60, stdout=io.StringIO())
    page = as_(User.objects.get(handle="ben")).get("/oncall/").content.decode()
    assert re.search(r"Hand-over Monday 16:00.*Ada.*until.*then.*Ben", page, re.DOTALL)
    (override,) = Schedule.objects.get().overrides.all()
    assert override.begins > timezone.now()


def test_a_workspace_with_users_is_left_alone_and_that_is_an_error(ada: User) -> None:
    with pytest.raises(CommandError, match="This workspace has users already; nothing was added"):
        call_command("populate")
    call_command("populate", if_empty=True, stdout=io.StringIO())
    assert User.objects.count() == 1
    assert not Message.objects.exists()
