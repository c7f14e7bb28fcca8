"""Decodes the body of an HTTP response as a browser does: bounded decompression, then text."""

import codecs
import re
import sys
import zlib
from collections.abc import Callable
from importlib import import_module
from typing import NamedTuple

from myweb.stored_text import stored_gettext as _

MAX_CODINGS = 3
MAX_MEMBERS = 100  # parts of one gzip or zstd body; each can be empty
HEAD_BYTES = 4096  # bytes in which a page declares its charset
ZSTD_FRAME = re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18")  # a data frame, or a skippable one
ZSTD_WINDOW = 23  # log2 of bytes: the memory limit of browsers

# Labels that browsers treat as a superset, and labels that Python does not know.
LABELS = {
    **dict.fromkeys(
        ("iso-8859-1", "iso8859-1", "iso_8859-1", "latin1", "latin-1", "l1", "ascii", "us-ascii"), "cp1252"
    ),
    **dict.fromkeys(("gb2312", "gbk", "x-gbk", "gb_2312-80", "gb_2312", "chinese", "euc-cn", "cp936"), "gb18030"),
    **dict.fromkeys(("shift_jis", "shift-jis", "sjis", "x-sjis", "ms_kanji", "windows-31j"), "cp932"),
    **dict.fromkeys(("euc-kr", "ks_c_5601-1987", "ksc5601", "ks_c_5601-1989", "korean"), "cp949"),
    **dict.fromkeys(("big5", "big5-hkscs", "cn-big5", "x-x-big5"), "big5hkscs"),
    **dict.fromkeys(("iso-8859-9", "latin5"), "cp1254"),
    **dict.fromkeys(("tis-620", "iso-8859-11"), "cp874"),
    **dict.fromkeys(("utf-16", "unicode", "ucs-2"), "utf-16-le"),
    **dict.fromkeys(("utf8", "unicode-1-1-utf-8", "x-unicode20utf8"), "utf-8"),
    "macintosh": "mac-roman",
    "x-mac-cyrillic": "mac-cyrillic",
    "iso-8859-8-i": "iso-8859-8",
}
# Python has codecs that are not charsets. Some of them decompress or unescape.
CHARSET = re.compile(
    r"utf-(8|16-[lb]e|32(-[lb]e)?)|iso8859-\d+|cp\d+|koi8-[rut]|mac-(roman|cyrillic)|gb18030|big5(hkscs)?|cp9\d\d"
    r"|euc_(jp|kr)|iso2022_jp|tis-620|hz"
)
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
COMMENT = re.compile(rb"<!--.*?(?:-->|\Z)", re.DOTALL)
META = re.compile(rb"""<meta\s[^<>]*?charset\s*=\s*["']?\s*([\w.:-]{1,40})""", re.IGNORECASE)
XML = re.compile(rb"""\A\s*<\?xml\s[^<>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})["']""")


class Content(NamedTuple):
    data: bytes
    truncated: bool = False  # only a part was read
    problem: str = ""  # a sentence: why it can't be read


class BadCoding(ValueError):
    """The compressed data is invalid."""


Unpacked = tuple[bytes, bool]  # the limited output, and whether the compressed data was complete


def decompress_body(body: bytes, codings: str, most: int, *, truncated: bool) -> Content:
    """``codings`` is the Content-Encoding. Unknown names are ignored, as in browsers."""
    names = [name.strip().lower() for name in codings.split(",")]
    names = [name for name in reversed(names) if name in DECODERS]
    if len(names) > MAX_CODINGS:
        return Content(b"", truncated, _("The response can't be read: too many layers of compression."))
    for name in names:
        if not body:
            break
        try:
            body, ended = DECODERS[name](body, most + 1)
        except ImportError:
            return Content(
                b"", truncated, _("The response can't be read: %(coding)s is not supported.") % {"coding": name}
            )
        except (BadCoding, MemoryError):
            return Content(b"", truncated, _("The response can't be read: invalid %(coding)s data.") % {"coding": name})
        if not ended and not truncated and len(body) <= most:
            return Content(
                body, True, _("The response can't be read: its %(coding)s data is truncated.") % {"coding": name}
            )
        truncated = truncated or len(body) > most
    return Content(body[:most], truncated or len(body) > most)


