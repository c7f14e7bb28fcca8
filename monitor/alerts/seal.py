"""Texts that only this installation can read: sealed with a key made from the secret one."""

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils.crypto import salted_hmac


def keys() -> MultiFernet:
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = [salted_hmac("monitor.route", "seal", secret=each, algorithm="sha256").digest() for each in secrets]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(each)) for each in digests])


def sealed(text: str) -> str:
    return keys().encrypt(text.encode()).decode()


def unsealed(text: str) -> str | None:
    """None if the secret key is another one now."""
    try:
        return keys().decrypt(text.encode()).decode()
    except InvalidToken:
        return None
