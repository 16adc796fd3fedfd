"""Every route of the running program has a row in the authorisation matrix, and every row a route (bar S2)."""

from nollycrewhub.platform.app import Process
from tests.security.surface import operations
from tests.security.table import TABLE


def test_every_route_has_a_row_and_every_row_a_route(process: Process) -> None:
    """Add the row to tests/security/table.py: who gets what, and what is sent."""
    assert operations(process) == {(row.method, row.path) for row in TABLE}
