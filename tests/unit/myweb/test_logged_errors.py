"""What a database quotes in its errors is in no line of a log: it may be a message."""

import json
import logging
import sys

import psycopg
import pytest
from django.db import DataError, IntegrityError

from myweb.masking import MaskingFormatter, MaskingJsonFormatter, describe_exception

SECRET = "meet me at the harbour"
ROW = psycopg.errors.NotNullViolation(
    'null value in column "seq" of relation "chat_message" violates not-null constraint\n'
    f"DETAIL:  Failing row contains (1, {SECRET}\n\nDuring handling of the above, {SECRET}, null)."
)
QUERY = psycopg.errors.SyntaxError(f'syntax error in tsquery: "{SECRET}"\nCONTEXT:  unnamed portal: {SECRET}')


def fail(error: psycopg.Error, kind: type[Exception]) -> None:
    try:
        raise error
    except psycopg.Error as cause:
        raise kind(str(cause)) from cause


def make_record(error: psycopg.Error, kind: type[Exception]) -> logging.LogRecord:
    try:
        fail(error, kind)
    except kind as raised:
        return logging.LogRecord("chat", logging.WARNING, "", 1, "%s failed: %s", ("A command", raised), sys.exc_info())
    raise AssertionError


@pytest.mark.parametrize(("error", "kind"), [(ROW, IntegrityError), (QUERY, DataError)])
@pytest.mark.parametrize("form", [MaskingFormatter("%(message)s"), MaskingJsonFormatter()])
def test_neither_a_message_nor_a_traceback_holds_a_value(
    error: psycopg.Error, kind: type[Exception], form: logging.Formatter
) -> None:
    line = form.format(make_record(error, kind))
    assert SECRET not in line
    assert "Failing row" not in line
    words = str(error).partition("\n")[0].partition(":")[0]
    assert line.count(words if form.__class__ is MaskingFormatter else json.dumps(words)[1:-1]) == 3


def test_the_story_of_an_error_is_told_as_python_does() -> None:
    def fail_twice() -> None:
        try:
            dict[str, int]()["first"]
        except KeyError:
            int("second")

    with pytest.raises(ValueError, match="second") as raised:
        fail_twice()
    story = (raised.type, raised.value, raised.tb)
    line = MaskingFormatter("%(message)s").format(logging.LogRecord("x", logging.ERROR, "", 1, "failed", None, story))
    assert "KeyError: 'first'" in line
    assert "During handling of the above exception, another exception occurred:" in line
    assert line.endswith("\nValueError: invalid literal for int() with base 10: 'second'")


def test_a_connection_that_fails_is_told_in_one_line() -> None:
    error = psycopg.OperationalError('connection to server at "127.0.0.1", port 5 failed: refused\n\tIs it running?')
    assert describe_exception(error) == 'connection to server at "127.0.0.1", port 5 failed: refused'
