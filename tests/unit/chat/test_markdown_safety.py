"""Whatever is typed, the HTML that every reader gets holds nothing but the allowed tags, attributes and addresses."""

from html.parser import HTMLParser

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chat.markdown import Mentioned, render_markdown
from chat.markdown.blocks import render_blocks
from chat.markdown.plain import NO_MARKUP
from chat.markdown.sanitize import ATTRIBUTES, CLASSES, TAGS, sanitize_html

PEOPLE = {"ada": Mentioned(1, "Ada"), "张伟": Mentioned(2, '"><script>alert(1)</script>')}
ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><animate></svg>",
    "<p onclick='x()'>hey</p>",
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt:alert(1))",
    "[a](java\tscript:alert(1))",
    "[a](&#106;avascript:alert(1))",
    "[a](data:text/html;base64,PHNjcmlwdD4=)",
    "[a](vbscript:x)",
    "[a]()",
    "[a](foo)",
    "[a](//evil.example)",
    "<javascript:alert(1)>",
    "[a](https://x 'onmouseover=alert(1)')",
    '[a](https://x "\\" onmouseover=\\"alert(1)")',
    '```" onmouseover="alert(1)\nx\n```',
    "```mention send-button composer\nx\n```",
    "| a |\n|:-:|\n| b |",
    "<iframe src=//evil></iframe><form action=//evil><input></form><style>*{}</style>",
    "<math><mtext></p><script>alert(1)</script>",
    "@张伟",
    'https://x/"onclick=alert(1)',
    "![a](https://x/y.png)",
    "&lt;script&gt;",
    "<!--[if IE]><script>x</script><![endif]-->",
]
PIECES = [
    *ATTACKS,
    "**",
    "`",
    "```",
    "\n",
    "> ",
    "- ",
    "[",
    "](",
    ")",
    "<",
    ">",
    '"',
    "'",
    "@ada",
    "@张伟",
    ":tada:",
    "\\",
    "|",
    "&",
]


class Reader(HTMLParser):
    """Reads HTML as a browser would tokenise it, and notes what should not be there."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            self.found.append(f"<{tag}>")
        for name, value in attributes:
            if name not in ATTRIBUTES.get(tag, set()) | ({"rel"} if tag == "a" else set()):
                self.found.append(f"<{tag} {name}>")
            if name == "href" and (value or "").partition(":")[0].lower() not in {"http", "https", "mailto"}:
                self.found.append(f"{name}={value}")
            if name == "class" and not all(CLASSES.fullmatch(each) for each in (value or "").split()):
                self.found.append(f"class={value}")

    def handle_comment(self, data: str) -> None:
        self.found.append(f"<!--{data}-->")

    def handle_decl(self, decl: str) -> None:
        self.found.append(f"<!{decl}>")


def plainly_quoted(html: str) -> str:
    """Outside of attributes a quotation mark may be escaped or not."""
    return html.replace("&quot;", '"').replace("&#x27;", "'")


def intruders(body: str) -> list[str]:
    reader = Reader()
    reader.feed(render_markdown(body, PEOPLE)[0])
    return reader.found


@pytest.mark.parametrize("body", ATTACKS)
def test_no_known_attack_passes(body: str) -> None:
    assert intruders(body) == []


@settings(max_examples=400)
@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=8)), max_size=12).map("".join))
@example("x" * 50 + "<script>")
def test_nothing_that_can_be_typed_passes(body: str) -> None:
    assert intruders(body) == []


@settings(max_examples=200)
@given(st.lists(st.sampled_from(PIECES), max_size=8).map("".join))
def test_cleaning_again_changes_nothing(body: str) -> None:
    made = render_markdown(body, PEOPLE)[0]
    assert plainly_quoted(sanitize_html(made)) == plainly_quoted(made)


@settings(max_examples=500)
@given(
    st.lists(st.sampled_from([*"abw1 é张🎉,;'\"?%$§()&.-:/=^{}!", "www.", ": ", ". ", ") "]), max_size=25).map("".join)
)
@example("1) a")
@example("1. a")
@example("a. b: c-d (e) f/g")
def test_the_fast_path_says_what_the_slow_one_would(body: str) -> None:
    """Text that needs no Markdown is only escaped."""
    if body and body.strip() == body and NO_MARKUP.fullmatch(body):
        html, is_visible = render_blocks(body)
        assert not is_visible or sanitize_html(html) == render_markdown(body, {})[0]


@pytest.mark.parametrize("name", ["composer", "send", "message-menu", "k-x", "abcd", "K", "hljs-keyword"])
def test_a_message_cannot_dress_as_a_part_of_the_page(name: str) -> None:
    assert sanitize_html(f'<span class="{name}">x</span>') == "<span>x</span>"


@pytest.mark.parametrize("name", ["mention", "spaced", "columns", "align-right", "language-c++", "language-c#"])
def test_the_classes_of_messages_stay(name: str) -> None:
    tag = "code" if name.startswith("language") else "span"
    assert sanitize_html(f'<{tag} class="{name}">x</{tag}>') == f'<{tag} class="{name}">x</{tag}>'


@pytest.mark.parametrize("address", ["javascript:x", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "ftp://x"])
def test_the_sanitiser_alone_lets_no_other_address_pass(address: str) -> None:
    """Markdown refuses most of these first; this is the second line."""
    assert "href" not in sanitize_html(f'<a href="{address}">x</a>')
