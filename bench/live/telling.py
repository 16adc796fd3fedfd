"""The writers: so many messages a second into conversations by chance, and now and then one to everybody.

Each is a transaction with its commit, as a domain's service makes it; it is due at its own moment, and its age counts
from then.
"""

import asyncio
import math
import random
import sys
import time
from typing import Any

import msgspec
import uvloop
from sqlalchemy.exc import TimeoutError as PoolTimeout

from nollycrewhub.contracts.hearing import HEARERS
from nollycrewhub.platform import log
from nollycrewhub.platform.cache import Valkeys
from nollycrewhub.platform.db import Database
from nollycrewhub.platform.live import Teller, publish
from nollycrewhub.platform.settings import from_environ


class Plan(msgspec.Struct, kw_only=True):
    """What to tell, given on standard input."""

    rooms: list[str]
    rate: float
    seconds: float
    everybody_every: float


async def tell(db: Database, channel: str, due: float, took: list[float]) -> None:
    """One message, committed; how long after it was due its commit and its telling were over."""
    try:
        async with db.write_session() as session:
            publish(session, channel, "message", {"sent": round(due, 6)})
            await db.commit(session)
    except (PoolTimeout, TimeoutError):
        took.append(math.inf)
    else:
        took.append(time.time() - due)


async def work(plan: Plan) -> dict[str, Any]:
    """Tells everything, and how many of each."""
    settings = from_environ()
    log.set_up(instance_id="telling")
    db, valkeys = Database(settings, hearers=HEARERS), Valkeys(settings)
    teller = Teller(valkeys.telling)
    teller.follow(db)
    await db.start()
    rng = random.Random(7)  # noqa: S311 - the same conversations each time
    running: set[asyncio.Task[None]] = set()
    took: list[float] = []
    began = time.time()
    told, everybody = 0, 0
    while (now := time.time()) - began < plan.seconds:
        while began + told / plan.rate <= now:
            running.add(asyncio.create_task(tell(db, rng.choice(plan.rooms), began + told / plan.rate, took)))
            told += 1
        if now - began >= (everybody + 1) * plan.everybody_every:
            everybody += 1
            running.add(asyncio.create_task(tell(db, "jobs", now, took)))
        running = {task for task in running if not task.done()}
        await asyncio.sleep(0.002)
    await asyncio.gather(*running)
    await teller.stop()
    await db.stop()
    await valkeys.stop()
    failed = took.count(math.inf)
    took = sorted(one for one in took if one < math.inf)
    return {"told": told, "failed": failed, "everybody": everybody, "committed_p95_ms": round(took[int(len(took) * 0.95)] * 1000, 1)}


if __name__ == "__main__":
    print(msgspec.json.encode(uvloop.run(work(msgspec.json.decode(sys.stdin.buffer.read(), type=Plan)))).decode())
