"""Where a probe may go. What counts is the address that is connected to: a name may say another one each time."""

import asyncio
import socket
from enum import Enum
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings
from django.utils.translation import gettext as _

Address = IPv4Address | IPv6Address

# Where clouds tell the secrets of a machine to whoever asks from it, besides the link-local addresses.
METADATA = [
    ip_network(each)
    for each in ("fd00:ec2::254/128", "100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32", "fd20:ce::254/128")
]
NAT64 = ip_network("64:ff9b::/96")


class OutOfReach(OSError):
    """The text is one sentence for a person."""


class Reach(Enum):
    EVERYWHERE = "everywhere"  # checks, which admins make
    INSIDE = "inside"  # private addresses too
    OUTSIDE = "outside"  # the public internet


def of_members() -> Reach:
    return Reach.INSIDE if settings.PROBE_PRIVATE else Reach.OUTSIDE


def meant(text: str) -> Address:
    """The address itself where it stands inside another one."""
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address):
        if address in NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
        return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else address)
    return address


def check(text: str, reach: Reach) -> None:
    """Raises :class:`OutOfReach`."""
    address = meant(text)
    if reach is Reach.EVERYWHERE:
        return
    if address.is_link_local or address.is_multicast or any(address in each for each in METADATA):
        raise OutOfReach(_("%(address)s may not be asked from a room.") % {"address": address})
    if reach is Reach.OUTSIDE and not address.is_global:
        raise OutOfReach(
            _("%(address)s is a private address. Only checks, which admins make, may ask it.") % {"address": address}
        )


async def resolve(host: str, port: int, reach: Reach) -> list[str]:
    """Every address of a name; if one of them is out of reach, they all are."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
    for each in addresses:
        check(each, reach)
    return addresses
