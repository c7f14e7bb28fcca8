"""From what a person typed to the HTML that every reader gets: made once, sanitised, and the same everywhere."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

import emoji
import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

# Nothing in here can start markup, a link, a mention or a shortcode, so escaping is all there is to do.
PLAIN = re.compile(r"[^\\`*_{}\[\]()<>#+\-.!|~@:&/\n=^]*[.!]?")
PLACE = re.compile(r'<span class="mention">@([^<]*)</span>')
REL = "noopener noreferrer nofollow ugc"
MENTION = re.compile(r"(?<![\w@./-])@([\w][\w.-]{0,40})")

SCHEMES = {"http", "https", "mailto"}
TAGS = {"p", "br", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a", "hr", "span"}
TAGS |= {"h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"}
ATTRIBUTES = {"a": {"href", "title", "class", "data-user"}, "span": {"class"}, "ol": {"start"}, "code": {"class"}}
CLASSES = re.compile(r"mention|language-[\w+-]{1,30}|[a-z][a-z0-9]{0,2}")


def handles_in(body: str) -> frozenset[str]:
    """Every string that may be the handle of a mention; in scripts without spaces ("@张伟你好") that is several."""
    return parse_markdown(body).handles


def candidates(text: str) -> list[str]:
    """Longest first. A handle may end inside a word only where scripts without spaces would let it."""
    folded = text.casefold()
    return [
        folded[:end]
        for end in range(len(folded), 0, -1)
        if end == len(folded) or folded[end] in ".-" or ord(folded[end]) >= 0x2E80 or ord(folded[end - 1]) >= 0x2E80
    ]


class Mentioned:
    """Someone who can be mentioned in a room."""

    def __init__(self, user_id: int, name: str) -> None:
        self.user_id, self.name = user_id, name


@dataclass(frozen=True, slots=True)
class ParsedMessage:
    """HTML with the texts of possible mentions at its odd places; only a room knows whom they mean."""

    parts: tuple[str, ...]
    handles: frozenset[str] = frozenset()

    def render(self, people: Mapping[str, Mentioned]) -> tuple[str, list[int]]:
        """The HTML of a message, and whom it mentions. ``people`` are the room's members by handle."""
        named: dict[int, None] = {}
        html = list(self.parts)
        for place in range(1, len(html), 2):
            html[place] = mention_html(html[place], people, named)
        return "".join(html), list(named)


def parse_markdown(body: str) -> ParsedMessage:
    """Needs no database, so that it can run before a batch."""
    if PLAIN.fullmatch(body):
        return ParsedMessage((f"<p>{escape(body)}</p>",))
    parts = tuple(PLACE.split(clean(parser.render(emojized(body)))))
    return ParsedMessage(parts, frozenset(handle for text in parts[1::2] for handle in candidates(text)))


def render(body: str, people: Mapping[str, Mentioned]) -> tuple[str, list[int]]:
    return parse_markdown(body).render(people)


def mention_html(text: str, people: Mapping[str, Mentioned], named: dict[int, None]) -> str:
    handle = next((handle for handle in candidates(text) if handle in people), None)
    if handle is None:
        return f"@{text}"
    person = people[handle]
    named[person.user_id] = None
    link = f'<a class="mention" data-user="{person.user_id}" rel="{REL}">@{escape(person.name)}</a>'
    return link + text[len(handle) :]


def emojized(body: str) -> str:
    """``:tada:`` becomes a sign, but not inside code."""
    if ":" not in body:
        return body
    parts = re.split(r"(```.*?```|`[^`\n]*`)", body, flags=re.DOTALL)
    return "".join(part if index % 2 else emoji.emojize(part, language="alias") for index, part in enumerate(parts))


def clean(html: str) -> str:
    return nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        attribute_filter=only_what_is_known,
        url_schemes=SCHEMES,
        link_rel=REL,
    ).strip()


def leads_out(address: str) -> bool:
    """A whole address; what is relative would mean something else on every page that shows the message."""
    return address.partition(":")[0].lower() in SCHEMES


def only_what_is_known(tag: str, name: str, value: str) -> str | None:
    if name == "href":
        return value if leads_out(value) else None
    if name != "class":
        return value
    return " ".join(each for each in value.split() if CLASSES.fullmatch(each)) or None


def mark_mentions(state: StateCore) -> None:
    """Core rule: marks every @text that may be a mention."""
    for block in state.tokens:
        if block.type == "inline" and "@" in block.content and block.children:
            block.children = [piece for token in block.children for piece in split_mentions(token)]


def split_mentions(token: Token) -> list[Token]:
    if token.type != "text" or "@" not in token.content:
        return [token]
    texts = MENTION.split(token.content)
    return [
        mention_token(text) if place % 2 else Token("text", "", 0, content=text) for place, text in enumerate(texts)
    ]


def mention_token(text: str) -> Token:
    return Token("html_inline", "", 0, content=f'<span class="mention">@{text}</span>')


def coloured(code: str, language: str, attributes: str) -> str:
    try:
        lexer = get_lexer_by_name(language)
    except ClassNotFound:
        return ""
    return str(highlight(code, lexer, HtmlFormatter(nowrap=True)))


def make_parser() -> MarkdownIt:
    made = MarkdownIt("default", {"html": False, "linkify": True, "breaks": True, "highlight": coloured})
    made.validateLink = leads_out  # type: ignore[method-assign,assignment]
    made.disable("image")  # a picture from elsewhere would tell its server who reads here
    made.core.ruler.push("mentions", mark_mentions)
    made.add_render_rule("heading_open", lambda self, tokens, index, options, env: heading(tokens[index], "<"))
    made.add_render_rule("heading_close", lambda self, tokens, index, options, env: heading(tokens[index], "</"))
    return made


def heading(token: Token, opening: str) -> str:
    """A message stands under the page's own headings: its first level is the third."""
    return f"{opening}h{min(int(token.tag[1]) + 2, 6)}>"


parser = make_parser()
