"""Whether words that a deployment starts the program with are words that it takes, environment and all."""

import argparse
import contextlib
import hashlib
import io
from collections.abc import Mapping, Sequence
from importlib import import_module

from deploying.facts import ALIASES, BEFORE_SETTINGS, SECRETS, variables
from nollycrewhub.cli.main import COMMANDS
from nollycrewhub.platform.settings import Settings, SettingsError, from_environ

INVENTED = {  # stand in for the secrets, so that everything else can be judged
    "DATABASE_URL": "postgresql://app@10.1.1.1/n", "SESSION_URL": "redis://10.1.1.2/0", "MAIL_URL": "smtp://mail.nollycrewhub.test:587",
    "RENDER_API_KEY": hashlib.sha256(b"nobody is let in by this").hexdigest(), "RENDER_WEB_SERVICE": "srv-aaaa",
    "RENDER_WORKER_SERVICE": "srv-bbbb",
    "PUBLIC_URL": "https://nollycrewhub.test", "SECRET": hashlib.sha256(b"nobody signs with this").hexdigest(),
}  # fmt: skip


def command_faults(words: Sequence[str], where: str) -> list[str]:
    """A sentence when the program would refuse its command line."""
    if not words or words[0] not in COMMANDS:
        return [f"{where} starts the program with {list(words)}, which is none of its commands."]
    parser = argparse.ArgumentParser(prog=words[0], exit_on_error=False)
    import_module(COMMANDS[words[0]][0]).add_arguments(parser)
    told = io.StringIO()
    try:
        with contextlib.redirect_stderr(told):
            parser.parse_args([str(word) for word in words[1:]])
    except (SystemExit, argparse.ArgumentError) as error:
        return [f"{where} starts `{' '.join(words)}`, which the program refuses: {told.getvalue().strip()[-120:] or error}"]
    return []


def environment_faults(given: Mapping[str, str], where: str, *, others: frozenset[str] = frozenset()) -> list[str]:
    """A sentence for each variable that nobody reads, and for each value that the program would refuse."""
    known = variables() | ALIASES | BEFORE_SETTINGS | others
    found = [f"{where} sets {name}, which is no setting." for name in sorted(given) if name not in known]
    try:
        settings_of(given)
    except SettingsError as error:
        found += [f"{where}: {sentence}" for sentence in error.sentences]
    return found


def settings_of(given: Mapping[str, str]) -> Settings:
    """The settings that these variables make, with invented secrets for those that are not in any file."""
    told = {name: value for name, value in given.items() if value and name not in SECRETS}
    return from_environ({**INVENTED, **told})
