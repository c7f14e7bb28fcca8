"""A server behind nginx that answers everything and only notes what it is told."""

import socket
import struct
import threading
from pathlib import Path

EMPTY = b"Status: 200 OK\r\nContent-Length: 0\r\n\r\n"


class NotingUwsgi:
    def __init__(self, path: Path, answer: bytes = EMPTY) -> None:
        self.answer = answer
        self.told = list[dict[str, str]]()  # the variables of each request
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        while True:
            try:
                line, _address = self.listener.accept()
            except OSError:
                return
            with line, line.makefile("rb") as told:
                size = struct.unpack("<xHx", told.read(4))[0]
                body, words = told.read(size), []
                while body:
                    length = struct.unpack_from("<H", body)[0]
                    words.append(body[2 : 2 + length].decode())
                    body = body[2 + length :]
                variables = dict(zip(words[::2], words[1::2], strict=True))
                told.read(int(variables.get("CONTENT_LENGTH") or 0))
                self.told.append(variables)
                line.sendall(self.answer)

    def close(self) -> None:
        self.listener.close()
