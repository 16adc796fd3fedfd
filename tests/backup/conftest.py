"""One small cluster for these tests, and a store each."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from nollycrewhub.devstack.stack import Stack
from tests.backup.shop import Shop
from tests.servers import a_stack


@pytest.fixture(scope="package")
def cluster() -> Iterator[Stack]:
    """A primary nobody else needs."""
    with a_stack("backup", replicas=0) as found:
        yield found


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that a system user can get at, for restored databases."""
    folder = Path(tempfile.mkdtemp(prefix="nch-restored-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def shop(cluster: Stack, tmp_path: Path) -> Shop:
    """The cluster with an empty store in a folder."""
    if cluster.primary.sql("select 1 from pg_replication_slots where slot_name = 'nollycrewhub_backup'").strip():
        cluster.primary.sql("select pg_drop_replication_slot('nollycrewhub_backup')")
    return Shop(cluster, (tmp_path / "store").as_uri(), TMPDIR=tempfile.gettempdir())
