import os
import re
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from myweb import env
from tests.support.quoted import LINE, VALUE

Patch = pytest.MonkeyPatch


@pytest.fixture(autouse=True)
def unset(monkeypatch: Patch) -> None:
    for name in ("THING", "THING_FILE", "OTHER"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("value", ["1", "true", "YES", "On"])
def test_a_flag_says_yes_in_several_ways(monkeypatch: Patch, value: str) -> None:
    monkeypatch.setenv("THING", value)
    assert env.read_flag("THING") is True


@pytest.mark.parametrize("value", ["0", "False", "no", "off", ""])
def test_a_flag_says_no_in_several_ways(monkeypatch: Patch, value: str) -> None:
    monkeypatch.setenv("THING", value)
    assert env.read_flag("THING", default=True) is False


def test_what_is_unset_has_its_default() -> None:
    assert env.read_flag("THING", default=True) is True
    assert env.read_number("THING", 7) == 7
    assert env.read_text("THING", "some") == "some"
    assert env.read_list("THING", "a b") == ["a", "b"]


def test_an_empty_number_is_as_one_that_is_not_set(monkeypatch: Patch) -> None:
    monkeypatch.setenv("THING", "")
    assert env.read_number("THING", 7) == 7


DEFAULT = re.compile(r"""env\.read_(?:text|number|flag|list)\(\s*"(\w+)", (?:default=)?("[^"]+"|\d+|True|False)""")
NOTED = re.compile(r"^#(\w+)=(.*)$", re.MULTILINE)


def test_the_example_says_the_defaults_of_the_settings() -> None:
    defaults = {name: value.strip('"') for name, value in DEFAULT.findall(read("myweb/settings.py"))}
    expected = {name: {"True": "yes", "False": "no"}.get(value, value) for name, value in defaults.items()}
    noted = dict(NOTED.findall(read(".env.example")))
    assert expected.keys() >= {"MYWEB_BACKUP_DAYS", "MYWEB_ORIGINS", "EMAIL_USE_TLS"}
    assert {name: noted.get(name) for name in expected} == expected


def read(name: str) -> str:
    return (Path(__file__).parents[3] / name).read_text(encoding="utf-8")


def test_a_flag_that_is_neither_names_itself_and_what_it_found(monkeypatch: Patch) -> None:
    monkeypatch.setenv("THING", "maybe")
    with pytest.raises(ImproperlyConfigured, match=r"^THING must be yes or no, not 'maybe'\.$"):
        env.read_flag("THING")


def test_a_number_that_is_none_names_itself_and_what_it_found(monkeypatch: Patch) -> None:
    monkeypatch.setenv("THING", "12MB")
    with pytest.raises(ImproperlyConfigured, match=r"^THING must be a whole number, not '12MB'\.$"):
        env.read_number("THING", 1)


@pytest.mark.parametrize("value", ["a,b,c", "a b c", " a, b  c "])
def test_a_list_is_parted_by_commas_or_spaces(monkeypatch: Patch, value: str) -> None:
    monkeypatch.setenv("THING", value)
    assert env.read_list("THING") == ["a", "b", "c"]


def test_a_secret_may_stand_in_a_file(monkeypatch: Patch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("pass#$%@/word\n", encoding="utf-8")
    monkeypatch.setenv("THING_FILE", str(tmp_path / "secret"))
    assert env.read_text("THING") == "pass#$%@/word"


def test_a_secret_given_by_hand_wins_over_a_file(monkeypatch: Patch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("made once", encoding="utf-8")
    monkeypatch.setenv("THING_FILE", str(tmp_path / "secret"))
    monkeypatch.setenv("THING", "by hand")
    assert env.read_text("THING") == "by hand"
    monkeypatch.setenv("THING", "")
    assert env.read_text("THING") == "made once", "an empty one is none"


def test_a_secret_file_wins_over_what_an_env_file_says(monkeypatch: Patch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("of this machine", encoding="utf-8")
    monkeypatch.setenv("THING_FILE", str(tmp_path / "secret"))
    load(tmp_path, "THING=of the checkout\n")
    assert env.read_text("THING") == "of this machine"


def test_a_secret_file_that_is_not_there_is_named(monkeypatch: Patch, tmp_path: Path) -> None:
    monkeypatch.setenv("THING_FILE", str(tmp_path / "none"))
    with pytest.raises(ImproperlyConfigured, match=r"^THING_FILE points to .*none, which can't be read: No such file"):
        env.read_text("THING")


def test_a_stream_is_the_standard_error_or_a_descriptor_by_its_number(monkeypatch: Patch) -> None:
    assert env.open_stream("THING") is sys.stderr
    read, write = os.pipe()
    monkeypatch.setenv("THING", str(write))
    env.open_stream("THING").write("line\n")
    assert os.read(read, 10) == b"line\n"
    os.close(write)
    os.close(read)
    with pytest.raises(ImproperlyConfigured, match=r"^THING must be an open descriptor: Bad file descriptor\.$"):
        env.open_stream("THING")


def load(path: Path, text: str) -> None:
    (path / ".env").write_text(text, encoding="utf-8")
    env.load_env_file(path / ".env")


def test_an_env_file_is_read_as_it_stands_and_real_variables_win(monkeypatch: Patch, tmp_path: Path) -> None:
    monkeypatch.setenv("OTHER", "real")
    monkeypatch.setenv("THING", "")  # so that what is loaded is taken back after the test
    monkeypatch.delenv("THING")
    load(tmp_path, "# a comment\n\nTHING = 'a # $HOME = \"b\"'\nOTHER=file\n")
    assert env.read_text("THING") == 'a # $HOME = "b"'
    assert env.read_text("OTHER") == "real"


def test_a_value_in_single_quotes_is_taken_as_it_is(monkeypatch: Patch, tmp_path: Path) -> None:
    monkeypatch.setenv("EMAIL_HOST_PASSWORD", "")  # as above
    monkeypatch.delenv("EMAIL_HOST_PASSWORD")
    (tmp_path / "env").write_text(LINE)
    env.load_env_file(tmp_path / "env")
    assert env.read_text("EMAIL_HOST_PASSWORD") == VALUE


def test_a_line_that_is_no_setting_is_shown_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"\.env:2: expected NAME=value, found 'export nothing'\.$"):
        load(tmp_path, "# first\nexport nothing\n")


def test_no_env_file_is_no_error(tmp_path: Path) -> None:
    env.load_env_file(tmp_path / ".env")


def test_several_addresses_may_be_given(monkeypatch: Patch) -> None:
    monkeypatch.setenv("THING", "one:26379, [::1]:26380")
    assert env.read_addresses("THING") == [("one", 26379), ("::1", 26380)]
    assert env.read_addresses("OTHER") == []


def test_an_address_without_its_port_is_shown_with_a_better_one(monkeypatch: Patch) -> None:
    monkeypatch.setenv("THING", "one:26379 two")
    with pytest.raises(ImproperlyConfigured, match=r"^THING must have the format 127.0.0.1:8125, not 'two'\.$"):
        env.read_addresses("THING")


def test_an_env_file_of_another_user_is_left_out_with_a_word(monkeypatch: Patch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("THING=theirs", encoding="utf-8")

    def refuse(*_asked: object, **_more: object) -> str:
        raise PermissionError

    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.warns(UserWarning, match=r"\.env can't be read by this user; it is ignored\."):
        env.load_env_file(tmp_path / ".env")
    assert env.read_text("THING") == ""
