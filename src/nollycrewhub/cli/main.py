"""The command line: one subcommand a file, and one sentence when something is wrong.

Until the machine is checked nothing but the standard library is imported, and no syntax newer than Python 3.7 is used,
so that an old Python gets its sentence and not a traceback.
"""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module

SUPPORTED = ((3, 11), (3, 14))
COMMANDS = {
    "up": ("nollycrewhub.cli.up", "everything on this machine"),
    "serve": ("nollycrewhub.cli.serve", "web processes"),
    "worker": ("nollycrewhub.cli.worker", "a job worker"),
    "migrate": ("nollycrewhub.cli.migrate", "bring the schema up to date"),
    "seed": ("nollycrewhub.cli.seed", "load sample people and jobs"),
    "jobs": ("nollycrewhub.cli.jobs", "look at background jobs, retry or cancel one"),
    "events": ("nollycrewhub.cli.events", "events that did not arrive, and their replay"),
    "capacity": ("nollycrewhub.cli.capacity", "measure this machine, and what so many people need and cost"),
    "scale": ("nollycrewhub.cli.scale", "how many processes there are, why, and how busy a moment is by the calendar"),
    "loadtest": ("nollycrewhub.cli.loadtest", "a load test of this machine, or of a host of your own"),
    "alerts": ("nollycrewhub.cli.alerts", "what operators were told when something was wrong, and whether it would arrive"),
    "operator": ("nollycrewhub.cli.operator", "make an operator or none, close or open an account"),
    "backup": ("nollycrewhub.cli.backup", "copies of the database in object storage, and the log between them"),
    "restore": ("nollycrewhub.cli.restore", "the database as it was at a moment, in a fresh folder"),
    "doctor": ("nollycrewhub.cli.doctor", "say what is wrong with a set-up"),
}


OF_A_RUN = ("jobs", "events", "operator", "scale", "alerts")


def check_machine() -> str | None:
    """A sentence when this machine or Python is not supported."""
    if not SUPPORTED[0] <= sys.version_info[:2] < SUPPORTED[1]:
        return f"Python 3.11 to 3.13 is needed; this is {sys.version_info[0]}.{sys.version_info[1]}."
    if sys.platform not in ("linux", "darwin"):
        return "NollyCrewHub runs on Linux and macOS."
    return None


def main(words: list[str] | None = None) -> int:
    """Runs a subcommand; its module is loaded only then, so `worker` does not pay for `up`."""
    fault = check_machine()
    if fault:
        print(fault, file=sys.stderr)
        return 1
    from nollycrewhub.platform.settings import SettingsError  # noqa: PLC0415 - it needs the Python just checked

    given = sys.argv[1:] if words is None else words
    parser = argparse.ArgumentParser(prog="nollycrewhub", description="The Nigerian film industry's job market.")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (module, help_text) in COMMANDS.items():
        sub = subparsers.add_parser(name, help=help_text)
        if given[:1] == [name]:
            import_module(module).add_arguments(sub)
    arguments = parser.parse_args(given)
    if arguments.command in OF_A_RUN:
        import_module("nollycrewhub.cli.running").adopt(os.environ)
    try:
        code: int = import_module(COMMANDS[arguments.command][0]).run(arguments)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        from nollycrewhub.cli.reaching import explained  # noqa: PLC0415 - it needs the Python just checked

        sentences = explained(error)
        if not sentences:
            raise
        print(*sentences, sep="\n", file=sys.stderr)
        return 1
    return code


if __name__ == "__main__":
    sys.exit(main())
