"""What deployments run: Render's start with its addresses and roles on a real PostgreSQL, and the calls to Cloudflare."""

import asyncio
import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import httpx
import pytest

from deploying.facts import DEPLOY
from deploying.scaled import OLDEST, calendar_triggers
from nollycrewhub.cli import migrate
from nollycrewhub.devstack.postgres import LIMITS
from nollycrewhub.kit.time import LAGOS
from nollycrewhub.platform.settings import replicas
from nollycrewhub.scaling.rules.calendar import Yearly
from tests.servers import a_stack, settings_on

OWNER = "owned-by-render"
PASSWORDS = {"nollycrewhub_app": "a/b+c=d e%40", "nollycrewhub_reader": "r:r@r"}  # generateValue's letters, and worse


def loaded(path: Path) -> ModuleType:
    """A script of deploy/, which is in no package."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


RUN, APPLY = loaded(DEPLOY / "render" / "run.py"), loaded(DEPLOY / "cloudflare" / "apply.py")


def test_addresses_of_the_roles_follow_from_the_owners() -> None:
    env = {
        "DATABASE_OWNER_URL": "postgresql://own:er@db-1:5432/nollycrewhub", "REPLICA_OWNER_URL": "postgresql://own:er@db-2/nollycrewhub",
        "APP_PASSWORD": PASSWORDS["nollycrewhub_app"], "READER_PASSWORD": PASSWORDS["nollycrewhub_reader"],
    }  # fmt: skip
    found = RUN.addresses(env)
    app, reader = "a%2Fb%2Bc%3Dd%20e%2540", "r%3Ar%40r"
    assert found["DATABASE_URL"] == found["DATABASE_DIRECT_URL"] == f"postgresql://nollycrewhub_app:{app}@db-1:5432/nollycrewhub"
    assert replicas(found["READ_REPLICA_URLS"]) == {"europe": f"postgresql://nollycrewhub_reader:{reader}@db-2/nollycrewhub"}
    assert "READ_REPLICA_URLS" not in RUN.addresses({**env, "REPLICA_OWNER_URL": ""})


def test_the_roles_have_the_limits_that_a_laptop_gives_them() -> None:
    said = (DEPLOY / "roles.sql").read_text()
    assert [
        line for line in LIMITS.strip().splitlines() if not line.endswith("replicator;") and "_owner" not in line and line not in said
    ] == []


async def test_an_owner_who_is_no_superuser_makes_the_roles_and_migrates(tmp_path: Path) -> None:
    """What a managed PostgreSQL gives: a database of one's own and the right to make roles, and no more."""
    with a_stack("roles", replicas=0) as stack:
        addresses = stack.addresses()
        for statement in (
            "drop owned by nollycrewhub_app, nollycrewhub_reader", "drop role nollycrewhub_app", "drop role nollycrewhub_reader",
            f"create role render_owner login createrole password '{OWNER}'", "create database shop owner render_owner",
        ):  # fmt: skip
            stack.primary.sql(statement)
        place = urlsplit(addresses.database_owner_url)
        owner = f"postgresql://render_owner:{OWNER}@{place.hostname}:{place.port}/shop"
        for _ in range(2):  # every deploy does it again
            await RUN.make_roles(owner, PASSWORDS)
        env = {
            "DATABASE_OWNER_URL": owner,
            "APP_PASSWORD": PASSWORDS["nollycrewhub_app"],
            "READER_PASSWORD": PASSWORDS["nollycrewhub_reader"],
        }
        found = RUN.addresses(env)
        settings = settings_on(addresses, instance_id="roles", database_owner_url=owner)
        await asyncio.to_thread(migrate.upgrade, settings)
        app, reader = await asyncpg.connect(found["DATABASE_URL"]), await asyncpg.connect(found["DATABASE_READER_URL"])
        try:
            assert await app.fetchval("show statement_timeout") == "4500ms"
            assert await reader.fetchval("show default_transaction_read_only") == "on"
            assert await app.fetchval("select count(*) from jobs.job") == 0
            assert 0 <= await reader.fetchval(OLDEST) <= 30, "KEDA's question, as the reader that asks it; migrations leave jobs"
            await app.execute(
                "insert into platform.pgqueuer (priority, entrypoint, execute_after, status) values (0, 'mail.send', now() - interval '90 s', 'queued')"
            )
            assert 90 <= await reader.fetchval(OLDEST) <= 100
        finally:
            await app.close()
            await reader.close()


@pytest.mark.parametrize(
    ("event", "start", "end"),
    [
        (Yearly(name="AMVCA", first=(5, 1), last=(5, 31)), "30 23 30 4 *", "0 0 1 6 *"),
        (Yearly(name="Award season", first=(12, 15), last=(1, 10)), "30 23 14 12 *", "0 0 11 1 *"),
        (Yearly(name="Spring", first=(3, 1), last=(3, 2)), "30 23 28 2 *", "0 0 3 3 *"),
        (Yearly(name="Leap", first=(2, 28), last=(2, 29)), "30 23 27 2 *", "0 0 1 3 *"),
    ],
)
def test_an_event_is_ready_for_before_its_first_midnight_in_lagos(event: Yearly, start: str, end: str) -> None:
    (trigger,) = calendar_triggers(2, 10, [event])
    assert trigger["metadata"] == {"timezone": str(LAGOS), "start": start, "end": end, "desiredReplicas": "4"}


class Cloudflare:
    """Answers as Cloudflare's API does: rulesets are put, things with names are listed, made and changed."""

    def __init__(self) -> None:
        self.kept: dict[str, list[dict[str, Any]]] = {}
        self.calls: list[tuple[str, str]] = []
        self.is_refusing = False

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/client/v4")
        self.calls.append((request.method, path))
        if self.is_refusing:
            return httpx.Response(403, json={"success": False, "errors": [{"message": "no such zone"}], "result": None})
        if request.method == "GET":
            return httpx.Response(200, json={"success": True, "result": self.kept.get(path, [])})
        body = json.loads(request.content)
        if request.method == "POST":
            body["id"] = f"id-{body.get('name') or body['description']}"
            self.kept.setdefault(path, []).append(body)
        return httpx.Response(200, json={"success": True, "result": body})


def test_calls_are_made_in_order_with_the_ids_of_what_was_made(capsys: pytest.CaptureFixture[str]) -> None:
    there = Cloudflare()
    client = httpx.Client(transport=httpx.MockTransport(there))
    ids = {"zone": "z", "account": "a"}
    APPLY.apply(client, dict(ids), [], really=False)
    assert there.calls == []
    for _ in range(2):
        APPLY.apply(client, dict(ids), [], really=True)
    (balancer,) = there.kept["/zones/z/load_balancers"]
    assert balancer["country_pools"]["GB"] == ["id-nollycrewhub-europe", "id-nollycrewhub-north-america", "id-nollycrewhub-africa"]
    assert [pool["monitor"] for pool in there.kept["/accounts/a/load_balancers/pools"]] == ["id-nollycrewhub"] * 3
    assert ("PUT", "/accounts/a/load_balancers/pools/id-nollycrewhub-africa") in there.calls
    assert "{" not in json.dumps(there.kept).replace('{\\"GET', "").replace('{"', "").replace("[{", ""), "an id was left out"
    there.is_refusing = True
    with pytest.raises(APPLY.Refused, match="no such zone"):
        APPLY.apply(client, dict(ids), ["10"], really=True)
