"""What a hub reads from the database: heads, what was missed, and once a second where anything was committed at all."""

from nollycrewhub.platform.db import Database, Position, ReadSession
from nollycrewhub.platform.live import frames
from nollycrewhub.platform.live.frames import Frame
from nollycrewhub.platform.live.store import HEADS, LATELY, SINCE, STANDING, Head, Kept
from nollycrewhub.platform.live.together import Together
from nollycrewhub.platform.live.topic import Item

MOST_MISSED = 200  # messages of one channel read at once
NEVER = 2**62


async def standing(read: ReadSession, channel: str) -> str:
    """How far a channel is where this is read. What is read after it, and as far as that, holds all that it has told.

    A page says it, and asks for nothing when the hub says the same as it connects.
    """
    return await read.value(STANDING, channel) or " 0"


class Looking:
    """Asks the primary, many questions at a time."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.horizon = NEVER
        self.heads: Together[str, Head] = Together(self._heads)
        self.since: Together[tuple[str, int], list[Item]] = Together(self._since, most=50)

    async def _heads(self, names: list[str]) -> list[Head]:
        rows = await self.db.read_session(primary=True).rows(HEADS, list(dict.fromkeys(names)))
        found = {row.channel: row for row in rows}
        return [found[name] for name in names]

    async def _since(self, wanted: list[tuple[str, int]]) -> list[list[Item]]:
        channels, after = [name for name, _ in wanted], [n for _, n in wanted]
        rows = await self.db.read_session(primary=True).rows(SINCE, channels, after, MOST_MISSED)
        items: dict[str, dict[int, Item]] = {}
        for row in rows:
            items.setdefault(row.channel, {})[row.n] = item_of(row)
        return [[item for n, item in sorted(items.get(name, {}).items()) if n > last][:MOST_MISSED] for name, last in wanted]

    async def moved(self) -> dict[str, int]:
        """The channels in which something was committed since the last call, and how far they are."""
        rows = await self.db.read_session(primary=True).rows(LATELY, self.horizon)
        self.horizon = rows[0].horizon
        return {row.channel: row.n for row in rows if row.channel}

    def forget(self) -> None:
        """After a failover numbers of transactions may come again."""
        self.horizon = NEVER


def item_of(row: Kept) -> Item:
    """A stored message as it is sent; its position is one of now, which has reached it."""
    at = str(Position(row.timeline, row.lsn))
    text = frames.message(row.channel, row.epoch, row.n, row.kind, payload=row.payload.encode(), at=at)
    return Item(row.epoch, row.n, row.kind, at, Frame(text))
