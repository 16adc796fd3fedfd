"""`make loadtest-mix`: a thousand requests a second, open loop, in the mix of a busy evening, limits on, on this machine.

Half lists over 200 filters, a fifth talent, a fifth one job or person by chance, searches, applications, two posts a
second, the rest sign-ins. A request is due at its own moment whatever came back before, and its time counts from then.
"""

import argparse
import asyncio
import random
import re
import sys
import time
import urllib.request
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import psutil
import uvloop

from bench.report import Machine, machine
from loadtest.__main__ import FOLDER
from loadtest.line import Ask, Lines
from loadtest.market import market, where
from loadtest.verdict import Criterion
from nollycrewhub.devstack.stack import Stack
from nollycrewhub.kit.crafts import CATEGORIES, LANGUAGES
from nollycrewhub.kit.places import STATES

RESULTS = FOLDER / "results" / "mix.json"
RATE, BEFORE = 1000, 100
WARM_SECONDS, SECONDS, STEP_SECONDS = 15, 120, 10
PASSWORD = "password123"  # noqa: S105 - every sample account's
SIGNED_IN_FIRST = 30
WORDS = (
    "gaffer",
    "gafer",
    "makeup",
    "editor",
    "lead",
    "sola",
    "drone",
    "village",
    "thriller",
    "lagos",
    "enugu",
    "igbo",
    "dancer",
    "camera",
)
RIGHT = ("200", "201", "409")  # 409: applied before, or past the deadline
SHARES = (("list", 0.50), ("talent", 0.20), ("one", 0.20), ("search", 0.05), ("apply", 0.03), ("post", 0.002), ("sign-in", 0.018))


class Kind(msgspec.Struct, kw_only=True):
    """What became of one kind of request; times in milliseconds from the moment it was due."""

    asked: int
    statuses: dict[str, int]
    found: dict[str, int]
    p50_ms: float
    p95_ms: float
    p99_ms: float


class Report(msgspec.Struct, kw_only=True):
    """One run."""

    machine: Machine
    rate: int
    seconds: int
    kinds: dict[str, Kind]
    whole: Kind
    step_p95_ms: float
    hit_ratio: float
    generator_cpu: float
    servers_cpu: float
    web_memory_mb: list[int]
    consumer_lag_p95_ms: float
    criteria: list[Criterion]


@dataclass
class World:
    """What there is to ask for, and who may ask."""

    rng: random.Random
    jobs: list[str]
    handles: list[str]
    emails: list[str]
    tokens: list[str] = field(default_factory=list)
    lists: list[str] = field(default_factory=list)
    talents: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        states, crafts, tongues = [s.code for s in STATES], [c.slug for c in CATEGORIES], list(LANGUAGES)
        lists = [f"state={s}" for s in states] + [f"category={c}" for c in crafts] + [f"language={code}" for code in tongues]
        lists += [f"kind={kind}&state={s}" for kind in ("crew", "casting") for s in states]
        self.lists = [f"/api/jobs?view=compact&limit=20&{one}" if n % 2 else f"/jobs?{one}" for n, one in enumerate(lists[:200])]
        self.talents = [f"/talent?state={s}" for s in states] + [f"/api/users?view=compact&language={code}" for code in tongues]

    def next(self) -> Ask:
        """One more request of the mix."""
        return self.of(self.rng.choices([name for name, _ in SHARES], [share for _, share in SHARES])[0])

    def of(self, kind: str) -> Ask:
        """One more request of a kind."""
        rng = self.rng
        if kind == "list":
            return Ask(kind, "GET", rng.choice(self.lists))
        if kind == "talent":
            return Ask(kind, "GET", rng.choice(self.talents))
        if kind == "one":
            return Ask(kind, "GET", f"/jobs/{rng.choice(self.jobs)}" if rng.random() < 0.5 else f"/talent/{rng.choice(self.handles)}")
        if kind == "search":
            return Ask(kind, "GET", f"/api/jobs?view=compact&q={rng.choice(WORDS)}&state={rng.choice(STATES).code}")
        if kind == "apply":
            body = msgspec.json.encode({"note": "I am free on these days and near."})
            return Ask(kind, "POST", f"/api/jobs/{rng.choice(self.jobs)}/applications", body, rng.choice(self.tokens))
        if kind == "post":
            return Ask(kind, "POST", "/api/jobs", self.listing(), rng.choice(self.tokens))
        return self.sign_in()

    def sign_in(self) -> Ask:
        """Somebody of the sample signs in."""
        body = msgspec.json.encode({"email": self.rng.choice(self.emails), "password": PASSWORD})
        return Ask("sign-in", "POST", "/api/auth/login", body)

    def listing(self) -> bytes:
        """A listing to post."""
        craft, state = self.rng.choice([c for c in CATEGORIES if c.kind == "crew"]), self.rng.choice(STATES)
        return msgspec.json.encode({
            "title": f"{craft.name} for a short film", "kind": craft.kind, "category": craft.slug, "company": "Evening Light Films",
            "state": state.code, "town": state.towns[0], "pay": {"amount": 8_000_000}, "description": "Four days with a small and kind crew.",
        })  # fmt: skip


