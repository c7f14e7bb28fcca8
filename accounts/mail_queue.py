"""Sends mail in one thread of this process, so no page waits for a mail server and timing reveals no accounts."""

import atexit
import logging
import threading
from collections.abc import Callable
from queue import Empty, Full, Queue

from django.db import close_old_connections, connections

logger = logging.getLogger(__name__)

WAITING_LIMIT = 100  # jobs; more means a flood or a mail server that hangs
IDLE_TIMEOUT = 30.0  # seconds after which the idle thread and its database connection end
EXIT_TIMEOUT = 5.0  # seconds that the process waits at exit for unsent mail

Job = Callable[[], object]


class MailQueue:
    def __init__(self) -> None:
        self.jobs: Queue[Job] = Queue(WAITING_LIMIT)
        self.lock = threading.Lock()
        self.thread: threading.Thread | None = None

    def submit(self, job: Job) -> None:
        """Drops the job if too many wait, so that a page never waits."""
        try:
            self.jobs.put_nowait(job)
        except Full:
            logger.error("A mail was dropped: the queue holds %d mails.", WAITING_LIMIT)
            return
        with self.lock:
            if self.thread is None:
                self.thread = threading.Thread(target=self.work, name="mail", daemon=True)
                self.thread.start()

    def work(self) -> None:
        while True:
            try:
                job = self.jobs.get(timeout=IDLE_TIMEOUT)
            except Empty:
                with self.lock:
                    if self.jobs.empty():
                        connections.close_all()
                        self.thread = None
                        return
                continue
            self.do(job)

    def do(self, job: Job) -> None:
        try:
            close_old_connections()
            job()
        except Exception:
            logger.exception("A mail could not be sent")
        finally:
            close_old_connections()
            self.jobs.task_done()

    def wait_until_sent(self, timeout: float) -> bool:
        with self.jobs.all_tasks_done:
            return self.jobs.all_tasks_done.wait_for(lambda: not self.jobs.unfinished_tasks, timeout)


mail_queue = MailQueue()
atexit.register(mail_queue.wait_until_sent, EXIT_TIMEOUT)
