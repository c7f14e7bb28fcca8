"""Which words a command takes: ``["ping", "-c", "{count:int 1-10}", "{host:hostname}"]``.

A place ``{name:kind}`` stands alone in an element or within one. Kinds: ``hostname`` (or an address), ``int LOW-HIGH``,
``one|of|these``, ``/regular expression/`` for the whole word. Each name takes one word, in the order of the names. What
is filled in is always one argument, never more, and never begins with a dash: no word becomes an option.
"""

import re
import shlex
from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from typing import NamedTuple

from django.utils.translation import gettext as _

from monitor.checks.patterns import is_bounded
from myweb.errors import Refused

PLACE = re.compile(r"\{([a-z][a-z0-9_]*):(/(?:[^/\\]|\\.)+/|[^{}]+)\}")
HOSTNAME = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*\.?")
NUMBERS = re.compile(r"int (\d{1,9})-(\d{1,9})")
LONGEST = 200  # characters of a word


class Place(NamedTuple):
    name: str
    kind: str

    def takes(self, word: str) -> bool:
        if len(word) > LONGEST or word.startswith("-") or any(ord(sign) < 32 or ord(sign) == 127 for sign in word):
            return False
        if self.kind == "hostname":
            return is_host(word)
        if numbers := NUMBERS.fullmatch(self.kind):
            return bool(re.fullmatch(r"[0-9]{1,9}", word)) and int(numbers[1]) <= int(word) <= int(numbers[2])
        if self.kind.startswith("/"):
            # Asked again: it may have been stored before this was asked.
            return is_bounded(self.kind[1:-1], LONGEST) and re.fullmatch(self.kind[1:-1], word) is not None
        return word in self.kind.split("|")


def is_host(word: str) -> bool:
    if HOSTNAME.fullmatch(word) and len(word) <= 253:
        return True
    try:
        ip_address(word)
    except ValueError:
        return False
    return "%" not in word


def invalid(sentence: str) -> Refused:
    return Refused("invalid", sentence)


def check(argv: Sequence[str]) -> None:
    """Refuses a template that cannot be filled."""
    if not argv or not all(isinstance(each, str) and each and "\0" not in each for each in argv):
        raise invalid(_("Enter the program and its arguments, one per line."))
    if "{" in argv[0]:
        raise invalid(_("The program can't be a placeholder."))
    kinds: dict[str, str] = {}
    for place in places(argv):
        check_kind(place)
        if kinds.setdefault(place.name, place.kind) != place.kind:
            raise invalid(_("The placeholder {%(name)s} has two different types.") % {"name": place.name})
    for each in argv:
        if set(PLACE.sub("", each)) & set("{}"):
            raise invalid(
                _("“%(part)s” is not a valid placeholder. Use {host:hostname}, {n:int 1-10} or {way:a|b}.")
                % {"part": each}
            )


def check_kind(place: Place) -> None:
    if place.kind == "hostname" or (place.kind.startswith("int ") and NUMBERS.fullmatch(place.kind)):
        return
    if place.kind.startswith("/"):
        try:
            bounded = is_bounded(place.kind[1:-1], LONGEST)
        except re.error as error:
            raise invalid(_("Invalid regular expression: %(trouble)s.") % {"trouble": error}) from None
        if not bounded:
            raise invalid(
                _("This regular expression could take too long. Use fewer repetitions, and none inside another.")
            )
    elif "|" not in place.kind or not all(place.kind.split("|")):
        raise invalid(
            _("{%(name)s} must be hostname, int 1-10, one|of|these or /a regular expression/.") % {"name": place.name}
        )


def places(argv: Sequence[str]) -> Iterator[Place]:
    for each in argv:
        for found in PLACE.finditer(each):
            yield Place(found[1], found[2])


def wanted(argv: Sequence[str]) -> list[Place]:
    """One for each word to be given."""
    return list({place.name: place for place in places(argv)}.values())


def usage(argv: Sequence[str]) -> str:
    """Of a command's arguments: "HOST [1-10] a|b"."""
    return " ".join(place.name.upper() if "|" not in place.kind[1:] else place.kind for place in wanted(argv))


def split(words: str) -> tuple[str, list[str]]:
    """The first word and the others; quotes hold words together."""
    try:
        found = shlex.split(words)
    except ValueError:
        raise invalid(_("A quotation mark is missing.")) from None
    return (found[0], found[1:]) if found else ("", [])


def filled(argv: Sequence[str], words: Sequence[str]) -> list[str]:
    names = wanted(argv)
    if len(words) != len(names):
        told = {"count": len(names), "usage": usage(argv) or "–", "given": len(words)}
        raise invalid(_("The command takes %(count)d arguments (%(usage)s), not %(given)d.") % told)
    given = dict(zip((place.name for place in names), words, strict=True))
    for place in names:
        if not place.takes(given[place.name]):
            told = {"word": given[place.name][:60], "name": place.name, "kind": place.kind}
            raise invalid(_("“%(word)s” is not valid for %(name)s: expected %(kind)s.") % told)
    return [PLACE.sub(lambda found: given[found[1]], each) for each in argv]