@dataclass
class Tally:
    """What came back, by kind."""

    times: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    statuses: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    found: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def kind(self, *names: str) -> Kind:
        """The figures of some kinds together."""
        times = sorted(t for name in names for t in self.times[name]) or [0.0]
        statuses: Counter[str] = sum((self.statuses[name] for name in names), Counter())
        found: Counter[str] = sum((self.found[name] for name in names), Counter())

        def at(part: float) -> float:
            return round(times[min(len(times) - 1, int(len(times) * part))] * 1000, 1)

        return Kind(
            asked=sum(statuses.values()), statuses=dict(statuses), found=dict(found), p50_ms=at(0.5), p95_ms=at(0.95), p99_ms=at(0.99)
        )


async def one(lines: Lines, world: World, ask: Ask, due: float, tally: Tally) -> None:
    """Sends one request, and notes what became of it."""
    loop = asyncio.get_running_loop()
    try:
        got = await asyncio.wait_for(lines.ask(ask), 20)
        status, cache = str(got.status), got.cache
        if ask.kind == "sign-in" and status == "200":
            world.tokens.append(msgspec.json.decode(got.body)["token"])
    except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
        status, cache = type(error).__name__, ""
    tally.times[ask.kind].append(loop.time() - due)
    tally.statuses[ask.kind][status] += 1
    if cache:
        tally.found[ask.kind][cache] += 1


async def phase(lines: Lines, world: World, *, rate: int, seconds: int, tally: Tally) -> None:
    """A fixed rate for so many seconds, then until the last answer."""
    loop = asyncio.get_running_loop()
    began, running = loop.time(), set[asyncio.Task[None]]()
    for number in range(rate * seconds):
        due = began + number / rate
        if (wait := due - loop.time()) > 0.001:
            await asyncio.sleep(wait)
        task = asyncio.create_task(one(lines, world, world.next(), due, tally))
        running.add(task)
        task.add_done_callback(running.discard)
    await asyncio.gather(*running)


def fetched(address: str, pattern: str) -> list[str]:
    """What a sitemap names."""
    with urllib.request.urlopen(address, timeout=60) as answer:  # noqa: S310 - this machine
        return re.findall(pattern, answer.read().decode())


def family(process: psutil.Process) -> list[psutil.Process]:
    """A process and all that it started."""
    return [process, *process.children(recursive=True)]


def spent(processes: list[psutil.Process]) -> float:
    """Seconds of processor time of those that still live."""
    total = 0.0
    for process in processes:
        if process.is_running():
            times = process.cpu_times()
            total += times.user + times.system
    return total


def world_of(address: str, rng: random.Random) -> World:
    """The sample's world at an address."""
    jobs = fetched(f"{address}/sitemap-jobs.xml", r"/jobs/(\d+)<")
    handles = fetched(f"{address}/sitemap-talent.xml", r"/talent/([a-z0-9-]+)<")
    return World(rng, jobs, handles, [f"sample{n}@example.com" for n in range(10, 9_990)])


