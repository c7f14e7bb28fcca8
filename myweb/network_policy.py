"""Decides which addresses the server may connect to for a user. Every request to another host is checked here.

The address is checked, never the name: a name may resolve to another address each time. So callers resolve with one
of the two functions below and connect to the addresses that they return.
"""

import asyncio
import socket
from collections.abc import Iterable
from enum import Enum
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

from django.conf import settings

from myweb.stored_text import stored_gettext as _

Address = IPv4Address | IPv6Address

# Where clouds give credentials to every process of a machine, besides the link-local addresses.
METADATA = [
    ip_network(network)
    for network in (
        "fd00:ec2::/32",  # Amazon
        "fd20:ce::254/128",  # Google
        "fd00:c1::a9fe:a9fe/128",  # Oracle
        "192.0.0.192/32",  # Oracle, the older one
        "fd00:42::42/128",  # Scaleway
        "100.100.100.200/32",  # Alibaba
        "168.63.129.16/32",  # Azure
    )
]
# Link-local and broadcast addresses, which no host of a private network has.
NEVER = [ip_network(network) for network in ("169.254.0.0/16", "fe80::/10", "255.255.255.255/32")]
# Networks that ``is_global`` of some Python versions accepts.
NOT_PUBLIC = [
    ip_network(network)
    for network in (
        "0.0.0.0/8",
        "192.0.0.0/24",
        "192.88.99.0/24",  # relays of 6to4
        "198.18.0.0/15",
        "240.0.0.0/4",
        "2001::/23",  # protocol assignments; Teredo is judged by the addresses inside
        "2001:db8::/32",
        "3fff::/20",
    )
]
UNICAST = IPv6Network("2000::/3")  # all that IANA has allocated
TEREDO = IPv6Network("2001::/32")
SIX_TO_FOUR = IPv6Network("2002::/16")
MAPPED = IPv6Network("::ffff:0:0/96")
TRANSLATED = IPv6Network("64:ff9b::/96")
# IPv4 in the last 32 bits, in forms that no public host has.
COMPATIBLE = [IPv6Network("::/96"), IPv6Network("::ffff:0:0:0/96")]
LOCAL_NAT64 = IPv6Network("64:ff9b::/32")  # holds 64:ff9b:1::/48, in which a network chooses a prefix of its own
# RFC 6052: where the four bytes lie behind a prefix of 32, 40, 48, 56, 64 and 96 bits; byte 8 is always left out.
NAT64_BYTES = ((4, 5, 6, 7), (5, 6, 7, 9), (6, 7, 9, 10), (7, 9, 10, 11), (9, 10, 11, 12), (12, 13, 14, 15))
ISATAP = b"\x00\x5e\xfe"  # behind a byte whose last two bits may be anything


class OutOfReach(OSError):
    """The text is one sentence for a user."""


class Reach(Enum):
    EVERYWHERE = "everywhere"  # checks, which admins make
    INSIDE = "inside"  # private addresses too
    OUTSIDE = "outside"  # the public internet


def get_member_reach() -> Reach:
    return Reach.INSIDE if settings.PROBE_PRIVATE else Reach.OUTSIDE


def embedded_ipv4(address: IPv6Address) -> set[IPv4Address]:
    """Every IPv4 address that a router or translator may read in this one."""
    packed = address.packed
    positions: set[tuple[int, ...]] = set()
    if any(address in network for network in (MAPPED, TRANSLATED, *COMPATIBLE)) or is_isatap(packed):
        positions.add(NAT64_BYTES[-1])
    elif address in LOCAL_NAT64:
        positions.update(NAT64_BYTES)
    if address in SIX_TO_FOUR:
        positions.add((2, 3, 4, 5))
    embedded = {IPv4Address(bytes(packed[place] for place in places)) for places in positions}
    return embedded | set(address.teredo or ())


def is_isatap(packed: bytes) -> bool:
    return packed[8] & 0xFC == 0 and packed[9:12] == ISATAP


def check_address(text: str, reach: Reach) -> None:
    """Raises :class:`OutOfReach`. ``text`` is an address as ``getaddrinfo`` gives it."""
    if reach is Reach.EVERYWHERE:
        return
    address = ip_address(text.partition("%")[0])
    inner = embedded_ipv4(address) if isinstance(address, IPv6Address) else set()
    if "%" in text or is_metadata(address) or any(is_metadata(embedded) for embedded in inner):
        shown = address if not inner else ", ".join(map(str, sorted(filter(is_metadata, inner)))) or address
        raise OutOfReach(_("%(address)s can't be probed from a room.") % {"address": shown})
    if reach is Reach.OUTSIDE and not is_public(address, inner):
        shown = min(inner) if len(inner) == 1 else address
        raise OutOfReach(
            _("%(address)s is a private address. Only checks by admins can access it.") % {"address": shown}
        )


def is_metadata(address: Address) -> bool:
    """Link-local, cloud metadata or multicast: the server never connects to it for a user."""
    return address.is_multicast or any(address in network for network in (*NEVER, *METADATA))


def is_public(address: Address, inner: Iterable[IPv4Address] = ()) -> bool:
    if not all(map(is_public, inner)):
        return False
    if isinstance(address, IPv6Address):
        if any(address in network for network in (MAPPED, TRANSLATED, SIX_TO_FOUR, TEREDO)):
            return True  # the addresses inside decide
        if address not in UNICAST:
            return False
    return address.is_global and not any(address in network for network in NOT_PUBLIC)


async def resolve_host(host: str, port: int, reach: Reach) -> list[str]:
    """Every address of a name. Raises :class:`OutOfReach` if one of them is out of reach."""
    if addresses := parse_literal_address(host):
        check_address(addresses[0], reach)
        return addresses
    answers = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return check_addresses((str(answer[4][0]) for answer in answers), reach)


def resolve_host_blocking(host: str, port: int, reach: Reach) -> list[str]:
    """As :func:`resolve_host`, for code that runs in a thread."""
    return check_addresses(
        (str(answer[4][0]) for answer in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)), reach
    )


def check_addresses(addresses: Iterable[str], reach: Reach) -> list[str]:
    unique = list(dict.fromkeys(addresses))
    for address in unique:
        check_address(address, reach)
    return unique


def parse_literal_address(host: str) -> list[str]:
    """The address itself if ``host`` is one: that needs no resolver and no thread."""
    try:
        return [str(ip_address(host))]
    except ValueError:
        return []
