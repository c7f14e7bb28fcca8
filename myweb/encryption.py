"""Encrypts stored secrets that the site must send to others, so that the database alone does not reveal them."""

from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet


def get_keyring() -> "MultiFernet":
    """Return the keys made from this site's secret key and its earlier ones."""
    from cryptography.fernet import Fernet, MultiFernet  # costs 6 MB, and most processes encrypt nothing

    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(urlsafe_b64encode(sha256(f"monitor.sealed:{key}".encode()).digest())) for key in keys])


def encrypt_secret(text: str) -> str:
    return get_keyring().encrypt(text.encode()).decode() if text else ""


def decrypt_secret(sealed: str) -> str:
    """Return an empty text if the site's secret key has changed."""
    if not sealed:
        return ""
    from cryptography.fernet import InvalidToken

    try:
        return get_keyring().decrypt(sealed.encode()).decode()
    except InvalidToken:
        return ""
