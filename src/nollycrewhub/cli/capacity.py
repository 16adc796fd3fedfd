"""`nollycrewhub capacity`: measure this machine, and say what so many people need and cost."""

import argparse
import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import redis

from nollycrewhub.capacity import agreeing, measured, page, prices, speaking
from nollycrewhub.capacity.assumptions import Assumptions, NoAssumption, changed
from nollycrewhub.capacity.demand import demand_of
from nollycrewhub.capacity.law import TooFewLevels
from nollycrewhub.capacity.measuring import running as measuring
from nollycrewhub.capacity.measuring.line import NotHere
from nollycrewhub.capacity.measuring.processes import NoProcesses
from nollycrewhub.capacity.measuring.world import NoSample
from nollycrewhub.capacity.report import PLAN, report
from nollycrewhub.capacity.simulation import checking, comparing
from nollycrewhub.capacity.simulation.scene import Demand, Plant, Scene
from nollycrewhub.capacity.simulation.scenes import TUESDAY_NIGHT
from nollycrewhub.cli.running import FILE as RUNNING
from nollycrewhub.cli.supervisor import say
from nollycrewhub.devstack.account import DevstackError
from nollycrewhub.devstack.postgres import DATABASE, Server
from nollycrewhub.devstack.stack import Stack

KEYS = 400  # how many keys of Valkey are weighed
REFUSALS = (
    NotHere, NoProcesses, NoSample, NoAssumption, TooFewLevels, DevstackError, measured.NothingMeasured, prices.NoPrices, agreeing.NoRun,
    comparing.NothingSimulated, measuring.NeverSettled,
)  # fmt: skip
# A fleet of the local actuator: processes of this machine, one at first, and what a run may say otherwise.
OF_A_LAPTOP = Plant(speed=1.0, boot=3.0, look=5.0, delay=0.0, web_at_first=1, least_web=1, most_web=10, database_speed=2.0)
AGREED = {
    "in_flight": "how many requests a process takes on", "boot": "seconds from asking for a process until it answers",
    "look": "seconds between two looks of the controller", "delay": "seconds that a figure is old", "most_web": "the most web processes",
    "web_at_first": "web processes at the beginning",
}  # fmt: skip
MOST = 86_400.0
COUNTS = ("in_flight", "most_web", "web_at_first")


def figure(least: float) -> Callable[[str], float]:
    """A kind of option: a number from another to a day's seconds."""

    def number(text: str) -> float:
        try:
            found = float(text)
        except ValueError:
            found = -1.0
        if not least <= found <= MOST:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number from {least:g} to {MOST:g}")
        return found

    return number


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The questions there are; without one it is the report of the plan's three scenarios."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    parser.set_defaults(action="report", people=None, assume=[], measured=measured.FILE, prices=prices.FILE, json=False)
    measure_ = actions.add_parser("measure", help="measure a running `make up` on this machine, at seven levels of load")
    measure_.add_argument("--url", default="http://127.0.0.1:8000", help="where it listens; this machine only")
    measure_.add_argument("--data", type=Path, default=Path(".data"), help="its data folder")
    measure_.add_argument("--seconds", type=figure(0.1), default=1.0, help="how long each level of a round lasts (default 1)")
    measure_.add_argument("--seed", type=int, default=1)
    measure_.add_argument("--out", type=Path, default=measured.FILE)
    report_ = actions.add_parser("report", help="what so many people need: instances, connections, memory, disk, money")
    report_.add_argument("--people", type=int, action="append", help="how many; may be given again (default: the plan's three)")
    report_.add_argument("--assume", action="append", default=[], metavar="NAME=VALUE", help="another value for an assumption")
    report_.add_argument("--measured", type=Path, default=measured.FILE)
    report_.add_argument("--prices", type=Path, default=prices.FILE)
    report_.add_argument("--json", action="store_true", help="for programs")
    simulate_ = actions.add_parser("simulate", help="policies over thirty seeds, and what the simulation was held against")
    simulate_.add_argument("--seeds", type=int, default=comparing.SEEDS)
    simulate_.add_argument("--measured", type=Path, default=measured.FILE)
    simulate_.add_argument("--out", type=Path, default=comparing.FILE)
    agree_ = actions.add_parser("agree", help="lay a result of `loadtest` beside its simulation")
    agree_.add_argument("result", type=Path, help="the JSON that `nollycrewhub loadtest` kept")
    for name, what in AGREED.items():
        least = 1.0 if name in COUNTS else 0.1 if name == "look" else 0.0
        agree_.add_argument(f"--{name.replace('_', '-')}", type=figure(least), default=getattr(OF_A_LAPTOP, name), help=what)
    agree_.add_argument(
        "--provider", type=figure(0.0), default=0.15, help="seconds that each request waits for the provider (0: the run was of the mix)"
    )
    agree_.add_argument("--measured", type=Path, default=measured.FILE)
    agree_.add_argument("--out", type=Path, default=agreeing.FILE)
    docs_ = actions.add_parser("docs", help="write docs/CAPACITY.md and its plots from the results")
    docs_.add_argument("--folder", type=Path, default=Path(), help="where docs and deploy are (default: here)")


def run(arguments: argparse.Namespace) -> int:
    """Does it, or says in a sentence why not."""
    actions: dict[str, Callable[[argparse.Namespace], int]] = {
        "measure": measure, "report": tell, "simulate": simulate, "agree": agree, "docs": docs,
    }  # fmt: skip
    try:
        return actions[arguments.action](arguments)
    except REFUSALS as error:
        print(error, file=sys.stderr)
        return 1


