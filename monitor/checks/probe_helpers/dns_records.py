"""DNS records compared as data, whatever their spelling and order."""

import re
from typing import Any

Value = tuple[object, ...]
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"?|[^\s"]+')
ESCAPE = re.compile(rb"\\(\d{3}|.)", re.DOTALL)


class BadValue(ValueError):
    """The message is the invalid value."""


def to_record_value(rdata: Any) -> Value:
    """``rdata`` is an object of dnspython, whose classes are created at run time."""
    record = rdata.rdtype.name
    if record in {"TXT", "SPF"}:
        return ("text", b"".join(rdata.strings))
    if record == "CAA":
        return ("caa", rdata.flags, rdata.tag.lower(), rdata.value)
    return (record, rdata.to_digestable())  # names in lower case


def format_record(rdata: Any) -> str:
    if rdata.rdtype.name in {"TXT", "SPF"}:
        return b"".join(rdata.strings).decode("utf-8", "replace")
    text = rdata.to_text()
    return text if rdata.rdtype.name == "CAA" else re.sub(r"\.(?=\s|\Z)", "", text).lower()


def parse_record_value(record: str, text: str) -> Value:
    """Parses an expected value as in a zone file or from dig. TXT can be plain text. Raises :class:`BadValue`."""
    if record == "TXT":
        return ("text", parse_txt_value(text))
    import dns.exception
    import dns.name
    import dns.rdata

    try:
        rdata = dns.rdata.from_text(
            "IN", record, text, origin=dns.name.root, relativize=False, idna_codec=dns.name.IDNA_2008_Practical
        )
    except (dns.exception.DNSException, ValueError):
        raise BadValue(text) from None
    return to_record_value(rdata)


def parse_txt_value(text: str) -> bytes:
    """Undoes escapes within quotation marks, and joins several strings."""
    if not text.startswith('"'):
        return text.encode()
    parts = (token[1:].removesuffix('"') if token.startswith('"') else token for token in TOKEN.findall(text))
    return b"".join(ESCAPE.sub(unescape_txt, part.encode()) for part in parts)


def unescape_txt(match: "re.Match[bytes]") -> bytes:
    return bytes([int(match[1]) & 255]) if len(match[1]) == 3 else match[1]


def split_expected(expect: str) -> list[list[str]]:
    """Splits into lines. Older values have commas instead, so both forms are tried."""
    lines = [line.strip() for line in expect.splitlines() if line.strip()]
    parts = [part.strip() for line in lines for part in split_at_commas(line) if part.strip()]
    return [lines] if parts == lines else [lines, parts]


def split_at_commas(line: str) -> list[str]:
    """Ignores commas within quotation marks."""
    parts, start, inside, escaped = list[str](), 0, False, False
    for index, character in enumerate(line):
        if character == "," and not inside:
            parts.append(line[start:index])
            start = index + 1
        inside ^= character == '"' and not escaped
        escaped = character == "\\" and not escaped
    return [*parts, line[start:]]


def parse_record_values(record: str, texts: list[str]) -> set[Value]:
    return {parse_record_value(record, text) for text in texts}


def matches_expected(record: str, expect: str, values: set[Value]) -> bool:
    for texts in split_expected(expect):
        try:
            if parse_record_values(record, texts) == values:
                return True
        except BadValue:
            continue
    return False


def check_expected(record: str, expect: str) -> None:
    """Raises :class:`BadValue` if neither the lines nor their parts are valid."""
    first_error = None
    for texts in split_expected(expect):
        try:
            parse_record_values(record, texts)
        except BadValue as error:
            first_error = error
        else:
            return
    if first_error:
        raise first_error
