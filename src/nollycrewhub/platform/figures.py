"""What /metrics says: the figures of every web process behind one address, whichever of them is asked, and the fleet's.

Each process keeps its own counters and pays nothing for the others. It hands them, under its own `instance`, to whoever asks
at a socket in a folder that its supervisor made; so one answer has all of them, and no series goes back between two answers.
"""

import asyncio
import contextlib
from collections.abc import Iterable
from pathlib import Path

from nollycrewhub.platform import log, metrics

PATIENCE = 1.0  # seconds for a neighbour's figures; one that is busier than that is missing in this answer
SOCKETS = "*.figures"
HEAD = b"# HELP "
LOG = log.logger("figures")


class Figures:
    """One process's figures, and its way to its neighbours' where a supervisor keeps several."""

    def __init__(self, instance: str) -> None:
        self.instance = instance
        self.door: Path | None = None
        self._server: asyncio.AbstractServer | None = None

    async def listen(self, door: Path) -> None:
        """Answers the neighbours from now on. A process that takes another's place takes its door."""
        try:
            self._server = await asyncio.start_unix_server(self._tell, door)
        except OSError as error:
            LOG.warning("the neighbours' figures are not among ours", error=type(error).__name__)
        else:
            self.door = door

    async def _tell(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            writer.write(metrics.own(self.instance))
            writer.close()
            await writer.wait_closed()

    async def gathered(self) -> bytes:
        """Ours and the neighbours', and what is the whole fleet's."""
        others: list[Path] = [] if self.door is None else [one for one in sorted(self.door.parent.glob(SOCKETS)) if one != self.door]
        told = await asyncio.gather(*(ask(door) for door in others))
        return merged([metrics.own(self.instance), *told]) + metrics.fleet()

    def stop(self) -> None:
        """Answers nobody any more."""
        if self._server is not None:
            self._server.close()


async def ask(door: Path) -> bytes:
    """A neighbour's figures; nothing of one that is gone or does not answer."""
    try:
        async with asyncio.timeout(PATIENCE):
            reader, writer = await asyncio.open_unix_connection(door)
            try:
                return await reader.read(-1)
            finally:
                writer.close()
    except OSError:  # a TimeoutError is one
        return b""


def merged(texts: Iterable[bytes]) -> bytes:
    """Several processes' figures as one text, in which all samples of a name stand together as Prometheus wants them."""
    heads: dict[bytes, bytes] = {}
    samples: dict[bytes, list[bytes]] = {}
    for text in texts:
        for family in (b"\n" + text).split(b"\n" + HEAD)[1:]:
            meaning, _, rest = family.partition(b"\n")
            kind, _, lines = rest.partition(b"\n")
            name = meaning.partition(b" ")[0]
            heads.setdefault(name, HEAD + meaning + b"\n" + kind + b"\n")
            samples.setdefault(name, []).append(lines if lines.endswith(b"\n") or not lines else lines + b"\n")
    return b"".join(heads[name] + b"".join(samples[name]) for name in heads)