def tell(arguments: argparse.Namespace) -> int:
    """The report of each number of people."""
    people = arguments.people or list(PLAN)
    if min(people) < 1 or max(people) > 100_000_000:
        print("--people is a number from 1 to 100,000,000.", file=sys.stderr)
        return 2
    given = changed(Assumptions(), arguments.assume)
    seen, table = measured.read(arguments.measured), prices.read(arguments.prices)
    reports = [report(count, seen, table, given) for count in people]
    if arguments.json:
        document = {"measured": seen.machine, "prices": table.meta, "assumptions": given, "reports": reports}
        print(msgspec.json.format(msgspec.json.encode(document), indent=1).decode())
    else:
        print(speaking.spoken(reports, seen, table, given), end="")
    return 0


def simulate(arguments: argparse.Namespace) -> int:
    """Checks, comparisons and what is drawn of them; the same seed and measurements give the same bytes."""
    if not 2 <= arguments.seeds <= 1000:
        print("--seeds is a number from 2 to 1,000: an interval needs two.", file=sys.stderr)
        return 2
    seen = measured.read(arguments.measured)
    demand = demand_of(seen, job_seconds=Assumptions().job_seconds)
    checked = []
    for case in checking.CASES:
        checked.append(checking.check(case, replications=max(2, arguments.seeds), with_second=checking.has_second()))
        say(f"{case.name}: {100 * checked[-1].off:+.2f} % beside theory")
    comparing.write(comparing.simulate(demand, seen.machine.when, checked, seeds=arguments.seeds, say=say), arguments.out)
    say(f"Written to {arguments.out}. `nollycrewhub capacity docs` makes the page of it.")
    return 0


def agree(arguments: argparse.Namespace) -> int:
    """Lays a run beside its simulation, and keeps the figures for the page."""
    run_ = agreeing.ran(arguments.result)
    given = {name: type(getattr(OF_A_LAPTOP, name))(getattr(arguments, name)) for name in AGREED}
    demand = demand_of(measured.read(arguments.measured), job_seconds=Assumptions().job_seconds)
    if arguments.provider:  # a page that waits on a provider does nothing else: it costs what an answer from memory costs
        demand = msgspec.structs.replace(demand, hits=1.0, hashing=0.0, provider_share=1.0, provider=arguments.provider)
    found = agreeing.compare(run_, scene_of(run_, demand, msgspec.structs.replace(OF_A_LAPTOP, **given)))
    agreeing.keep(found, arguments.out)
    print(
        f"{found.name}: p95 {found.p95_ms:.0f} ms measured, {found.p95_simulated.mean:.0f} simulated ({100 * found.p95_off:+.0f} %); "
        f"{found.instance_minutes:.1f} instance-minutes measured, {found.minutes_simulated.mean:.1f} simulated "
        f"({100 * found.minutes_off:+.0f} %): {'near enough' if found.holds else 'not near enough'}."
    )
    return 0 if found.holds else 1


def scene_of(run_: agreeing.Ran, demand: Demand, plant: Plant) -> Scene:
    """A run as a scene; its own arrivals take the place of the load's."""
    return Scene(name=run_.name, load=msgspec.structs.replace(TUESDAY_NIGHT, seconds=run_.seconds), demand=demand, plant=plant)


def docs(arguments: argparse.Namespace) -> int:
    """Writes the page and its plots."""
    changed = page.write(arguments.folder)
    print(*(f"Wrote {path}." for path in changed) if changed else ["Nothing has changed."], sep="\n")
    return 0


def measure(arguments: argparse.Namespace) -> int:
    """Measures, and writes the file."""
    running = arguments.data / RUNNING
    if not running.exists():
        print(f"Nothing runs from {arguments.data}. Start it with `make up`, or name its folder by --data.", file=sys.stderr)
        return 1
    noted = json.loads(running.read_text())
    stack = Stack(arguments.data)
    servers = {server.name: asking(server) for server in (stack.primary, *stack.standbys) if server.is_running()}
    bench = measuring.Bench(
        address=arguments.url, folder=stack.account.data, servers=servers, metrics_token=noted["METRICS_TOKEN"], seconds=arguments.seconds,
        memory=lambda: weighed(noted["SESSION_URL"], noted["CACHE_URL"]), seed=arguments.seed, say=say,
    )  # fmt: skip
    found = asyncio.run(measuring.run(bench))
    measured.write(found, arguments.out)
    say(f"Written to {arguments.out}. Load average before {found.machine.busy_before}: the quieter, the truer.")
    return 0


def asking(server: Server) -> Callable[[str], str]:
    """SQL to a server as the superuser."""
    return lambda text: server.sql(text, database=DATABASE)


def weighed(session_url: str, cache_url: str) -> tuple[float, float, int]:
    """Bytes of a session and of a cached answer in Valkey, as the server weighs them, and how many answers there are."""
    session, _ = keys_of(session_url, "nollycrewhub:sess:*")
    answer, count = keys_of(cache_url, "*")
    return session, answer, count


def keys_of(url: str, pattern: str) -> tuple[float, int]:
    """The mean bytes of some hundred keys, and how many keys the server has."""
    with redis.Redis.from_url(url) as server:
        sizes = []
        for key in server.scan_iter(match=pattern, count=200):
            sizes.append(server.memory_usage(key) or 0)
            if len(sizes) >= KEYS:
                break
        return (sum(sizes) / len(sizes) if sizes else 0.0), int(server.dbsize())
