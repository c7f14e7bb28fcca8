"""Bodies that come compressed, never inflated further than to a bound."""

import zlib

GZIP = 16 + zlib.MAX_WBITS


class UnknownEncoding(Exception):
    """Something else than gzip."""


class BadGzip(Exception):
    """It is not gzip, or not all of it."""


class TooLarge(Exception):
    """Inflated it is larger than the bound."""


def decompress_limited(body: bytes, encoding: str, limit: int) -> bytes:
    """``encoding`` as in the header Content-Encoding, ``limit`` in bytes."""
    names = [name.strip().lower() for name in encoding.split(",")]
    names = [name for name in names if name not in {"", "identity"}]
    if not names:
        return body
    if names not in (["gzip"], ["x-gzip"]):
        raise UnknownEncoding
    return gunzip_limited(body, limit)


def gunzip_limited(body: bytes, limit: int) -> bytes:
    """Of all members that stand one behind another."""
    found = bytearray()
    while body:
        member = zlib.decompressobj(GZIP)
        try:
            found += member.decompress(body, limit - len(found) + 1)
        except zlib.error:
            raise BadGzip from None
        if len(found) > limit:
            raise TooLarge
        if not member.eof:
            raise BadGzip
        body = member.unused_data.lstrip(b"\0")  # which some writers fill up with
    return bytes(found)