def decode_gzip(data: bytes, most: int) -> Unpacked:
    unpacked, members = b"", 0
    while True:
        part, ended, data = inflate_zlib(data, zlib.MAX_WBITS | 16, most - len(unpacked))
        unpacked, members = unpacked + part, members + 1
        if not ended or len(unpacked) >= most or not data.startswith(b"\x1f\x8b"):
            return unpacked, ended  # other data after the last member is padding
        if members == MAX_MEMBERS:
            raise BadCoding


def decode_deflate(data: bytes, most: int) -> Unpacked:
    """Accepts the zlib header of the RFC, and the raw data that some servers send."""
    try:
        return inflate_zlib(data, zlib.MAX_WBITS, most)[:2]
    except BadCoding:
        return inflate_zlib(data, -zlib.MAX_WBITS, most)[:2]


def inflate_zlib(data: bytes, window: int, most: int) -> tuple[bytes, bool, bytes]:
    unpacker = zlib.decompressobj(window)
    try:
        return unpacker.decompress(data, most), unpacker.eof, unpacker.unused_data
    except zlib.error:
        raise BadCoding from None


def decode_brotli(data: bytes, most: int) -> Unpacked:
    import brotli  # type: ignore[import-untyped]

    unpacker, unpacked = brotli.Decompressor(), b""
    try:
        part = unpacker.process(data, output_buffer_limit=most)
        while part or not unpacker.can_accept_more_data():
            unpacked += part
            if unpacker.is_finished() or len(unpacked) >= most:
                break
            part = unpacker.process(b"", output_buffer_limit=most - len(unpacked))
    except brotli.error:
        raise BadCoding from None
    return unpacked[:most], unpacker.is_finished()


def decode_zstd(data: bytes, most: int) -> Unpacked:
    zstd = import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")
    options = {zstd.DecompressionParameter.window_log_max: ZSTD_WINDOW}
    unpacked, frames = b"", 0
    while True:
        unpacker = zstd.ZstdDecompressor(options=options)
        try:
            unpacked += unpacker.decompress(data, most - len(unpacked))
        except zstd.ZstdError:
            raise BadCoding from None
        data, frames = unpacker.unused_data, frames + 1
        if len(unpacked) >= most or not ZSTD_FRAME.match(data):
            return unpacked, unpacker.eof
        if frames == MAX_MEMBERS:
            raise BadCoding


DECODERS: dict[str, Callable[[bytes, int], Unpacked]] = {
    "gzip": decode_gzip,
    "x-gzip": decode_gzip,
    "deflate": decode_deflate,
    "br": decode_brotli,
    "zstd": decode_zstd,
}


def decode_body(content: Content, content_type: str) -> str:
    """Uses the byte order mark, the header or the declaration of the page; else UTF-8, then windows-1252."""
    for mark, charset in BYTE_ORDER_MARKS:
        if content.data.startswith(mark):
            return content.data[len(mark) :].decode(charset, "replace")
    match = re.search(r"""charset\s*=\s*["']?([\w.:-]{1,40})""", content_type, re.IGNORECASE)
    charset = find_python_codec(match[1]) if match else ""
    if charset := charset or find_declared_charset(content.data[:HEAD_BYTES]):
        return content.data.decode(charset, "replace")
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(content.data, final=not content.truncated)
    except UnicodeDecodeError:
        return content.data.decode("cp1252", "replace")


def find_declared_charset(head: bytes) -> str:
    match = XML.search(head) or META.search(COMMENT.sub(b"", head))
    charset = find_python_codec(match[1].decode("ascii", "replace")) if match else ""
    return "utf-8" if charset.startswith("utf-") else charset  # the declaration itself was read as ASCII


def find_python_codec(label: str) -> str:
    """Returns an empty string for anything but a charset."""
    name = label.strip().lower()
    name = LABELS.get(name, name)
    try:
        name = codecs.lookup(name).name
    except (LookupError, ValueError):
        return ""
    return name if CHARSET.fullmatch(name) else ""
