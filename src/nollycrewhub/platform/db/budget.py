"""The connection budget: what all processes together may open at most must fit into what the servers accept.

A fleet that can open more than `max_connections` works until it is busy, and then fails for everybody at once.
"""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import msgspec

from nollycrewhub.platform.db.reading import Query, ReadSession
from nollycrewhub.platform.settings import Settings, SettingsError

HEADROOM = 1.2  # for a rolling restart's overlap, migrations, backups and people with psql
PROBES = 1
QUEUE_CONNECTIONS = 4  # a worker's own for its queue, beside its pools
DIRECT_CONNECTIONS = QUEUE_CONNECTIONS + 2  # and what it opens now and then: for pruning, for a job run apart
LIMITS = """
select current_setting('max_connections')::int as most, current_setting('superuser_reserved_connections')::int
    + coalesce(current_setting('reserved_connections', true)::int, 0) as reserved
"""


class InUse(msgspec.Struct, frozen=True):
    """Connections that are open to a server now, and how many it accepts from us."""

    open: int
    accepted: int


# Others' sessions show the reader who they are and little else; what works for the server itself belongs to nobody.
IN_USE = Query(
    InUse,
    """
    select count(*)::int as open, current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
        - coalesce(current_setting('reserved_connections', true)::int, 0) as accepted
    from pg_stat_activity where usesysid is not null and datid is not null
    """,
)


class Budget(msgspec.Struct, frozen=True):
    """Connections that the fleet may open to one server, and how many it accepts from us."""

    server: str
    wanted: int
    accepted: int

    @property
    def is_overdrawn(self) -> bool:
        """Whether the fleet could open more than fits, headroom included."""
        return self.wanted * HEADROOM > self.accepted

    def __str__(self) -> str:
        return (
            f"{self.server}: all processes together may open {self.wanted} connections, with a fifth for headroom "
            f"{self.wanted * HEADROOM:.0f}, but the server accepts {self.accepted}. Lower READ_POOL_MOST, WRITE_POOL, "
            "WRITE_OVERFLOW, WEB_PROCESSES or WORKER_PROCESSES (`make up WORKERS=…`), raise max_connections, or put a "
            "pooler in front and set POOLER_CONNECTIONS."
        )


async def in_use(read: ReadSession) -> InUse:
    """What is open now at the server that answers."""
    return (await read.rows(IN_USE))[0]


def wanted(settings: Settings, *, primary: bool, web_processes: int) -> int:
    """How many connections the whole fleet may open to the primary, or to one replica."""
    s = settings
    processes = max(web_processes, s.web_processes) + s.worker_processes
    direct = s.worker_processes * DIRECT_CONNECTIONS if primary else 0
    if s.pooler_connections:
        return s.pooler_connections + direct
    each = s.read_pool_most + PROBES + (s.write_pool + s.write_overflow if primary else 0)
    return processes * each + direct


async def accepting(settings: Settings) -> AsyncIterator[tuple[str, int]]:
    """Each server that answers, by name, and how many connections it accepts from us."""
    for name, url in {"primary": settings.database_direct_url, **settings.read_replica_urls}.items():
        try:
            connection = await asyncpg.connect(url, timeout=3, statement_cache_size=0)
        except (OSError, TimeoutError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError):
            continue
        try:
            row = await connection.fetchrow(LIMITS)
        finally:
            await connection.close()
        yield name, row["most"] - row["reserved"]


async def budgets(settings: Settings, *, web_processes: int = 0) -> list[Budget]:
    """One for each server that answers; one that is away is not judged."""
    found = []
    async for name, accepted in accepting(settings):
        want = wanted(settings, primary=name == "primary", web_processes=web_processes)
        found.append(Budget(name, want, accepted))
    return found


async def overdrafts(settings: Settings, *, web_processes: int = 0) -> list[str]:
    """A sentence for each server that the fleet could overrun."""
    if settings.write_pool == 0 and not settings.pooler_connections:
        return ["WRITE_POOL is 0, which opens connections without limit. Set POOLER_CONNECTIONS to the pooler's own limit."]
    return [str(budget) for budget in await budgets(settings, web_processes=web_processes) if budget.is_overdrawn]


def refuse_overdraft(settings: Settings, *, web_processes: int = 0) -> None:
    """Raises SettingsError before anything is started."""
    sentences = asyncio.run(overdrafts(settings, web_processes=web_processes))
    if sentences:
        raise SettingsError(sentences[:1])
