"""``:tada:`` becomes its emoji, between spaces and punctuation that cannot be a part of technical text."""

import re

from emoji import emojize

from chat.markdown.addresses import CJK

CODES = re.compile(r"(?::[\w+-]{1,60}:)+")
SINGLE = re.compile(r":[\w+-]+:")
BEFORE = re.compile(rf"[\s(“‘«—!?…{CJK}\u3000-\u303f\uff01-\uff0f\uff1a-\uff20]")
AFTER = re.compile(rf"[\s)”’»—!?….,;{CJK}\u3000-\u303f\uff01-\uff0f\uff1a-\uff20]")


def replace_shortcodes(text: str, before: str, after: str) -> str:
    """``before`` and ``after`` are the characters around the text; a space where a line or a tag begins."""
    if ":" not in text:
        return text
    framed = before + text + after
    return CODES.sub(lambda match: emoji_for(match, framed, len(before)), text)


def emoji_for(match: re.Match[str], framed: str, shift: int) -> str:
    codes, start, end = match.group(), match.start() + shift, match.end() + shift
    if not stands_alone(framed, start, end):
        return codes
    names = SINGLE.findall(codes)
    signs = [emojize(name, language="alias") for name in names]
    return codes if any(sign == name for sign, name in zip(signs, names, strict=True)) else "".join(signs)


def stands_alone(text: str, start: int, end: int) -> bool:
    return BEFORE.match(text[start - 1]) is not None and AFTER.match(text[end]) is not None