async def drive(address: str, *, seconds: int, rate: int, seed: int) -> tuple[Tally, Tally, float]:
    """Warms up at a tenth, steps to the whole rate, and stays; the step's tally, the whole tally, our own processor share."""
    rng = random.Random(seed)
    world, lines = world_of(address, rng), Lines(address, rng)
    warm, step, rest = Tally(), Tally(), Tally()
    for _ in range(SIGNED_IN_FIRST):
        await one(lines, world, world.sign_in(), asyncio.get_running_loop().time(), warm)
    await phase(lines, world, rate=max(1, rate // 10), seconds=WARM_SECONDS, tally=warm)
    before, began = time.process_time(), time.monotonic()
    await phase(lines, world, rate=rate, seconds=STEP_SECONDS, tally=step)
    await phase(lines, world, rate=rate, seconds=seconds - STEP_SECONDS, tally=rest)
    share = (time.process_time() - before) / (time.monotonic() - began)
    for name in step.times:
        rest.times[name] += step.times[name]
        rest.statuses[name] += step.statuses[name]
        rest.found[name] += step.found[name]
    lines.close()
    return step, rest, share


LAG = """
select coalesce(round(extract(epoch from percentile_disc(0.95) within group (order by f.at - e.at)) * 1000), 0)
from platform.effect f join platform.event e on e.id = f.event_id where e.at > now() - interval '{seconds} seconds'
"""


def web_processes(processes: list[psutil.Process]) -> list[psutil.Process]:
    """The web processes among them."""
    return [process for process in processes if "serve" in process.cmdline() and "--fd" in process.cmdline()]


def servers_of(folder: Path) -> Stack:
    """The market's own servers, to ask what nobody outside can see."""
    return Stack(folder, replicas=2)


def judge(step: Kind, whole: Kind, *, rate: int, seconds: int, memory: list[int]) -> list[Criterion]:
    """The bars of the mix."""
    wrong = sum(count for status, count in whole.statuses.items() if status not in RIGHT)
    answered = sum(count for status, count in whole.statuses.items() if status.isdecimal())
    return [
        Criterion(says="p95 below 100 ms", measured=f"{whole.p95_ms} ms", holds=whole.p95_ms < 100),
        Criterion(says="no errors", measured=f"{wrong} of {whole.asked}", holds=wrong == 0),
        Criterion(says="nothing dropped", measured=f"{answered} answered of {rate * seconds}", holds=answered == rate * seconds),
        Criterion(says="p95 below 500 ms in the ten seconds after the step", measured=f"{step.p95_ms} ms", holds=step.p95_ms < 500),
        Criterion(says="each web process below 200 MB", measured=f"{max(memory)} MB", holds=max(memory) < 200),
    ]


def run(*, rate: int, seconds: int, seed: int) -> Report:
    """Starts a market, drives it, looks at what it cost."""
    on = machine()
    with market() as (address, folder, process):
        everybody = family(psutil.Process(process.pid))
        servers = [p for p in psutil.process_iter() if str(where(folder)) in " ".join(p.cmdline())]
        servers += [child for p in servers for child in p.children(recursive=True)]
        measured = {p.pid: p for p in [*everybody, *servers]}
        before, began = spent(list(measured.values())), time.monotonic()
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            step, whole, own = runner.run(drive(address, seconds=seconds, rate=rate, seed=seed))
        now = {p.pid: p for p in [*family(psutil.Process(process.pid)), *(c for p in servers if p.is_running() for c in family(p))]}
        cost = (spent(list({**measured, **now}.values())) - before) / (time.monotonic() - began)
        memory = [round(p.memory_info().rss / 1e6) for p in web_processes(list(now.values()))]
        time.sleep(3)
        lag = float(servers_of(folder).primary.sql(LAG.format(seconds=seconds + 30), database="nollycrewhub"))
    names = [name for name, _ in SHARES]
    kinds = {name: whole.kind(name) for name in names}
    all_of_it, first = whole.kind(*names), step.kind(*names)
    shared = sum(all_of_it.found.values())
    hits = sum(all_of_it.found.get(name, 0) for name in ("hit", "stale", "not-modified"))
    return Report(
        machine=on, rate=rate, seconds=seconds, kinds=kinds, whole=all_of_it, step_p95_ms=first.p95_ms,
        hit_ratio=round(hits / shared, 3) if shared else 0.0, generator_cpu=round(own, 2), servers_cpu=round(cost, 2),
        web_memory_mb=memory, consumer_lag_p95_ms=lag, criteria=judge(first, all_of_it, rate=rate, seconds=seconds, memory=memory),
    )  # fmt: skip


def main() -> int:
    """1 when a bar is missed."""
    parser = argparse.ArgumentParser(prog="python -m loadtest.mix")
    parser.add_argument("--rate", type=int, default=RATE)
    parser.add_argument("--seconds", type=int, default=SECONDS, help="shorter or slower runs write no file")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    report = run(rate=arguments.rate, seconds=arguments.seconds, seed=arguments.seed)
    text = msgspec.json.format(msgspec.json.encode(report), indent=1)
    print(text.decode())
    if (arguments.rate, arguments.seconds) == (RATE, SECONDS):
        RESULTS.write_bytes(text + b"\n")
    for one_of in report.criteria:
        print(f"{'holds' if one_of.holds else 'FAILS'}  {one_of.says}: {one_of.measured}")
    return 0 if all(one_of.holds for one_of in report.criteria) else 1


if __name__ == "__main__":
    sys.exit(main())
