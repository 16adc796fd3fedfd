"""How much there is of something: people, open jobs, projects. Each domain counts its own every few minutes, in one worker, since
no figure is worth counting a table each time that somebody asks; whoever asks reads what was counted last.
"""

import msgspec

from nollycrewhub.platform.db import Query, ReadSession
from nollycrewhub.platform.queue import Cron, Work, cron
from nollycrewhub.platform.tallies import Tally

STANDING = "nch_standing"
KEEP = """
insert into platform.tally (counter, labels, total)
select $1, array[what], total from unnest($2::text[], $3::bigint[]) as given(what, total) order by what
on conflict (counter, labels) do update set total = excluded.total
"""
KEPT = Query(Tally, "select counter, labels, total from platform.tally where counter = $1 order by labels")


class Stand(msgspec.Struct, frozen=True, kw_only=True):
    """How many there are of something."""

    what: str
    total: int


def standing(domain: str, count: Query[Stand]) -> Cron:
    """The schedule on which a domain counts what it has."""

    @cron(f"{domain}.standing", schedule="*/5 * * * *", why="how many there are is asked for all day, and changes slowly", timeout=60)
    async def keep(work: Work) -> None:
        found = await work.read.rows(count)
        await work.session.sql(KEEP, STANDING, [one.what for one in found], [one.total for one in found])

    return keep


async def standing_now(read: ReadSession) -> dict[str, int]:
    """What was counted last, by what it is."""
    return {row.labels[0]: row.total for row in await read.rows(KEPT, STANDING)}
