"""The worker as a process sends push messages; it is killed in the middle."""

from pathlib import Path

import pytest
from django.db.models.functions import Now

from accounts.models import User
from push.models import PushMessage
from push.protocol import PushPayload
from push.services import send_push
from tasks.models import QueuedTask, State
from tests.integration.push.conftest import Add
from tests.support.background import wait_for, worker
from tests.support.push_service import PushService

pytestmark = pytest.mark.django_db(transaction=True)
PRIVATE = {"MYWEB_PUSH_PRIVATE": "yes"}


def is_queue_empty() -> bool:
    return not QueuedTask.objects.filter(state__in=[State.WAITING, State.RUNNING]).exists()


def test_a_worker_that_is_killed_loses_no_message_and_repeats_silently(
    service: PushService, add_device: Add, ben: User, tmp_path: Path
) -> None:
    log, phone = tmp_path / "log", service.browser("phone")
    add_device(ben, phone)
    tags = [f"note.{number}" for number in range(40)]
    with worker(log, "--lease", "3", **PRIVATE) as process:
        service.hangs.set()  # so that all of them are in flight
        for tag in tags:
            send_push([ben.pk], PushPayload(tag=tag, title="operations", body=tag, path="/"))
        wait_for(lambda: len(phone.requests) == len(tags), log)
        process.kill()
    service.hangs.clear()
    assert PushMessage.objects.count() == len(tags)
    PushMessage.objects.update(due_at=Now())  # their lease ends
    with worker(log, "--lease", "3", **PRIVATE):
        wait_for(lambda: not PushMessage.objects.exists(), log)
    assert sorted({message["body"] for message in phone.messages}) == sorted(tags)
    assert len({message["id"] for message in phone.messages}) == len(tags)
    assert len(phone.requests) == 2 * len(tags)
    assert "Traceback" not in log.read_text()


@pytest.mark.any_database
def test_a_worker_that_is_told_to_stop_ends_within_its_time_while_a_service_hangs(
    service: PushService, add_device: Add, ben: User, tmp_path: Path
) -> None:
    log, phone = tmp_path / "log", service.browser("phone")
    add_device(ben, phone)
    service.hangs.set()
    with worker(log, **PRIVATE) as process:
        send_push([ben.pk], PushPayload(tag="note.1", title="", body="", path="/"))
        wait_for(lambda: len(phone.requests) == 1, log)
        assert process.stop() == 0
    assert PushMessage.objects.get().tries == 1
    assert "did not end" not in log.read_text()
