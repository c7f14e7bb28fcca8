"""The archive of a whole site: a gzipped tar that is written and read in one go, whatever its size.

==========================  ==========================================================================================
``manifest.json``           the first member, a :class:`Manifest`
``tables/NAME/NNNNN.jsonl`` rows of a table, one JSON array a line, values in the order of its columns: moments in ISO
                            8601 (UTC, microseconds), bytes in base64, numbers that are none as "nan", "inf", "-inf"
``media/PATH``              files that people brought, where the site keeps any
``sums.json``               the last member, :class:`Sums`: an archive without it was cut off
==========================  ==========================================================================================
"""

import gzip
import io
import tarfile
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import PurePosixPath
from typing import BinaryIO, TypeVar

import msgspec

T = TypeVar("T")

FORMAT = 1
GZIP = b"\x1f\x8b"  # how each begins
MANIFEST, SUMS = "manifest.json", "sums.json"
SQUEEZED = 3  # beyond this gzip takes several times as long for a few percent


class Unreadable(Exception):
    """One sentence about an archive that is not to be used."""


class Table(msgspec.Struct):
    name: str  # app.model
    columns: list[str]


class Kind(msgspec.Struct):
    format: int


class Manifest(Kind):
    product: str  # the version of myweb
    made_at: str
    database: str  # which kind it came from
    migrations: list[str]  # app.name, those that had made the tables
    key: str  # tells whether another site has the same secret key, and nothing else of it
    tables: list[Table]


class Sums(msgspec.Struct):
    rows: dict[str, int]  # by table
    members: dict[str, str]  # SHA-256, by member


class Writer:
    def __init__(self, out: BinaryIO) -> None:
        self.squeezer = gzip.GzipFile(fileobj=out, mode="wb", compresslevel=SQUEEZED, filename="")
        self.tar = tarfile.open(mode="w:", fileobj=self.squeezer, format=tarfile.PAX_FORMAT)  # noqa: SIM115
        self.sums: dict[str, str] = {}
        self.now = int(time.time())

    def put(self, name: str, body: bytes) -> None:
        self.sums[name] = sha256(body).hexdigest()
        self.tar.addfile(self.header(name, len(body)), io.BytesIO(body))

    def put_file(self, name: str, file: BinaryIO, size: int) -> None:
        """What the file has grown by meanwhile is left out; one that has shrunk raises OSError."""
        counted = Counted(file)
        self.tar.addfile(self.header(name, size), counted)
        self.sums[name] = counted.sum.hexdigest()

    def header(self, name: str, size: int) -> tarfile.TarInfo:
        header = tarfile.TarInfo(name)
        header.size, header.mode, header.mtime = size, 0o600, self.now
        return header

    def close(self, rows: dict[str, int]) -> None:
        self.put(SUMS, msgspec.json.encode(Sums(rows, dict(self.sums))))
        self.tar.close()
        self.squeezer.close()


class Counted(io.RawIOBase):
    """A file whose sum is taken while it is read."""

    def __init__(self, file: BinaryIO) -> None:
        self.file, self.sum = file, sha256()

    def read(self, size: int = -1) -> bytes:
        body = self.file.read(size)
        self.sum.update(body)
        return body


def members(file: BinaryIO) -> Iterator[tuple[str, BinaryIO]]:
    """Every member in its order; to be read before the next, inside :func:`understood`."""
    file.seek(0)
    if file.read(len(GZIP)) != GZIP:
        raise Unreadable("It is not an archive of manage.py backup.")
    file.seek(0)
    with gzip.GzipFile(fileobj=file) as squeezed, tarfile.open(mode="r|", fileobj=squeezed) as tar:
        for each in tar:
            body = tar.extractfile(each) if each.isreg() else None
            if body is None or not is_plain(each.name):
                raise Unreadable(f"It contains {each.name!r}, which is not part of an archive of this site.")
            yield each.name, body  # type: ignore[misc]
        while squeezed.read(1 << 20):  # to the end, where gzip's own sum stands
            pass


@contextmanager
def understood() -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise Unreadable(f"It is truncated or damaged ({error}).") from None


def is_plain(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts


def read_whole(body: BinaryIO) -> tuple[bytes, str]:
    content = body.read()
    return content, sha256(content).hexdigest()


def sum_of(body: BinaryIO) -> str:
    found = sha256()
    while piece := body.read(1 << 20):
        found.update(piece)
    return found.hexdigest()


@understood()
def verify(file: BinaryIO) -> tuple[Manifest, Sums]:
    """Reads all of it: each member is there and as it was written."""
    seen: dict[str, str] = {}
    head = tail = b""
    for name, body in members(file):
        if tail:
            raise Unreadable(f"There is data after {SUMS}.")
        if name == SUMS:
            tail = body.read()
        elif name == MANIFEST:
            head, seen[name] = read_whole(body)
        elif not head:
            raise Unreadable("It is not an archive of manage.py backup: it does not begin with a manifest.")
        else:
            seen[name] = sum_of(body)
    if not head or not tail:
        raise Unreadable("It is truncated.")
    if decoded(head, Kind).format != FORMAT:
        raise Unreadable("It was made by a newer version of myweb: update this one first.")
    return decoded(head, Manifest), agreed(decoded(tail, Sums), seen)


def agreed(sums: Sums, seen: dict[str, str]) -> Sums:
    for name in sorted(sums.members.keys() | seen.keys()):
        if sums.members.get(name) != seen.get(name):
            raise Unreadable(f"It is damaged: the checksum of {name} does not match.")
    return sums


def decoded(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as error:
        raise Unreadable(f"Its {kind.__name__.lower()} cannot be read: {error}.") from None
