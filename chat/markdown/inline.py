"""Parses the text in a block: code, links, emphasis, line breaks, and the text between them.

One scan makes pieces, links and emphasis are matched on the pieces, and one walk makes the HTML. Nothing looks at the
source again, so shortcodes and mentions never meet code or an address.
"""

import re
from dataclasses import dataclass

from chat.markdown.addresses import ADDRESS_START, Address, match_address
from chat.markdown.emphasis import Run, make_run, match_runs
from chat.markdown.limits import Budget
from chat.markdown.sanitize import is_absolute
from myweb.text_cleaning import has_visible_text

TRIGGER = re.compile(
    r"(?P<code>`+)|(?P<run>\*+|_+|(?<!~)~~(?!~))|(?P<open>\[)|(?P<close>\])|(?P<line>\n)|(?P<escape>\\[*_~`\[\]()<>#+.@:-])"
    r"|(?P<angle><)|(?P<address>" + ADDRESS_START.pattern + ")",
    re.IGNORECASE,
)
TITLE = r"\"[^\"\n]{0,500}\"|'[^'\n]{0,500}'|\([^()\n]{0,500}\)"
TARGET = re.compile(
    rf"\(\s{{0,9}}(?:<(?P<angled>[^<>\n]{{0,2000}})>|(?P<bare>(?:[^\s()<>]|\([^\s()<>]{{0,500}}\)){{0,2000}}))"
    rf"(?:\s{{1,9}}(?P<title>{TITLE}))?\s{{0,9}}\)"
)
ANGLED = re.compile(r"<((?:https?://|mailto:)[^\s<>]{1,2000})>|<([\w.+%-]{1,64}@[a-z0-9.-]{1,255})>", re.IGNORECASE)
BACKTICKS = re.compile(r"`+")
ESCAPE = re.compile(r"(?<!\S)(?:[A-Za-z]:\\|\\\\)\S*|\\([*_~`\[\]()<])")  # in a Windows path there is none
LINE_ESCAPE = re.compile(  # before what would begin a heading, a quote, a list, a rule or code
    r"(?:^ {0,3}|(?<=^\d)|(?<=^\d\d)|(?<=^\d\d\d))\\"
    r"(?=#{1,6}[ \t]+\S|>|[-+*][ \t]+\S|(?:-[ \t]*){3,}$|(?:\*[ \t]*){3,}$|```|~~~|[.)][ \t]+\S)",
    re.MULTILINE,
)
MENTION_ESCAPE = re.compile(r"(?:(?<![\w:./@\\-])|(?<=[\u2e80-\U0003ffff]))\\@\w")
CODE_ESCAPE = re.compile(r"(?<![\w:./@\\-])\\:[\w+-]{1,60}:")


@dataclass(slots=True)
class Text:
    text: str
    is_literal: bool = False  # neither mention nor shortcode: escaped


@dataclass(slots=True)
class Code:
    text: str


@dataclass(slots=True)
class Bracket:
    start: int
    run_count: int  # runs before it
    href: str = ""
    title: str = ""


@dataclass(slots=True)
class LinkEnd:
    pass


@dataclass(slots=True)
class Break:
    pass


Piece = Text | Code | Address | Bracket | LinkEnd | Break | Run


