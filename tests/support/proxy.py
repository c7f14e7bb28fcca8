"""A TCP proxy that can break the way, visibly or silently. It turns in a thread of its own, so any test can use it."""

import asyncio
import threading
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

CHUNK = 65536
T = TypeVar("T")


class Proxy:
    """``only`` are the first bytes of the connections that it breaks; others pass whatever happens.

    A browser may have it as its HTTP proxy: then it carries what is for this site, and the site refuses the rest.
    """

    def __init__(self, host: str, port: int, only: bytes | tuple[bytes, ...] = b"") -> None:
        self.upstream = host, port
        self.only = only
        self.breakable: set[asyncio.StreamWriter] = set()
        self.refusing = False  # nothing gets through
        self.swallowing = False  # what the server says gets lost; what it hears does not
        self.passing = asyncio.Event()  # while it is clear, everything waits
        self.passing.set()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.server = self.run(asyncio.start_server(self.carry, "127.0.0.1", 0))
        self.port: int = self.server.sockets[0].getsockname()[1]

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(10)

    def cut(self) -> None:
        """Ends every connection and lets none through until it is mended."""
        self.refusing = True
        self.run(self.drop())

    def swallow(self) -> None:
        self.swallowing = True

    def hold(self) -> None:
        """As if a cable were pulled: nothing arrives, and neither side is told of it, nor of the other's end."""
        self.loop.call_soon_threadsafe(self.passing.clear)

    def mend(self) -> None:
        """What was held goes on its way."""
        self.refusing = self.swallowing = False
        self.loop.call_soon_threadsafe(self.passing.set)

    def close(self) -> None:
        self.run(self.stop())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)

    async def stop(self) -> None:
        self.server.close()
        await self.drop()

    async def drop(self) -> None:
        for writer in [*self.breakable]:
            writer.transport.abort()
        self.passing.set()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            first = await reader.read(CHUNK)
            if first.startswith(b"CONNECT %s:%d " % (self.upstream[0].encode(), self.upstream[1])):
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                first = await reader.read(CHUNK)
            if first.startswith(self.only):
                self.breakable.add(writer)
                await self.passing.wait()
                if self.refusing:
                    writer.transport.abort()
                    return
            await self.connect(first, reader, writer)
        self.breakable.discard(writer)
        writer.close()

    async def connect(self, first: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, forth = await asyncio.open_connection(*self.upstream)
        forth.write(first)
        breakable = writer in self.breakable
        try:
            await asyncio.gather(self.copy(reader, forth, breakable), self.answer(back, writer, breakable))
        finally:
            forth.close()

    async def answer(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, breakable: bool) -> None:
        await self.copy(source, sink, breakable)

    async def copy(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, breakable: bool) -> None:
        try:
            while data := await source.read(CHUNK):
                await self.turn(breakable)
                if not (self.swallowing and sink in self.breakable):
                    sink.write(data)
                    await sink.drain()
        finally:
            await self.turn(breakable)
            sink.close()

    async def turn(self, breakable: bool) -> None:
        if breakable:
            await self.passing.wait()
