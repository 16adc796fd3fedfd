"""`nollycrewhub loadtest NAME`: a scenario against a market of its own, a running one on this machine, or a host of one's own."""

import argparse
import signal
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from nollycrewhub.cli.loadtesting.market import SMALL_ROOMS, LoadtestFailed, market, scaler, wait_for
from nollycrewhub.cli.supervisor import say
from nollycrewhub.loadtest.targets import TargetRefused, allowed

NAMES = ("plan", "mix", "flash", "audition", "rush", "soak", "thousand")
OWN = "an `up` of its own, 2 web processes"


def more_than(least: float) -> Callable[[str], float]:
    """A kind of option: a number above another."""

    def number(text: str) -> float:
        try:
            found = float(text)
        except ValueError:
            found = least
        if not least < found < 1e6:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number above {least:g}")
        return found

    return number


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument(
        "name", metavar="NAME", choices=[*NAMES, "report"], help=f"{', '.join(NAMES)}; or report FILE: a kept run's page again"
    )
    parser.add_argument("file", nargs="?", type=Path, help="with report: a kept run, such as loadtest/results/mix.json")
    parser.add_argument("--target", metavar="URL", help="a site that runs already, such as http://127.0.0.1:8000 (default: one is started)")
    parser.add_argument(
        "--i-own-this-host", metavar="HOST", default="", help="the target's host, when it is not this machine and it is yours"
    )
    parser.add_argument("--data", type=Path, default=Path(".data"), help="the data folder of the `up` at --target (default .data)")
    parser.add_argument(
        "--scaled", action="store_true", help="with flash: begin with one small process, and let `scale run` meet the crowd"
    )
    parser.add_argument("--reaction", type=more_than(0), default=0.0, help="with --scaled: seconds that the scaler may take (default 30)")
    parser.add_argument("--rate", type=more_than(0), default=0.0, help="requests a second at the most (people, in the rush)")
    parser.add_argument("--shorter", type=more_than(0.99), default=1.0, help="divide all lengths by this, to try things out")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--results", type=Path, metavar="FILE", help="where the run is kept (default: loadtest/results of whole runs)")
    parser.add_argument("--report", type=Path, metavar="FILE", help="where its page goes (default: .results/loadtest/NAME.html)")


def interrupt(*_: object) -> None:
    """A polite end is the same as Ctrl-C, so that what was started is stopped."""
    raise KeyboardInterrupt


def run(arguments: argparse.Namespace) -> int:
    """1 when a sentence of the verdict does not hold or the run is void, 2 when it could not be run."""
    signal.signal(signal.SIGTERM, interrupt)
    import_module("nollycrewhub.cli.up").raise_open_files()
    if arguments.scaled and (arguments.name != "flash" or arguments.target):
        print("--scaled goes with flash, against a market of its own.", file=sys.stderr)
        return 2
    try:
        if arguments.name == "report":
            return show(arguments)
        target = allowed(arguments.target, owned=arguments.i_own_this_host) if arguments.target else None
        running = import_module("nollycrewhub.cli.loadtesting.driving")
        if target is not None:
            return keep(arguments, running.drive(arguments, target, arguments.target))
        if arguments.scaled:
            return scaled(arguments, running)
        say("Starting PostgreSQL, Valkey, two web processes and a worker for the test; the sample takes up to a minute.")
        with market() as own:
            wait_for(own.address, own.process)
            arguments.data = own.folder
            return keep(arguments, running.drive(arguments, allowed(own.address), OWN))
    except (LoadtestFailed, TargetRefused) as error:
        print(error, file=sys.stderr)
        return 2
    except ModuleNotFoundError as error:
        print(f"A load test needs {error.name}, which comes with the developers' tools: make setup", file=sys.stderr)
        return 2


def scaled(arguments: argparse.Namespace, running: Any) -> int:
    """The flash crowd against one web process, small rooms, and a scaler."""
    say("Starting PostgreSQL, Valkey, one web process, a worker and a scaler for the test; the sample takes up to a minute.")
    with market(workers=1, **SMALL_ROOMS) as own:
        wait_for(own.address, own.process)
        arguments.data = own.folder
        with scaler(own):
            result = running.drive(
                arguments, allowed(own.address), "an `up` of its own, beginning with 1 web process, and `scale run --actuator local`"
            )
        return keep(arguments, result)


def show(arguments: argparse.Namespace) -> int:
    """Makes a kept run's page anew."""
    if arguments.file is None or not arguments.file.exists():
        print("Say which run: nollycrewhub loadtest report loadtest/results/mix.json", file=sys.stderr)
        return 2
    try:
        result = import_module("nollycrewhub.loadtest.results").read(arguments.file)
    except ValueError as error:
        print(f"{arguments.file} is no run as this version keeps them ({error}).", file=sys.stderr)
        return 2
    say(str(page_of(arguments, result)))
    return 0


def page_of(arguments: argparse.Namespace, result: Any) -> Path:
    """Writes the report; where it is."""
    results = import_module("nollycrewhub.loadtest.results")
    path: Path = arguments.report or results.TRIED / f"{result.name}.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(import_module("nollycrewhub.loadtest.report").page(result))
    return path


def keep(arguments: argparse.Namespace, result: Any) -> int:
    """Keeps the run and its page, and says the verdict."""
    results = import_module("nollycrewhub.loadtest.results")
    is_whole = arguments.shorter == 1 and not arguments.rate
    path: Path = arguments.results or (results.KEPT if is_whole else results.TRIED) / f"{result.name}.json"
    results.write(result, path)
    page = page_of(arguments, result)
    for one in result.criteria:
        print(f"{'holds' if one.holds else 'FAILS'}  {one.key + ': ' if one.key else ''}{one.says}: {one.measured}")
    for why in result.void:
        print(f"VOID   {why}")
    print(f"{'Passed' if result.has_passed else 'Not passed'}. {path}\n{page}")
    return 0 if result.has_passed else 1
