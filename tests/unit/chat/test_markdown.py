import subprocess
import sys
import unicodedata
from html import escape
from pathlib import Path

import pytest

from chat.markdown import Mentioned, find_handles, parse_markdown, render_markdown
from chat.markdown.sanitize import REL
from chat.message_validation import clean_body
from myweb.errors import Refused

PEOPLE = {
    "ada": Mentioned(1, "Ada"),
    "ben": Mentioned(2, "Ben"),
    "张伟": Mentioned(3, "张伟"),
    "张": Mentioned(4, "张"),
    "tomas.rivera": Mentioned(5, "Tomás Rivera"),
}


def html(body: str) -> str:
    return render_markdown(body, PEOPLE)[0]


def named(body: str) -> list[int]:
    return render_markdown(body, PEOPLE)[1]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("plain words", "<p>plain words</p>"),
        ("שלום", '<p dir="auto">שלום</p>'),
        ("# Head", "<h3>Head</h3>"),
        ("hello\n\nשלום", '<p dir="auto">hello</p>\n<p dir="auto">שלום</p>'),
        ("# مرحبا", '<h3 dir="auto">مرحبا</h3>'),
        ("- 1. ܫܠܡܐ", '<ul>\n<li dir="auto">\n<ol>\n<li dir="auto">ܫܠܡܐ</li>\n</ol>\n</li>\n</ul>'),
        ("- one", "<ul>\n<li>one</li>\n</ul>"),
        ("> said", "<blockquote>\n<p>said</p>\n</blockquote>"),
        ("one\n\ntwo", "<p>one</p>\n<p>two</p>"),
        ("`x` שלום", '<p dir="auto"><code dir="ltr">x</code> שלום</p>'),
        ("```\nx\n```", '<pre dir="ltr"><code>x\n</code></pre>'),
        ("    x", '<pre dir="ltr"><code>x\n</code></pre>'),
    ],
)
def test_each_block_finds_its_own_direction_if_any_goes_from_the_right_and_code_never_does(
    body: str, expected: str
) -> None:
    assert html(body) == expected


def test_cells_of_a_table_have_a_direction_and_the_alignment_of_their_column() -> None:
    made = html("| a | b | c |\n|:--|:-:|--:|\n| שלום | 2 | 3 |")
    assert '<th class="align-center" dir="auto">b</th>' in made
    assert '<td class="align-left" dir="auto">שלום</td>' in made
    assert '<td class="align-right" dir="auto">3</td>' in made


def test_code_names_its_language_for_the_browser_and_is_not_coloured_here() -> None:
    made = html("```Python\ndef f():\n    return 1\n```")
    assert made == '<pre dir="ltr"><code class="language-python">def f():\n    return 1\n</code></pre>'


def test_no_module_of_the_server_imports_a_lexer() -> None:
    root = Path(__file__).resolve().parents[3]
    sources = [
        path for app in ("chat", "monitor", "realtime", "accounts", "myweb") for path in (root / app).rglob("*.py")
    ]
    assert not [path for path in sources if "pygments" in path.read_text().lower()]
    script = "import django; django.setup(); import sys, chat.urls, chat.commands; sys.exit('pygments' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], cwd=root, check=False).returncode == 0


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


@pytest.mark.parametrize(
    "body", [":tada:", "(:tada:)", "done :tada:!", "好:tada:", ":tada::tada:", "[:tada:](https://a.b)"]
)
def test_shortcodes_between_spaces_and_punctuation_become_emoji(body: str) -> None:
    assert "🎉" in html(body)
    assert "tada" not in html(body)


@pytest.mark.parametrize(
    "code",
    ["`:x:`", "``:x: ` ``", "`\n:x:`", "```\n:x:\n```", "~~~\n:x:\n~~~", "~~~\n:x:", "    :x:", "- a\n\n      :x:"],
)
def test_shortcodes_stay_in_code_of_every_form(code: str) -> None:
    assert ":x:" in html(code)


