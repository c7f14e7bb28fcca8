"""The archive of a whole site: a gzipped tar that is written and read in one go, whatever its size.

==========================  ==========================================================================================
``manifest.json``           the first member, a :class:`Manifest`
``tables/NAME/NNNNN.jsonl`` rows of a table, one JSON array a line, values in the order of its columns: moments in ISO
                            8601 (UTC, microseconds), bytes in base64, numbers that are none as "nan", "inf", "-inf"
``media/PATH``              uploaded files, if the site has any
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
GZIP_MAGIC = b"\x1f\x8b"  # the first bytes
MANIFEST, SUMS = "manifest.json", "sums.json"
COMPRESSION_LEVEL = 3  # higher levels take several times as long for a few percent


class InvalidArchive(Exception):
    """One sentence about an archive that can't be restored."""


class TableColumns(msgspec.Struct):
    name: str  # app.model
    columns: list[str]


class ArchiveFormat(msgspec.Struct):
    format: int


class Manifest(ArchiveFormat):
    product: str  # the version of myweb
    made_at: str
    database: str  # vendor: postgresql or sqlite
    migrations: list[str]  # app.name, those applied to the tables
    key: str  # tells only whether another site has the same secret key
    tables: list[TableColumns]


class Checksums(msgspec.Struct):
    rows: dict[str, int]  # by table
    members: dict[str, str]  # SHA-256, by member


class ArchiveWriter:
    def __init__(self, out: BinaryIO) -> None:
        self.squeezer = gzip.GzipFile(fileobj=out, mode="wb", compresslevel=COMPRESSION_LEVEL, filename="")
        self.tar = tarfile.open(mode="w:", fileobj=self.squeezer, format=tarfile.PAX_FORMAT)  # noqa: SIM115
        self.sums: dict[str, str] = {}
        self.now = int(time.time())

    def put(self, name: str, body: bytes) -> None:
        self.sums[name] = sha256(body).hexdigest()
        self.tar.addfile(self.header(name, len(body)), io.BytesIO(body))

    def put_file(self, name: str, file: BinaryIO, size: int) -> None:
        """Writes ``size`` bytes even if the file has grown; raises OSError if it has shrunk."""
        reader = HashingReader(file)
        self.tar.addfile(self.header(name, size), reader)
        self.sums[name] = reader.sum.hexdigest()

    def header(self, name: str, size: int) -> tarfile.TarInfo:
        header = tarfile.TarInfo(name)
        header.size, header.mode, header.mtime = size, 0o600, self.now
        return header

    def close(self, rows: dict[str, int]) -> None:
        self.put(SUMS, msgspec.json.encode(Checksums(rows, dict(self.sums))))
        self.tar.close()
        self.squeezer.close()


class HashingReader(io.RawIOBase):
    """A file that is hashed while it is read."""

    def __init__(self, file: BinaryIO) -> None:
        self.file, self.sum = file, sha256()

    def read(self, size: int = -1) -> bytes:
        body = self.file.read(size)
        self.sum.update(body)
        return body


def read_members(file: BinaryIO) -> Iterator[tuple[str, BinaryIO]]:
    """Every member in order; read it before the next one, inside :func:`wrap_archive_errors`."""
    file.seek(0)
    if file.read(len(GZIP_MAGIC)) != GZIP_MAGIC:
        raise InvalidArchive("It is not an archive of manage.py backup.")
    file.seek(0)
    with gzip.GzipFile(fileobj=file) as gzipped, tarfile.open(mode="r|", fileobj=gzipped) as tar:
        for entry in tar:
            body = tar.extractfile(entry) if entry.isreg() else None
            if body is None or not is_safe_path(entry.name):
                raise InvalidArchive(f"It contains {entry.name!r}, which is not part of an archive of this site.")
            yield entry.name, body  # type: ignore[misc]
        while gzipped.read(1 << 20):  # to the end, where gzip's own checksum is
            pass


@contextmanager
def wrap_archive_errors() -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InvalidArchive(f"It is truncated or damaged ({error}).") from None


def is_safe_path(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts


def read_and_hash(body: BinaryIO) -> tuple[bytes, str]:
    content = body.read()
    return content, sha256(content).hexdigest()


def hash_stream(body: BinaryIO) -> str:
    digest = sha256()
    while piece := body.read(1 << 20):
        digest.update(piece)
    return digest.hexdigest()


@wrap_archive_errors()
def verify_archive(file: BinaryIO) -> tuple[Manifest, Checksums]:
    """Reads the whole archive and compares every checksum."""
    digests: dict[str, str] = {}
    manifest = sums = b""
    for name, body in read_members(file):
        if sums:
            raise InvalidArchive(f"There is data after {SUMS}.")
        if name == SUMS:
            sums = body.read()
        elif name == MANIFEST:
            manifest, digests[name] = read_and_hash(body)
        elif not manifest:
            raise InvalidArchive("It is not an archive of manage.py backup: it does not begin with a manifest.")
        else:
            digests[name] = hash_stream(body)
    if not manifest or not sums:
        raise InvalidArchive("It is truncated.")
    if decode_struct(manifest, ArchiveFormat).format != FORMAT:
        raise InvalidArchive("It was made by a newer version of myweb: update this one first.")
    return decode_struct(manifest, Manifest), compare_checksums(decode_struct(sums, Checksums), digests)


def compare_checksums(sums: Checksums, digests: dict[str, str]) -> Checksums:
    for name in sorted(sums.members.keys() | digests.keys()):
        if sums.members.get(name) != digests.get(name):
            raise InvalidArchive(f"It is damaged: the checksum of {name} does not match.")
    return sums


def decode_struct(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as error:
        raise InvalidArchive(f"Its {kind.__name__.lower()} cannot be read: {error}.") from None
