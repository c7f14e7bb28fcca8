"""Bodies of HTTP answers are read as a browser reads them, within a bound."""

import gzip
import tracemalloc
import zlib
from decimal import Decimal

import brotli  # type: ignore[import-untyped]
import pytest

from monitor.checks.probe_helpers.json_path import (
    BadPath,
    equals_text,
    find_json_value,
    load_json,
    parse_path,
    split_path,
)
from myweb.http_content import Content, decode_body, decompress_body

zstd = pytest.importorskip("backports.zstd")
PAGE = "Grüße aus Wien. All is well.".encode()


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


PACKED = {
    "gzip": gzip.compress(PAGE),
    "x-gzip": gzip.compress(PAGE),
    "GZIP": gzip.compress(PAGE[:5]) + gzip.compress(PAGE[5:]),
    "deflate": zlib.compress(PAGE),
    "Deflate ": raw_deflate(PAGE),
    "br": brotli.compress(PAGE),
    "zstd": zstd.compress(PAGE),
    "ZSTD": zstd.compress(PAGE[:5]) + b"\x50\x2a\x4d\x18\x03\0\0\0abc" + zstd.compress(PAGE[5:]),
    "gzip, br": brotli.compress(gzip.compress(PAGE)),
    "identity": PAGE,
    "utf-8": PAGE,
    "": PAGE,
}


@pytest.mark.parametrize("coding", PACKED)
def test_a_body_that_was_compressed_unasked_is_read(coding: str) -> None:
    assert decompress_body(PACKED[coding], coding, 1000, truncated=False) == Content(PAGE)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_a_bomb_is_unpacked_up_to_the_bound_only(coding: str) -> None:
    zeros = bytes(50_000_000)
    packers = {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress, "zstd": zstd.compress}
    bomb = packers[coding](zeros)
    del zeros
    tracemalloc.start()
    content = decompress_body(bomb, coding, 10_000, truncated=False)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (len(content.data), content.truncated, content.problem) == (10_000, True, "")
    assert peak < 5_000_000


def test_a_bomb_of_very_many_empty_parts_ends_soon() -> None:
    assert "invalid gzip data" in decompress_body(gzip.compress(b"") * 100_000, "gzip", 1000, truncated=False).problem
    assert "invalid zstd data" in decompress_body(zstd.compress(b"") * 100_000, "zstd", 1000, truncated=False).problem


def test_a_second_zstd_frame_counts_for_the_bound_and_for_the_end() -> None:
    body = zstd.compress(PAGE) * 2
    assert decompress_body(body, "zstd", len(PAGE) + 1, truncated=False) == Content(PAGE + PAGE[:1], truncated=True)
    assert "is truncated" in decompress_body(body[:-3], "zstd", 1000, truncated=False).problem
    assert decompress_body(body + b"padding", "zstd", 1000, truncated=False) == Content(PAGE * 2)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_broken_and_unfinished_compression_is_told(coding: str) -> None:
    assert "can't be read" in decompress_body(b"<html>plain after all</html>", coding, 1000, truncated=False).problem
    assert "can't be read" in decompress_body(PACKED[coding][:-6], coding, 1000, truncated=False).problem
    assert decompress_body(b"", coding, 1000, truncated=False) == Content(b"")
    assert "too many layers" in decompress_body(PAGE, "gzip, gzip, gzip, gzip", 1000, truncated=False).problem


