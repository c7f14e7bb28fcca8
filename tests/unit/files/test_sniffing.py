"""What a file is, by its content alone."""

import pytest

from files.models import Kind
from files.sniffing import Sniffed, sniff_blocks

LINES = {"a\nb\n": 2, "a\nb": 2, "\n": 1, "é\r\nü\r\n": 2, "x" * 5_000: 1}


@pytest.mark.parametrize(("text", "lines"), list(LINES.items()))
@pytest.mark.parametrize("size", [1, 3, 10_000])
def test_the_lines_of_a_text_are_counted_however_it_arrives(text: str, lines: int, size: int) -> None:
    content = text.encode()
    blocks = [content[begin : begin + size] for begin in range(0, len(content), size)]
    assert sniff_blocks(blocks) == Sniffed(Kind.TEXT, "text/plain", lines)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\n", b"a\n\0b\n", b"<svg>\n</svg>\n", b"%PDF-1.7\n"])
def test_what_is_no_text_has_no_lines(content: bytes) -> None:
    assert sniff_blocks([content]).lines == 0


def test_what_phones_record_is_a_video() -> None:
    assert sniff_blocks([b"\0\0\0\x14ftypqt  \0\0\0\0qt  "]) == Sniffed(Kind.VIDEO, "video/quicktime")
