"""Templates of command arguments: ``["ping", "-c", "{count:int 1-10}", "{host:hostname}"]``.

A placeholder ``{name:kind}`` is an element or a part of one. Kinds: ``hostname`` (or an address), ``int LOW-HIGH``,
``one|of|these``, ``/regular expression/`` for the whole word. Each name takes one word, in the order of the names. A
word always fills one argument and never begins with a dash, so that it can't become an option.
"""

import re
import shlex
from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from typing import NamedTuple

from django.utils.translation import gettext as _

from monitor.checks.patterns import is_regex_bounded
from myweb.errors import Refused

PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*):(/(?:[^/\\]|\\.)+/|[^{}]+)\}")
HOSTNAME = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*\.?")
NUMBERS = re.compile(r"int (\d{1,9})-(\d{1,9})")
MAX_WORD = 200  # characters of a word


class Placeholder(NamedTuple):
    name: str
    kind: str

    def accepts(self, word: str) -> bool:
        if (
            len(word) > MAX_WORD
            or word.startswith("-")
            or any(ord(character) < 32 or ord(character) == 127 for character in word)
        ):
            return False
        if self.kind == "hostname":
            return is_host(word)
        if numbers := NUMBERS.fullmatch(self.kind):
            return bool(re.fullmatch(r"[0-9]{1,9}", word)) and int(numbers[1]) <= int(word) <= int(numbers[2])
        if self.kind.startswith("/"):
            # Again, for templates that were stored before this validation.
            return is_regex_bounded(self.kind[1:-1], MAX_WORD) and re.fullmatch(self.kind[1:-1], word) is not None
        return word in self.kind.split("|")


def is_host(word: str) -> bool:
    if HOSTNAME.fullmatch(word) and len(word) <= 253:
        return True
    try:
        ip_address(word)
    except ValueError:
        return False
    return "%" not in word


def template_error(sentence: str) -> Refused:
    return Refused("invalid", sentence, field="argv")


def check_template(argv: Sequence[str]) -> None:
    """Raises :class:`Refused` for an invalid template."""
    if not argv or not all(isinstance(element, str) and element and "\0" not in element for element in argv):
        raise template_error(_("Enter the program and its arguments, one per line."))
    if "{" in argv[0]:
        raise template_error(_("The program can't be a placeholder."))
    kinds: dict[str, str] = {}
    for placeholder in find_placeholders(argv):
        check_placeholder(placeholder)
        if kinds.setdefault(placeholder.name, placeholder.kind) != placeholder.kind:
            raise template_error(_("The placeholder {%(name)s} has two different types.") % {"name": placeholder.name})
    for element in argv:
        if set(PLACEHOLDER.sub("", element)) & set("{}"):
            raise template_error(
                _("“%(part)s” is not a valid placeholder. Use {host:hostname}, {n:int 1-10} or {way:a|b}.")
                % {"part": element}
            )


def check_placeholder(placeholder: Placeholder) -> None:
    if placeholder.kind == "hostname" or (placeholder.kind.startswith("int ") and NUMBERS.fullmatch(placeholder.kind)):
        return
    if placeholder.kind.startswith("/"):
        try:
            bounded = is_regex_bounded(placeholder.kind[1:-1], MAX_WORD)
        except re.error as error:
            raise template_error(_("Invalid regular expression: %(trouble)s.") % {"trouble": error}) from None
        if not bounded:
            raise template_error(
                _("This regular expression could take too long. Use fewer repetitions, and none inside another.")
            )
    elif "|" not in placeholder.kind or not all(placeholder.kind.split("|")):
        raise template_error(
            _("{%(name)s} must be hostname, int 1-10, one|of|these or /a regular expression/.")
            % {"name": placeholder.name}
        )


def find_placeholders(argv: Sequence[str]) -> Iterator[Placeholder]:
    for element in argv:
        for match in PLACEHOLDER.finditer(element):
            yield Placeholder(match[1], match[2])


def list_placeholders(argv: Sequence[str]) -> list[Placeholder]:
    """Returns one placeholder for each expected word."""
    return list({placeholder.name: placeholder for placeholder in find_placeholders(argv)}.values())


def describe_usage(argv: Sequence[str]) -> str:
    """Describes the arguments of a command: "HOST [1-10] a|b"."""
    return " ".join(
        placeholder.name.upper() if "|" not in placeholder.kind[1:] else placeholder.kind
        for placeholder in list_placeholders(argv)
    )


def split_words(words: str) -> tuple[str, list[str]]:
    """Returns the first word and the others. Quotation marks group words."""
    try:
        parts = shlex.split(words)
    except ValueError:
        raise template_error(_("A quotation mark is missing.")) from None
    return (parts[0], parts[1:]) if parts else ("", [])


def fill_argv(argv: Sequence[str], words: Sequence[str]) -> list[str]:
    placeholders = list_placeholders(argv)
    if len(words) != len(placeholders):
        values = {"count": len(placeholders), "usage": describe_usage(argv) or "–", "given": len(words)}
        raise template_error(_("The command takes %(count)d arguments (%(usage)s), not %(given)d.") % values)
    word_of_name = dict(zip((placeholder.name for placeholder in placeholders), words, strict=True))
    for placeholder in placeholders:
        if not placeholder.accepts(word_of_name[placeholder.name]):
            values = {"word": word_of_name[placeholder.name][:60], "name": placeholder.name, "kind": placeholder.kind}
            raise template_error(_("“%(word)s” is not valid for %(name)s: expected %(kind)s.") % values)
    return [PLACEHOLDER.sub(lambda match: word_of_name[match[1]], element) for element in argv]
