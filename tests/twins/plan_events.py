"""BAD TWIN, for tests only: events as the plan's sample code has them, and what a killed process does to them.

The plan's web process stores the job and then calls its listeners in memory; one listener does all three steps in a
row and logs what goes wrong. A killed process takes what its listeners had not done with it, and a step that fails
takes the steps behind it along.
"""

import asyncio
import os
import sys

import asyncpg

STEPS = ("notifications", "analytics", "search")
PAUSE = 0.02  # what each step waits for another service
TABLES = (
    "create table if not exists platform.twin_job (n int primary key)",
    "create table if not exists platform.twin_effect (n int not null, step text not null)",
)


class Emitter:
    """Node's EventEmitter, as far as the sample uses it: listeners start at once and nobody waits for them."""

    def __init__(self, pool: asyncpg.Pool, failing: str) -> None:
        self.pool = pool
        self.failing = failing
        self.under_way: set[asyncio.Task[None]] = set()

    def emit(self, n: int) -> None:
        """Starts the one listener."""
        started = asyncio.create_task(self.on_created(n))
        self.under_way.add(started)
        started.add_done_callback(self.under_way.discard)

    async def on_created(self, n: int) -> None:
        """The three steps, one after the other, in one try."""
        try:
            for step in STEPS:
                await asyncio.sleep(PAUSE)
                if step == self.failing and n % 5 == 0:
                    raise ConnectionError(step)
                await self.pool.execute("insert into platform.twin_effect (n, step) values ($1, $2)", n, step)
        except ConnectionError:
            print("Failed to process job.created event", file=sys.stderr)


async def main() -> None:
    """Posts jobs, one every few milliseconds, until it is killed or has posted enough."""
    most, failing = int(os.environ["TWIN_JOBS"]), os.environ.get("TWIN_FAILING", "")
    async with asyncpg.create_pool(os.environ["DATABASE_OWNER_URL"], min_size=1, max_size=4) as pool:
        for statement in TABLES:
            await pool.execute(statement)
        emitter = Emitter(pool, failing)
        print("ready", flush=True)
        for n in range(most):
            await pool.execute("insert into platform.twin_job (n) values ($1)", n)
            emitter.emit(n)
            await asyncio.sleep(0.005)
        while emitter.under_way:
            await asyncio.gather(*emitter.under_way)


if __name__ == "__main__":
    asyncio.run(main())
