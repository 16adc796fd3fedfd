"""Whether the models and the migrations tell the same schema, on a real PostgreSQL that is made for the question and thrown away."""

import shutil
import tempfile
from pathlib import Path

from alembic import command

from nollycrewhub.cli import migrate
from nollycrewhub.devstack.account import account_for
from nollycrewhub.devstack.postgres import Primary, known_secrets
from nollycrewhub.platform.settings import Settings


def drift(top: Path) -> list[str]:
    """A sentence when autogenerate would write a migration, or when there is more than one newest one."""
    if not (top / "migrations").exists():
        return []
    with tempfile.TemporaryDirectory(prefix="nch-drift-") as name:
        account = account_for(Path(name))
        primary = Primary(account, "drift", known_secrets(account))
        try:
            primary.ensure()
            return drift_of(primary)
        finally:
            primary.stop()
            shutil.rmtree(account.data, ignore_errors=True)


def drift_of(primary: Primary) -> list[str]:
    """The same on a given empty server."""
    url = primary.url("nollycrewhub_app")
    settings = Settings(
        shape="test", secret="s" * 40, database_url=url, database_direct_url=url, session_url="", cache_url="",
        database_owner_url=primary.url("nollycrewhub_owner"), database_reader_url=primary.url("nollycrewhub_reader"),
    )  # fmt: skip
    configuration = migrate.configuration(settings.database_owner_url)
    command.upgrade(configuration, "heads")
    found = migrate.drift(settings)
    return [found] if found else []
