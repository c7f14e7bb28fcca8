import pytest

from chat import message_validation
from chat.message_validation import clean_body, parse_incoming
from myweb.errors import Refused

CLIENT_ID = "5f0c1c6e-7a53-4f0e-9d6c-0d6f6f0a1b2c"


def refusal(body: str) -> Refused:
    with pytest.raises(Refused) as refused:
        clean_body(body)
    return refused.value


def test_a_message_of_10_000_characters_is_fine() -> None:
    assert len(clean_body("é" * 10_000)) == 10_000


def test_one_character_more_is_refused_with_both_numbers() -> None:
    refused = refusal("é" * 10_001)
    assert refused.code == "too_long"
    assert refused.text == "The message has 10001 characters; the limit is 10000."
    assert not refused.retry


def test_the_space_around_a_message_is_not_part_of_it() -> None:
    assert clean_body("  \n " + "x" * 10_000 + " \n") == "x" * 10_000


def test_several_lines_keep_the_indentation_of_the_first() -> None:
    assert clean_body("\n \n    PID CMD\n   1234 bash\n") == "    PID CMD\n   1234 bash"
    assert clean_body("\u2028\x0b\t a\rb") == "\t a\rb"


@pytest.mark.parametrize("body", ["", "   ", "\n\t\n"])
def test_an_empty_message_is_refused(body: str) -> None:
    assert refusal(body).code == "invalid"


@pytest.mark.parametrize("body", ["zero \x00 byte", "half a \ud83d pair"])
def test_what_no_database_can_hold_is_refused(body: str) -> None:
    assert refusal(body).text == "The message contains invalid characters."


def test_the_limit_is_one_constant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(message_validation, "MESSAGE_LIMIT", 3)
    assert refusal("four").code == "too_long"


@pytest.mark.parametrize("client_id", ["", "7", "not-a-uuid", CLIENT_ID[:-1]])
def test_a_client_id_must_be_a_uuid(client_id: str) -> None:
    with pytest.raises(Refused) as refused:
        parse_incoming(1, 1, client_id, "Hello")
    assert refused.value.code == "invalid"


def test_a_draft_reads_the_same_uuid_however_it_is_written() -> None:
    assert parse_incoming(1, 1, CLIENT_ID, "a").client_id == parse_incoming(1, 1, CLIENT_ID.upper(), "a").client_id
