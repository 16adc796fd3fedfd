"""Things that hold once: the first to claim a name has it, and for as long as the name could still be presented.

Valkey away means nobody can tell whether it was used, so nobody gets it.
"""

import hashlib

import redis.asyncio as valkey
from redis.exceptions import RedisError

from nollycrewhub.kit.told import told
from nollycrewhub.platform.errors import Unavailable

PREFIX = "nch:once:"


class Once:
    """Claims names, across all processes."""

    def __init__(self, client: "valkey.Redis") -> None:
        self.client = client

    async def claim(self, kind: str, name: str, *, seconds: int) -> bool:
        """Whether this is the first claim; Unavailable when that cannot be told."""
        key = f"{PREFIX}{kind}:{hashlib.sha256(name.encode()).hexdigest()}"
        try:
            return bool(await self.client.set(key, 1, nx=True, ex=seconds))
        except RedisError as error:
            raise Unavailable(told("This cannot be checked for a moment. Please try again shortly.")) from error
