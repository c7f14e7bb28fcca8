"""The account of bench/load: who got what, told from frames that are fed to the seats by hand."""

import json
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench import testbed as testbeds
from bench.__main__ import EVERYTHING, SCENARIOS
from bench.load.audience import Audience, Seat
from bench.load.dialects import DIALECTS, MywebSeat, NumberedSeat
from bench.peers import FANOUT, on_go
from bench.testbed import MissingPeer
from deploy.stack.state import ROOT

Frame = Callable[[int], bytes]


def tutorial_frame(number: int) -> bytes:
    return json.dumps({"message": f"~{number:08d}~Good morning"}).encode()


def socket_io_frame(number: int) -> bytes:
    return b'42["chat",' + tutorial_frame(number) + b"]"


def centrifuge_frame(number: int) -> bytes:
    data = json.dumps({"data": {"message": f"~{number:08d}~Good morning"}})
    return b'{"id":3,"result":{}}\n{"result":{"channel":"lobby","data":' + data.encode() + b"}}"


@pytest.fixture(autouse=True)
def nothing_known() -> Iterator[None]:
    """The seats of a run share what they know; here one process has many runs."""
    yield
    for shared in (
        Seat.inflated,
        NumberedSeat.left,
        MywebSeat.known,
        MywebSeat.read_before,
        MywebSeat.number_of,
        MywebSeat.at,
    ):
        shared.clear()


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What the seats have sent."""
    frames: list[bytes] = []
    monkeypatch.setattr(Seat, "write", lambda _seat, payload: frames.append(payload))
    return frames


def seated(dialect: str, size: int = 3, inflight: int = 1) -> Audience:
    audience = Audience(size, inflight)
    audience.seats = [DIALECTS[dialect](audience, "ws://127.0.0.1/", {}) for _seat in range(size)]
    return audience


def account(audience: Audience) -> tuple[int, int, int]:
    told = audience.account()
    return told["lost"], told["doubled"], told["disordered"]


@pytest.mark.parametrize(
    ("dialect", "frame"),
    [("tutorial", tutorial_frame), ("socket.io", socket_io_frame), ("centrifuge", centrifuge_frame)],
)
@pytest.mark.usefixtures("written")
class TestPeers:
    """A frame a message, its number between tildes."""

    def test_everybody_has_everything(self, dialect: str, frame: Frame) -> None:
        audience = seated(dialect)
        for number in (1, 2):
            audience.say()
            for seat in audience.seats:
                seat.hear(frame(number))
        assert account(audience) == (0, 0, 0)
        assert audience.received() == 6

    def test_a_delivery_that_never_came_is_lost(self, dialect: str, frame: Frame) -> None:
        audience = seated(dialect)
        audience.say()
        audience.say()
        for seat in audience.seats:
            seat.hear(frame(1))
        for seat in audience.seats[:-1]:
            seat.hear(frame(2))
        assert account(audience) == (1, 0, 0)
        assert list(audience.sent) == [2]

    def test_two_that_cross_are_seen(self, dialect: str, frame: Frame) -> None:
        audience = seated(dialect)
        audience.say()
        audience.say()
        for seat, numbers in zip(audience.seats, [(1, 1), (2, 2), (1, 2)], strict=True):
            for number in numbers:
                seat.hear(frame(number))
        assert account(audience) == (2, 2, 0)

    def test_a_delivery_that_came_again_is_doubled(self, dialect: str, frame: Frame) -> None:
        audience = seated(dialect)
        audience.say()
        for seat in audience.seats:
            seat.hear(frame(1))
        audience.seats[0].hear(frame(1))
        assert account(audience) == (0, 1, 0)
        assert audience.received() == 3

    def test_twice_to_one_and_never_to_another_is_both(self, dialect: str, frame: Frame) -> None:
        audience = seated(dialect)
        audience.say()
        for seat in (audience.seats[0], audience.seats[0], audience.seats[1]):
            seat.hear(frame(1))
        assert account(audience) == (1, 1, 0)

    def test_what_nobody_heard_is_lost_to_everybody(self, dialect: str, frame: Frame) -> None:
        audience = seated(dialect)
        audience.say()
        audience.say()
        assert account(audience) == (6, 0, 0)

    def test_what_holds_no_number_is_no_delivery(self, dialect: str, frame: Frame) -> None:
        audience = seated(dialect)
        audience.say()
        for seat in audience.seats:
            seat.hear(frame(1).replace(b"~", b"-"))
        assert account(audience) == (3, 0, 0)

    def test_a_message_takes_until_the_last_one_has_it(self, dialect: str, frame: Frame) -> None:
        audience = seated(dialect)
        audience.say()
        for seat in audience.seats[:-1]:
            seat.hear(frame(1))
        assert audience.times == []
        audience.seats[-1].hear(frame(1))
        assert len(audience.times) == 1

    def test_one_that_is_everywhere_makes_room_for_the_next(
        self, dialect: str, frame: Frame, written: list[bytes]
    ) -> None:
        audience = seated(dialect, inflight=2)
        audience.start()
        assert len(written) == 2
        for seat in audience.seats:
            seat.hear(frame(1))
        assert len(written) == 3
        assert [b"~%08d~" % number in payload for number, payload in enumerate(written, 1)] == [True] * 3


def test_a_socket_io_seat_is_ready_when_it_is_in_the_namespace(written: list[bytes]) -> None:
    seat = seated("socket.io").seats[0]
    seat.greet()
    seat.hear(b'0{"sid":"a","upgrades":[],"pingInterval":25000,"pingTimeout":20000}')
    assert (written, seat.ready.is_set()) == ([b"40"], False)
    seat.hear(b'40{"sid":"b"}')
    assert seat.ready.is_set()
    seat.hear(b"2")
    assert written == [b"40", b"3"]


def test_a_centrifuge_seat_is_ready_when_it_has_subscribed(written: list[bytes]) -> None:
    audience = seated("centrifuge", size=1)
    seat = audience.seats[0]
    seat.greet()
    assert [json.loads(line)["id"] for line in written[0].split(b"\n")] == [1, 2]
    seat.hear(b'{"id":1,"result":{"client":"a"}}')
    assert not seat.ready.is_set()
    seat.hear(b'{"id":2,"result":{}}')
    assert seat.ready.is_set()
    seat.hear(b'{"id":3,"error":{"code":108,"message":"limit exceeded"}}')
    assert audience.account()["errors"] == 1


def test_each_line_of_a_centrifuge_frame_is_a_delivery() -> None:
    audience = seated("centrifuge", size=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Seat, "write", lambda _seat, payload: None)
        audience.say()
        audience.say()
    audience.seats[0].hear(centrifuge_frame(1) + b"\n" + centrifuge_frame(2))
    assert account(audience) == (0, 0, 0)
    assert audience.received() == 2


def test_a_go_peer_without_go_or_its_libraries_has_a_row_that_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    testbed = testbeds.Testbed(0, 1, tmp_path)
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(MissingPeer, match="Go is missing"):
        on_go.GORILLA.start(testbed)
    go = tmp_path / "go"
    go.write_text('#!/bin/sh\necho "gorilla.go:15:2: cannot find package \\"a/b\\" in any of:" >&2\nexit 1\n')
    go.chmod(0o755)
    monkeypatch.setattr("shutil.which", lambda name: str(go))
    with pytest.raises(MissingPeer, match='cannot find package "a/b"'):
        on_go.GORILLA.start(testbed)


def test_the_help_of_the_command_names_all_peers_of_the_fan_out() -> None:
    text = (ROOT / "bin" / "bench").read_text()
    listed = text.partition("  fanout ")[2].partition("  posts ")[0].partition("peers:")[2].split()
    assert listed == list(FANOUT)


def posted(rev: int, number: int) -> dict[str, object]:
    client_id = f"00000000-0000-4000-8000-{number:012x}"
    return {"stream": "room.7", "rev": rev, "type": "message.created", "data": {"client_id": client_id, "html": "Hi"}}


def joined(rev: int) -> dict[str, object]:
    return {"stream": "room.7", "rev": rev, "type": "member.updated", "data": {"id": 3}}


def events(*several: dict[str, object]) -> bytes:
    return json.dumps(several, separators=(",", ":")).encode()


@pytest.fixture
def room(written: list[bytes]) -> Audience:
    """Three people in a room that has come to rev 40."""
    audience = seated("myweb")
    for seat in audience.seats:
        for number in (1, 2, 3):
            answer = {"head": 40} if number == 2 else {}
            seat.hear(json.dumps({"re": number, "ok": answer}, separators=(",", ":")).encode())
    assert all(seat.ready.is_set() for seat in audience.seats)
    return audience


def tell(seats: list[Seat], *frames: bytes) -> None:
    for frame in frames:
        for seat in seats:
            seat.hear(frame)


def test_frames_of_several_messages_are_counted_by_message(room: Audience) -> None:
    for _message in range(3):
        room.say()
    tell(room.seats, events(posted(41, 1)), events(posted(42, 2), joined(43), posted(44, 3)))
    assert account(room) == (0, 0, 0)
    assert (room.received(), len(room.times)) == (9, 3)


def test_frames_may_be_cut_differently_for_each(room: Audience) -> None:
    room.say()
    room.say()
    tell(room.seats[:1], events(posted(41, 1), posted(42, 2)))
    tell(room.seats[1:], events(posted(41, 1)), events(posted(42, 2)))
    assert account(room) == (0, 0, 0)
    assert len(room.times) == 2


def test_the_last_frame_that_never_came_is_lost(room: Audience) -> None:
    room.say()
    room.say()
    tell(room.seats, events(posted(41, 1)))
    tell(room.seats[:-1], events(posted(42, 2)))
    assert account(room) == (1, 0, 0)
    assert list(room.sent) == [2]


def test_a_hole_is_lost_and_out_of_order(room: Audience) -> None:
    room.say()
    room.say()
    tell(room.seats[:-1], events(posted(41, 1)))
    tell(room.seats, events(posted(42, 2)))
    assert account(room) == (1, 0, 1)


def test_a_frame_that_came_again_is_doubled_by_its_messages(room: Audience) -> None:
    room.say()
    room.say()
    frame = events(posted(41, 1), posted(42, 2), joined(43))
    tell(room.seats, frame)
    tell(room.seats[:1], frame)
    assert account(room) == (0, 2, 0)


def test_numbers_that_jump_within_a_frame_are_out_of_order(room: Audience) -> None:
    room.say()
    room.say()
    tell(room.seats, events(posted(42, 2), posted(41, 1)))
    assert room.account()["disordered"] > 0


def deflate(payload: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    return (compressor.compress(payload) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4]


def test_compressed_frames_are_counted_by_message_and_by_the_bytes_that_came(room: Audience) -> None:
    room.say()
    room.say()
    first, second = deflate(events(posted(41, 1))), deflate(events(posted(42, 2), joined(43)))
    for seat in room.seats:
        seat.bytes = 0
        seat.receive(first, True)
        seat.receive(second, True)
    assert account(room) == (0, 0, 0)
    assert room.received() == 6
    assert room.bytes_received() == 3 * (len(first) + len(second) + 4)


def test_a_compressed_frame_that_never_came_or_came_again_is_seen(room: Audience) -> None:
    room.say()
    room.say()
    first, second = deflate(events(posted(41, 1))), deflate(events(posted(42, 2)))
    for seat in room.seats:
        seat.receive(first, True)
    for seat in room.seats[1:]:
        seat.receive(second, True)
    room.seats[2].receive(second, True)
    assert account(room) == (1, 1, 0)


def test_a_refused_message_is_an_error_and_lost(room: Audience) -> None:
    room.say()
    room.seats[0].hear(b'{"re":11,"error":{"code":"too_fast","text":"Later.","retry":true}}')
    assert room.account()["errors"] == 1
    assert account(room) == (3, 0, 0)


def test_each_scenario_can_be_asked_for() -> None:
    modules = {path.stem for path in (ROOT / "bench" / "scenarios").glob("*.py")} - {"__init__"}
    assert set(SCENARIOS) == modules
    assert {command.split()[0] for command in EVERYTHING} == modules - {"soak", "store"}  # as long as one likes
