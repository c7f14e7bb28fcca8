"""Which addresses may be connected to, from where, in whatever form they are written."""

import socket
from pathlib import Path

import pytest

from monitor.metrics.ingest import scrape
from monitor.metrics.readings import SourceDown
from monitor.oncall.apprise_delivery import send_by_apprise
from myweb import network_policy
from myweb.network_policy import OutOfReach, Reach, check_address, resolve_host, resolve_host_blocking

ROOT = Path(__file__).parents[3]

NEVER = [
    "169.254.169.254",
    "169.254.170.2",
    "169.254.0.1",
    "fe80::1",
    "fe80::1%lo",
    "fe80::a9fe:a9fe%2",
    "febf::1",
    "fd12::1%eth0",
    "2606:4700::1111%1",
    "::ffff:169.254.169.254",
    "::ffff:0:169.254.169.254",
    "::169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a9fe:a9fe",
    "64:ff9b:1:a9fe:a9:fe00::",
    "64:ff9b:1:a9:fe:a9fe::",
    "64:ff9b:1:0:a9:fea9:fe00:0",
    "2002:a9fe:a9fe::1",
    "2001:0:a9fe:a9fe::1",
    "2001:0:102:304:0:0:5601:5601",
    "2606:4700::5efe:a9fe:a9fe",
    "2606:4700::200:5efe:a9fe:a9fe",
    "fd00::5efe:169.254.169.254",
    "2606:4700::300:5efe:a9fe:a9fe",
    "2606:4700::100:5efe:a9fe:a9fe",
    "fd00:ec2::254",
    "fd00:ec2::23",
    "fd20:ce::254",
    "fd00:c1::a9fe:a9fe",
    "fd00:42::42",
    "100.100.100.200",
    "::ffff:100.100.100.200",
    "168.63.129.16",
    "64:ff9b::168.63.129.16",
    "192.0.0.192",
    "224.0.0.1",
    "239.255.255.250",
    "ff02::1",
    "ff0e::1",
    "::ffff:224.0.0.1",
    "255.255.255.255",
    "::ffff:255.255.255.255",
]

INSIDE = [
    "127.0.0.1",
    "127.1.2.3",
    "10.1.2.3",
    "172.16.9.9",
    "172.31.255.255",
    "192.168.0.1",
    "100.64.0.1",
    "0.0.0.0",
    "0.1.2.3",
    "192.0.2.1",
    "198.51.100.1",
    "203.0.113.1",
    "198.18.0.1",
    "192.88.99.1",
    "240.0.0.1",
    "250.1.2.3",
    "::1",
    "::",
    "fd12::1",
    "fc00::1",
    "fec0::1",
    "feff::1",
    "3fff::1",
    "3fff:fff:1::1",
    "2001:db8::1",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "100::1",
    "5f00::1",
    "4000::1",
    "::127.0.0.1",
    "::10.0.0.1",
    "::8.8.8.8",
    "::ffff:10.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:0:127.0.0.1",
    "::ffff:0:8.8.8.8",
    "64:ff9b::127.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::1",
    "64:ff9b:1::808:808",
    "64:ff9b:1:7f00:0:100::",
    "64:ff9b:1:a00:0:100::",
    "2002:7f00:1::1",
    "2002:a00:1::1",
    "2001:0:7f00:1::1",
    "2001:0:102:304:0:0:80ff:fffe",
    "2606:4700::5efe:7f00:1",
    "2606:4700::200:5efe:a00:1",
]

PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "93.184.216.34",
    "100.128.0.1",
    "172.32.0.1",
    "169.253.1.1",
    "2606:4700::1111",
    "2a00:1450:4001::1",
    "2001:4860:4860::8888",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
    "2002:808:808::1",
]


def allowed(address: str, reach: Reach) -> bool:
    try:
        check_address(address, reach)
    except OutOfReach:
        return False
    return True


@pytest.mark.parametrize("address", NEVER)
def test_link_local_multicast_and_metadata_addresses_are_refused_in_every_form(address: str) -> None:
    assert [allowed(address, reach) for reach in (Reach.EVERYWHERE, Reach.INSIDE, Reach.OUTSIDE)] == [
        True,
        False,
        False,
    ]


@pytest.mark.parametrize("address", INSIDE)
def test_addresses_that_are_not_public_are_refused_from_outside_in_every_form(address: str) -> None:
    assert [allowed(address, reach) for reach in (Reach.EVERYWHERE, Reach.INSIDE, Reach.OUTSIDE)] == [True, True, False]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_allowed(address: str) -> None:
    assert all(allowed(address, reach) for reach in Reach)


@pytest.mark.parametrize("address", [address for address in NEVER + INSIDE + PUBLIC if "%" not in address])
async def test_scraping_and_probing_give_the_same_answer(address: str) -> None:
    def scraped() -> bool:
        try:
            return bool(scrape.resolve_target(address, 80))
        except SourceDown:
            return False

    async def probed() -> bool:
        try:
            return bool(await resolve_host(address, 80, Reach.INSIDE))
        except OutOfReach:
            return False

    assert await probed() == allowed(address, Reach.INSIDE)
    assert scraped() == allowed(address, Reach.INSIDE)


@pytest.mark.parametrize("host", ["0xa9fea9fe", "2852039166", "0251.0376.0251.0376", "169.254.43518"])
async def test_other_spellings_of_an_address_are_resolved_before_they_are_judged(host: str) -> None:
    with pytest.raises(OSError, match=r".+"):
        await resolve_host(host, 80, Reach.INSIDE)


async def test_one_bad_address_of_a_name_refuses_them_all(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [(socket.AF_INET, 1, 6, "", (address, 80)) for address in ("93.184.216.34", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_asked, **_more: answers)
    with pytest.raises(OutOfReach):
        resolve_host_blocking("two.example", 80, Reach.OUTSIDE)


@pytest.mark.parametrize("host", ["169.254.169.254", "[::ffff:169.254.169.254]", "100.100.100.200", "2852039166"])
def test_a_notice_never_goes_to_an_address_of_metadata(host: str) -> None:
    assert "address is blocked" in send_by_apprise(f"json://{host}/latest", "Title", "Body", "info")


def test_no_other_module_decides_which_addresses_are_private() -> None:
    """So that scraping, probing and whatever comes later cannot differ."""
    names = ("ip_network(", ".is_private", ".is_link_local", ".sixtofour")
    guilty = [
        str(path.relative_to(ROOT))
        for app in ("monitor", "chat", "realtime", "accounts", "myweb")
        for path in (ROOT / app).rglob("*.py")
        if any(name in path.read_text(encoding="utf-8") for name in names)
    ]
    assert guilty == [str(Path(network_policy.__file__).relative_to(ROOT))]
