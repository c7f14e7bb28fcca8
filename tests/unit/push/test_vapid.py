"""The site identifies itself to push services as RFC 8292 says, and as Apple wants it."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from pytest_django.fixtures import Settings

from push.vapid import REUSE_SECONDS, VapidKey, find_contact, get_contact, parse_vapid_key
from tests.support.push_service import read_token

NOW = 1_800_000_000.0
SERVICE = "https://fcm.googleapis.com"
# RFC 8292, section 2.4.
EXAMPLE = (
    "vapid t=eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXBsZS5uZXQiLCJleHAiOjE0NTM1MjM3N"
    "jgsInN1YiI6Im1haWx0bzpwdXNoQGV4YW1wbGUuY29tIn0.i3CYb7t4xfxCDquptFOepC9GAu_HLGkMlMuCGSK2rpiUfnK9ojFwDXb1JrErtmy"
    "sazNjjvW2L9OkSSHzvoD1oA, k=BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmC"
    "lBPs"
)


@pytest.fixture
def key() -> VapidKey:
    return VapidKey(ec.generate_private_key(ec.SECP256R1()))


def test_the_example_of_the_rfc_is_read_as_ours_is() -> None:
    claims, _key = read_token(EXAMPLE)
    assert claims == {"aud": "https://push.example.net", "exp": 1453523768, "sub": "mailto:push@example.com"}


def test_a_token_names_the_origin_of_the_service_and_ends_within_a_day(key: VapidKey) -> None:
    claims, public = read_token(key.authorize(SERVICE, "https://chat.harbour.dev", NOW))
    assert (claims["aud"], claims["sub"], public) == (SERVICE, "https://chat.harbour.dev", key.public)
    assert 0 < claims["exp"] - NOW <= 24 * 3600


def test_a_token_is_used_again_for_hours_and_is_always_valid(key: VapidKey) -> None:
    first = key.authorize(SERVICE, "mailto:a@harbour.dev", NOW)
    assert key.authorize(SERVICE, "mailto:a@harbour.dev", NOW + REUSE_SECONDS - 1) == first
    later = key.authorize(SERVICE, "mailto:a@harbour.dev", NOW + REUSE_SECONDS)
    assert read_token(later)[0]["exp"] > NOW + REUSE_SECONDS
    assert key.authorize(SERVICE, "mailto:a@harbour.dev", NOW - 3600) not in {first, later}, "the clock was set back"
    assert read_token(key.authorize("https://web.push.apple.com", "mailto:a@harbour.dev", NOW))[0]["aud"] != SERVICE


def test_a_key_is_the_same_after_it_was_stored(key: VapidKey) -> None:
    assert parse_vapid_key(key.serialize()).public == key.public
    assert json.dumps(key.public)


@pytest.mark.parametrize(
    ("origins", "sender", "contact"),
    [
        (["https://chat.harbour.dev:8443"], "myweb@localhost", "https://chat.harbour.dev"),
        (["http://localhost:8000", "https://chat.harbour.dev"], "x@harbour.dev", "https://chat.harbour.dev"),
        (["http://chat.harbour.dev"], "Harbour <chat@harbour.dev>", "mailto:chat@harbour.dev"),
        (["https://localhost"], "chat@harbour.dev", "mailto:chat@harbour.dev"),
        (["https://chat.invalid", "https://chat", "https://10.1.2.3", "https://[2606:4700::1]"], "a@localhost", ""),
        (["https://chat.harbour.local"], "myweb@example.com", ""),
        (["https://chat.home.arpa"], "chat", ""),
    ],
)
def test_the_contact_is_a_real_origin_or_a_real_mail_address(
    origins: list[str], sender: str, contact: str, settings: Settings
) -> None:
    settings.ORIGINS, settings.DEFAULT_FROM_EMAIL = origins, sender
    assert find_contact() == contact
    assert get_contact().startswith(("https://", "mailto:"))
