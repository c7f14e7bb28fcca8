import pytest

from chat.markdown import Mentioned, handles_in, render

PEOPLE = {
    "ada": Mentioned(1, "Ada"),
    "ben": Mentioned(2, "Ben"),
    "张伟": Mentioned(3, "张伟"),
    "张": Mentioned(4, "张"),
    "tomas.rivera": Mentioned(5, "Tomás Rivera"),
}


def html(body: str) -> str:
    return render(body, PEOPLE)[0]


def named(body: str) -> list[int]:
    return render(body, PEOPLE)[1]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("plain words", "<p>plain words</p>"),
        ("**bold** and *slanted*", "<p><strong>bold</strong> and <em>slanted</em></p>"),
        ("~~gone~~", "<p><s>gone</s></p>"),
        ("one\ntwo", "<p>one<br>\ntwo</p>"),
        ("> said", "<blockquote>\n<p>said</p>\n</blockquote>"),
        ("- one\n- two", "<ul>\n<li>one</li>\n<li>two</li>\n</ul>"),
        ("3. three\n4. four", '<ol start="3">\n<li>three</li>\n<li>four</li>\n</ol>'),
        ("`a < b`", "<p><code>a &lt; b</code></p>"),
        ("# Head", "<h3>Head</h3>"),
        ("##### Deep", "<h6>Deep</h6>"),
        ("| a |\n|---|\n| b |", None),
        ("a & b < c", "<p>a &amp; b &lt; c</p>"),
    ],
)
def test_markdown_becomes_html(body: str, expected: str | None) -> None:
    if expected is None:
        assert "<table>" in html(body)
    else:
        assert html(body) == expected


def test_code_is_coloured_by_its_language() -> None:
    made = html("```python\ndef f():\n    return 1\n```")
    assert made.startswith('<pre><code class="language-python">')
    assert '<span class="k">def</span>' in made


@pytest.mark.parametrize("language", ["", "nothing-such", '"><script>', "x" * 200])
def test_code_of_no_known_language_is_shown_as_it_is(language: str) -> None:
    made = html(f"```{language}\na < b\n```")
    assert "a &lt; b" in made
    assert "<script" not in made


@pytest.mark.parametrize(
    ("body", "href"),
    [
        ("see https://example.com/a?b=1&c=2.", "https://example.com/a?b=1&amp;c=2"),
        ("[here](https://example.com)", "https://example.com"),
        ("write to ops@example.com", "mailto:ops@example.com"),
    ],
)
def test_addresses_become_links_that_tell_nobody_where_they_came_from(body: str, href: str) -> None:
    made = html(body)
    assert f'href="{href}"' in made
    assert 'rel="noopener noreferrer nofollow ugc"' in made


def test_shortcodes_become_signs_but_not_in_code() -> None:
    assert html(":tada: done") == "<p>🎉 done</p>"
    assert html("`:tada:`") == "<p><code>:tada:</code></p>"
    assert ":tada:" in html("```\n:tada:\n```")
    assert html("at 10:30:45 :no_such_sign:") == "<p>at 10:30:45 :no_such_sign:</p>"


def test_a_mention_links_the_person_by_their_name() -> None:
    assert (
        html("@ada look")
        == '<p><a class="mention" data-user="1" rel="noopener noreferrer nofollow ugc">@Ada</a> look</p>'
    )


@pytest.mark.parametrize(
    ("body", "people"),
    [
        ("@ada", [1]),
        ("@Ada and @BEN", [1, 2]),
        ("(@ada)", [1]),
        ("@ada, @ada. @ada!", [1]),
        ("thanks @tomas.rivera.", [5]),
        ("**@ben**", [2]),
        ("- @ben", [2]),
        ("@张伟你好", [3]),
        ("你好@张伟", []),  # a word that goes on before the sign could be an address
        ("你好 @张伟，请看", [3]),
        ("@张三来了", [4]),
    ],
)
def test_mentions_are_found(body: str, people: list[int]) -> None:
    assert named(body) == people


@pytest.mark.parametrize(
    "body",
    [
        "@adam", "@ada_", "me@ada", "x.@ada", "/@ada", "@@ada", "`@ada`", "```\n@ada\n```", "@", "@nobody",
        "https://example.com/@ada", "ada", "@ben1",
    ],
)  # fmt: skip
def test_near_misses_mention_nobody(body: str) -> None:
    assert named(body) == []
    assert 'class="mention"' not in html(body)


def test_someone_who_is_not_in_the_room_is_not_mentioned() -> None:
    assert render("@ada", {}) == ("<p>@ada</p>", [])


def test_what_is_looked_up_holds_every_handle_that_could_be_meant() -> None:
    assert {"张伟", "张", "张伟你好"} <= handles_in("@张伟你好")
    assert {"tomas.rivera", "tomas"} <= handles_in("@Tomas.Rivera.")
    assert handles_in("a@b `x`") == set()


def test_a_name_that_is_markup_stays_text() -> None:
    made = render("@ada", {"ada": Mentioned(1, "<b>Ada</b>")})[0]
    assert "&lt;b&gt;Ada&lt;/b&gt;" in made


def test_pictures_from_elsewhere_are_not_fetched() -> None:
    assert "<img" not in html("![cat](https://example.com/cat.png)")
