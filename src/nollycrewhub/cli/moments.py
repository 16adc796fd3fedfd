"""A moment as people give it to a command."""

from datetime import UTC, datetime

EARLIEST, LATEST = 1970, 9000  # years: before it there was no clock of ours, and a calendar looks a year to both sides


def moment_of(text: str, *, option: str = "--at") -> datetime:
    """A moment with its zone; ValueError says how to write one."""
    example = f"{option} {text[:40]!r} is not a moment with a zone. Write it like 2026-12-31T23:30:00Z or 2027-01-01T00:30:00+01:00."
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(example) from None
    if found.tzinfo is None:
        raise ValueError(example)
    if not EARLIEST <= found.year <= LATEST:
        raise ValueError(f"{option} {text[:40]!r} is not in the years {EARLIEST} to {LATEST}.")
    return found.astimezone(UTC)
