"""The words of a notification: the beginning of its message, without markup, or the names of its files."""

from collections.abc import Mapping
from functools import lru_cache

from django.db.models.functions import Substr

from chat.attachments import get_file_keeper
from myweb.text_cleaning import MAX_SUMMARIZED, summarize_html

MAX_TEXT = 140  # characters
FILES = "\N{PAPERCLIP}"  # before the names of files of a message without text
BEGINNING = Substr("html", 1, MAX_SUMMARIZED)  # of a message: the text is looked for in it


@lru_cache(maxsize=200)  # one message is told to many, and finding its text takes milliseconds
def summarize_message(beginning: str) -> str:
    return summarize_html(beginning, MAX_TEXT)


def summarize_messages(beginnings: Mapping[int, str]) -> dict[int, str]:
    """By the id of the message."""
    texts = {message_id: summarize_message(beginning) for message_id, beginning in beginnings.items()}
    wordless = [message_id for message_id, text in texts.items() if not text]
    names = get_file_keeper().list_names(wordless) if wordless else {}
    files = {message_id: " ".join([FILES, ", ".join(names.get(message_id, []))]) for message_id in wordless}
    return texts | {message_id: text[:MAX_TEXT].rstrip() for message_id, text in files.items()}
