"""Has picture_child.py decode a picture in its sizes and limits, which may fail, and judges what it wrote."""

import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import msgspec

from files.models import File, Kind, Reason
from files.storage import DIRECTORY_MODE, FILE_MODE, ORIGINAL, DiskStorage

logger = logging.getLogger(__name__)

PICTURE, THUMBNAIL = "picture", "thumbnail"
POSTER = "poster"  # of a video, as its sender sent it
WRITTEN = (PICTURE, THUMBNAIL)  # by the child
CHILD = Path(__file__).with_name("picture_child.py")
TIMEOUT = 90.0  # seconds; the child has fewer of CPU
MAX_RESULT = 4_096  # bytes
FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/gif": "GIF", "image/webp": "WEBP", "image/avif": "AVIF"}
ENDINGS = {"image/png": (".png",), "image/jpeg": (".jpg", ".jpeg"), "image/webp": (".webp",)}
INTERRUPTED = {-signal.SIGTERM, -signal.SIGINT, -signal.SIGHUP}  # with its worker: the task runs again


class PictureResult(msgspec.Struct):
    """What the child prints."""

    reason: str = ""
    type: str = ""
    width: int = 0
    height: int = 0
    tiny: str = ""


class PictureInterrupted(Exception):
    """The child was stopped from outside."""


def convert_picture(
    storage: DiskStorage, file: File, content_type: str, source: str = ORIGINAL, parts: tuple[str, ...] = WRITTEN
) -> PictureResult:
    """Writes these parts beside the source, all or none."""
    folder = storage.get_folder(file.pk)
    with make_work_folder(folder) as work:
        result = run_child(folder / source, FORMATS[content_type], work)
        if result.reason:
            logger.info("The picture %s was refused: %s", file.pk, result.reason)
            return result
        for part in parts:
            (work / part).chmod(FILE_MODE)
            (work / part).replace(folder / part)
    return result


def convert_square(folder: Path, content_type: str, shape: Literal["cover", "contain"]) -> tuple[bytes, bytes] | str:
    """The original in the folder as squares of 256 and 64 pixels, both WebP; or a :class:`Reason` to refuse it."""
    with make_work_folder(folder) as work:
        result = run_child(folder / ORIGINAL, FORMATS[content_type], work, shape)
        if result.reason:
            return result.reason
        large, small = ((work / part).read_bytes() for part in (PICTURE, THUMBNAIL))
        return large, small


@contextmanager
def make_work_folder(folder: Path) -> Iterator[Path]:
    for left in folder.glob("work-*"):  # by a worker that was killed
        shutil.rmtree(left)
    with tempfile.TemporaryDirectory(prefix="work-", dir=folder) as name:
        Path(name).chmod(DIRECTORY_MODE)
        yield Path(name)


def run_child(source: Path, file_format: str, work: Path, *options: str) -> PictureResult:
    environment = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    said = work / "result"
    try:
        with source.open("rb") as picture, said.open("wb") as result:  # the size of a file is limited, a pipe is not
            done = subprocess.run(
                [sys.executable, "-I", str(CHILD), file_format, str(work), *options],
                stdin=picture,
                stdout=result,
                stderr=subprocess.DEVNULL,
                env=environment,
                cwd=work,
                timeout=TIMEOUT,
                check=False,
            )
    except subprocess.TimeoutExpired:
        return PictureResult(reason=Reason.TOO_LARGE)
    if done.returncode in INTERRUPTED:
        raise PictureInterrupted(f"The process of a picture ended with {done.returncode}.")
    if done.returncode < 0:
        return PictureResult(reason=Reason.TOO_LARGE)
    with said.open("rb") as result:
        return judge_result(result.read(MAX_RESULT), work) if done.returncode == 0 else PictureResult(Reason.BROKEN)


def judge_result(content: bytes, work: Path) -> PictureResult:
    """The child is not trusted: what it says is limited, and its files are files."""
    try:
        result = msgspec.json.decode(content, type=PictureResult)
    except msgspec.DecodeError:
        return PictureResult(Reason.BROKEN)
    if result.reason:
        return PictureResult(result.reason if result.reason in Reason.values else Reason.BROKEN)
    sizes = 0 < result.width <= 2**16 and 0 < result.height <= 2**16
    files = [(work / part) for part in WRITTEN]
    if (
        not sizes
        or result.type not in ENDINGS
        or len(result.tiny) > File.TINY_LENGTH
        or not all(path.is_file() and not path.is_symlink() for path in files)
    ):
        return PictureResult(Reason.BROKEN)
    return result


def is_picture(file: File) -> bool:
    """Whether it was written by the worker."""
    return file.kind == Kind.IMAGE and file.type in ENDINGS


def has_thumbnail(file: File) -> bool:
    return is_picture(file) or (file.kind == Kind.VIDEO and bool(file.tiny))
