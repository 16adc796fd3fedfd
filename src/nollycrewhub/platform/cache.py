"""The two Valkey clients: sessions (never evicted) and cache (rebuildable)."""

import redis.asyncio as valkey
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as BrokenLine

from nollycrewhub.platform import tracing
from nollycrewhub.platform.settings import Settings


def connect(url: str, *, patience: float) -> "valkey.Redis":
    """A pooled RESP3 client that gives up after `patience` seconds instead of hanging a request.

    A line that broke is made anew once; an answer that did not come in time is not waited for twice.
    """
    return tracing.valkey_client().from_url(
        url,
        protocol=3,
        max_connections=100,
        socket_timeout=patience,
        socket_connect_timeout=patience,
        retry=Retry(NoBackoff(), 1, supported_errors=(BrokenLine,)),
        health_check_interval=0,
    )


class Valkeys:
    """The clients of a process: for questions, and for listening, which lasts."""

    def __init__(self, settings: Settings) -> None:
        self.sessions = connect(settings.session_url, patience=1.0)
        self.cache = connect(settings.cache_url, patience=0.05)
        self.listener = connect(settings.cache_url, patience=5.0)
        self.telling = connect(settings.cache_url, patience=0.5)
        self.live = connect(settings.cache_url, patience=5.0)
        self.endings = connect(settings.session_url, patience=5.0)

    async def stop(self) -> None:
        """Closes them; the cache's listener is its channel's to close."""
        await self.sessions.aclose()
        await self.cache.aclose()
        await self.telling.aclose()
        await self.live.aclose()
        await self.endings.aclose()
