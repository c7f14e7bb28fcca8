"""The page of admins on background tasks, and what the dashboards and the doctor say about them."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from monitor.metrics.sources.tasks import TasksReader
from tasks.models import QueuedTask, State
from tasks.queue import claim_task, fail_task, renew_lease
from tests.support.background import write_line
from tests.support.cast import as_
from tests.support.patient import doctor

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def failed() -> QueuedTask:
    write_line.using(key="room 5").enqueue("/tmp/x", "a")
    renew_lease("one", 60)
    claimed = claim_task("one")
    assert claimed
    fail_task(claimed, "ValueError: no such <mailbox>\n")
    return QueuedTask.objects.get()


def test_admins_see_what_waits_and_what_failed(dora: User, failed: QueuedTask) -> None:
    write_line.enqueue("/tmp/x", "b")
    page = as_(dora).get(reverse("tasks")).content.decode()
    assert "tests.support.background.write_line" in page
    assert "ValueError: no such &lt;mailbox&gt;" in page
    assert "No worker is running" not in page


def test_without_a_worker_the_page_says_so(dora: User) -> None:
    assert "No worker is running" in as_(dora).get(reverse("tasks")).content.decode()


def test_to_members_there_is_no_such_page(ben: User, failed: QueuedTask) -> None:
    assert as_(ben).get(reverse("tasks")).status_code == 404
    for name in ("task_retry", "task_discard"):
        assert as_(ben).post(reverse(name, args=[failed.pk])).status_code == 404
    assert QueuedTask.objects.get().state == State.FAILED


def test_a_failed_task_is_tried_again_with_all_its_tries(dora: User, failed: QueuedTask) -> None:
    browser = as_(dora)
    assert browser.post(reverse("task_retry", args=[failed.pk]), follow=True).status_code == 200
    assert [(row.state, row.attempts) for row in QueuedTask.objects.all()] == [(State.WAITING, 0)]
    assert browser.post(reverse("task_retry", args=[failed.pk])).status_code == 404  # another admin was faster


def test_a_failed_task_whose_key_waits_anew_needs_no_second_run(dora: User, failed: QueuedTask) -> None:
    newer = write_line.using(key="room 5").enqueue("/tmp/x", "newer")
    as_(dora).post(reverse("task_retry", args=[failed.pk]))
    assert [str(row.pk) for row in QueuedTask.objects.all()] == [newer.id]


def test_a_failed_task_is_discarded(dora: User, failed: QueuedTask) -> None:
    as_(dora).post(reverse("task_discard", args=[failed.pk]))
    assert not QueuedTask.objects.exists()


def test_the_dashboards_have_the_length_of_the_queue_and_the_age_of_its_oldest(failed: QueuedTask) -> None:
    write_line.using(run_after=timezone.now() - timedelta(seconds=30)).enqueue("/tmp/x", "b")
    values = {reading.name: reading.value for reading in TasksReader().read(0)}
    assert 29 < values.pop("oldest") < 60
    assert values == {"waiting": 1, "running": 0, "failed": 1, "workers": 1}


def test_the_doctor_misses_a_worker_and_names_what_failed(failed: QueuedTask) -> None:
    assert "1 task failed" in doctor("tasks", code=0)["tasks"].message
    renew_lease("one", -1)
    write_line.enqueue("/tmp/x", "b")
    said = doctor("tasks", code=1)["tasks"]
    assert "no worker runs tasks: 0 workers, 1 waiting" in said.message
    assert "manage.py worker" in said.hint or "bin/dev" in said.hint


def test_the_doctor_warns_of_tasks_that_wait_long() -> None:
    renew_lease("one", 60)
    assert doctor("tasks")["tasks"].state == "ok"
    write_line.using(run_after=timezone.now() - timedelta(minutes=5)).enqueue("/tmp/x", "b")
    said = doctor("tasks", code=0)["tasks"]
    assert (said.state, "the oldest for 5" in said.message) == ("warning", True)
