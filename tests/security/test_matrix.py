"""Who gets what, everywhere; a denial changes nothing and tells nobody that there is something (bar S2)."""

import random
import secrets
from typing import Any
from uuid import uuid4

import httpx
import pytest

from nollycrewhub.platform.app import Process
from tests.conftest import FULL
from tests.measuring import Measure
from tests.security.conftest import SetStage
from tests.security.headers import header_faults
from tests.security.ledger import Ledger
from tests.security.stage import ROLES, Caller, Stage
from tests.security.surface import operations
from tests.security.table import IN, TABLE, Row, address
from tests.sessions import let_the_password_lapse

DENIED = (IN, 401, 403, 404)


def of_nobody() -> dict[str, Any]:
    """Ids of the right kind that name nothing."""
    number = 2**40 + secrets.randbelow(2**40)
    found: dict[str, Any] = {
        name: str(uuid4())
        for name in (
            "application_id",
            "declined_application_id",
            "review_id",
            "notice_id",
            "script_id",
            "search_id",
            "person_id",
            "device_id",
            "delivery_id",
            "conversation_id",
            "group_conversation_id",
            "group_person_id",
            "project_id",
            "project_person_id",
            "day_id",
            "file_id",
            "plain_file_id",
            "report_id",
        )
    }
    found |= {name: secrets.token_hex(32) for name in ("key", "name", "handle", "unlisted", "members_photo", "private_photo")}
    return found | dict.fromkeys(("job_id", "draft", "held", "shelved", "closed", "declined", "work_id", "event_id", "incident_id"), number)


def spoken(answer: httpx.Response) -> int:
    """The status, with the way to the sign-in page told apart from any other redirect."""
    to_sign_in = answer.status_code == 303 and answer.headers["location"].startswith("/signin")
    return IN if to_sign_in else answer.status_code


def told(answer: httpx.Response, path: str) -> tuple[int, str, str]:
    """What an answer tells, but for its own number and the path it was asked at."""
    text = answer.text.replace(answer.headers.get("x-request-id", "NUMBER"), "NUMBER").replace(path, "PATH")
    return answer.status_code, text, answer.headers.get("location", "").replace(path, "PATH")


def leaks(stage: Stage, role: str, answer: httpx.Response, sent: str = "") -> list[str]:
    """Texts in the answer that this role may never read, and did not send."""
    return [f"{role} reads {text}" for text in stage.forbidden[role] if text in answer.text and text not in sent]


async def ask(row: Row, stage: Stage, caller: Caller, ids: dict[str, Any]) -> tuple[httpx.Response, str]:
    """The row's request as this caller sends it: the answer, and what was sent (or proven: a link holds the right to its own address)."""
    is_page = not row.path.startswith("/api/")
    parts = row.parts(stage, caller) if row.parts else {}
    headers = {"accept": "text/html" if is_page else "application/json"}
    return await caller.ask(row.method, address(row, ids), headers=headers, **parts), str(parts) + (
        stage.secret("mail") if "_link" in row.subject else ""
    )


async def judge(row: Row, stage: Stage, role: str, expected: int, ledger: Ledger) -> list[str]:
    """What is wrong with one cell."""
    caller = stage.callers[role]
    answer, sent = await ask(row, stage, caller, stage.ids)
    wrong = leaks(stage, role, answer, sent) + header_faults(answer)
    if spoken(answer) != expected:
        wrong.append(f"expected {expected}, got {spoken(answer)}: {answer.text[:200]}")
    if is_harmless(row, expected):
        wrong += [f"changed {change}" for change in await ledger.changes()]
    if expected in DENIED and "{" in row.path:
        unknown = of_nobody()
        other, _ = await ask(row, stage, caller, unknown)
        if told(answer, address(row, stage.ids)) != told(other, address(row, unknown)):
            wrong.append(f"tells that there is something: {answer.text[:300]} / {other.text[:300]}")
    return wrong


def is_harmless(row: Row, expected: int) -> bool:
    """Reads and refusals: they must change nothing."""
    return row.method == "GET" or expected in DENIED or expected >= 400


@pytest.fixture(scope="module")
async def untouched(house: Process, set_stage: SetStage) -> tuple[Stage, Ledger]:
    """One stage for everything that changes nothing, and the ledger that proves it."""
    return await set_stage(), Ledger(house)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.method} {row.path} {row.subject}".strip())
async def test_each_of_the_five_gets_what_the_table_says(set_stage: SetStage, untouched: tuple[Stage, Ledger], row: Row) -> None:
    wrong = []
    stage, ledger = untouched
    await ledger.note()
    cells = list(zip(ROLES, row.cells, strict=True))
    for role, expected in [cell for cell in cells if is_harmless(row, cell[1])]:
        wrong += [f"{role}: {fault}" for fault in await judge(row, stage, role, expected, ledger)]
    for role, expected in [cell for cell in cells if not is_harmless(row, cell[1])]:
        wrong += [f"{role}: {fault}" for fault in await judge(row, await set_stage(), role, expected, ledger)]
    assert wrong == []


PUBLIC = ("schema", "/cards/")  # whose paths name nothing of anybody's own
GUARDED = [
    row
    for row in TABLE
    if "{" in row.path and row.cells[1] == 404 and row.subject != "unlisted" and not any(part in row.path for part in PUBLIC)
]
KINDS = (
    "job_id",
    "draft",
    "held",
    "shelved",
    "closed",
    "declined",
    "application_id",
    "declined_application_id",
    "review_id",
    "notice_id",
    "key",
    "search_id",
    "script_id",
    "work_id",
    "event_id",
    "incident_id",
    "person_id",
    "device_id",
    "delivery_id",
    "conversation_id",
    "report_id",
    "group_conversation_id",
    "group_person_id",
    "file_id",
    "plain_file_id",
    "project_id",
    "project_person_id",
    "day_id",
)
SWAPS = 10_000 if FULL else 150


