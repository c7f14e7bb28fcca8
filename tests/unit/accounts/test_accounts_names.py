"""Handles, initials and colours from names of any script."""

import pytest
from django.core.exceptions import ValidationError

from accounts import names
from accounts.models import User


@pytest.mark.parametrize(
    ("name", "handle"),
    [
        ("Ada Lovelace", "ada.lovelace"),
        ("  Renée  Ångström ", "renee.angstrom"),
        ("Андрей", "андрей"),
        ("张伟", "张伟"),
        ("हिन्दी", "हनद"),
        ("Ａｄａ", "ada"),
        ("O'Neill-Smith", "o.neill.smith"),
        ("🙂", "someone"),
        ("x" * 60, "x" * 24),
    ],
)
def test_a_name_gives_a_handle_that_can_be_typed_after_an_at_sign(name: str, handle: str) -> None:
    assert names.make_handle(name) == handle
    names.validate_handle(handle)


@pytest.mark.parametrize("handle", ["", "ada.", ".ada", "a..b", "a b", "Ada", "ＡＤＡ", "@ada", "all", "everyone"])
def test_what_a_mention_cannot_hold_is_no_handle(handle: str) -> None:
    with pytest.raises(ValidationError):
        names.validate_handle(handle)


@pytest.mark.parametrize(
    ("name", "initials"),
    [("Ada Lovelace", "AL"), ("Ada", "AD"), ("张伟", "张"), ("김민준", "김"), ("ada b. c", "AC"), ("🙂", "?")],
)
def test_initials_follow_the_script(name: str, initials: str) -> None:
    assert names.make_initials(name) == initials


def test_people_of_one_name_get_handles_of_their_own(db: None) -> None:
    people = [User.objects.create_user(f"sam{number}@example.com", name="Sam") for number in range(3)]
    assert [person.handle for person in people] == ["sam", "sam2", "sam3"]


def test_a_handle_taken_in_the_same_moment_is_tried_again(ben: User, monkeypatch: pytest.MonkeyPatch) -> None:
    offers = iter(["ben", "ben2"])
    monkeypatch.setattr(names, "find_free_handle", lambda _name, taken: next(offers))
    assert User.objects.create_user("ben.two@example.com", name="Ben").handle == "ben2"


def test_a_name_that_means_everyone_gets_another_handle(db: None) -> None:
    assert User.objects.create_user("all@example.com", name="All").handle == "all2"
