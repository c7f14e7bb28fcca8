"""Guests: read-only access without an account, by a cookie that an app has signed.

The address of the socket asks for it, ``/ws/?guest=7``, even if the browser is signed in. The user id of a guest is
its number, negative.
"""

from collections.abc import Callable, Iterable, Sequence
from urllib.parse import parse_qs

from django.conf import settings
from django.http import parse_cookie

from realtime.identity import Headers, Identity, filter_signed_in, read_header

LARGEST = 2**31

Held = tuple[int, str]  # number, cookie
Admit = Callable[[set[Held]], set[Held]]  # those with access now


def admit_nobody(_held: set[Held]) -> set[Held]:
    return set()


_admit: Admit = admit_nobody  # until an app registers


def serve_guests(admit: Admit) -> None:
    """``admit`` runs in a database thread, at each handshake and again every minute."""
    global _admit  # noqa: PLW0603 - set once, when the apps are ready
    _admit = admit


def guest_cookie_name(number: int) -> str:
    return f"{'__Host-' if settings.SECURE else ''}guest-{number}"


def read_guest_identity(query: bytes, headers: Headers) -> Identity | None:
    """The guest that a handshake asks for, not yet checked; None for users."""
    values = parse_qs(query.decode("latin1"), keep_blank_values=True).get("guest")
    if values is None:
        return None
    value = values[0]
    number = int(value) if value.isascii() and value.isdecimal() and len(value) < 10 else LARGEST
    return Identity(
        -number or -LARGEST, parse_cookie(read_header(headers, b"cookie")).get(guest_cookie_name(number), "")
    )


def admit_guests(guests: Sequence[Identity]) -> list[Identity | None]:
    allowed = _admit({(-guest.user_id, guest.session_key) for guest in guests if guest.session_key})
    return [guest if (-guest.user_id, guest.session_key) in allowed else None for guest in guests]


def filter_still_admitted(identities: Iterable[Identity]) -> set[Identity]:
    identities = list(identities)
    guests = [identity for identity in identities if identity.is_guest]
    users = [identity for identity in identities if not identity.is_guest]
    return filter_signed_in(users) | {guest for guest in admit_guests(guests) if guest}
