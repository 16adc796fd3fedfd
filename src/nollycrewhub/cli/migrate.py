"""`nollycrewhub migrate`: brings the database to the newest schema, as the owner role."""

import argparse
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError

from nollycrewhub.platform.settings import Settings, from_environ

MIGRATIONS = Path(__file__).resolve().parents[3] / "migrations"


def configuration(owner_url: str) -> Config:
    """Alembic's configuration, made in code: the address never stands in a file."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("sqlalchemy.url", owner_url.replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def upgrade(settings: Settings) -> None:
    """Runs what is missing; nothing when the schema is current."""
    command.upgrade(configuration(settings.database_owner_url), "head")


def drift(settings: Settings) -> str | None:
    """A sentence when the models and the migrated schema differ, else None."""
    try:
        command.check(configuration(settings.database_owner_url))
    except CommandError as error:
        return str(error)
    return None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("--check", action="store_true", help="only say whether models and schema differ")


def run(arguments: argparse.Namespace) -> int:
    """The command."""
    settings = from_environ()
    if arguments.check:
        found = drift(settings)
        print(found or "Models and schema agree.")
        return 1 if found else 0
    upgrade(settings)
    print("The schema is current.")
    return 0
