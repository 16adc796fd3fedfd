"""What the servers write about themselves: the newest part of it is kept, for nobody else would ever prune it."""

from pathlib import Path

LARGEST = 4_000_000
KEPT = 1_000_000


def shorten(log: Path, *, largest: int = LARGEST, kept: int = KEPT) -> None:
    """Leaves the newest whole lines of a log that has grown too large. Its server goes on: it only ever appends.

    A line that is written in this very moment may be lost.
    """
    try:
        if log.stat().st_size <= largest:
            return
        with log.open("a+b") as file:
            file.seek(-kept, 2)
            newest = file.read().partition(b"\n")[2]
            file.truncate(0)
            file.write(newest)
    except FileNotFoundError:
        return
