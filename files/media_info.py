"""Size and duration of videos and sounds, so that a page leaves the right space. Reads headers and decodes nothing."""

import math
import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

MAX_BOXES = 2_000  # of a file, at all depths
MAX_HEADER = 4_096  # bytes that are read of a box
LARGEST = 16_384  # pixels of a side
LONGEST = 30 * 24 * 3600.0  # seconds

# EBML ids of WebM.
SEGMENT, INFO, TRACKS, ENTRY, VIDEO = 0x18538067, 0x1549A966, 0x1654AE6B, 0xAE, 0xE0
SCALE, DURATION, WIDTH, HEIGHT = 0x2AD7B1, 0x4489, 0xB0, 0xBA


class MediaInfo(NamedTuple):
    width: int = 0
    height: int = 0
    seconds: float = 0.0


class Box(NamedTuple):
    kind: object  # four letters of MP4, a number of WebM
    begin: int  # of its content
    end: int


class TooManyBoxes(Exception):
    """A file that is made to be read for long."""


class Reader:
    """Reads boxes of a file of this size, as many as are allowed."""

    def __init__(self, source: BinaryIO, size: int) -> None:
        self.source, self.size, self.boxes = source, size, 0

    def read(self, begin: int, length: int) -> bytes:
        self.source.seek(begin)
        return self.source.read(min(length, MAX_HEADER))

    def count(self) -> None:
        self.boxes += 1
        if self.boxes > MAX_BOXES:
            raise TooManyBoxes

    def list_mp4_boxes(self, begin: int, end: int) -> Iterator[Box]:
        while begin + 8 <= end:
            self.count()
            size, kind = struct.unpack(">I4s", self.read(begin, 8))
            header = 8
            if size == 1:
                size, header = struct.unpack(">Q", self.read(begin + 8, 8))[0], 16
            size = size or end - begin
            if size < header or begin + size > end:
                return
            yield Box(kind, begin + header, begin + size)
            begin += size

    def list_webm_elements(self, begin: int, end: int) -> Iterator[Box]:
        while begin < end:
            self.count()
            head = self.read(begin, 12)
            kind, length = read_vint(head, keep_marker=True)
            size, more = read_vint(head[length:])
            content = begin + length + more
            is_unknown = size == 2 ** (7 * more) - 1
            yield Box(kind, content, end if is_unknown else min(end, content + size))
            begin = end if is_unknown else content + size


def read_vint(head: bytes, keep_marker: bool = False) -> tuple[int, int]:
    """A number of EBML and how many bytes it has."""
    length = 9 - head[0].bit_length()
    if length > 8 or len(head) < length:
        raise ValueError("This is no number of EBML.")
    number = int.from_bytes(head[:length], "big")
    return number if keep_marker else number & ((1 << (7 * length)) - 1), length


def read_media_info(source: BinaryIO, size: int, media_type: str) -> MediaInfo:
    """Nothing where the file does not say it, or says nonsense."""
    reader = Reader(source, size)
    read = READERS.get(media_type)
    try:
        info = read(reader) if read else MediaInfo()
    except (TooManyBoxes, struct.error, ValueError, IndexError, ZeroDivisionError, OverflowError):
        return MediaInfo()
    if not (0 < info.width <= LARGEST and 0 < info.height <= LARGEST):
        info = info._replace(width=0, height=0)
    return info if math.isfinite(info.seconds) and 0 <= info.seconds <= LONGEST else info._replace(seconds=0.0)


def read_mp4(reader: Reader) -> MediaInfo:
    info = MediaInfo()
    for movie in reader.list_mp4_boxes(0, reader.size):
        if movie.kind != b"moov":
            continue
        for box in reader.list_mp4_boxes(movie.begin, movie.end):
            if box.kind == b"mvhd":
                info = info._replace(seconds=read_movie_duration(reader.read(box.begin, 32)))
            elif box.kind == b"trak" and not info.width:
                for part in reader.list_mp4_boxes(box.begin, box.end):
                    if part.kind == b"tkhd":
                        width, height = read_track_size(reader.read(part.begin, 96))
                        info = info._replace(width=width, height=height)
        break
    return info


def read_movie_duration(content: bytes) -> float:
    scale, duration = struct.unpack_from(">IQ" if content[0] == 1 else ">II", content, 20 if content[0] == 1 else 12)
    return float(duration / scale)


def read_track_size(content: bytes) -> tuple[int, int]:
    """As shown: a phone that was held upright turns the picture by its matrix."""
    begin = 52 if content[0] == 1 else 40
    matrix = struct.unpack_from(">9i", content, begin)
    width, height = (number >> 16 for number in struct.unpack_from(">II", content, begin + 36))
    return (height, width) if matrix[0] == 0 and matrix[4] == 0 else (width, height)


def read_webm(reader: Reader) -> MediaInfo:
    info, scale = MediaInfo(), 1_000_000
    for segment in reader.list_webm_elements(0, reader.size):
        if segment.kind != SEGMENT:
            continue
        for part in reader.list_webm_elements(segment.begin, segment.end):
            if part.kind == INFO:
                values = {box.kind: reader.read(box.begin, box.end - box.begin) for box in walk(reader, part)}
                scale = int.from_bytes(values.get(SCALE, b""), "big") or scale
                if duration := values.get(DURATION):
                    length = struct.unpack(">d" if len(duration) == 8 else ">f", duration)[0]
                    info = info._replace(seconds=length * scale / 1e9)
            elif part.kind == TRACKS:
                width, height = read_webm_size(reader, part)
                return info._replace(width=width, height=height)
    return info


def walk(reader: Reader, box: Box) -> Iterator[Box]:
    return reader.list_webm_elements(box.begin, box.end)


def read_webm_size(reader: Reader, tracks: Box) -> tuple[int, int]:
    for entry in walk(reader, tracks):
        for part in walk(reader, entry) if entry.kind == ENTRY else ():
            if part.kind == VIDEO:
                values = {box.kind: reader.read(box.begin, box.end - box.begin) for box in walk(reader, part)}
                width, height = (int.from_bytes(values.get(kind, b""), "big") for kind in (WIDTH, HEIGHT))
                return width, height
    return 0, 0


def read_wav(reader: Reader) -> MediaInfo:
    begin, rate = 12, 0
    while begin + 8 <= reader.size:
        reader.count()
        kind, size = struct.unpack("<4sI", reader.read(begin, 8))
        if kind == b"fmt ":
            rate = struct.unpack_from("<I", reader.read(begin + 8, 16), 8)[0]
        elif kind == b"data":
            return MediaInfo(seconds=min(size, reader.size - begin - 8) / rate)
        begin += 8 + size + size % 2
    return MediaInfo()


READERS = {
    **dict.fromkeys(("video/mp4", "video/quicktime", "audio/mp4"), read_mp4),
    "video/webm": read_webm,
    "audio/wav": read_wav,
}
