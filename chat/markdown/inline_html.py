"""Renders pieces as HTML. Text is joined first, so a mention or a shortcode is found as a whole."""

from html import escape

from chat.markdown.addresses import Address, link_html, match_mail
from chat.markdown.emphasis import Run
from chat.markdown.inline import Bracket, Break, Code, LinkEnd, Piece, Text
from chat.markdown.limits import NESTING_LIMIT, Budget, TooComplex
from chat.markdown.mentions import MENTION, place_html
from chat.markdown.sanitize import REL
from chat.markdown.shortcodes import replace_shortcodes

EDGE, SOLID = " ", "x"  # the neighbour of a text: the start of a line or tag, or code or an address


class InlineWriter:
    def __init__(self, budget: Budget, line_end: str, is_quoted: bool) -> None:
        self.budget, self.line_end, self.is_quoted = budget, line_end, is_quoted
        self.html: list[str] = []
        self.text: list[str] = []
        self.before = EDGE
        self.depth = 0
        self.is_in_link = False

    def write(self, pieces: list[Piece]) -> str:
        for piece in pieces:
            self.write_piece(piece)
        self.put("", EDGE)
        return "".join(self.html)

    def write_piece(self, piece: Piece) -> None:
        match piece:
            case Text(text, is_literal=False):
                self.text.append(text)
            case Text(text):
                self.put(escape(text), text)
            case Run():
                self.write_run(piece)
            case Code(text):
                self.put(f'<code dir="ltr">{escape(text)}</code>', SOLID)
            case Break():
                self.put(self.line_end, EDGE)
            case Bracket(href=""):
                self.text.append("[")
            case Bracket():
                self.open_link(piece)
            case LinkEnd():
                self.put("</a>", EDGE)
                self.is_in_link = False
            case Address(href, text):
                self.put(escape(text) if self.is_in_link else link_html(href, text), SOLID)

    def write_run(self, run: Run) -> None:
        for tag in run.closes:
            self.put(f"</{tag}>", EDGE)
        self.text.append(run.sign * run.left)
        for tag in run.opens:
            self.put(f"<{tag}>", EDGE)
        self.depth += len(run.opens) - len(run.closes)
        if self.depth > NESTING_LIMIT:
            raise TooComplex

    def open_link(self, bracket: Bracket) -> None:
        title = f' title="{escape(bracket.title)}"' if bracket.title else ""
        self.put(f'<a href="{escape(bracket.href)}"{title} rel="{REL}">', EDGE)
        self.is_in_link = True

    def put(self, html: str, beside: str) -> None:
        """Ends the text before it. ``beside`` is the neighbour for that text and the next one."""
        text = "".join(self.text)
        self.text.clear()
        if text:
            self.html.append(self.text_html(replace_shortcodes(text, self.before, beside)))
        self.html.append(html)
        self.before = beside

    def text_html(self, text: str) -> str:
        if "@" not in text or self.is_in_link:
            return escape(text, quote=False)
        framed = self.before + text
        pieces, begin, at = [], 1, framed.find("@", 1)
        while at > 0:
            self.budget.spend()
            start, end, html = self.place_at(framed, at, begin)
            if html:
                pieces += [escape(framed[begin:start], quote=False), html]
                begin = end
            at = framed.find("@", max(end, at + 1))
        return "".join([*pieces, escape(framed[begin:], quote=False)])

    def place_at(self, text: str, at: int, begin: int) -> tuple[int, int, str]:
        """The mail address or the mention around this @: where it begins and ends, and its HTML."""
        if (mail := match_mail(text, at)) and mail[0] >= begin:
            start, end = mail
            return start, end, link_html(f"mailto:{text[start:end]}", text[start:end])
        mention = None if self.is_quoted else MENTION.match(text, at)
        return (at, mention.end(), place_html(mention[1])) if mention else (at, at + 1, "")
