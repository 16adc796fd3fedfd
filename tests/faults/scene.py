"""A small town to break things in: people with sessions, a listing, an application, a held post; and every route, filled in."""

import io
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx
import msgspec
from PIL import Image

from nollycrewhub.domains.users.models import Person, Profile
from nollycrewhub.kit.ids import token, uuid7
from nollycrewhub.kit.time import utcnow
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.db import Query
from tests.journeys.conftest import JOB, PASSWORD

ASKS_FOR_MONEY = "Talent must pay a registration fee of ₦5,000 before the audition in Enugu."
ENDING = ("logout", "signout", "devices", "confirm-password")
STAND_INS = {"int": "999999999", "uuid": "019f3fba-2e50-7d8f-b0e1-aef1cd613e30", "str": "nothing", "path": "nothing"}
VALUES: dict[str, Any] = {
    "name": "Ada Obi", "email": "ada@example.test", "phone": None, "address": "ada@example.test", "password": PASSWORD, "code": "123456",
    "to": "reviewed", "decision": "refuse", "note": "Thank you for the offer.", "up_to": "019f3fba-2e50-7d8f-b0e1-aef1cd613e30", "next": "/me",
    "pay_amount": "150000", "pay_terms": "paid", "pay_unit": "day", "new_password": PASSWORD, **JOB,
}  # fmt: skip
COUNTED = Query(
    str,
    "select concat_ws(' ', (select count(*) from users.person), (select count(*) from jobs.job), (select count(*) from jobs.application), "
    "(select count(*) from notifications.notice), (select count(*) from platform.event), (select count(*) from platform.idempotency))",
)


@dataclass(frozen=True)
class Operation:
    """One route and method, with its parameters filled in."""

    method: str
    template: str
    path: str
    access: str
    fields: tuple[str, ...]
    queries: tuple[str, ...] = ()

    def takes(self, name: str) -> bool:
        """Whether a query may hold this name: the API refuses one it does not know."""
        return not self.is_api or name in self.queries

    @property
    def is_api(self) -> bool:
        """Whether it speaks JSON."""
        return self.path.startswith("/api/")

    @property
    def is_safe(self) -> bool:
        """Whether it only reads."""
        return self.method == "GET"

    @property
    def ends_sessions(self) -> bool:
        """Whether it takes the caller's session with it."""
        return not self.is_safe and any(word in self.path for word in ENDING)

    def body(self, values: dict[str, Any]) -> dict[str, Any]:
        """What to send: multipart for pictures, JSON for the API, a form for pages."""
        if self.is_safe:
            return {}
        if self.path.endswith("/photo"):
            return {"files": {"photo": ("me.png", picture(), "image/png")}}
        if self.path.endswith("/messages/files"):
            return {
                "data": {"conversation": STAND_INS["uuid"]} if not self.is_api else {},
                "files": {"file": ("a.png", picture(), "image/png")},
            }
        if not self.is_api:
            pairs = [(name, one) for name, value in values.items() for one in (value if isinstance(value, list) else [value])]
            form = [(name, str(value)) for name, value in pairs if value is not None and not isinstance(value, dict)]
            return {"content": urlencode(form), "headers": {"content-type": "application/x-www-form-urlencoded"}}
        found = {name: values[name] for name in self.fields if values.get(name) is not None}
        return {"json": found} if self.fields else {}


def picture() -> bytes:
    """A tiny photo."""
    out = io.BytesIO()
    Image.new("RGB", (400, 400), "green").save(out, "PNG")
    return out.getvalue()


async def member(process: Process) -> tuple[Person, dict[str, str]]:
    """Somebody who may post, and the header that says so to any process on these servers."""
    person = Person(id=uuid7(), handle=token(10).lower(), name="Test Poster", email=f"{token(8).lower()}@example.test", version=1)
    person.email_confirmed_at = utcnow()
    async with process.runtime.db.write_session() as session:
        session.add(person)
        await session.flush()
        session.add(Profile(person_id=person.id))
        await session.commit()
    bearer = await process.runtime.sessions.create(person.id, name=person.name)
    return person, {"authorization": f"Bearer {bearer}"}