def is_entitled(row: Row, role: str, sources: dict[str, int], mine: int) -> bool:
    """Whether these ids together are this caller's to use: all from the own stage, and the table says yes."""
    if row.cells[ROLES.index(role)] in DENIED:
        return False
    named = [part.strip("{}").split(":")[0] for part in row.path.split("/") if part.startswith("{")]
    of_subject = {name: f"{row.subject}_{name}" for name in named if f"{row.subject}_{name}" in sources}
    used = {
        sources[row.subject if row.subject and name == "job_id" else of_subject.get(name, name)]
        for name in named
        if name not in ("verb", "turn", "outcome", "n", "step", "block")
    }
    return 2 not in used if role == "operator" and row.cells[4] not in DENIED else used == {mine}


async def test_no_swapped_id_opens_anything(house: Process, set_stage: SetStage, measured: Measure) -> None:
    """Two sets of people, and ids of the one in the requests of the other, or of nobody."""
    rng = random.Random(2)
    stages = (await set_stage(), await set_stage())
    ledger = Ledger(house)
    await ledger.note()
    wrong: list[str] = []
    made = 0
    while made < SWAPS:
        row, mine, role = rng.choice(GUARDED), rng.randrange(2), rng.choice(ROLES)
        sources = {kind: rng.randrange(3) for kind in KINDS}
        if is_entitled(row, role, sources, mine):
            continue
        made += 1
        choices = (stages[0].ids, stages[1].ids, of_nobody())
        ids = {kind: choices[source][kind] for kind, source in sources.items()}
        answer, sent = await ask(row, stages[mine], stages[mine].callers[role], ids)
        other = stages[1 - mine]
        wrong += leaks(stages[mine], role, answer, sent) + leaks(other, "anonymous", answer, sent)
        is_over = role == "operator" and "{work_id" in row.path and answer.status_code == 409  # a failed job that is no longer there
        if spoken(answer) not in DENIED and not is_over:
            wrong.append(f"{role} {row.method} {address(row, ids)} {sources} -> {answer.status_code}")
    measured("S2", routes=len(operations(house)), rows=len(TABLE), cells=len(TABLE) * len(ROLES), swaps=made, opened=len(wrong))
    assert wrong == []
    assert await ledger.changes() == []


async def test_a_decision_needs_a_password_typed_lately(house: Process, set_stage: SetStage) -> None:
    stage = await set_stage()
    operator = stage.callers["operator"]
    viewer = await house.runtime.sessions.load(operator.token)
    assert viewer is not None
    await let_the_password_lapse(house.runtime.sessions, viewer[0].session_key)
    ledger = Ledger(house)
    await ledger.note()
    body = {"decision": "release", "note": "It is fine."}
    answer = await operator.ask("POST", f"/api/jobs/held/{stage.ids['review_id']}/decide", json=body)
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/confirmation-needed")
    page = await operator.ask("POST", f"/ops/held/{stage.ids['review_id']}", data=body, headers={"accept": "text/html"})
    assert page.status_code == 403
    assert await ledger.changes() == []


async def test_somebody_elses_notice_marks_only_ones_own(house: Process, set_stage: SetStage) -> None:
    stage = await set_stage()
    assert (
        await stage.callers["stranger"].ask("POST", "/api/notifications/read", json={"up_to": str(stage.ids["notice_id"])})
    ).status_code == 204
    assert (await stage.callers["owner"].ask("GET", "/api/notifications")).json()["unread"] == 1


async def test_a_hidden_field_is_not_found_by_asking_for_it(set_stage: SetStage) -> None:
    """Whoever hides a field is found by their name, and by no filter or word that would tell what is hidden."""
    stage = await set_stage()
    owner = stage.callers["owner"]
    word = secrets.token_hex(8)
    hidden = {
        "bio": f"bio{word}", "state": "EN", "town": "Nsukka", "skills": [f"skill{word}"], "rate_kobo": 100,
        "languages": [{"code": "ig", "level": "native"}], "availability": "free", "available_from": "2031-03-14", "credits": [{"title": f"film{word}"}],
    }  # fmt: skip
    visibility = dict.fromkeys(
        ("bio", "state", "town", "skills", "rate", "languages", "availability", "available_from", "credits"), "private"
    )
    saved = await owner.ask("PUT", "/api/profile", json={"name": f"Ada {stage.mark}", "listed": True, "visibility": visibility, **hidden})
    assert saved.status_code == 200
    asked = ({"state": "EN"}, {"language": "ig"}, {"availability": "free"}, {"free_by": "2031-03-14"}, {"max_rate": "100"},
             {"q": f"bio{word}"}, {"q": f"skill{word}"}, {"q": f"film{word}"})  # fmt: skip
    found = await stage.callers["anonymous"].ask("GET", "/api/users", params={"q": f"Ada {stage.mark}"})
    assert owner.handle in found.text
    for query in asked:
        answer = await stage.callers["stranger"].ask("GET", "/api/users", params={"limit": "100", **query})
        assert answer.status_code == 200
        assert owner.handle not in answer.text, query
    person = (await stage.callers["stranger"].ask("GET", f"/api/users/{owner.handle}")).json()["user"]
    assert set(person) == {"id", "handle", "name", "headline", "roles", "departments", "location", "photo", "links"}
    assert person["location"] is None
