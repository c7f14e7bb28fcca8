"""Decompresses request and response bodies, up to a size limit."""

import zlib

GZIP = 16 + zlib.MAX_WBITS


class UnknownEncoding(Exception):
    """The encoding is not gzip."""


class BadGzip(Exception):
    """The body is not gzip, or is truncated."""


class TooLarge(Exception):
    """The decompressed body is larger than the limit."""


def decompress_limited(body: bytes, encoding: str, limit: int) -> bytes:
    """``encoding`` is the value of the header Content-Encoding, ``limit`` is in bytes."""
    names = [name.strip().lower() for name in encoding.split(",")]
    names = [name for name in names if name not in {"", "identity"}]
    if not names:
        return body
    if names not in (["gzip"], ["x-gzip"]):
        raise UnknownEncoding
    return gunzip_limited(body, limit)


def gunzip_limited(body: bytes, limit: int) -> bytes:
    """Decompress all members of the stream."""
    output = bytearray()
    while body:
        member = zlib.decompressobj(GZIP)
        try:
            output += member.decompress(body, limit - len(output) + 1)
        except zlib.error:
            raise BadGzip from None
        if len(output) > limit:
            raise TooLarge
        if not member.eof:
            raise BadGzip
        body = member.unused_data.lstrip(b"\0")  # padding that some writers add
    return bytes(output)
