"""How many connections the scaler may hand out: what the tightest server accepts, and what one process of each kind may open."""

import msgspec

from nollycrewhub.platform.db.budget import DIRECT_CONNECTIONS, HEADROOM, PROBES, accepting
from nollycrewhub.platform.settings import Settings


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """Connections of one server that all processes together may take, and what a web process and a worker may open to it."""

    connections: int
    a_web: int
    a_worker: int

    @property
    def web(self) -> float:
        """How many web processes alone would fit."""
        return self.connections / max(self.a_web, 1)


def shares(settings: Settings, *, primary: bool) -> tuple[int, int]:
    """What a web process and a worker may open to the primary, or to a replica. Behind a pooler its own bound holds for all."""
    direct = DIRECT_CONNECTIONS if primary else 0
    if settings.pooler_connections:
        return 0, direct
    each = settings.read_pool_most + PROBES + (settings.write_pool + settings.write_overflow if primary else 0)
    return each, each + direct


async def tightest(settings: Settings) -> Room | None:
    """The server that would be full first; None while none of them answers."""
    found = []
    async for name, accepted in accepting(settings):
        a_web, a_worker = shares(settings, primary=name == "primary")
        left = int(accepted / HEADROOM) - settings.pooler_connections
        found.append(Room(connections=left, a_web=a_web, a_worker=a_worker))
    return min(found, key=lambda room: room.web, default=None)
