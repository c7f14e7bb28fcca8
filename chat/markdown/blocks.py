"""Paragraphs, lists, quotes, code and tables. markdown-it parses them; ``inline`` parses the text in them."""

import re
from dataclasses import dataclass, field
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, heading
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from chat.markdown.inline import scan_inline, shows_text
from chat.markdown.inline_html import InlineWriter
from chat.markdown.limits import NESTING_LIMIT, Budget, TooComplex
from chat.markdown.plain import get_dir_attribute
from chat.markdown.sanitize import LANGUAGE
from chat.markdown.tables import read_table
from myweb.text_cleaning import has_visible_text

HEADING = re.compile(r"#{1,6}[ \t]+(?!#+[ \t]*\Z)\S")
SPACED = re.compile(r"\t|\S {2,}\S|\n[ \t]+\S")  # a text whose runs of spaces must be kept
GAP = re.compile(r"(?<=[^\s.!?:;,]) {2,}(?=\S)|\S {3,}(?=\S)|\S *\t")
CODE_INDENT = re.compile(r" {4}| {0,3}\t")
WIDE, WIDER = 100, 100_000  # list numbers from which the indentation of the list grows
DIRECTED = {"paragraph_open", "heading_open", "list_item_open", "th_open", "td_open"}  # tokens that get a dir attribute


@dataclass(slots=True)
class Document:
    """The state of rendering one message."""

    budget: Budget = field(default_factory=Budget)
    is_visible: bool = False
    is_directed: bool = False  # each block finds its own direction
    quotes: int = 0
    indent: str = ""  # of the first line, since the parser drops the indentation of a paragraph
    numbers: dict[int, int] = field(default_factory=dict)  # the next one of the list at each level
    lists: dict[int, Token] = field(default_factory=dict)  # with numbers, at each level


def render_blocks(body: str) -> tuple[str, bool]:
    """The HTML, not sanitised yet, and whether it shows anything. Raises :class:`TooComplex`."""
    document = Document(indent=body[: len(body) - len(body.lstrip(" \t"))], is_directed=bool(get_dir_attribute(body)))
    html = parser.render(trim_indent(body), {"document": document})
    return html, document.is_visible


def trim_indent(body: str) -> str:
    """The head of a pasted table often stands far to the right. It is code only if all lines are indented like code."""
    lines = [line for line in body.split("\n") if line.strip()]
    if all(CODE_INDENT.match(line) for line in lines) or not CODE_INDENT.match(body):
        return body
    return body.lstrip(" \t")


def count_steps(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """The first rule of all: never matches, but runs for every line that the parser reads."""
    state.env["document"].budget.spend(3)
    if state.level > NESTING_LIMIT:
        raise TooComplex
    return False


def read_heading(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A heading without text stays text."""
    line = state.src[state.bMarks[start] + state.tShift[start] : state.eMarks[start]]
    return HEADING.match(line) is not None and heading(state, start, end, silent)


def write_inlines(state: StateCore) -> None:
    """Core rule: renders the inline text of each block and sets its direction."""
    document: Document = state.env["document"]
    parent = Token("", "", 0)
    for token in state.tokens:
        if token.type == "inline":
            write_inline(token, parent, document)
        elif token.type in {"fence", "code_block"}:
            document.is_visible |= has_visible_text(split_code_block(token)[1])
        elif token.type in {"blockquote_open", "blockquote_close"}:
            document.quotes += token.nesting
        elif document.is_directed and token.type in DIRECTED:
            token.attrSet("dir", "auto")
        if token.type == "ordered_list_open":
            document.numbers[token.level] = int(token.attrGet("start") or 1)
            document.lists[token.level] = token
        elif token.type == "list_item_open" and token.info:
            write_number(token, document)
        parent = token


def write_number(token: Token, document: Document) -> None:
    """A list says the numbers that were typed, not those that would follow."""
    number, level = int(token.info), token.level - 1
    if number != document.numbers[level]:
        token.attrSet("value", str(number))
    document.numbers[level] = number + 1
    opening = document.lists[level]
    if number >= WIDE and opening.attrGet("class") != "wider":  # numbers stand outside of their list
        opening.attrSet("class", "wider" if number >= WIDER else "wide")


def write_inline(token: Token, parent: Token, document: Document) -> None:
    text = token.content
    style = get_spacing_class(text)
    pieces = scan_inline(text, document.budget)
    html = InlineWriter(document.budget, "\n" if style else "<br>\n", document.quotes > 0).write(pieces)
    if style and parent.type == "paragraph_open" and not parent.hidden:
        if parent.level == 0 and parent.map and parent.map[0] == 0:
            html = document.indent + html
        parent.attrs = {"class": style, **parent.attrs}
    elif style:
        html = f'<span class="{style}">{html}</span>'
    token.children = [Token("html_inline", "", 0, content=html)]
    document.is_visible = document.is_visible or any(shows_text(piece) for piece in pieces)


def get_spacing_class(text: str) -> str:
    """Runs of spaces are shown; lines with gaps below gaps came out of a terminal and need signs of one width."""
    if not SPACED.search(text):
        return ""
    return "columns" if sum(GAP.search(line) is not None for line in text.split("\n")) > 1 else "spaced"


def split_code_block(token: Token) -> tuple[str, str]:
    """The language of a block and its text. An info string that names no language is text like all the other."""
    info = token.info.strip()
    if re.fullmatch(LANGUAGE, info) and has_visible_text(token.content):
        return info.lower(), token.content
    return "", f"{info}\n{token.content}" if info else token.content


def write_code(self: Any, tokens: list[Token], index: int, options: Any, env: Any) -> str:
    language, text = split_code_block(tokens[index])
    attribute = f' class="language-{language}"' if language else ""
    return f'<pre dir="ltr"><code{attribute}>{escape(text)}</code></pre>\n'


def write_heading(token: Token, opening: str) -> str:
    """A message stands under the page's own headings: its first level is the third."""
    level = min(int(token.tag[1]) + 2, 6)
    direction = ' dir="auto"' if token.attrGet("dir") else ""
    return f"<h{level}{direction}>" if opening else f"</h{level}>"


def make_parser() -> MarkdownIt:
    made = MarkdownIt("default", {"html": False, "maxNesting": 1_000})
    made.disable(["reference", "lheading", "html_block"])
    made.block.ruler.before("table", "steps", count_steps, {"alt": ["paragraph", "blockquote", "list"]})
    made.block.ruler.at("table", read_table, {"alt": ["paragraph"]})
    made.block.ruler.at("heading", read_heading, {"alt": ["paragraph", "blockquote"]})
    made.core.ruler.enableOnly(["normalize", "block", "inline"])
    made.core.ruler.at("inline", write_inlines)
    for name in ("fence", "code_block"):
        made.add_render_rule(name, write_code)
    made.add_render_rule("heading_open", lambda self, tokens, index, options, env: write_heading(tokens[index], "<"))
    made.add_render_rule("heading_close", lambda self, tokens, index, options, env: write_heading(tokens[index], ""))
    return made


parser = make_parser()