class Scanner:
    def __init__(self, text: str, budget: Budget, escapes: frozenset[int] = frozenset()) -> None:
        self.text, self.budget, self.escapes = text, budget, escapes
        self.pieces: list[Piece] = []
        self.runs: list[Run] = []
        self.brackets: list[Bracket] = []
        self.syntax: set[int] = set()  # where a sign means something
        self.run_starts: list[tuple[int, Run]] = []
        self.last_ticks = {len(match.group()): match.start() for match in BACKTICKS.finditer(text)}
        self.begin = self.at = 0

    def scan(self) -> None:
        while match := TRIGGER.search(self.text, self.at):
            self.budget.spend()
            self.at = match.end()
            getattr(self, f"read_{match.lastgroup}")(match.start(), match.end())
        self.add(len(self.text), len(self.text))
        match_runs(self.runs)
        for start, run in self.run_starts:
            if run.is_used:
                self.syntax.update(range(start, start + run.count))

    def add(self, start: int, end: int, *pieces: Piece) -> None:
        """Ends the text before ``start``; the next text begins at ``end``."""
        if start > self.begin:
            self.pieces.append(Text(self.text[self.begin : start]))
        self.pieces += pieces
        self.begin = self.at = end

    def read_code(self, start: int, end: int) -> None:
        length = end - start
        if self.last_ticks.get(length, 0) <= start:
            return
        closing = next(
            (match for match in BACKTICKS.finditer(self.text, end) if match.end() - match.start() == length), None
        )
        assert closing
        content = self.text[end : closing.start()].replace("\n", " ")
        if content.strip(" ") and content[0] == content[-1] == " ":
            content = content[1:-1]
        self.syntax.update(range(start, end), range(closing.start(), closing.end()))
        self.add(start, closing.end(), Code(content))

    def read_run(self, start: int, end: int) -> None:
        follows_address = start == self.begin and bool(self.pieces) and isinstance(self.pieces[-1], Address)
        run = make_run(self.text, start, end, follows_address)
        if run.can_open or run.can_close:
            self.runs.append(run)
            self.run_starts.append((start, run))
            self.add(start, end, run)

    def read_open(self, start: int, end: int) -> None:
        bracket = Bracket(end, len(self.runs))
        self.brackets.append(bracket)
        self.add(start, end, bracket)

    def read_close(self, start: int, end: int) -> None:
        if not self.brackets:
            return
        bracket = self.brackets.pop()
        target = TARGET.match(self.text, end)
        href = (target["angled"] or target["bare"] or "") if target else ""
        if target and is_absolute(href) and has_visible_text(self.text[bracket.start : start]):
            self.make_link(bracket, start, target, href)

    def make_link(self, bracket: Bracket, start: int, target: re.Match[str], href: str) -> None:
        bracket.href, bracket.title = href.replace("\\(", "(").replace("\\)", ")"), (target["title"] or "")[1:-1]
        match_runs(self.runs[bracket.run_count :])
        del self.runs[bracket.run_count :]
        self.brackets.clear()  # no link stands in a link
        self.syntax.update((bracket.start - 1, start, target.start(), target.end() - 1))
        self.add(start, target.end(), LinkEnd())

    def read_line(self, start: int, end: int) -> None:
        self.add(start, end, Break())

    def read_escape(self, start: int, end: int) -> None:
        sign = self.text[end - 1]
        pattern = {"@": MENTION_ESCAPE, ":": CODE_ESCAPE}.get(sign)
        if start in self.escapes or (pattern and pattern.match(self.text, start)):
            self.add(start, end, Text(sign, is_literal=True))

    def read_angle(self, start: int, end: int) -> None:
        if match := ANGLED.match(self.text, start):
            address = match[1] or match[2]
            self.syntax.update((start, match.end() - 1))
            self.add(start, match.end(), Address(address if match[1] else f"mailto:{address}", address, match.end()))

    def read_address(self, start: int, end: int) -> None:
        if address := match_address(self.text, start):
            self.add(start, address.end, address)


def shows_text(piece: Piece) -> bool:
    """Whether readers see something of the piece. Emphasis and links show only their contents."""
    match piece:
        case Text(text) | Code(text) | Address(_, text):
            return has_visible_text(text)
        case Run(left=left):
            return left > 0
        case Bracket(href=href):
            return not href
    return False


def scan_inline(text: str, budget: Budget) -> list[Piece]:
    scanner = Scanner(text, budget, meaningful_escapes(text, budget))
    scanner.scan()
    return scanner.pieces


def meaningful_escapes(text: str, budget: Budget) -> frozenset[int]:
    """Where a backslash stands before a sign that would mean something without it; everywhere else it stays.

    The text is scanned without these backslashes: a character that becomes syntax then was escaped for a reason.
    """
    if "\\" not in text:
        return frozenset()
    escapes = {match.end() - 1 for match in LINE_ESCAPE.finditer(text)}
    places = [match.start() for match in ESCAPE.finditer(text) if match[1]]
    scanner = Scanner(ESCAPE.sub(lambda match: match[1] or match[0], text), budget)
    scanner.scan()
    return frozenset(escapes | {place for count, place in enumerate(places) if place - count in scanner.syntax})
