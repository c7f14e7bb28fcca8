"""The lower bound for the cost of a delivery: one send() of a frame that is encoded once. ``python send_loop.py PORT``

Supports the part of RFC 6455 that the load generator uses: small masked text frames and closing.
"""

import socket
import sys
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha1
from select import EPOLLIN, EPOLLOUT, epoll

MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, CLOSE = 1, 8


class Client:
    def __init__(self, line: socket.socket) -> None:
        self.line, self.send = line, line.send
        self.inbox, self.unsent = b"", b""
        self.open = False


class Room:
    def __init__(self, port: int) -> None:
        self.door = socket.create_server(("127.0.0.1", port), backlog=4096)
        self.door.setblocking(False)
        self.poll = epoll()
        self.poll.register(self.door.fileno(), EPOLLIN)
        self.clients: dict[int, Client] = {}
        self.sends: dict[int, Callable[[bytes], int]] = {}  # of clients that receive all data at once
        self.behind: dict[int, Client] = {}  # clients with unsent data

    def serve(self) -> None:
        while True:
            for number, event in self.poll.poll():
                if number == self.door.fileno():
                    self.let_in()
                    continue
                if event & EPOLLOUT:
                    self.catch_up(number)
                if event & ~EPOLLOUT:
                    self.hear(self.clients[number])

    def let_in(self) -> None:
        line, _address = self.door.accept()
        line.setblocking(False)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.clients[line.fileno()] = Client(line)
        self.poll.register(line.fileno(), EPOLLIN)

    def hear(self, client: Client) -> None:
        try:
            data = client.line.recv(65_536)
        except OSError:
            data = b""
        if not data:
            self.forget(client)
            return
        client.inbox += data
        if not client.open and not self.shake_hands(client):
            return
        while message := self.next_message(client):
            self.tell_everybody(message)

    def shake_hands(self, client: Client) -> bool:
        head, blank, client.inbox = client.inbox.partition(b"\r\n\r\n")
        if not blank:
            client.inbox = head
            return False
        lines = head.split(b"\r\n")
        key = next(line.split(b":", 1)[1].strip() for line in lines if line.lower().startswith(b"sec-websocket-key:"))
        accept = b64encode(sha1(key + MAGIC, usedforsecurity=False).digest())
        answer = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        client.send(answer + b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n")
        client.open = True
        self.sends[client.line.fileno()] = client.send
        return True

    def next_message(self, client: Client) -> bytes:
        """Removes the next whole text frame from the inbox and returns its payload; empty if there is none."""
        while len(inbox := client.inbox) >= 6:
            size, begun = inbox[1] & 0x7F, 2
            if size == 126:
                size, begun = int.from_bytes(inbox[2:4], "big"), 4
            ended = begun + 4 + size
            if len(inbox) < ended:
                break
            client.inbox = inbox[ended:]
            if inbox[0] & 0x0F == TEXT:
                return unmasked(inbox[begun : begun + 4], inbox[begun + 4 : ended])
            if inbox[0] & 0x0F == CLOSE:
                self.forget(client)
                break
        return b""

    def tell_everybody(self, message: bytes) -> None:
        frame = text_frame(message)
        for client in self.behind.values():
            client.unsent += frame
        full: list[tuple[int, int]] = []  # clients that received only a part, and its size
        for number, send in self.sends.items():
            try:
                sent = send(frame)
            except BlockingIOError:
                sent = 0
            except OSError:
                continue  # disconnected: poll will report it
            if sent < len(frame):
                full.append((number, sent))
        for number, sent in full:
            self.fall_behind(number, frame[sent:])

    def fall_behind(self, number: int, unsent: bytes) -> None:
        del self.sends[number]
        self.behind[number] = client = self.clients[number]
        client.unsent = unsent
        self.poll.modify(number, EPOLLIN | EPOLLOUT)

    def catch_up(self, number: int) -> None:
        client = self.behind[number]
        try:
            client.unsent = client.unsent[client.send(client.unsent) :]
        except OSError:
            return  # still full or disconnected: poll will report it
        if not client.unsent:
            self.sends[number] = self.behind.pop(number).send
            self.poll.modify(number, EPOLLIN)

    def forget(self, client: Client) -> None:
        number = client.line.fileno()
        self.poll.unregister(number)
        for known in (self.clients, self.sends, self.behind):
            known.pop(number, None)
        client.line.close()


def unmasked(mask: bytes, payload: bytes) -> bytes:
    """Unmasks all bytes at once, as one large integer."""
    size = len(payload)
    key = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(size, "big")


def text_frame(payload: bytes) -> bytes:
    size = len(payload)
    head = bytes((0x81, size)) if size < 126 else b"\x81\x7e" + size.to_bytes(2, "big")
    return head + payload


if __name__ == "__main__":
    Room(int(sys.argv[1])).serve()
