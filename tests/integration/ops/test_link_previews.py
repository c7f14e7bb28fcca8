"""Previews of links in backups, restored, and looked at by doctor."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts.models import User
from chat.models import Message, Room
from files.storage import get_storage
from link_previews import tasks
from link_previews.models import LinkPreview
from tasks.models import QueuedTask
from tests.integration.link_previews.conftest import private_web, web
from tests.support.cast import as_
from tests.support.links import Web, read_previews, say_and_work, switch_on
from tests.support.patient import doctor
from tests.support.rooms import say

__all__ = ["private_web", "web"]

pytestmark = pytest.mark.django_db(transaction=True)


def say_link(web: Web, by: User, room: Room) -> Message:
    url = web.add("/a", '<title>A</title><meta property="og:image" content="/picture.png">')
    return say_and_work(room, by, url)


def test_previews_come_back_with_their_messages_and_pictures(ada: User, room: Room, web: Web, tmp_path: Path) -> None:
    switch_on(ada)
    message = say_link(web, ada, room)
    (before,) = read_previews(message)
    call_command("backup", str(tmp_path / "a.tar.gz"))
    LinkPreview.objects.all().delete()
    get_storage().delete_folder(UUID(before.id))
    call_command("restore", str(tmp_path / "a.tar.gz"), "--replace")
    assert read_previews(Message.objects.get(pk=message.pk)) == [before]
    browser = as_(User.objects.get(pk=ada.pk))
    assert browser.get(f"/link-previews/{before.id}/picture/").status_code == 200


def test_doctor_says_whether_previews_are_on(ada: User, room: Room, web: Web) -> None:
    assert doctor("previews")["previews"].state == "skipped"
    switch_on(ada)
    say_link(web, ada, room)
    found = doctor("previews")["previews"]
    assert (found.state, found.message) == ("ok", "1 preview")


def test_doctor_tells_of_pictures_without_bytes(ada: User, room: Room, web: Web) -> None:
    switch_on(ada)
    say_link(web, ada, room)
    get_storage().delete_folder(LinkPreview.objects.get().pk)
    found = doctor("previews")["previews"]
    assert (found.state, "1 picture of the newest 500" in found.message) == ("warning", True)


def test_doctor_tells_of_links_that_wait_for_the_worker(ada: User, room: Room, web: Web) -> None:
    switch_on(ada)
    say(room, ada, f"{web.address}/a")
    tasks.PreviewLoop().run_once()
    assert doctor("previews")["previews"].state == "ok"
    QueuedTask.objects.update(run_at=timezone.now() - timedelta(hours=2))
    found = doctor("previews")["previews"]
    assert (found.state, "1 link waited for the worker for up to 2 h" in found.message) == ("warning", True)
