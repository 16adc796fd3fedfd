"""Whether anything was stored: every table of the domains, the events, the audit trail, the queue, sessions, files."""

from pathlib import Path

from nollycrewhub.platform.app import Process
from nollycrewhub.platform.db import Query

SCHEMAS = ("users", "jobs", "projects", "payments", "notifications", "messages", "analytics", "ai", "scaling")
PLATFORM = ("event", "audit", "pgqueuer", "mailbox", "idempotency")
TABLES = Query(
    str,
    "select table_schema || '.' || table_name from information_schema.tables where table_type = 'BASE TABLE' "
    "and (table_schema = any($1::text[]) or (table_schema = 'platform' and table_name = any($2::text[]))) order by 1",
)
NEXT_TRANSACTION = Query(int, "select pg_snapshot_xmax(pg_current_snapshot())::text::bigint")


class Ledger:
    """Digests of all that is kept. While the server gave out no transaction number, no row can have changed."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.read = process.runtime.db.read_session(primary=True)
        self.sql = ""
        self.before = 0
        self.rows: list[str] = []
        self.rest: tuple[frozenset[bytes], frozenset[str]] = (frozenset(), frozenset())

    async def _rows(self) -> list[str]:
        if not self.sql:
            names = await self.read.rows(TABLES, list(SCHEMAS), list(PLATFORM))
            self.sql = " union all ".join(
                f"select '{name} ' || count(*) || ' ' || coalesce(sum(hashtextextended(t::text, 0)), 0) from {name} t" for name in names
            )
        return sorted(await self.read.rows(Query(str, self.sql)))  # the server may look at the tables in any order

    async def _rest(self) -> tuple[frozenset[bytes], frozenset[str]]:
        sessions = frozenset(await self.process.runtime.valkeys.sessions.keys("nollycrewhub:sess:*"))
        folder = Path(self.process.runtime.settings.media_folder)
        return sessions, frozenset(str(path) for path in folder.rglob("*"))  # noqa: ASYNC240 - a test waits for its disk

    async def note(self) -> None:
        """Notes how things stand."""
        self.rows, self.rest = await self._rows(), await self._rest()
        self.before = await self.read.value(NEXT_TRANSACTION) or 0

    async def changes(self) -> list[str]:
        """What is not as it was noted; nothing, when a request stored nothing."""
        found = ["sessions or files"] if await self._rest() != self.rest else []
        now = await self.read.value(NEXT_TRANSACTION) or 0
        if now == self.before:
            return found
        after = await self._rows()
        found += [f"{old} -> {new}" for old, new in zip(self.rows, after, strict=True) if old != new]
        self.before = now
        return found
