"""`make soak`: half of what the machine can do, for an hour (bar L8): memory, file handles and connections must stay where they are.

Writes to docs/results/soak.json with the machine and commit. MINUTES=5 for a short one, which says less about memory.
"""

import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec
import psutil

from nollycrewhub.devstack.stack import Stack
from nollycrewhub.loadtest.line import Ask
from nollycrewhub.services import monolith
from tests.drills.test_chaos import Life
from tests.faults.scene import member
from tests.measuring import TOP, commit, machine
from tests.openloop import OpenLoop, part
from tests.served import Served, environment
from tests.servers import a_stack, migrated, settings_on

RESULTS = TOP / "docs" / "results" / "soak.json"
EVERY = 10.0
WARM = 0.2  # of the time: caches and pools fill
MOST_GROWTH = 1.0  # MiB in ten minutes and process
TRYING = 10.0
CONNECTIONS = "select count(*) from pg_stat_activity where usename like 'nollycrewhub%'"
Look = dict[str, float]


def slope(points: list[tuple[float, float]]) -> float:
    """How much a figure grows in ten minutes, by least squares over (seconds, figure)."""
    mean_x, mean_y = (sum(values) / len(points) for values in zip(*points, strict=True))
    below = sum((x - mean_x) ** 2 for x, _ in points)
    return 600 * sum((x - mean_x) * (y - mean_y) for x, y in points) / below if below else 0.0


def look(stack: Stack, processes: dict[str, psutil.Process]) -> Look:
    """Memory in MiB and open files of each process, and the database's connections."""
    found = {"connections": float(stack.primary.sql(CONNECTIONS))}
    for name, process in processes.items():
        found |= {f"{name} MiB": process.memory_info().rss / 2**20, f"{name} files": float(process.num_fds())}
    return found


async def half(url: str, bearer: str) -> float:
    """Half of the rate at which answers still come at once."""
    rate = 40.0
    while rate < 2_000:
        load = OpenLoop(url)
        await load.run(Life(bearer), rate=rate, until=TRYING)
        if set(load.statuses()) - {200, 201} or part([each.seconds for each in load.outcomes], 0.95) > 250:
            break
        rate *= 1.5
    return rate / 1.5 / 2


async def soak(stack: Stack, served: Served, worker: Served, bearer: str, minutes: float) -> dict[str, Any]:
    """The hour, and what it looked like."""
    rate = await half(served.url, bearer)
    children = psutil.Process(served.process.pid).children()
    processes = {f"web {number}": child for number, child in enumerate(children)} | {"worker": psutil.Process(worker.process.pid)}
    over, looks = False, list[tuple[float, Look]]()
    counts: dict[int, int] = {}
    life, began = Life(bearer), time.monotonic()
    print(f"{rate:.0f} requests a second for {minutes:g} minutes, on {len(processes)} processes.")
    while not over:
        load = OpenLoop(served.url)  # a new one each time: its outcomes must not be what grows
        offset = len(looks) * int(rate * EVERY)
        await load.run(lambda number, offset=offset: ask(life, number + offset), rate=rate, until=EVERY)
        for status, count in load.statuses().items():
            counts[status] = counts.get(status, 0) + count
        looks.append((time.monotonic() - began, await asyncio.to_thread(look, stack, processes)))
        over = time.monotonic() - began >= minutes * 60
        if len(looks) % 6 == 0:
            print(f"{looks[-1][0] / 60:5.1f} min  " + "  ".join(f"{name} {value:.0f}" for name, value in looks[-1][1].items()), flush=True)
    steady = [(at, found) for at, found in looks if at >= minutes * 60 * WARM]
    grows = {name: round(slope([(at, found[name]) for at, found in steady]), 3) for name in looks[0][1]}
    return {"minutes": minutes, "rate": round(rate), "statuses": counts, "grows_in_ten_minutes": grows, "last": looks[-1][1]}


def ask(life: Life, number: int) -> Ask:
    """The next request of a long life."""
    return life(number)


def faults(found: dict[str, Any]) -> list[str]:
    """What did not stay where it was."""
    bars = {"MiB": MOST_GROWTH, "files": 1.0, "connections": 1.0}
    wrong = [
        f"{name} grows by {grown:g} in ten minutes" for name, grown in found["grows_in_ten_minutes"].items() if grown > bars[name.rpartition(" ")[2]]
    ]  # fmt: skip
    bad = sum(count for status, count in found["statuses"].items() if int(status) not in (200, 201))
    return wrong + ([f"{bad} requests were not answered as they should be"] if bad > sum(found["statuses"].values()) / 1000 else [])


def main() -> int:
    """Servers, an hour, a verdict."""
    minutes = float(os.environ.get("MINUTES") or 60)
    folder = Path(tempfile.mkdtemp(prefix="nch-soak-files-"))
    with a_stack("soak", replicas=1) as stack:
        settings = migrated(settings_on(stack.addresses(), instance_id="soak", media_folder=str(folder / "media")))

        async def somebody() -> str:
            process = monolith.create_app(settings)
            await process.runtime.start()
            _, headers = await member(process)
            await process.runtime.stop()
            return headers["authorization"].removeprefix("Bearer ")

        bearer = asyncio.run(somebody())
        (folder / "worker").mkdir()
        served = Served(folder, ["serve", "--workers", "2"], environment(settings, WEB_PROCESSES="2")).ready()
        worker = Served(folder / "worker", ["worker"], environment(settings)).working()
        try:
            found = asyncio.run(soak(stack, served, worker, bearer, minutes))
        finally:
            served.stop()
            worker.stop()
    wrong = faults(found)
    RESULTS.write_text(
        msgspec.json.format(msgspec.json.encode({"bar": "L8", **found, "faults": wrong, "commit": commit(), "machine": machine()})).decode()
        + "\n"
    )
    print(*(wrong or ["Nothing grew."]), sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
