"""The words of a notification: the beginning of its message, without markup."""

from functools import lru_cache

from django.db.models.functions import Substr

from myweb.text_cleaning import MAX_SUMMARIZED, summarize_html

MAX_TEXT = 140  # characters
FILES = "\N{PAPERCLIP}"  # a message without text has files; a sign, since readers have several languages
BEGINNING = Substr("html", 1, MAX_SUMMARIZED)  # of a message: the text is looked for in it


@lru_cache(maxsize=200)  # one message is told to many, and finding its text takes milliseconds
def summarize_message(beginning: str) -> str:
    return summarize_html(beginning, MAX_TEXT) or FILES