@pytest.mark.parametrize(
    "text",
    [
        "root:x:0:0:root", "00:1a:ab:cd:ef:00", "fd00::a:b:1", "user:key:1", "10:100:34", "std::x::y", "12:100:30",
        "[:x:]", "{:x:}", '":x:"', "at 10:30:45 :no_such_sign:", ":x:y", "/:x:/",
    ],
)  # fmt: skip
def test_technical_text_keeps_its_colons(text: str) -> None:
    assert html(text) == f"<p>{text}</p>"


def test_an_address_with_colons_leads_where_it_says() -> None:
    assert 'href="http://h:8080/x:100:y"' in html("http://h:8080/x:100:y")


@pytest.mark.parametrize("body", ["[foo]: https://example.com", "[2026-11-28]: https://example.com"])
def test_a_line_like_a_reference_definition_is_shown_with_its_link(body: str) -> None:
    label = body.partition(":")[0]
    assert html(body).startswith(f'<p>{label}: <a href="https://example.com"')


@pytest.mark.parametrize("body", ["#", "##", ">", "-", "*", "1.", "---", "***", "****", "- -", "> -", "``", "~~~"])
def test_a_message_whose_markup_shows_nothing_is_shown_as_typed(body: str) -> None:
    assert html(body) in {f"<p>{escape(body)}</p>", f'<p class="spaced">{escape(body)}</p>'}


@pytest.mark.parametrize(
    "body",
    [r"\\server\share", r"grep '\.conf$'", r"¯\_(ツ)_/¯", r"C:\_build\(x86)", r"^\d+\.\d+$", r"a\b", r"\(a\) \[b\]"],
)
def test_backslashes_that_escape_nothing_stay(body: str) -> None:
    assert html(body) == f"<p>{body}</p>"


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (r"\*not bold\*", "*not bold*"), (r"\_so\_", "_so_"), (r"\~\~so\~\~", "~~so~~"), (r"\`so\`", "`so`"),
        (r"\@ben", "@ben"), (r"\:tada:", ":tada:"), (r"\# so", "# so"), (r"\- so", "- so"), (r"1\. so", "1. so"),
    ],
)  # fmt: skip
def test_a_backslash_takes_the_meaning_from_markup(body: str, shown: str) -> None:
    assert render_markdown(body, PEOPLE) == (f"<p>{shown}</p>", [])


@pytest.mark.parametrize("line", ["-----", "====="])
def test_text_above_a_line_is_no_heading(line: str) -> None:
    assert html(f"text\n{line}").startswith("<p>text<")
    assert "<h" not in html(f"text\n{line}").replace("<hr>", "")


def test_runs_of_spaces_and_tabs_are_kept() -> None:
    assert html("a  b\n\tc") == '<p class="spaced">a  b\n\tc</p>'
    assert html("- a  b") == '<ul>\n<li><span class="spaced">a  b</span></li>\n</ul>'


def test_a_table_out_of_a_terminal_keeps_its_columns() -> None:
    body = "NAME      READY   STATUS\npod-1     1/1     Running"
    assert html(body) == f'<p class="columns">{body}</p>'


@pytest.mark.parametrize("end", "，。、；：！？）】》」』〉…”’＞｝")
def test_cjk_punctuation_ends_a_link(end: str) -> None:
    link = f'<a href="https://example.com/a" rel="{REL}">https://example.com/a</a>'
    assert html(f"看https://example.com/a{end}好") == f"<p>看{link}{end}好</p>"


@pytest.mark.parametrize("end", [".", ",", ";", ":", "!", "?", ")", "]", "'", '"', "*", "...", ").", "',", ">"])
def test_closing_punctuation_ends_a_link(end: str) -> None:
    link = f'<a href="https://example.com/a" rel="{REL}">https://example.com/a</a>'
    assert html(f"https://example.com/a{end}") == f"<p>{link}{escape(end, quote=False)}</p>"


@pytest.mark.parametrize("letters", ["谢谢", "ください", "고마워"])
def test_letters_without_a_space_end_a_link_behind_a_letter_but_not_behind_a_sign(letters: str) -> None:
    assert f">https://example.com/a</a>{letters}" in html(f"https://example.com/a{letters}")
    assert f">https://example.com/{letters}</a>" in html(f"https://example.com/{letters}")


