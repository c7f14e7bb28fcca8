"""Encrypts a push message for one browser (RFC 8291, with the content coding aes128gcm of RFC 8188)."""

import os
import struct

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from push.vapid import decode_base64url, encode_point

RECORD_SIZE = 4096  # push services take at most this
POINT_SIZE, AUTH_SIZE, SALT_SIZE = 65, 16, 16
MAX_PLAINTEXT = RECORD_SIZE - SALT_SIZE - 4 - 1 - POINT_SIZE - 16 - 1  # header, tag of AES-GCM, delimiter
LAST_RECORD = b"\x02"


def parse_browser_keys(p256dh: str, auth: str) -> tuple[ec.EllipticCurvePublicKey, bytes]:
    """The keys of a subscription. Raises :class:`ValueError`."""
    point, secret = decode_base64url(p256dh), decode_base64url(auth)
    if len(point) != POINT_SIZE or len(secret) != AUTH_SIZE:
        raise ValueError("The keys of a subscription have 65 and 16 bytes.")
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point), secret


def encrypt_message(
    plaintext: bytes,
    p256dh: str,
    auth: str,
    *,
    private: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes = b"",
) -> bytes:
    """The body of the request. Each message has a key and a salt of its own; tests give those of the RFC."""
    if len(plaintext) > MAX_PLAINTEXT:
        raise ValueError(f"A push message has at most {MAX_PLAINTEXT} bytes.")
    browser, secret = parse_browser_keys(p256dh, auth)
    private = private or ec.generate_private_key(ec.SECP256R1())
    salt = salt or os.urandom(SALT_SIZE)
    point = encode_point(private.public_key())
    shared = private.exchange(ec.ECDH(), browser)
    key_material = derive_key(shared, secret, b"WebPush: info\0" + encode_point(browser) + point, 32)
    key = derive_key(key_material, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = derive_key(key_material, salt, b"Content-Encoding: nonce\0", 12)
    header = salt + struct.pack("!IB", RECORD_SIZE, len(point)) + point
    return header + AESGCM(key).encrypt(nonce, plaintext + LAST_RECORD, None)


def derive_key(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(secret)
