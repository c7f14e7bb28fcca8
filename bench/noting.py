"""The task of the scenario "tasks": it notes when it started."""

import os
import time

from tasks.backend import task


@task()
def note_start(path: str, number: int) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(file, f"{number} {time.time()}\n".encode())
    os.close(file)
