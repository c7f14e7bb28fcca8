"""Which words a command takes, and that no word becomes more than one argument, or an option."""

import pytest

from monitor.checks import command_template
from myweb.errors import Refused

PING = ["ping", "-c", "{count:int 1-10}", "{host:hostname}"]


def test_words_are_put_in_their_places() -> None:
    assert command_template.fill_argv(PING, ["3", "web-1.example.com"]) == ["ping", "-c", "3", "web-1.example.com"]
    assert command_template.fill_argv(["dig", "{name:hostname}", "+time={n:int 1-9}"], ["::1", "2"]) == [
        "dig",
        "::1",
        "+time=2",
    ]
    assert command_template.fill_argv(["a", "{x:b|c}", "{x:b|c}"], ["b"]) == ["a", "b", "b"]
    assert command_template.fill_argv(["uptime"], []) == ["uptime"]


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        ("hostname", "-oProxyCommand=id"),
        ("hostname", "a;id"),
        ("hostname", "$(id)"),
        ("hostname", "a b"),
        ("hostname", "a\nb"),
        ("hostname", "../etc"),
        ("hostname", ""),
        ("hostname", "fe80::1%`id`"),
        ("int 1-10", "11"),
        ("int 1-10", "0"),
        ("int 1-10", "-1"),
        ("int 1-10", "1e1"),
        ("int 1-10", "٣"),
        ("up|down", "left"),
        ("up|down", "up|down"),
        ("/[a-z]+/", "abc;"),
        ("/[a-z]+/", "abc\n"),
        ("/.*/", "--force"),
        ("/.*/", "a\0b"),
        ("/.*/", "a\nb"),
        ("/.*/", "a" * 201),
    ],
)
def test_words_of_another_kind_are_refused(kind: str, word: str) -> None:
    with pytest.raises(Refused, match="is not valid for"):
        command_template.fill_argv(["show", f"{{it:{kind}}}"], [word])


@pytest.mark.parametrize(("kind", "word"), [("/[a-z]{2,3}/", "abc"), (r"/a\/b|c/", "a/b"), ("/x y/", "x y")])
def test_a_word_may_have_to_be_like_an_expression(kind: str, word: str) -> None:
    command_template.check_template(["show", f"{{it:{kind}}}"])
    assert command_template.fill_argv(["show", f"--only={{it:{kind}}}"], [word]) == ["show", f"--only={word}"]


@pytest.mark.parametrize("words", [[], ["3"], ["3", "host", "more"]])
def test_too_few_and_too_many_words_are_refused_with_what_is_wanted(words: list[str]) -> None:
    with pytest.raises(Refused, match=r"The command takes 2 arguments \(COUNT HOST\)"):
        command_template.fill_argv(PING, words)


@pytest.mark.parametrize(
    "argv",
    [
        [],
        [""],
        ["{program:hostname}"],
        ["show", "{it}"],
        ["show", "{it:word}"],
        ["show", "{it:int 1}"],
        ["show", "{it:/(/}"],
        ["show", "{it:a||b}"],
        ["show", "{it:hostname", "x}"],
        ["show", "{it:a|b}", "{it:hostname}"],
        ["show", "a\0"],
    ],
)
def test_a_template_that_cannot_be_filled_is_refused(argv: list[str]) -> None:
    with pytest.raises(Refused):
        command_template.check_template(argv)


def test_quotes_hold_words_together_and_nothing_else() -> None:
    assert command_template.split_words("show 'a b' $HOME") == ("show", ["a b", "$HOME"])
    assert command_template.split_words("") == ("", [])
    with pytest.raises(Refused, match="quotation mark is missing"):
        command_template.split_words("show 'a")
