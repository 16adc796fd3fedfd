"""Fifty canaries through every route (bar S16): in nobody's log, in no figure, in no stranger's answer; one line a fact."""

import asyncio
import secrets
from typing import Any

import httpx

from nollycrewhub.platform.app import Process
from nollycrewhub.platform.settings import Settings
from tests.conftest import FULL
from tests.faults.conftest import Start
from tests.faults.scene import VALUES, Operation, Scene
from tests.measuring import Measure
from tests.served import Served, environment
from tests.servers import FIGURES

ROUNDS = 20 if FULL else 1
SECRET_KINDS = ("password", "token", "code", "cookie", "bearer")
PRIVATE_KINDS = (*SECRET_KINDS, "email", "phone", "note", "agent", "referer", "query", "path")
PUBLIC_KINDS = ("name", "bio", "title", "company", "town", "description")
SPLITS = ("\r\nSet-Cookie: planted=1", '\n{"event": "planted"}', "\u2028planted", "\x85planted", "%0d%0aplanted")


class Canaries:
    """Fifty values nobody else writes: three of each kind, then the ones that try to break a line."""

    def __init__(self) -> None:
        self.mark = secrets.token_hex(5)
        self.kinds = {
            kind: [self._one(kind, n) for n in range(2 if kind in PUBLIC_KINDS else 3)] for kind in (*PRIVATE_KINDS, *PUBLIC_KINDS)
        }
        self.splits = [f"split{self.mark}{text}" for text in SPLITS]

    def _one(self, kind: str, n: int) -> str:
        if kind == "email":
            return f"canary{n}{self.mark}@leak.test"
        if kind == "phone":
            return f"0803{int(self.mark, 16) % 10**6:06d}{n}"
        return f"canary-{kind}-{n}-{self.mark}"

    @property
    def every(self) -> list[str]:
        """All values as they must not be found anywhere."""
        return [value for values in self.kinds.values() for value in values] + [f"split{self.mark}", "planted=1"]

    def values(self, n: int) -> dict[str, Any]:
        """Fields by name, the n-th of each kind; every third time they try to break a line."""
        pick = {kind: found[n % len(found)] for kind, found in self.kinds.items()}
        tail = self.splits[n % len(self.splits)]
        return {
            **VALUES, "email": pick["email"], "address": pick["phone"] if n % 2 else pick["email"], "phone": pick["phone"], "password": pick["password"],
            "new_password": pick["password"], "code": pick["code"], "note": pick["note"] + (tail if n % 3 == 0 else ""), "bio": pick["bio"],
            "name": pick["name"] + (tail if n % 3 == 1 else ""), "title": pick["title"], "company": pick["company"], "town": pick["town"],
            "description": f"{pick['description']} for six days near Nsukka, with a small generator.", "next": f"/{pick['path']}", "to": pick["query"],
        }  # fmt: skip

    def headers(self, n: int) -> dict[str, str]:
        """Headers that people and programs send, each with a canary."""
        pick = {kind: found[n % len(found)] for kind, found in self.kinds.items()}
        return {
            "user-agent": pick["agent"], "referer": f"http://127.0.0.1/{pick['referer']}?q={pick['email']}", "x-forwarded-for": pick["phone"],
            "x-request-id": pick["token"], "cookie": f"session={pick['cookie']}; known={pick['cookie']}; nch_mark={pick['cookie']}",
            "idempotency-key": pick["token"], "accept-language": pick["query"], "x-nch-position": pick["token"], "cf-ipcountry": pick["name"],
        }  # fmt: skip

    def query(self, n: int) -> dict[str, str]:
        """A query with what people put into addresses."""
        pick = {kind: found[n % len(found)] for kind, found in self.kinds.items()}
        return {
            "q": pick["query"],
            "cursor": pick["token"],
            "next": pick["path"],
            "code": pick["code"],
            "email": pick["email"] + self.splits[0],
        }


async def push(web: Served, scene: Scene, canaries: Canaries, operation: Operation, n: int) -> list[httpx.Response]:
    """One operation twice: as whoever gets furthest, and with a made-up token and a canary in its path."""
    found = []
    for role, bearer in ((scene.role_for(operation), None), (None, canaries.kinds["bearer"][n % 3])):
        path = operation.path if bearer is None else operation.path.replace("nothing", canaries.kinds["path"][n % 3])
        body = operation.body(canaries.values(n))
        given = {**canaries.headers(n), **body.pop("headers", {}), **({"authorization": f"Bearer {bearer}"} if bearer else {})}
        if role:
            given["authorization"] = f"Bearer {scene.tokens[role]}"
        async with httpx.AsyncClient(base_url=web.url, timeout=60) as client:
            asked = {name: text for name, text in canaries.query(n).items() if bearer or operation.takes(name)}
            found.append(await client.request(operation.method, path, params=asked, headers=given, **body))
    return found


async def to_strangers(web: Served, operations: list[Operation]) -> str:
    """What somebody who is not signed in is told on every route, refusals and metrics included."""
    told = []
    async with httpx.AsyncClient(base_url=web.url, timeout=60) as client:
        for operation in operations:
            answer = await client.request(operation.method, operation.path, headers={"sec-fetch-site": "same-origin"})
            told.append(answer.text + str(answer.headers))
    return "\n".join(told)


async def test_canaries_stay_where_they_were_sent(process: Process, settings: Settings, start: Start, measured: Measure) -> None:
    canaries, scene = Canaries(), await Scene(process).build()
    web = start(["serve"], environment(settings))
    worker = start(["worker"], environment(settings, MAIL_URL="smtp://127.0.0.1:9"))
    await asyncio.to_thread(web.ready)
    await asyncio.to_thread(worker.working)
    operations = [op for op in scene.operations() if not op.path.startswith("/dev/")]
    answers: list[httpx.Response] = []
    for n in range(ROUNDS):
        for chunk in range(0, len(operations), 8):
            batches = await asyncio.gather(*(push(web, scene, canaries, op, n + i) for i, op in enumerate(operations[chunk : chunk + 8])))
            answers += [answer for batch in batches for answer in batch]
        await scene.sign_in()
    told = await to_strangers(web, operations)
    answer = await asyncio.to_thread(httpx.get, f"{web.url}/metrics", headers=FIGURES)
    figures = answer.text
    assert (answer.status_code, "nch_requests_total" in figures) == (200, True)
    lines = [*web.lines(), *worker.lines()]
    logged = web.said() + worker.said()
    assert [value for value in canaries.every if value in logged] == []
    assert [value for value in canaries.every if value in figures] == []
    hidden = [value for kind in PRIVATE_KINDS for value in canaries.kinds[kind]]
    assert [value for value in hidden if value in told] == []
    assert [
        a.request.url.path
        for a in answers
        if a.status_code >= 400
        for kind in SECRET_KINDS
        for value in canaries.kinds[kind]
        if value in a.text
    ] == []
    assert [a.request.url.path for a in answers if "planted" in a.headers.get("set-cookie", "") or "planted" in a.headers] == []
    assert [
        f"{a.request.method} {a.request.url.path} {a.status_code} {a.text[:80]}"
        for a in answers
        if a.status_code >= 500 and a.status_code != 503
    ] == []
    assert all({"event", "instance", "timestamp", "level"} <= set(line) for line in lines)
    measured(
        "S16",
        canaries=len(canaries.every),
        requests=len(answers),
        routes=len(operations),
        log_lines=len(lines),
        in_logs=0,
        in_metrics=0,
        told_to_strangers=0,
    )
