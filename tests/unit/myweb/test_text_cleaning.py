import pytest

from myweb.text_cleaning import summarize_html


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>The cable is <strong>back</strong> in.</p>", "The cable is back in."),
        ("<p>One</p><p>two<br>three</p>", "One two three"),
        ("<ul><li>disk</li><li>fan</li></ul>", "disk fan"),
        ("<p>3 &lt; 4 &amp; <code>a&lt;b</code></p>", "3 < 4 & a<b"),
        ("", ""),
    ],
)
def test_a_summary_is_what_readers_see_in_one_line(html: str, text: str) -> None:
    assert summarize_html(html, 100) == text


def test_a_summary_is_no_longer_than_it_may_be() -> None:
    assert summarize_html("<p>one two three</p>", 8) == "one two…"
    assert len(summarize_html("<p>" + "word " * 100_000 + "</p>", 280)) <= 280
