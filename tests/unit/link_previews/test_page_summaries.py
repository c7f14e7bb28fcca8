"""What is read from the head of a page, however it is written."""

import time

import pytest

from link_previews.pages import PageSummary, summarize_page
from myweb.guarded_fetch import FetchedDocument

URL = "https://www.example.com/blog/post?id=1"


def summarize(
    page: str | bytes, content_type: str = "text/html; charset=utf-8", truncated: bool = False
) -> PageSummary:
    body = page.encode() if isinstance(page, str) else page
    return summarize_page(FetchedDocument(URL, content_type, "text/html", body, truncated))


def test_open_graph_comes_first() -> None:
    page = summarize(
        """<!doctype html><html><head><title>Plain</title><meta name="description" content="Plain words">
        <meta name="twitter:title" content="Bird"><meta name="twitter:description" content="Bird words">
        <meta property="og:title" content="Graph &amp; more"><meta property="og:description" content="Graph words">
        <meta property="og:site_name" content="The Site"><meta property="og:image" content="/picture.png"></head>"""
    )
    assert page == PageSummary("Graph & more", "Graph words", "The Site", "https://www.example.com/picture.png")


def test_twitter_and_plain_words_stand_in() -> None:
    page = summarize(
        """<meta name=twitter:title content=Bird><meta NAME=Description CONTENT='Plain words'>
        <meta name="twitter:image:src" content="https://pictures.example/a.jpg">"""
    )
    assert page == PageSummary("Bird", "Plain words", "example.com", "https://pictures.example/a.jpg")
    assert summarize("<title>\n  Only\t a\n title </title>").title == "Only a title"


def test_a_page_that_says_nothing_has_no_preview() -> None:
    for body in (
        "",
        "<p>Hello",
        "<title></title>",
        "<title> \u200b\u202e </title>",
        '<meta property="og:title">',
        "\0",
    ):
        assert summarize(body).title == ""


def test_the_title_is_the_first_of_the_page_and_not_of_a_drawing() -> None:
    assert summarize("<svg><title>Logo</title></svg><title>Page</title><title>Second</title>").title == "Page"
    assert summarize("<svg/><title>Page</title>").title == "Page"
    assert summarize("<title>a <b>c & d &lt;e</title>").title.startswith("a c & d <e")


def test_words_are_one_line_of_bounded_visible_text() -> None:
    page = summarize(
        f"""<title>{"x" * 5_000}</title><meta name="description" content="{"y" * 90_000}">
        <meta property="og:site_name" content="{"z" * 900}">"""
    )
    assert (len(page.title), len(page.text), len(page.site)) == (200, 300, 100)
    assert page.title.endswith("…")
    assert summarize("<title>invoice\u202efdp.exe\u2066\u200f\x07\x1b[31m\ufeff</title>").title == "invoicefdp.exe[31m"
    assert len(summarize(f"<title>a{chr(0x301) * 3_000}</title>").title) < 10
    assert summarize("<title>家族 👨‍👩‍👧 می‌خواهم</title>").title == "家族 👨‍👩‍👧 می‌خواهم"


def test_words_that_repeat_the_title_are_left_out() -> None:
    assert summarize('<title>Same</title><meta name="description" content="Same">').text == ""


def test_markup_in_words_stays_text() -> None:
    page = summarize('<meta property="og:title" content="&lt;img src=x onerror=alert(1)&gt; &amp;lt;">')
    assert page.title == "<img src=x onerror=alert(1)> &lt;"


@pytest.mark.parametrize(
    ("head", "image"),
    [
        (
            '<base href="https://cdn.example/x/"><meta property="og:image" content="a.png">',
            "https://cdn.example/x/a.png",
        ),
        ('<base href="/static/"><meta property="og:image" content="a.png">', "https://www.example.com/static/a.png"),
        ('<base href="//169.254.169.254/"><meta property="og:image" content="a">', "https://169.254.169.254/a"),
        ('<base href="javascript:x"><meta property="og:image" content="/a">', "/a"),
        ('<base href="http://[::1"><meta property="og:image" content="/a">', ""),
        ('<meta property="og:image" content="http://169.254.169.254/latest">', "http://169.254.169.254/latest"),
        ('<meta property="og:image" content="data:image/png;base64,AA">', "data:image/png;base64,AA"),
        ('<meta property="og:image" content="  ">', ""),
    ],
)
def test_pictures_are_found_as_browsers_would(head: str, image: str) -> None:
    """The guarded fetch judges what is found."""
    assert summarize(f"<title>x</title>{head}").image == image


@pytest.mark.parametrize(
    ("body", "content_type", "title"),
    [
        ("<title>数据库故障</title>".encode("gbk"), "text/html; charset=gb2312", "数据库故障"),
        ("<meta charset=gbk><title>数据库故障</title>".encode("gbk"), "text/html", "数据库故障"),
        ('<meta content="text/html; charset=big5"><title>資料庫</title>'.encode("big5"), "text/html", "資料庫"),
        ("<meta charset=shift_jis><title>障害</title>".encode("shift_jis"), "text/html", "障害"),
        ("\ufeff<title>größe</title>".encode("utf-16-le"), "text/html; charset=utf-8", "größe"),
        ("<title>größe</title>".encode("latin-1"), "text/html", "größe"),
        ("<title>größe</title>".encode(), "text/html; charset=nonsense", "größe"),
        (b"<title>+ADw-script+AD4-</title>", "text/html; charset=utf-7", "+ADw-script+AD4-"),
        (b"<meta charset=utf-7><title>+ADw-b+AD4-</title>", "text/html", "+ADw-b+AD4-"),
        (b"<title>x</title>", "text/html; charset=zlib_codec", "x"),
        (b"<title>x</title>", "text/html; charset=unicode_escape", "x"),
        (b"<title>x</title>", f"text/html; charset={'a' * 9_000}", "x"),
        (b"<!-- <meta charset=utf-16> --><title>x</title>", "text/html", "x"),
        ("<title>数据".encode()[:-1], "text/html; charset=utf-8", "数\ufffd"),
    ],
)
def test_charsets_are_those_that_browsers_read(body: bytes, content_type: str, title: str) -> None:
    assert summarize(body, content_type, truncated=True).title == title


@pytest.mark.parametrize(
    "page",
    [
        "<b>" * 1_000_000,
        "<title>" * 200_000,
        "<!--" * 250_000,
        "<a " * 300_000,
        "&" * 1_000_000,
        "<![CDATA[" * 100_000,
        "</" * 400_000,
        "<script>" + "</scrip" * 100_000,
        "<svg>" * 200_000,
        f'<meta name="description" {" ".join(f"a{number}=1" for number in range(100_000))}>',
        '<meta property="og:title" content="' + "&amp;" * 200_000 + '">',
    ],
)
def test_hostile_pages_take_bounded_time(page: str) -> None:
    body = page.encode()[: 512 * 1024]
    started = time.monotonic()
    summarize(body, truncated=True)
    assert time.monotonic() - started < 10


def test_what_stands_before_the_hostile_part_is_shown_if_time_allows() -> None:
    assert summarize("<title>Fine</title>" + "<b>" * 100_000).title == "Fine"
