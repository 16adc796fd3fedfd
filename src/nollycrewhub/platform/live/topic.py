"""One channel as one process follows it: every message once, in order, whatever order they come in.

Pure of I/O: it says what to deliver and what it lacks, and the hub fetches.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from nollycrewhub.platform.live.frames import Frame

if TYPE_CHECKING:
    from nollycrewhub.platform.live.client import Client

MOST_WAITING = 1000


class Item(NamedTuple):
    """A numbered message that has arrived."""

    epoch: str
    n: int
    kind: str
    at: str
    frame: Frame


class Topic:
    """A channel with listeners; `n` is the last message they were given, and `at` a position that has reached it.

    While it is held (what it lacks is being read, or whether its listeners may stay) what arrives waits. `pins` counts
    those who are about to listen; `rights` counts how often who may listen has changed.
    """

    __slots__ = ("at", "clients", "epoch", "held", "is_open", "n", "name", "pins", "rights", "waiting")

    def __init__(self, name: str) -> None:
        self.name = name
        self.epoch = ""
        self.n = 0
        self.at = ""
        self.is_open = False
        self.held = 0
        self.pins = 0
        self.rights = 0
        self.clients: dict[Client, None] = {}
        self.waiting: dict[int, Item] | None = None

    def open(self, epoch: str, n: int, at: str) -> None:
        """Its head is known."""
        self.epoch, self.n, self.at, self.is_open = epoch, n, at, True

    def arrive(self, item: Item) -> None:
        """Takes a message in; what was already given is dropped, and so is what cannot be kept: it is fetched later."""
        if self.is_open and item.epoch == self.epoch and item.n <= self.n:
            return
        if self.waiting is None:
            self.waiting = {}
        if len(self.waiting) < MOST_WAITING:
            self.waiting[item.n] = item

    def next(self) -> Item | None:
        """The message that is due, if it is here and nothing holds it."""
        if self.held or not self.is_open or self.waiting is None:
            return None
        item = self.waiting.get(self.n + 1)
        if item is None or not self.follows(item):
            return None
        del self.waiting[item.n]
        if not self.waiting:
            self.waiting = None
        self.epoch, self.n, self.at = item.epoch, item.n, item.at
        return item

    def follows(self, item: Item) -> bool:
        """Whether it is of the same history; the first message of a channel begins one."""
        return item.epoch == self.epoch or not self.epoch

    @property
    def lacks(self) -> bool:
        """Whether something before what has arrived is missing."""
        if not self.is_open or self.waiting is None:
            return False
        self._drop_old()
        return self.waiting is not None

    def _drop_old(self) -> None:
        if self.waiting is not None:
            kept = {n: item for n, item in self.waiting.items() if n > self.n or item.epoch != self.epoch}
            self.waiting = kept or None

    @property
    def is_of_another_history(self) -> bool:
        """Whether something arrived that no message we have leads to: the database failed over, or was restored."""
        return self.waiting is not None and any(not self.follows(item) for item in self.waiting.values())


def fill(topic: Topic, items: Iterable[Item]) -> None:
    """Puts fetched messages beside those that arrived."""
    for item in items:
        topic.arrive(item)
