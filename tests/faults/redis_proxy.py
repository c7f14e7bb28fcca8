"""Stands between a Redis and its subscribers, and loses some of what is published to them."""

import asyncio
import random

from tests.support.proxy import Proxy


class RedisProxy(Proxy):
    loss = 0.0  # the part of the messages that gets lost
    told = lost = 0

    async def answer(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, breakable: bool) -> None:
        try:
            while value := await read_value(source):
                if b"\r\nmessage\r\n" in value[:20]:
                    self.told += 1
                    if random.random() < self.loss:
                        self.lost += 1
                        continue
                sink.write(value)
                await sink.drain()
        except asyncio.IncompleteReadError:
            pass  # Redis has ended
        finally:
            sink.close()


async def read_value(source: asyncio.StreamReader) -> bytes:
    """One value of RESP 2 or 3, however deep, as it came; empty at the end."""
    value = await source.readline()
    match value[:1]:
        case b"$" | b"=" | b"!" if value[1:2] != b"-":  # so many bytes
            value += await source.readexactly(int(value[1:]) + 2)
        case b"*" | b">" | b"~" if value[1:2] != b"-":  # so many values
            value += b"".join([await read_value(source) for _each in range(int(value[1:]))])
        case b"%" | b"|":  # so many pairs; the second kind stands before the value that it tells of
            value += b"".join([await read_value(source) for _each in range(2 * int(value[1:]) + (value[:1] == b"|"))])
    return value
