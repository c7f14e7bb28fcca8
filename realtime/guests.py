"""Who looks without an account: whoever holds a cookie that an app has signed. Guests follow; they do nothing.

A socket that wants to be a guest's says so in its address, ``/ws/?guest=7``, and is that and no more, whoever else the
browser is signed in as. The number of a guest stands below nought wherever people have theirs.
"""

from collections.abc import Callable, Iterable, Sequence
from urllib.parse import parse_qs

from django.conf import settings
from django.http import parse_cookie

from realtime.session import Headers, Person, header, still_signed_in

LARGEST = 2**31

Held = tuple[int, str]  # number, cookie
Admit = Callable[[set[Held]], set[Held]]  # those who may look now


def nobody(_held: set[Held]) -> set[Held]:
    return set()


_admit: Admit = nobody  # until an app knows guests


def serve_guests(admit: Admit) -> None:
    """``admit`` runs in a database thread, at each handshake and again every minute."""
    global _admit  # noqa: PLW0603 - set once, when the apps are ready
    _admit = admit


def cookie_name(number: int) -> str:
    return f"{'__Host-' if settings.SECURE else ''}guest-{number}"


def asked_for(query: bytes, headers: Headers) -> Person | None:
    """Whom a handshake wants to be taken for, if it is a guest; not yet checked."""
    said = parse_qs(query.decode("latin1"), keep_blank_values=True).get("guest")
    if said is None:
        return None
    number = int(said[0]) if said[0].isascii() and said[0].isdecimal() and len(said[0]) < 10 else LARGEST
    return Person(-number or -LARGEST, parse_cookie(header(headers, b"cookie")).get(cookie_name(number), ""))


def admitted(asked: Sequence[Person]) -> list[Person | None]:
    allowed = _admit({(-each.user_id, each.session_key) for each in asked if each.session_key})
    return [each if (-each.user_id, each.session_key) in allowed else None for each in asked]


def still_here(people: Iterable[Person]) -> set[Person]:
    people = list(people)
    guests = [each for each in people if each.is_guest]
    return still_signed_in([each for each in people if not each.is_guest]) | {each for each in admitted(guests) if each}
