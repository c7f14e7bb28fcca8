"""What the worker does for previews: it follows the links of new messages, and fetches what they lead to."""

import logging
import threading
from datetime import timedelta
from functools import partial
from urllib.parse import urlsplit

from django.utils import timezone

from chat.readers import Reader, RoomReaders
from link_previews.following import (
    attach_preview,
    delete_unused,
    find_recent_preview,
    is_still_wanted,
    read_changes,
)
from link_previews.host_turns import HostBusy, delete_old_turns, reserve_turn
from link_previews.links import make_key
from link_previews.models import PreviewSettings
from tasks.backend import task
from tasks.loops import Loop, add_worker_loop
from tasks.periodic import periodic

logger = logging.getLogger(__name__)

LOOK_EVERY = 1.0  # seconds
BUSY_PAUSE = timedelta(seconds=0.3)
# Links that a worker looks at at the same time, of its four threads: other tasks do not wait for slow sites.
slots = threading.BoundedSemaphore(2)


@task(max_tries=2, max_seconds=120.0)
def fetch_link(url: str, has_turn: bool = False) -> None:
    """Makes the preview of a URL and shows it. It may run again, and nobody may wait for it any more."""
    if not slots.acquire(blocking=False):
        put_off(url, BUSY_PAUSE, has_turn)
        return
    try:
        show_link(url, has_turn)
    finally:
        slots.release()


def put_off(url: str, pause: timedelta, has_turn: bool) -> None:
    fetch_link.using(key=name_task(url), run_after=timezone.now() + pause).enqueue(url, has_turn)


def show_link(url: str, has_turn: bool) -> None:
    from link_previews.fetching import make_preview  # loads what an idle worker does not need

    key = make_key(url)
    preview = find_recent_preview(key)
    if preview is None:
        if not is_still_wanted(key):
            return
        if not has_turn and (pause := get_pause(url)):
            put_off(url, pause, has_turn=True)
            return
        preview = make_preview(url)
    attach_preview(preview)


def get_pause(url: str) -> timedelta:
    try:
        return timedelta(seconds=reserve_turn(urlsplit(url).hostname or ""))
    except HostBusy:  # a flood of links to one host: they get a turn when it is over
        return timedelta(minutes=5)


def enqueue_fetch(url: str) -> None:
    fetch_link.using(key=name_task(url)).enqueue(url)


def name_task(url: str) -> str:
    """While one task of a URL waits, another is not added."""
    return f"link preview {make_key(url)}"


READER = Reader("link previews", "rev", partial(read_changes, enqueue_fetch))


class PreviewLoop:
    """Does nothing on a site that never had previews."""

    def __init__(self) -> None:
        self.readers = RoomReaders([READER])
        self.is_used = False

    def run_once(self) -> float:
        self.is_used = self.is_used or PreviewSettings.objects.exists()
        return 0.0 if self.is_used and self.readers.read_news() else LOOK_EVERY


def make_preview_loop() -> Loop:
    return PreviewLoop().run_once


add_worker_loop(make_preview_loop)


@periodic("37 3 * * *")
@task()
def delete_old_previews() -> None:
    delete_old_turns()
    if count := delete_unused():
        logger.info("Deleted %d link previews that no message shows", count)
