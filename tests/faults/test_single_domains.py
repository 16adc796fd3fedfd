"""Each domain alone in a really started process: its own prefix, nothing of the others, in both roles."""

import asyncpg
import httpx
import pytest

from nollycrewhub import services
from nollycrewhub.platform.settings import Settings, SettingsError
from tests.faults.conftest import Start
from tests.measuring import TOP
from tests.served import environment, production

OWN = {
    "users": ("/api/users", "/talent"),
    "jobs": ("/api/jobs", "/jobs"),
    "notifications": ("/api/notifications",),
    "messages": ("/api/messages",),
}
OTHERS = ("/api/users", "/api/jobs", "/api/notifications", "/api/messages", "/talent", "/jobs", "/dev/mail", "/dev/gallery")
DOMAINS = frozenset(folder.name for folder in (TOP / "src" / "nollycrewhub" / "domains").iterdir() if (folder / "README.md").exists())


def loaded_domains(modules: frozenset[str]) -> set[str]:
    """The domains of which anything is loaded."""
    return {name for name in DOMAINS if any(module.startswith(f"nollycrewhub.domains.{name}") for module in modules)}


def test_every_service_can_be_named() -> None:
    files = {path.stem for path in (TOP / "src" / "nollycrewhub" / "services").glob("*.py")} - {"__init__", "roles"}
    assert files == set(services.NAMES)
    with pytest.raises(SettingsError, match="there is no payments-and-more"):
        services.load("payments-and-more")


async def no_letters_of_earlier_tests(settings: Settings) -> None:
    """A worker of the production's shape has no mail server here, and would say so of what others left in the queue."""
    connection = await asyncpg.connect(settings.database_direct_url)
    try:
        await connection.execute("delete from platform.pgqueuer")
    finally:
        await connection.close()


@pytest.mark.parametrize("domain", OWN)
async def test_a_domain_alone(settings: Settings, start: Start, domain: str) -> None:
    await no_letters_of_earlier_tests(settings)
    web = start(["serve", "--service", domain], environment(settings))
    worker = start(["worker"], {**production(settings), "SERVICE": domain})
    web.ready()
    worker.working()
    async with httpx.AsyncClient(base_url=web.url) as client:
        own = [(await client.get(path)).status_code for path in OWN[domain]]
        others = [(await client.get(path)).status_code for path in OTHERS if path not in OWN[domain]]
    assert set(own) <= {200, 401}
    assert others == [404] * len(others)
    assert loaded_domains(web.modules()) == {domain}
    assert loaded_domains(worker.modules()) == {domain}
    assert (web.stop(), worker.stop()) == (0, 0)
    assert [line for line in web.lines() + worker.lines() if line["level"] != "info"] == []
