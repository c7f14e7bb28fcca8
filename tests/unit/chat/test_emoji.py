"""The emoji of the picker: each can be sent, each stands once, and both languages find them."""

from chat.emoji import GROUPS, list_emoji
from chat.message_services import normalize_emoji


def test_every_sign_is_an_emoji_that_a_reaction_takes_and_stands_once() -> None:
    signs = [sign for _name, signs in GROUPS for sign in signs.split()]
    assert [normalize_emoji(sign) for sign in signs] == signs
    assert len(set(signs)) == len(signs)


def test_emoji_are_named_in_the_readers_language_and_found_in_english_too() -> None:
    rocket = {language: names(language)["🚀"] for language in ("en", "zh-hans")}
    assert rocket["en"][0] == "rocket"
    assert rocket["zh-hans"][0] == "火箭"
    assert "rocket" in rocket["zh-hans"][1]


def names(language: str) -> dict[str, tuple[str, str]]:
    return {sign: (name, others) for group in list_emoji(language) for sign, name, others in group.emoji}
