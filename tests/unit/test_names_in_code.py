"""Names can be searched for: few stand in several modules, and functions say what they do."""

from tests.support.names import (
    Name,
    one_word_functions,
    one_word_share,
    public_definitions,
    public_names,
    repeated_names,
    repeated_share,
)

REPEATED_BOUND = 8.0  # percent; `python -m tests.support.names` prints the measured values.
ONE_WORD_BOUND = 35.0  # percent.


def test_few_names_stand_in_more_than_one_module() -> None:
    assert repeated_share(public_names()) <= REPEATED_BOUND


def test_few_functions_have_a_one_word_name() -> None:
    assert one_word_share(public_names()) <= ONE_WORD_BOUND


def test_only_public_definitions_at_module_level_count() -> None:
    source = "class A:\n    def inner(self): ...\n\ndef _hidden(): ...\n\nasync def send(): ...\n\nclass Command: ...\n"
    assert [node.name for node in public_definitions(source)] == ["A", "send"]


def test_a_name_is_repeated_only_across_modules() -> None:
    names = [Name("read", "a.py", True), Name("read", "b.py", True), Name("read_room", "a.py", True)]
    assert repeated_names(names) == {"read": ["a.py", "b.py"]}
    assert [name.module for name in one_word_functions(names)] == ["a.py", "b.py"]
