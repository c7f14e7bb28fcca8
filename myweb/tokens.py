"""Tokens are shown once and never stored. The stored digest finds a token but does not reveal it."""

import secrets
from hashlib import sha256
from typing import NamedTuple

from myweb.masking import add_token_prefix


class Token(NamedTuple):
    text: str
    digest: str


def create_token(kind: str) -> Token:
    """``kind`` is the prefix of the token, so that a leaked token shows its purpose."""
    text = add_token_prefix(kind, secrets.token_urlsafe(24))
    return Token(text, hash_token(text))


def hash_token(text: str) -> str:
    """A lookup by digest leaks nothing about the token by its duration, since similar tokens have different digests."""
    return sha256(text.encode("utf-8", "replace")).hexdigest()
