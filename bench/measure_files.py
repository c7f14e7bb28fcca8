"""Sends files to a stack and fetches them: ``python -m bench.measure_files FILE``. Prints a row a line."""

import django

django.setup()

import base64  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402
from uuid import uuid4  # noqa: E402

import httpx  # noqa: E402

from bench.load.usage import percentiles  # noqa: E402
from bench.measure_pictures import make_photo  # noqa: E402
from bench.testbed import BenchError  # noqa: E402
from files.models import File, State  # noqa: E402
from files.protocol import PIECE_TYPE, VERSION  # noqa: E402
from files.services import MEGABYTE, PIECE_SIZE  # noqa: E402

ROUNDS = 3  # of the large file, of which the slowest counts
TIMEOUT = 60.0


class Sender:
    """A member with a browser."""

    def __init__(self, address: str, cookies: str, room: int) -> None:
        token = cookies.rpartition("=")[2]
        headers = {"Cookie": cookies, "X-CSRFToken": token, "Origin": address, "Tus-Resumable": VERSION}
        self.client, self.room = httpx.Client(base_url=address, headers=headers, timeout=TIMEOUT), room

    def upload(self, content: bytes, name: str) -> str:
        values = {"name": name, "room": str(self.room)}
        metadata = ", ".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in values.items())
        begun = self.client.post(
            "/files/uploads/", headers={"Upload-Length": str(len(content)), "Upload-Metadata": metadata}
        )
        check_status(begun, 201)
        for offset in range(0, len(content), PIECE_SIZE):
            headers = {"Upload-Offset": str(offset), "Content-Type": PIECE_TYPE}
            piece = content[offset : offset + PIECE_SIZE]
            check_status(self.client.patch(begun.headers["Location"], content=piece, headers=headers), 204)
        return str(begun.headers["Location"]).split("/")[-2]

    def send(self, file_id: str) -> None:
        """A message of its own."""
        message = {"client_id": str(uuid4()), "body": "Seen from the pier", "files": [file_id]}
        check_status(self.client.post(f"/rooms/{self.room}/messages/", json=message), 200)

    def download(self, file_id: str) -> bytes:
        answer = self.client.get(f"/files/{file_id}/")
        check_status(answer, 200)
        return answer.content


def check_status(answer: httpx.Response, status: int) -> None:
    if answer.status_code != status:
        raise BenchError(f"{answer.request.method} {answer.url} was answered with {answer.status_code}.")


def wait_for_file(file_id: str) -> None:
    ready, end = File.objects.filter(pk=file_id, state=State.READY), time.monotonic() + TIMEOUT
    while not ready.exists():
        if time.monotonic() > end:
            raise BenchError(f"The worker was not done with a file within {TIMEOUT:.0f} s.")
        time.sleep(0.005)


def measure_large_file(sender: Sender, megabytes: int) -> None:
    content, up, down = os.urandom(megabytes * MEGABYTE), [], []
    for _round in range(ROUNDS):
        begun = time.perf_counter()
        file_id = sender.upload(content, "large.bin")
        up.append(time.perf_counter() - begun)
        wait_for_file(file_id)
        begun = time.perf_counter()
        if sender.download(file_id) != content:
            raise BenchError("A file came back changed.")
        down.append(time.perf_counter() - begun)
    for name, times in (("upload", up), ("download", down)):
        print_row(f"{name} of {megabytes} MB", round(megabytes / max(times)), seconds=round(max(times), 2))


def measure_photos(sender: Sender, count: int) -> None:
    """From the first byte of an upload until the thumbnail can be fetched."""
    photo, times = make_photo(), []
    for number in range(count + 1):  # the first one is not counted
        begun = time.perf_counter()
        wait_for_file(sender.upload(photo, f"{number}.jpg"))
        times.append(time.perf_counter() - begun)
    print_row("photo of 12 MP, sent and shown", round(count / sum(times[1:]), 1), **percentiles(times[1:]))


def fill_gallery(sender: Sender, count: int) -> None:
    """A room in which each message is a picture of 1.2 megapixels."""
    photo = make_photo(1_280, 960)
    for number in range(count):
        file_id = sender.upload(photo, f"{number}.jpg")
        sender.send(file_id)
        wait_for_file(file_id)


def print_row(name: str, per_second: float, **figures: Any) -> None:
    print(json.dumps([name, {"per_s": per_second, "bound_by": "server", **figures}]))


def main(file: Path) -> None:
    asked = json.loads(file.read_text(encoding="utf-8"))
    sender = Sender(asked["address"], asked["cookies"][0], asked["rooms"][0])
    measure_large_file(sender, asked["megabytes"])
    measure_photos(sender, asked["photos"])
    fill_gallery(Sender(asked["address"], asked["cookies"][0], asked["gallery"]), asked["pictures"])


main(Path(sys.argv[1]))
