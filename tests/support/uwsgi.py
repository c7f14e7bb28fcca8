"""A server behind nginx that answers everything and only notes what it is told."""

import socket
import struct
import threading
from pathlib import Path


class NotingUwsgi:
    def __init__(self, path: Path) -> None:
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
                self.told.append(dict(zip(words[::2], words[1::2], strict=True)))
                line.sendall(b"Status: 200 OK\r\nContent-Length: 0\r\n\r\n")

    def close(self) -> None:
        self.listener.close()
