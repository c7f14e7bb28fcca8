"""``manage.py populate`` fills an empty workspace, and no other."""

import io

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from chat.models import Message

pytestmark = pytest.mark.django_db


def test_an_empty_workspace_is_filled() -> None:
    call_command("populate", messages=60, stdout=io.StringIO())
    assert Message.objects.count() > 50


def test_a_workspace_with_users_is_left_alone_and_that_is_an_error(ada: User) -> None:
    with pytest.raises(CommandError, match="This workspace has users already; nothing was added"):
        call_command("populate")
    call_command("populate", if_empty=True, stdout=io.StringIO())
    assert User.objects.count() == 1
    assert not Message.objects.exists()
