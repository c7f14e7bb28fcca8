"""A bucket of an S3-compatible service (docs/decisions/0016-obstore-for-s3.md). Only what needs one imports this."""

import io
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, BinaryIO, Literal, NamedTuple, cast

import httpx
import obstore
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store

from myweb.bucket_settings import BucketSettings

PART_SIZE = 8 * 1024 * 1024  # bytes of an upload that are in memory
BLOCK_SIZE = 256 * 1024  # bytes of a download that are in memory
CONNECT_TIMEOUT = 5.0  # seconds
DELETE_TIMEOUT = 20.0
SIGNED_FOR = timedelta(minutes=2)
CODE = re.compile(r"<Code>(\w{1,60})</Code>")
REASONS = {
    "NoSuchBucket": "there is no such bucket",
    "SignatureDoesNotMatch": "the access key was refused",
    "InvalidAccessKeyId": "the access key was refused",
    "AccessDenied": "the access key was refused",
    "AuthorizationHeaderMalformed": "the region is wrong",
    "RequestTimeTooSkewed": "its clock and that of this machine differ",
    "QuotaExceeded": "it is full",
    "XMinioStorageFull": "it is full",
}


class StoredObject(NamedTuple):
    name: str
    written_at: datetime
    size: int


class Bucket:
    """Every method raises :class:`OSError` with a short reason, without a secret."""

    def __init__(self, given: BucketSettings, *, timeout: str, retries: int) -> None:
        self.given = given
        self.store = S3Store(
            given.name,
            prefix=given.folder or None,
            endpoint=given.endpoint,
            access_key_id=given.access_key,
            secret_access_key=given.secret_key,
            region=given.region,
            virtual_hosted_style_request=given.style == "host",
            client_options={"allow_http": True, "connect_timeout": f"{CONNECT_TIMEOUT:.0f}s", "timeout": timeout},
            retry_config={"max_retries": retries, "retry_timeout": timedelta(minutes=10)},
        )

    def put(self, name: str, file: BinaryIO) -> None:
        """The object is whole or absent."""
        with self.wrap_errors():
            obstore.put(self.store, name, file, chunk_size=PART_SIZE, max_concurrency=1)

    def find(self, name: str) -> StoredObject:
        """Raises :class:`FileNotFoundError`."""
        with self.wrap_errors():
            row = obstore.head(self.store, name)
        return StoredObject(row["path"], row["last_modified"], row["size"])

    def list_objects(self, folder: str = "") -> Iterator[StoredObject]:
        with self.wrap_errors():
            for page in obstore.list(self.store, prefix=folder or None):
                for row in page:
                    yield StoredObject(row["path"], row["last_modified"], row["size"])

    def read(self, name: str, begin: int, end: int) -> Iterator[bytes]:
        """Raises :class:`FileNotFoundError`."""
        if begin >= end:
            return
        with self.wrap_errors():
            found = obstore.get(self.store, name, options={"range": (begin, end)})
            for block in found.stream(min_chunk_size=BLOCK_SIZE):
                yield bytes(block)

    def sign(self, method: Literal["GET", "HEAD", "PUT", "DELETE"], name: str) -> str:
        """An address that needs no key, for some minutes. It asks nobody."""
        return obstore.sign(self.store, method, name, SIGNED_FOR)

    def delete(self, name: str) -> None:
        """One by one: services answer to the request for many in ways that obstore does not read."""
        try:
            answer = httpx.delete(
                self.sign("DELETE", name), timeout=httpx.Timeout(DELETE_TIMEOUT, connect=CONNECT_TIMEOUT)
            )
        except httpx.HTTPError:
            raise OSError("it does not answer") from None
        if answer.status_code not in {200, 204, 404}:
            raise OSError(self.describe(answer.text or f"it answers with status {answer.status_code}"))

    @contextmanager
    def wrap_errors(self) -> Iterator[None]:
        try:
            yield
        except (PermissionDeniedError, UnauthenticatedError) as error:
            raise OSError(REASONS.get(find_code(str(error)), "the access key was refused")) from None
        except FileNotFoundError as error:
            if "NoSuchBucket" in str(error):
                raise OSError(REASONS["NoSuchBucket"]) from None
            raise FileNotFoundError("there is no such object") from None
        except BaseError as error:
            raise OSError(self.describe(str(error))) from None

    def describe(self, text: str) -> str:
        if "InvalidCertificate" in text:
            return "its certificate is not trusted here"
        if reason := REASONS.get(find_code(text)):
            return reason
        line = text.partition("\n")[0].replace(self.given.secret_key, "***")
        if "404 Not Found" in line:
            return "there is no such bucket"
        return "it does not answer" if "error sending request" in line else line[:300]


def find_code(text: str) -> str:
    """The error that the service names; empty if it names none."""
    code = CODE.search(text)
    return code[1] if code else ""


def open_blocks(blocks: Iterable[bytes]) -> BinaryIO:
    return cast("BinaryIO", io.BufferedReader(BlockReader(blocks), BLOCK_SIZE))


class BlockReader(io.RawIOBase):
    def __init__(self, blocks: Iterable[bytes]) -> None:
        self.blocks, self.rest = iter(blocks), memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        self.rest = self.rest or memoryview(next(self.blocks, b""))
        target = memoryview(buffer)
        count = min(len(target), len(self.rest))
        target[:count], self.rest = self.rest[:count], self.rest[count:]
        return count