@pytest.mark.parametrize(
    "name", ["README.md", "deploy.sh", "main.py", "libc.so", "node.js", "10.0.0.1", "www.conf", "a.zip"]
)
def test_names_of_files_and_bare_addresses_are_no_links(name: str) -> None:
    assert "<a" not in html(f"see {name} or {name}/x")


@pytest.mark.parametrize(
    "address",
    [
        "http://[2001:db8::1]:8080/x", "http://10.0.0.1:9090", "http://localhost", "https://db01/x",
        "mailto:ops@example.com", "http://a_b.intern:80/c?d=e&f#g",
    ],
)  # fmt: skip
def test_an_address_with_a_scheme_is_always_a_link(address: str) -> None:
    assert f'<a href="{escape(address)}"' in html(f"see {address}, please")


@pytest.mark.parametrize(
    "body",
    ["**“重要”**的", "这是**加粗。**后面", "他说：**“注意！”**然后", "**（注意）**请看", "これは**「重要」**です"],
)
def test_emphasis_beside_cjk_punctuation_works(body: str) -> None:
    assert "<strong>" in html(body)
    assert "*" not in html(body)


@pytest.mark.parametrize("body", ["> @ben", "> a\n> @ben", "- > @ben"])
def test_a_quoted_mention_is_shown_but_calls_nobody(body: str) -> None:
    assert named(body) == []
    assert "@ben" in html(body)
    assert find_handles(body) == set()


@pytest.mark.parametrize(
    "body", ["[@ben](https://a.b)", "https://a.b/@ben", "me@ben.example", "@ben@a.example", "@ben/x"]
)
def test_mentions_in_links_and_addresses_call_nobody(body: str) -> None:
    assert named(body) == []
    assert find_handles(body) == set()


def test_a_handle_that_folds_to_another_length_keeps_what_follows_it() -> None:
    made, people = render_markdown("@weiß, please", {"weiss": Mentioned(7, "Weiß")})
    assert made.endswith("@Weiß</a>, please</p>")
    assert people == [7]


@pytest.mark.parametrize(
    "body", ["@weiß", "@张伟你好", "@Tomas.Rivera.", r"\@ben @ada", "> @ben\n\n@ada", "`@ben` @ada"]
)
def test_everybody_who_can_be_called_is_looked_up_before(body: str) -> None:
    people = PEOPLE | {"weiss": Mentioned(7, "Weiß")}
    parsed = parse_markdown(body)
    known = {handle: person for handle, person in people.items() if handle in parsed.handles}
    assert parsed.render(known) == parsed.render(people)
    assert parsed.render(people)[1]


def test_lists_show_the_numbers_that_were_typed() -> None:
    assert '<li value="20">b</li>' in html("10. a\n20. b")


@pytest.mark.parametrize(
    "body", ["\u200b", "\u3164", "\u115f\u1160", "\u2800", "\u202e \u2066", "\ufe0f", "\U000e0041", "\u0301", "\u00ad"]
)
def test_a_message_of_invisible_characters_is_empty(body: str) -> None:
    with pytest.raises(Refused, match="empty"):
        clean_body(body)


@pytest.mark.parametrize("body", ["a\u200b", "🏴\U000e0067", "❤️", "👩‍🔧", "é", "e\u0301", "。", "¯", "-"])
def test_a_message_with_anything_to_see_is_not_empty(body: str) -> None:
    assert clean_body(body) == unicodedata.normalize("NFC", body)


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
    assert render_markdown("@ada", {}) == ("<p>@ada</p>", [])


def test_what_is_looked_up_holds_every_handle_that_could_be_meant() -> None:
    assert {"张伟", "张", "张伟你好"} <= find_handles("@张伟你好")
    assert {"tomas.rivera", "tomas"} <= find_handles("@Tomas.Rivera.")
    assert find_handles("a@b `x`") == set()


def test_a_name_that_is_markup_stays_text() -> None:
    made = render_markdown("@ada", {"ada": Mentioned(1, "<b>Ada</b>")})[0]
    assert "&lt;b&gt;Ada&lt;/b&gt;" in made


def test_pictures_from_elsewhere_are_not_fetched() -> None:
    assert "<img" not in html("![cat](https://example.com/cat.png)")
