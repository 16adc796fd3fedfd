"""What a scaler tells of itself at its port: whether it leads, what it wants, what it could not see; and no web process says any of it."""

import re
from pathlib import Path

import httpx

from nollycrewhub.devstack.postgres import free_port
from nollycrewhub.platform import metrics
from nollycrewhub.platform.settings import Settings
from nollycrewhub.scaling import repository
from nollycrewhub.scaling.telling import REGISTRY
from tests.scaling.conftest import Make, Numbers, Reports
from tests.served import Served, environment, wait_until
from tests.servers import FIGURES


def said(text: str, name: str, labels: str = "") -> float | None:
    """A figure of the scaler called `one`."""
    found = re.search(rf'^{name}{{instance="one"{labels}}} (\S+)$', text, re.MULTILINE)
    return float(found[1]) if found else None


async def test_what_a_leader_wants_is_told(make: Make, numbers: Numbers, reports: Reports) -> None:
    one = make()
    assert await one.lead.campaign()
    one.term = await repository.begin_term(one.lead, one.lead.who)
    for _ in range(3):
        await reports.carry(in_flight=9.0, seconds=0.4)
        await one.look()
    assert (numbers.web, numbers.workers) == (2, 1)
    text = metrics.of("one", REGISTRY).decode()
    assert (said(text, "nch_scaling_wanted", ',role="web"'), said(text, "nch_scaling_wanted", ',role="worker"')) == (2, 1)
    assert "nch_scaling_" not in metrics.own("one").decode() + metrics.fleet().decode(), "a web process leads nothing, and does not say so"


def test_a_scaler_that_leads_and_sees_nobody_says_both(settings: Settings, tmp_path: Path) -> None:
    port = free_port()
    env = environment(settings, INSTANCE_ID="one", METRICS_PORT=str(port), FLEET_SOCKET=str(tmp_path / "nobody"))
    scaler = Served(tmp_path, ["scale", "run", "--actuator", "local", "--every", "0.2"], env)

    def leads_in_vain() -> bool:
        try:
            text = httpx.get(f"http://127.0.0.1:{port}/metrics", headers=FIGURES).text
        except httpx.TransportError:
            return False
        return said(text, "nch_scaling_leads") == 1 and (said(text, "nch_scaling_failed_total", ',what="look"') or 0) >= 1

    try:
        wait_until(leads_in_vain, what=f"it never told that it leads: {scaler.said()[-500:]}")
        assert httpx.get(f"http://127.0.0.1:{port}/livez").text == "ok\n"
    finally:
        assert scaler.stop() == 0