WORDS = "服务正常"
CHARSETS = [
    (WORDS.encode("gb18030"), "text/html; charset=GB2312"),
    (WORDS.encode("gb18030"), 'text/html;charset="gbk"'),
    (WORDS.encode("utf-16-le"), "text/html; charset=utf-16"),
    (WORDS.encode("utf-16"), "text/html"),
    (b"\xfe\xff" + WORDS.encode("utf-16-be"), "text/html; charset=iso-8859-1"),
    (b"\xef\xbb\xbf" + WORDS.encode(), "text/html; charset=gbk"),
    (b'<html><head><meta charset="gb2312">' + WORDS.encode("gb18030"), "text/html"),
    (b"<meta http-equiv=Content-Type content='text/html; charset=gbk'>" + WORDS.encode("gb18030"), ""),
    (b'<!-- <meta charset="big5"> --><meta name=x><meta charset=gb18030>' + WORDS.encode("gb18030"), "text/html"),
    (b'<?xml version="1.0" encoding="GBK"?>' + WORDS.encode("gb18030"), "application/xml"),
    (b'<meta charset="utf-16">' + WORDS.encode(), "text/html"),
    (WORDS.encode(), "text/html"),
    (WORDS.encode(), "text/html; charset=zlib"),
    (WORDS.encode(), "text/html; charset=unicode_escape"),
    (WORDS.encode(), "text/html; charset=nonsense"),
]


@pytest.mark.parametrize(("body", "content_type"), CHARSETS)
def test_the_charset_is_found_where_browsers_find_it(body: bytes, content_type: str) -> None:
    assert decode_body(Content(body), content_type).endswith(WORDS)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [("Grüße – €".encode("cp1252"), "text/html"), ("Grüße – €".encode("cp1252"), "text/html; charset=ISO-8859-1")],
)
def test_text_that_is_no_utf_8_falls_back_to_windows_1252(body: bytes, content_type: str) -> None:
    assert decode_body(Content(body), content_type) == "Grüße – €"


def test_a_page_that_was_cut_within_a_character_is_still_utf_8() -> None:
    assert decode_body(Content("服务".encode()[:-1], truncated=True), "text/html") == "服"


def test_a_head_of_hostile_tags_is_read_in_time() -> None:
    assert decode_body(Content(b"<meta " * 200_000 + b"<!--" * 200_000), "text/html").startswith("<meta")


@pytest.mark.parametrize(
    ("path", "steps"),
    [
        ("checks.0.state", ["checks", "0", "state"]),
        ("$.checks[0].state", ["checks", "0", "state"]),
        (".checks[-1]", ["checks", "-1"]),
        ('["a.b"].c', ["a.b", "c"]),
        ("$['@type']", ["@type"]),
        ("@type.$ref", ["@type", "$ref"]),
        ("$schema", ["$schema"]),
        ("size in MB", ["size in MB"]),
        ("状态", ["状态"]),
    ],
)
def test_a_place_in_json_may_be_written_in_the_usual_ways(path: str, steps: list[str]) -> None:
    assert parse_path(path) == steps


@pytest.mark.parametrize(
    "path", [".", "a.", "a..b", "$", "$..a", "a[", "a[]", "a[x]", "*", "a.*", "a[?(@.b)]", "a b.", " "]
)
def test_a_path_that_makes_no_sense_is_refused(path: str) -> None:
    with pytest.raises(BadPath):
        parse_path(path)
    assert split_path(path)


@pytest.mark.parametrize(
    ("json", "wanted", "equal"),
    [
        ("1.0", "1", True),
        ("1", "1.0", True),
        ("1e3", "1000", True),
        ("12345678901234567890", "12345678901234567891", False),
        ("0.1", "0.10", True),
        ("true", "true", True),
        ("true", "1", False),
        ("1", "true", False),
        ("false", "false", True),
        ("null", "null", True),
        ('"1.0"', "1", False),
        ('"up"', "up", True),
        ('"up"', '"up"', True),
        ('{"a": [1, 2.0]}', '{"a":[1.0,2]}', True),
        ("[true]", "[1]", False),
        ("[]", "[]", True),
        ("5", "NaN", False),
        ("5", "five", False),
    ],
)
def test_values_of_json_compare_as_data(json: str, wanted: str, equal: bool) -> None:
    assert equals_text(load_json(json), wanted) is equal


def test_numbers_of_json_keep_their_digits() -> None:
    assert find_json_value(load_json('{"a": [1, 0.30000000000000000001]}'), ["a", "1"]) == Decimal(
        "0.30000000000000000001"
    )
