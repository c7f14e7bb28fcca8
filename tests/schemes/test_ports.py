from contextlib import AsyncExitStack

import psutil
import pytest

from deploy.schemes import scheme
from deploy.schemes.scheme import SchemePlace
from deploy.stack.process import wait_until
from tests.schemes.served import House, Served, serve


def connections(served: Served, name: str) -> int:
    """That nginx holds to one of the ports."""
    port = served.place.ports[name]
    return sum(each.raddr[1:] == (port,) for each in psutil.net_connections("tcp4"))


def test_the_ports_are_8885_to_8888_unless_one_is_taken(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheme, "is_free", lambda port: port != 8886)
    one, other, *live = SchemePlace(house.stack).ports.values()
    assert (one, *live) == (8885, 8887, 8888)
    assert other not in {8886, one, *live}


async def test_the_ports_share_the_load(house: House) -> None:
    with serve(house, "ports") as served:
        for _turn in range(8):
            assert served.get("/accounts/login/").status_code == 200
        assert connections(served, "PAGES_ONE")
        assert connections(served, "PAGES_TWO")
        async with AsyncExitStack() as tabs:
            for _tab in range(6):
                await tabs.enter_async_context(served.socket())
            assert connections(served, "LIVE_ONE") == connections(served, "LIVE_TWO") == 3


@pytest.mark.parametrize("number", [1, 2])
async def test_a_killed_port_costs_nobody_a_page_or_a_socket(number: int, house: House) -> None:
    with serve(house, "ports") as served:
        for kind in ("pages", "live"):
            served.parts[f"{kind}{number}"].kill()
        assert wait_until(lambda: not connections(served, ("LIVE_ONE", "LIVE_TWO")[number - 1]), 5)
        for _turn in range(6):
            assert served.get("/accounts/login/").status_code == 200
            async with served.socket() as line:
                await line.ok("ping")
