"""The history of checks ends after its retention."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from chat.models import Room
from monitor.checks.models import CheckChange, ProbeRun
from monitor.checks.retention import HISTORY_RETENTION, delete_old_history
from tests.support.checks import make_check

pytestmark = pytest.mark.django_db


def test_changes_and_runs_are_deleted_after_their_retention(ada: User, room: Room) -> None:
    check, oldest = make_check(ada, "web", "a:1"), timezone.now() - HISTORY_RETENTION
    for minutes in (-1, 1):
        moment = oldest + timedelta(minutes=minutes)
        CheckChange.objects.create(of=check, at=moment, state="up")
        run = ProbeRun.objects.create(by=ada, room=room, kind="tcp", words="tcp a:1", status="done")
        ProbeRun.objects.filter(pk=run.pk).update(queued_at=moment)
    delete_old_history()
    assert CheckChange.objects.get().at > oldest
    assert ProbeRun.objects.get().queued_at > oldest
