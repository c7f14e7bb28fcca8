"""The wire format of each server: handshake, messages, and the number in a message."""

import json
import re
import secrets
from typing import ClassVar

import msgspec

from bench.load.audience import Seat

TEXT = "All quiet at the harbour; the night shift hands over in ten minutes, kettle is on."  # about 80 bytes
RUN = secrets.token_hex(4)  # the server treats the same id in the same room as a repeated message


class NumberedSeat(Seat):
    """Peers send a frame per message; it contains the number between two tildes, with eight digits."""

    left: ClassVar[dict[bytes, int]] = {}  # number -> sockets that have not received it yet
    total = 0  # sum of the numbers received

    def say(self, number: int) -> None:
        mark = b"%08d" % number
        self.left[mark] = self.audience.size
        self.write(self.wrap(f"~{mark.decode()}~{TEXT}"))

    def wrap(self, text: str) -> bytes:
        """As in the Channels tutorial."""
        return json.dumps({"message": text}).encode()

    def hear(self, payload: bytes) -> None:
        begun = payload.find(b"~") + 1
        mark = payload[begun : begun + 8]
        left = self.left.get(mark)
        if left is None:
            self.doubled += bool(begun)
            return
        self.count += 1
        self.total += int(mark)
        if left > 1:
            self.left[mark] = left - 1
        else:
            del self.left[mark]
            self.audience.everywhere(int(mark))

    def crossed(self) -> bool:
        sent = self.audience.count
        return self.count == sent and self.total != sent * (sent + 1) // 2


class SocketIoSeat(NumberedSeat):
    """Engine.IO 4 and Socket.IO 5 in text: 0 open, 2 ping, 3 pong, 40 connect, 42 event."""

    def greet(self) -> None:
        """Ready when the server has confirmed the namespace."""

    def wrap(self, text: str) -> bytes:
        return b'42["chat",' + json.dumps({"message": text}).encode() + b"]"

    def hear(self, payload: bytes) -> None:
        if payload.startswith(b"42"):
            super().hear(payload)
        elif payload.startswith(b"0"):
            self.write(b"40")
        elif payload.startswith(b"40"):
            self.ready.set()
        elif payload == b"2":
            self.write(b"3")


class CentrifugeSeat(NumberedSeat):
    """Centrifuge's JSON protocol, version 1: a line a command or reply, several lines a frame."""

    def greet(self) -> None:
        """Ready when the server has confirmed the subscription."""
        self.write(b'{"id":1}\n{"id":2,"method":1,"params":{"channel":"lobby"}}')

    def wrap(self, text: str) -> bytes:
        params = {"channel": "lobby", "data": {"message": text}}
        return json.dumps({"id": 3, "method": 3, "params": params}).encode()

    def hear(self, payload: bytes) -> None:
        for line in payload.split(b"\n"):
            if b"~" in line:
                super().hear(line)
            elif b'"error"' in line:
                self.audience.errors += 1
            elif line.startswith(b'{"id":2,'):
                self.ready.set()


HASHED = 4096  # bytes; a frame up to this size is recognised by its bytes, a larger one by its ends and length
KEPT = 500  # small frames


class RoomData(msgspec.Struct):
    client_id: str = ""


class RoomEvent(msgspec.Struct):
    rev: int
    type: str
    data: RoomData


DIGITS = re.compile(rb"\d+")
read_events = msgspec.json.Decoder(list[RoomEvent]).decode


class MywebSeat(Seat):
    """Subscribes as the page does: ``me``, the room, and its presence.

    A room's events are numbered without gaps, so a frame is the next one exactly if its first ``rev`` is the
    next number. Each distinct frame is parsed once.
    """

    room: ClassVar[int] = 0
    known: ClassVar[dict[bytes, tuple[int, int, int]]] = {}  # a small frame -> its content
    read_before: ClassVar[dict[tuple[int, int, int], tuple[int, int, int]]] = {}  # first, last and length -> the same
    number_of: ClassVar[dict[int, int]] = {}  # rev -> number of the message
    at: ClassVar[dict[int, int]] = {}  # rev -> sockets that have reached it
    have = 0
    waiting = 3

    def greet(self) -> None:
        for number, stream in enumerate(("me", f"room.{self.room}", f"presence.{self.room}"), 1):
            self.write(json.dumps({"id": number, "do": "subscribe", "stream": stream}).encode())

    def say(self, number: int) -> None:
        client_id = f"{RUN}-0000-4000-8000-{number:012x}"
        self.write(
            b'{"id":%d,"do":"message.send","room":%d,"client_id":"%s","body":"%s"}'
            % (number + 10, self.room, client_id.encode(), TEXT.encode())
        )

    def hear(self, payload: bytes) -> None:
        if payload.startswith(b'[{"stream":"room.'):
            self.take(payload)
        elif payload.startswith(b"{"):
            self.answered(payload)

    def answered(self, payload: bytes) -> None:
        if payload.startswith(b'{"re":2,"ok"'):
            self.have = number_after(payload, b'"head":')  # the rest is the snapshot of the room's members
            self.at[self.have] = self.at.get(self.have, 0) + 1
        elif b'"error"' in payload[:40]:
            self.audience.errors += 1
        if self.waiting:
            self.waiting -= 1
            if not self.waiting:
                self.ready.set()

    def take(self, payload: bytes) -> None:
        frame = self.known.get(payload) if len(payload) < HASHED else None
        first, last, messages = frame or self.look(payload)
        if first != self.have + 1:
            if last <= self.have:
                self.doubled += messages
                return
            self.disordered += 1
        self.count += messages
        self.move(last)

    def look(self, payload: bytes) -> tuple[int, int, int]:
        """The first and the last ``rev`` of a frame, and its number of messages."""
        first = number_after(payload, b'"rev":')
        last = number_after(payload, b'"rev":', payload.rfind(b'{"stream":"'))
        key = (first, last, len(payload))
        frame = self.read_before.get(key)
        if frame is None:
            frame = self.read_before[key] = (first, last, self.read(payload, first, last))
        if len(payload) < HASHED:
            if len(self.known) > KEPT:
                self.known.clear()
            self.known[payload] = frame
        return frame

    def read(self, payload: bytes, first: int, last: int) -> int:
        events = read_events(payload)
        if [event.rev for event in events] != list(range(first, last + 1)):
            self.disordered += 1
        created = [event for event in events if event.type == "message.created"]
        for event in created:
            self.number_of[event.rev] = int(event.data.client_id[-12:], 16)
        return len(created)

    def move(self, to: int) -> None:
        at, before = self.at, self.have
        self.have = to
        at[to] = at.get(to, 0) + 1
        at[before] -= 1
        if at[before]:
            return
        del at[before]
        lowest = min(at)
        if lowest > before:
            for rev in range(before + 1, lowest + 1):
                number = self.number_of.pop(rev, None)
                if number is not None:
                    self.audience.everywhere(number)


def number_after(payload: bytes, mark: bytes, begun: int = 0) -> int:
    found = DIGITS.match(payload, payload.index(mark, begun) + len(mark))
    assert found
    return int(found[0])


DIALECTS: dict[str, type[Seat]] = {
    "myweb": MywebSeat,
    "tutorial": NumberedSeat,
    "socket.io": SocketIoSeat,
    "centrifuge": CentrifugeSeat,
}
