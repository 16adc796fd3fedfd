"""Identifiers: UUIDv7 (RFC 9562), which sorts by time of making, and random tokens."""

import os
import secrets
import time
from datetime import UTC, datetime
from uuid import UUID


def uuid7() -> UUID:
    """48 bits of Unix milliseconds, then version, variant and 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    random_bits = int.from_bytes(os.urandom(10), "big")
    value = (milliseconds & 0xFFFF_FFFF_FFFF) << 80
    value |= 0x7 << 76 | (random_bits >> 68 & 0xFFF) << 64
    value |= 0b10 << 62 | random_bits & 0x3FFF_FFFF_FFFF_FFFF
    return UUID(int=value)


def made_at(id_: UUID) -> datetime:
    """When a UUIDv7 was made, to the millisecond."""
    return datetime.fromtimestamp((id_.int >> 80) / 1000, UTC)


def earliest(at: datetime) -> UUID:
    """What no UUIDv7 that was made from then on comes before."""
    return UUID(int=int(at.timestamp() * 1000) << 80)


def token(size: int = 32) -> str:
    """A url-safe random text of `size` bytes of entropy."""
    return secrets.token_urlsafe(size)
