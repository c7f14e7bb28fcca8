"""Identifies the site to push services (RFC 8292, VAPID): its key, and the token that each request carries."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from ipaddress import ip_address
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from django.conf import settings
from django.db import transaction

from myweb.encryption import decrypt_secret, encrypt_secret
from push.models import PushKey

TOKEN_SECONDS = 12 * 3600  # a token is valid for so long; push services refuse more than 24 h
REUSE_SECONDS = 6 * 3600  # and is used again for so long: Apple wants few different ones
# Domains that no push service accepts as a contact (RFC 6761 and usual private ones).
UNREAL_DOMAINS = (
    *("localhost", "invalid", "test", "example", "local", "localdomain", "internal", "lan", "home", "corp"),
    *("home.arpa", "example.com", "example.net", "example.org"),
)


def encode_base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def decode_base64url(text: str) -> bytes:
    """Raises :class:`ValueError`."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def encode_point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


class VapidKey:
    """The private key of the site, with the tokens that it has signed."""

    def __init__(self, private: ec.EllipticCurvePrivateKey) -> None:
        self.private = private
        self.public = encode_base64url(encode_point(private.public_key()))
        self.tokens: dict[tuple[str, str], tuple[float, str]] = {}

    def serialize(self) -> str:
        number = self.private.private_numbers().private_value
        return encode_base64url(number.to_bytes(32, "big"))

    def authorize(self, service: str, contact: str, now: float) -> str:
        """The value of the header Authorization for requests to this origin."""
        signed_at, token = self.tokens.get((service, contact), (0.0, ""))
        if not token or not 0 <= now - signed_at < REUSE_SECONDS:
            token = self.sign({"aud": service, "exp": int(now) + TOKEN_SECONDS, "sub": contact})
            self.tokens[service, contact] = now, token
        return f"vapid t={token}, k={self.public}"

    def sign(self, claims: dict[str, object]) -> str:
        parts = [json.dumps(part, separators=(",", ":")).encode() for part in ({"typ": "JWT", "alg": "ES256"}, claims)]
        signed = ".".join(map(encode_base64url, parts))
        numbers = decode_dss_signature(self.private.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{signed}.{encode_base64url(b''.join(number.to_bytes(32, 'big') for number in numbers))}"


def parse_vapid_key(text: str) -> VapidKey:
    return VapidKey(ec.derive_private_key(int.from_bytes(decode_base64url(text), "big"), ec.SECP256R1()))


@transaction.atomic
def get_vapid_key() -> VapidKey:
    """The key of the site, made on first use. A new one is made if the secret key of the site has changed.

    Browsers notice at their next visit that theirs is for another key, and subscribe anew.
    """
    stored = PushKey.objects.first()
    if stored and (private := decrypt_secret(stored.private)):
        return parse_vapid_key(private)
    stored = PushKey.objects.select_for_update().first()  # another process may be here too
    if stored and (private := decrypt_secret(stored.private)):
        return parse_vapid_key(private)
    key = VapidKey(ec.generate_private_key(ec.SECP256R1()))
    fields = {"private": encrypt_secret(key.serialize()), "public": key.public}
    if stored:
        PushKey.objects.update(**fields)
        return key
    PushKey.objects.bulk_create([PushKey(**fields)], ignore_conflicts=True)
    return parse_vapid_key(decrypt_secret(PushKey.objects.get().private))


def find_contact() -> str:
    """How a push service reaches the operators: an origin or an address. Empty if the site has none that is real.

    Apple answers 403 to localhost, names without a dot, and reserved domains.
    """
    for origin in settings.ORIGINS:
        url = urlsplit(origin)
        if url.scheme == "https" and is_real_domain(url.hostname or ""):
            return f"https://{url.hostname}"
    address = get_sender_address()
    return f"mailto:{address}" if is_real_domain(address.rpartition("@")[2]) else ""


def get_contact() -> str:
    """Most push services accept any contact, so a site without a real one tries."""
    return find_contact() or f"mailto:{get_sender_address()}"


def get_sender_address() -> str:
    return str(settings.DEFAULT_FROM_EMAIL).rpartition("<")[2].rstrip(">").strip()


def is_real_domain(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        host = host.lower().rstrip(".")
        return "." in host and not any(f".{host}".endswith(f".{domain}") for domain in UNREAL_DOMAINS)
    return False
