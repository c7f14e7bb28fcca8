"""What is stored as a message of the catalogue is read in the language of each reader."""

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from monitor.checks.models import Check
from monitor.checks.result_text import make_printable
from myweb.stored_text import (
    LONGEST,
    Duration,
    as_stored,
    dump_text,
    join_texts,
    load_text,
    stored_gettext,
    stored_ngettext,
)


def in_chinese(text: str) -> str:
    dumped = dump_text(text)
    with override("zh-hans"):
        return load_text(dumped)


def test_a_stored_text_is_read_in_another_language() -> None:
    text = stored_gettext("Connected in %(time)s.") % {"time": Duration(0.25)}
    assert text == "Connected in 250 ms."
    assert load_text(dump_text(text)) == text
    with override("zh-hans"):
        expected = stored_gettext("Connected in %(time)s.") % {"time": Duration(0.25)}
    assert in_chinese(text) == expected != text


def test_texts_within_texts_and_behind_each_other_are_translated_too() -> None:
    why = join_texts(stored_gettext("This name does not exist."), "SERVFAIL")
    text = stored_gettext("Failed %(failures)d of %(most)d times: %(why)s") % {"failures": 1, "most": 3, "why": why}
    assert text == "Failed 1 of 3 times: This name does not exist. SERVFAIL"
    found = in_chinese(text)
    assert "SERVFAIL" in found
    assert "exist" not in found


@pytest.mark.parametrize("days", [1, 2])
def test_a_plural_is_that_of_its_number(days: int) -> None:
    text = stored_ngettext(
        "The certificate is valid for %(days)d day.", "The certificate is valid for %(days)d days.", days
    ) % {"days": days}
    assert text == f"The certificate is valid for {days} day{'s' * (days > 1)}."
    assert load_text(dump_text(text)) == text


@given(st.text(max_size=60))
def test_any_text_is_read_as_it_was_stored(text: str) -> None:
    assert load_text(dump_text(text)) == text
    assert load_text(dump_text(stored_gettext("Received “%(text)s”.") % {"text": text})) == f"Received “{text}”."


@given(st.text(max_size=60))
def test_what_is_no_stored_text_is_read_as_it_is(text: str) -> None:
    assert isinstance(load_text(text), str)


def test_what_takes_too_much_room_is_stored_as_its_beginning() -> None:
    dumped = dump_text(stored_gettext("Received “%(text)s”.") % {"text": "x" * 10_000})
    assert len(dumped) <= LONGEST
    assert load_text(dumped).startswith("Received “xxx")


def test_what_others_said_is_made_printable_and_the_message_stays() -> None:
    text = make_printable(stored_gettext("Received “%(text)s”.") % {"text": "a\x1b[31m"})
    assert text == "Received “a [31m”."
    assert "Received" not in in_chinese(text)


@pytest.mark.django_db
def test_a_check_says_why_in_the_language_of_its_reader() -> None:
    check = Check.objects.create(slug="web", name="Web", said=stored_gettext("This name does not exist."))
    assert Check.objects.get(pk=check.pk).said == "This name does not exist."
    with override("zh-hans"):
        assert Check.objects.get(pk=check.pk).said == str(stored_gettext("This name does not exist."))
    Check.objects.filter(pk=check.pk).update(said="as it is")
    assert Check.objects.get(pk=check.pk).said == as_stored("as it is")
