"""A TCP proxy between browser and site that can break the way of the websockets, visibly or silently."""

import asyncio
import threading
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

SOCKET = b"GET /ws/"
T = TypeVar("T")


class Proxy:
    def __init__(self, host: str, port: int) -> None:
        self.upstream = host, port
        self.sockets: set[asyncio.StreamWriter] = set()
        self.refusing = False  # sockets do not get through; pages do
        self.swallowing = False  # what the server says on sockets gets lost; what it hears does not
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        self.server = self.run(asyncio.start_server(self.carry, "127.0.0.1", 0))
        self.port: int = self.server.sockets[0].getsockname()[1]

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(10)

    def cut(self) -> None:
        """Ends every socket and lets none through until it is mended."""
        self.refusing = True
        self.run(self.drop())

    def swallow(self) -> None:
        self.swallowing = True

    def mend(self) -> None:
        self.refusing = self.swallowing = False

    def close(self) -> None:
        self.server.close()
        self.run(self.drop())
        self.loop.call_soon_threadsafe(self.loop.stop)

    async def drop(self) -> None:
        for writer in [*self.sockets]:
            writer.transport.abort()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            first = await reader.read(65536)
            if first.startswith(SOCKET):
                self.sockets.add(writer)
                if self.refusing:
                    writer.transport.abort()
                    return
            await self.connect(first, reader, writer)
        self.sockets.discard(writer)
        writer.close()

    async def connect(self, first: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, forth = await asyncio.open_connection(*self.upstream)
        forth.write(first)
        try:
            await asyncio.gather(self.copy(reader, forth), self.copy(back, writer))
        finally:
            forth.close()

    async def copy(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65536):
                if not (self.swallowing and sink in self.sockets):
                    sink.write(data)
                    await sink.drain()
        finally:
            sink.close()
