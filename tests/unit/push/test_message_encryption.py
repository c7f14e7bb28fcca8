"""What is encrypted here is decrypted by the receiver's side of RFC 8291, byte for byte as in its example."""

import os

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from push.message_encryption import MAX_PLAINTEXT, RECORD_SIZE, encrypt_message, parse_browser_keys
from tests.support.push_service import decrypt, get_point, to_bytes, to_text

# RFC 8291, section 5 and appendix A.
TEXT = b"When I grow up, I want to be a watermelon"
SITE_PRIVATE = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
BROWSER_PRIVATE = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
BROWSER_PUBLIC = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A"
    "_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def get_private(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(to_bytes(text), "big"), ec.SECP256R1())


def test_the_example_of_the_rfc_gives_its_body() -> None:
    body = encrypt_message(TEXT, BROWSER_PUBLIC, AUTH, private=get_private(SITE_PRIVATE), salt=to_bytes(SALT))
    assert to_text(body) == BODY


def test_the_example_of_the_rfc_is_decrypted() -> None:
    assert decrypt(to_bytes(BODY), get_private(BROWSER_PRIVATE), to_bytes(AUTH)) == TEXT


@given(st.binary(max_size=MAX_PLAINTEXT))
def test_what_is_encrypted_is_decrypted(text: bytes) -> None:
    private, auth = ec.generate_private_key(ec.SECP256R1()), os.urandom(16)
    body = encrypt_message(text, to_text(get_point(private.public_key())), to_text(auth))
    assert len(body) <= RECORD_SIZE
    assert decrypt(body, private, auth) == text
    with pytest.raises(InvalidTag):
        decrypt(body, private, os.urandom(16))


def test_two_messages_share_neither_key_nor_salt() -> None:
    bodies = [encrypt_message(TEXT, BROWSER_PUBLIC, AUTH) for _time in range(2)]
    assert bodies[0][:16] != bodies[1][:16]
    assert bodies[0][21:86] != bodies[1][21:86]


def test_a_message_that_no_service_takes_is_refused() -> None:
    assert len(encrypt_message(b"x" * MAX_PLAINTEXT, BROWSER_PUBLIC, AUTH)) == RECORD_SIZE
    with pytest.raises(ValueError, match="at most"):
        encrypt_message(b"x" * (MAX_PLAINTEXT + 1), BROWSER_PUBLIC, AUTH)


@pytest.mark.parametrize(
    ("p256dh", "auth"),
    [
        ("", ""),
        (BROWSER_PUBLIC, AUTH[:-2]),
        (BROWSER_PUBLIC[:-2], AUTH),
        (to_text(b"\4" + b"\1" * 64), AUTH),  # no point of the curve
        (to_text(b"\0" * 65), AUTH),
        ("中文", AUTH),
        (BROWSER_PUBLIC, "=" * 22),
    ],
)
def test_keys_that_are_none_are_refused(p256dh: str, auth: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse_browser_keys(p256dh, auth)
