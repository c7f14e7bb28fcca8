"""What a file is, by its content. A name or a header of the sender says nothing."""

import codecs
import re
from collections.abc import Iterable
from typing import NamedTuple

from files.models import Kind

HEAD = 4_096  # bytes that signatures are looked for in


class Sniffed(NamedTuple):
    kind: Kind
    type: str
    lines: int = 0  # of a text


BINARY = Sniffed(Kind.OTHER, "application/octet-stream")
TEXT = Sniffed(Kind.TEXT, "text/plain")
MARKUP = Sniffed(Kind.OTHER, "text/html")  # HTML, XML and SVG: never shown
SIGNATURES: list[tuple[bytes, Sniffed]] = [
    (rb"\x89PNG\r\n\x1a\n", Sniffed(Kind.IMAGE, "image/png")),
    (rb"\xff\xd8\xff", Sniffed(Kind.IMAGE, "image/jpeg")),
    (rb"GIF8[79]a", Sniffed(Kind.IMAGE, "image/gif")),
    (rb"RIFF....WEBP", Sniffed(Kind.IMAGE, "image/webp")),
    (rb"....ftypavi[fs]", Sniffed(Kind.IMAGE, "image/avif")),
    (rb"....ftyp(M4A |M4B )", Sniffed(Kind.AUDIO, "audio/mp4")),
    (rb"....ftypqt  ", Sniffed(Kind.VIDEO, "video/quicktime")),
    (rb"....ftyp(iso[m2-9]|mp4[12]|avc1|M4V |dash|MSNV)", Sniffed(Kind.VIDEO, "video/mp4")),
    (rb"\x1aE\xdf\xa3.{4,60}webm", Sniffed(Kind.VIDEO, "video/webm")),
    (rb"OggS\x00.{0,200}(vorbis|OpusHead|Speex|\x7fFLAC)", Sniffed(Kind.AUDIO, "audio/ogg")),
    (rb"RIFF....WAVE", Sniffed(Kind.AUDIO, "audio/wav")),
    (rb"ID3[\x02-\x04]\x00|\xff[\xfb\xf3\xf2][\x10-\xef]", Sniffed(Kind.AUDIO, "audio/mpeg")),
    (rb"%PDF-[12]\.", Sniffed(Kind.PDF, "application/pdf")),
]
PATTERNS = [(re.compile(pattern, re.DOTALL), sniffed) for pattern, sniffed in SIGNATURES]
BEGINS_MARKUP = re.compile(r"\s*<(?:[a-z!?/])", re.IGNORECASE)
# Line ends, tabs, form feeds, and the escapes of coloured logs are text.
NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")


def sniff_content(head: bytes) -> Sniffed | None:
    """By the first bytes; None if they have no signature."""
    return next((sniffed for pattern, sniffed in PATTERNS if pattern.match(head)), None)


class TextSniffer:
    """Reads a whole file in blocks: it is text if all of it is UTF-8 without control characters."""

    def __init__(self) -> None:
        self.decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self.head = ""
        self.is_text = True
        self.lines = 0
        self.end = "\n"  # the last character

    def feed(self, block: bytes, final: bool = False) -> None:
        if not self.is_text:
            return
        try:
            text = self.decoder.decode(block, final)
        except UnicodeDecodeError:
            self.is_text = False
            return
        self.is_text = not NO_TEXT.search(text)
        self.lines += text.count("\n")
        self.end = text[-1:] or self.end
        if len(self.head) < HEAD:
            self.head += text[:HEAD]

    def result(self) -> Sniffed:
        if not self.is_text:
            return BINARY
        if BEGINS_MARKUP.match(self.head):
            return MARKUP
        return TEXT._replace(lines=self.lines + (self.end != "\n"))


def sniff_blocks(blocks: Iterable[bytes]) -> Sniffed:
    """Reads all blocks."""
    head, text = b"", TextSniffer()
    for block in blocks:
        if len(head) < HEAD:
            head += block[:HEAD]
        text.feed(block)
    text.feed(b"", final=True)
    return sniff_content(head) or text.result()
