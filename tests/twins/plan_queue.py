"""BAD TWIN, for tests only: a queue as the plan's sample code has it, and what a killed worker does to it.

The plan keeps jobs in Redis beside the data, takes a job off the list and then works on it, marks nothing while it
runs, and drops it when it is done (`removeOnComplete: true`): a worker that is killed takes its jobs with it. Its worker
also names another library's queue; that nobody would read it at all is left out here, to be fair.
"""

import asyncio
import json
import os
import random
import sys

import asyncpg
import redis.asyncio as redis

KEY = "twin:script-analysis"
CONCURRENCY = 10


async def enqueue(valkey: redis.Redis, marks: list[dict[str, float]]) -> None:
    """Adds jobs, apart from any data."""
    await valkey.lpush(KEY, *(json.dumps(mark) for mark in marks))


async def run_one(valkey: redis.Redis, pool: asyncpg.Pool) -> None:
    """Takes a job off and works on it, for ever."""
    while True:
        found = await valkey.brpop([KEY], timeout=1)
        if found is None:
            continue
        job = json.loads(found[1])
        pause = random.random() * job["seconds"]
        await asyncio.sleep(pause)
        await pool.execute("insert into platform.toy_effect (n, attempt, added) values ($1, 0, 0)", int(job["n"]))
        await asyncio.sleep(pause)


async def main() -> None:
    """The worker process."""
    valkey = redis.from_url(os.environ["SESSION_URL"])
    async with asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=1, max_size=CONCURRENCY) as pool:
        print("ready", flush=True)
        await asyncio.gather(*(run_one(valkey, pool) for _ in range(CONCURRENCY)))


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
