"""A socket process that serves pages too tells its watchdog when a page hangs."""

from types import SimpleNamespace
from typing import Any

import pytest

from realtime.server import LiveServer


@pytest.mark.parametrize(("hanging", "beats"), [(False, 1), (True, 0)])
def test_there_is_no_heartbeat_while_a_page_hangs(hanging: bool, beats: int) -> None:
    sent: list[bool] = []
    server: Any = LiveServer.__new__(LiveServer)
    server.watchdog = SimpleNamespace(beat=lambda: sent.append(True))
    server.pages = SimpleNamespace(is_hanging=lambda: hanging)
    server.send_heartbeats(SimpleNamespace(call_later=lambda *_arguments: None))
    assert len(sent) == beats
