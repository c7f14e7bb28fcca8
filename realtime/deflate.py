"""permessage-deflate (RFC 7692) without context takeover: each message is compressed for itself.

So a frame for many sockets is compressed once, and a socket holds no state of zlib between two messages.
"""

import zlib
from collections import OrderedDict
from typing import ClassVar

import msgspec
from autobahn.exception import PayloadCorruptError, PayloadExceededError

NAME = "permessage-deflate"
ANSWER = f"{NAME}; server_no_context_takeover; client_no_context_takeover"
WINDOW_BITS = 15
WINDOW_SIZES = frozenset(map(str, range(8, WINDOW_BITS + 1)))
# 64 KB of messages take 0.2 ms and become 27 %, or 9 % if they are alike. Level 6 takes 3 to 5 times as long, for 23 %.
LEVEL = 1
MEMORY_LEVEL = 8  # 256 KB of memory, while a message is compressed
# Compressing takes 7 us, and 2 us for each KB. A write to a socket takes about 5 us, its command or query far more.
MIN_SIZE = 1024  # of a frame for any number of sockets; two fifths to a quarter remain
MIN_SHARED_SIZE = 256  # of a frame for many sockets: one message, of which three quarters remain
MIN_SHARING_SOCKETS = 20
MAX_SHARE = 0.9  # that may remain; otherwise the frame is sent as it is, and nobody has to inflate it
TRAILER = b"\x00\x00\xff\xff"  # ends every message, and is not sent (section 7.2.1)


def compress_message(payload: bytes, part: msgspec.Raw | None = None) -> bytes:
    """The payload of a compressed frame. ``part`` stands in the payload and also in others: it is compressed once."""
    if part is None or len(part) < MIN_SIZE:
        return compress_blocks(payload)[: -len(TRAILER)]
    text = bytes(part)
    head, _part, tail = payload.rpartition(text)
    return store_block(head) + compressed_parts.get(part, text) + store_block(tail) + b"\x00"


def compress_blocks(payload: bytes) -> bytes:
    """Whole bytes, including the trailer: other blocks may follow in the same message."""
    compressor = zlib.compressobj(LEVEL, zlib.DEFLATED, -WINDOW_BITS, MEMORY_LEVEL)
    return compressor.compress(payload) + compressor.flush(zlib.Z_SYNC_FLUSH)


def store_block(payload: bytes) -> bytes:
    """Uncompressed (RFC 1951, section 3.2.4)."""
    if len(payload) >= MIN_SIZE:
        return compress_blocks(payload)
    size = len(payload)
    return b"\x00" + size.to_bytes(2, "little") + (size ^ 0xFFFF).to_bytes(2, "little") + payload


class CompressedParts:
    """Snapshots and events that many answers contain, such as those after a restart; the last ones used."""

    LIMIT = 4 * 1024 * 1024  # bytes of both forms

    def __init__(self) -> None:
        self.kept: OrderedDict[int, tuple[msgspec.Raw, bytes]] = OrderedDict()  # by identity: hashing takes long, too
        self.size = 0

    def get(self, part: msgspec.Raw, text: bytes) -> bytes:
        if known := self.kept.get(id(part)):
            self.kept.move_to_end(id(part))
            return known[1]
        compressed = compress_blocks(text)
        self.kept[id(part)] = part, compressed
        self.size += len(text) + len(compressed)
        while self.size > self.LIMIT:
            _id, (oldest, its_blocks) = self.kept.popitem(last=False)
            self.size -= len(oldest) + len(its_blocks)
        return compressed


compressed_parts = CompressedParts()


class Offer:
    """One offer of a client. autobahn parses the header, and asks ``parse`` with the parameters of each offer."""

    def __init__(self, params: dict[str, list[str | bool]]) -> None:
        self.params = params

    @classmethod
    def parse(cls, params: dict[str, list[str | bool]]) -> "Offer":
        return cls(params)

    def accept(self) -> "Acceptance | None":
        """None if it is malformed (section 7.1), or asks for frames of a smaller window than all others get."""
        for name, values in self.params.items():
            if len(values) != 1 or not is_valid(name, values[0]):
                return None
        window = self.params.get("server_max_window_bits", [""])[0]
        if window and window != str(WINDOW_BITS):
            return None
        return Acceptance(f"{ANSWER}; server_max_window_bits={WINDOW_BITS}" if window else ANSWER)


def is_valid(name: str, value: str | bool) -> bool:
    """A parameter without a value has the value True."""
    if name in {"server_no_context_takeover", "client_no_context_takeover"}:
        return value is True
    if name == "client_max_window_bits":
        return value is True or value in WINDOW_SIZES
    return name == "server_max_window_bits" and value in WINDOW_SIZES


class Acceptance:
    EXTENSION_NAME: ClassVar = NAME

    def __init__(self, header: str) -> None:
        self.header = header

    def get_extension_string(self) -> str:
        return self.header


class Inflater:
    """Reads the messages of one client, for autobahn. It takes no more memory than a message may have."""

    EXTENSION_NAME: ClassVar = NAME
    __slots__ = ("decompressor",)

    @classmethod
    def create_from_offer_accept(cls, is_server: bool, acceptance: Acceptance) -> "Inflater":
        return cls()

    def start_decompress_message(self) -> None:
        self.decompressor = zlib.decompressobj(-WINDOW_BITS)

    def decompress_message_data(self, data: bytes, max_output_len: int) -> bytes:
        """``max_output_len`` are the bytes that the message may still have."""
        limit = max(0, max_output_len)
        inflated = self.inflate(data, limit + 1)
        if len(inflated) > limit:
            raise PayloadExceededError("The message is too large")
        return inflated

    def end_decompress_message(self) -> None:
        if self.decompressor.eof:
            rest = self.decompressor.unused_data.removeprefix(b"\x00")  # the begin of an empty block
        else:
            rest = self.inflate(TRAILER, 1)  # a message that was cut off takes it for data
        del self.decompressor
        if rest:
            raise PayloadCorruptError("The message does not end with a block")

    def inflate(self, data: bytes, limit: int) -> bytes:
        try:
            return self.decompressor.decompress(data, limit)
        except zlib.error as error:
            raise PayloadCorruptError(str(error)) from error
