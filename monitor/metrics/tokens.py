"""Tokens: shown once to whoever made them, and kept nowhere. What is kept finds them again, but does not tell them."""

import secrets
from hashlib import sha256
from typing import NamedTuple

from myweb.masking import add_token_prefix


class Token(NamedTuple):
    text: str
    digest: str


def create_token(kind: str) -> Token:
    """``kind`` stands before it, so that a token found somewhere tells what it is for."""
    text = add_token_prefix(kind, secrets.token_urlsafe(24))
    return Token(text, hash_token(text))


def hash_token(text: str) -> str:
    """Looking for the digest takes no time from which somebody could learn the token: a near miss is as far as any."""
    return sha256(text.encode("utf-8", "replace")).hexdigest()
