"""Secrets of others that must be told on: kept so that the database alone does not tell them."""

from base64 import urlsafe_b64encode
from hashlib import sha256

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


def ring() -> MultiFernet:
    """Of this site's secret key, and of those it had before."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(urlsafe_b64encode(sha256(f"monitor.sealed:{key}".encode()).digest())) for key in keys])


def seal(text: str) -> str:
    return ring().encrypt(text.encode()).decode() if text else ""


def unseal(sealed: str) -> str:
    """Nothing where the site has another key by now."""
    try:
        return ring().decrypt(sealed.encode()).decode() if sealed else ""
    except InvalidToken:
        return ""