@dataclass
class Scene:
    """Who and what there is, over one started process."""

    process: Process
    ids: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    people: dict[str, Any] = field(default_factory=dict)

    async def build(self) -> "Scene":
        """Puts the town there, through the front door where it matters."""
        hashed = await self.process.runtime.passwords.hash(PASSWORD)
        async with self.process.runtime.db.write_session() as session:
            for role in ("poster", "applicant", "operator"):
                person = Person(
                    id=uuid7(), handle=f"{role}-{token(6).lower()}", name=f"Test {role.title()}", email_confirmed_at=utcnow(), version=1
                )
                person.email, person.password_hash, person.operator = f"{person.handle}@example.test", hashed, role == "operator"
                session.add(person)
                await session.flush()
                session.add(Profile(person_id=person.id, listed=True))
                self.people[role] = person
            await session.commit()
        await self.sign_in()
        async with self.client("poster") as poster, self.client("applicant") as applicant:
            job = (await poster.post("/api/jobs", json=JOB)).json()["job"]["id"]
            held = await poster.post("/api/jobs", json={**JOB, "description": ASKS_FOR_MONEY})
            assert held.json()["job"]["status"] == "held"
            shown = await applicant.post("/api/users/me/photo", files={"photo": ("me.png", picture(), "image/png")})
            assert shown.status_code < 300, shown.text  # nobody takes this one away: the card of the handle below shows it
            application = (await applicant.post(f"/api/jobs/{job}/applications", json={"note": "I can start on Monday."})).json()
        async with self.process.runtime.db.write_session() as session:
            review = (await session.sql("select id from jobs.review where job_id = $1", held.json()["job"]["id"]))[0][0]
        nobody = str(uuid7())
        self.ids = {
            "job_id": str(job), "application_id": application["application"]["id"], "review_id": str(review), "notice_id": nobody,
            "handle": self.people["applicant"].handle, "key": "0" * 64, "name": "nothing.webp", "verb": "close", "path": "openapi.json",
        }  # fmt: skip
        return self

    async def sign_in(self) -> None:
        """New sessions for everybody, and one of nobody's that may be ended."""
        sessions = self.process.runtime.sessions
        for role, person in self.people.items():
            self.tokens[role] = await sessions.create(person.id, name=person.name, operator=person.operator)
        self.tokens["passing"] = await sessions.create(uuid7(), name="Passing Stranger")

    def client(self, role: str | None, **headers: str) -> httpx.AsyncClient:
        """A browser without cookies whose bearer token is this role's."""
        bearer = {"authorization": f"Bearer {self.tokens[role]}"} if role else {}
        url = self.process.runtime.settings.public_url
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.process), base_url=url, headers={"origin": url, **bearer, **headers}, timeout=60
        )

    def role_for(self, operation: Operation) -> str | None:
        """Whose session gets furthest on this route."""
        if operation.access == "public":
            return None
        if operation.ends_sessions:
            return "passing"
        if operation.access == "operator":
            return "operator"
        return "applicant" if "application" in operation.path and operation.path.endswith(("/mine", "/apply", "/withdraw")) else "poster"

    async def send(self, operation: Operation, *, values: dict[str, Any] | None = None, html: bool = False) -> httpx.Response:
        """One request; anything that escapes the application is raised here."""
        given = values or VALUES
        erases = operation.path == "/me/delete" or (operation.method, operation.path) == ("DELETE", "/api/users/me")
        body = operation.body({**given, "password": "not the right one"} if erases else given)
        headers = {"accept": "text/html" if html else "application/json", **body.pop("headers", {})}
        async with self.client(self.role_for(operation)) as client:
            return await client.request(operation.method, operation.path, headers=headers, **body)

    async def counts(self) -> str | None:
        """How many rows of everything there are, on the primary."""
        return await self.process.runtime.db.read_session(primary=True).value(COUNTED)

    def operations(self) -> list[Operation]:
        """Every route that declares access."""
        schema = self.process.litestar.openapi_schema.to_schema()
        found = []
        for route in self.process.litestar.routes:
            pieces = [part[1:-1].split(":") if part.startswith("{") else [part] for part in route.path.split("/")]
            template = "/".join(f"{{{piece[0]}}}" if len(piece) == 2 else piece[0] for piece in pieces)
            path = "/".join(self.ids.get(piece[0], STAND_INS[piece[1]]) if len(piece) == 2 else piece[0] for piece in pieces)
            for handler in getattr(route, "route_handlers", []):
                access = handler.opt.get("access")
                for method in sorted(handler.http_methods - {"OPTIONS"}):
                    if access is not None:
                        fields, queries = fields_of(schema, template, str(method)), queries_of(schema, template, str(method))
                        found.append(Operation(str(method), template, path, access, fields, queries))
        return found


def fields_of(schema: dict[str, Any], template: str, method: str) -> tuple[str, ...]:
    """The names of a JSON body's fields, from the OpenAPI."""
    operation = schema["paths"].get(template, {}).get(method.lower(), {})
    content = operation.get("requestBody", {}).get("content", {})
    reference = next((part.get("schema", {}).get("$ref", "") for part in content.values()), "")
    model = schema["components"]["schemas"].get(reference.rsplit("/", 1)[-1], {})
    return tuple(model.get("properties", {}))


def queries_of(schema: dict[str, Any], template: str, method: str) -> tuple[str, ...]:
    """The names a query may hold, from the OpenAPI."""
    operation = schema["paths"].get(template, {}).get(method.lower(), {})
    return tuple(one["name"] for one in operation.get("parameters", []) if one["in"] == "query")


def faults_of(operation: Operation, answer: httpx.Response) -> list[str]:
    """What is wrong with how a failure is told: in place, in words, with a number, and with nothing of our insides."""
    where = f"{operation.method} {operation.template} -> {answer.status_code}"
    text = answer.text.lower()
    faults = [
        f"{where} shows {word}" for word in ("traceback", 'file "', "asyncpg", "sqlalchemy", "redis", "errno", "/src/") if word in text
    ]
    if answer.status_code >= 500 and answer.status_code != 503:
        faults.append(f"{where} is no answer of ours: {answer.text[:200]}")
    if answer.status_code == 503 and operation.path != "/readyz":
        if not answer.headers.get("retry-after", "").isdigit():
            faults.append(f"{where} has no Retry-After")
        request_id = answer.headers.get("x-request-id", "")
        if answer.headers["content-type"] == "application/problem+json":
            problem = msgspec.json.decode(answer.content)
            if (problem.get("request_id"), problem.get("status")) != (request_id, 503):
                faults.append(f"{where} tells {problem}")
        elif request_id not in answer.text and "<form" not in text:  # a form comes back as it was typed, with a sentence
            faults.append(f"{where} is a page without the request's number")
    return faults
