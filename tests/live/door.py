"""One address in front of instances that come and go, as a load balancer is: a connection lives and dies with the one it went to."""

import asyncio
import random
from collections.abc import Sequence
from contextlib import suppress

from tests.served import Served

CHUNK = 65_536
Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Door:
    """Hands each new connection to one of the instances that answer."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.instances: Sequence[Served] = ()
        self.url = ""
        self._open: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listens from now on; `instances` may be given and changed later."""
        self._server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        """Cuts everything."""
        if self._server is not None:
            self._server.close()
        for writer in tuple(self._open):
            writer.transport.abort()
        await asyncio.sleep(0)

    async def _behind(self) -> Pair | None:
        for served in self.rng.sample(list(self.instances), len(self.instances)):
            with suppress(OSError):
                return await asyncio.open_connection("127.0.0.1", served.port)
        return None

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        behind = await self._behind()
        if behind is not None:
            self._open.add(behind[1])
            await asyncio.gather(pump(reader, behind[1]), pump(behind[0], writer))
            self._open.discard(behind[1])
        writer.transport.abort()
        self._open.discard(writer)


async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    """Passes bytes on until either side ends; then the other side hears of it."""
    with suppress(OSError):
        while chunk := await source.read(CHUNK):
            sink.write(chunk)
            await sink.drain()
    with suppress(OSError):
        sink.close()
