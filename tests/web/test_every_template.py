"""Every template and every macro is really rendered by a handler, and no state is shown by the name it has inside.

The pages are those of the authorisation matrix, asked by people to whom they show something; what jinja loads and which macros
it calls is noted. A template that no page uses fails, and so does a state that has no word.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from html import unescape
from typing import Any, get_args

import httpx
import msgspec
import pytest
from jinja2 import nodes
from jinja2.runtime import Macro

from nollycrewhub.domains.jobs.rules.states import APPLICATION_STATES, JOB_STATES
from nollycrewhub.domains.messages.schemas import Reason
from nollycrewhub.domains.notifications.rules.kinds import CHANNELS, KINDS
from nollycrewhub.domains.notifications.rules.states import STATES
from nollycrewhub.domains.users.pages.google import LINK
from nollycrewhub.domains.users.schemas import Availability, PendingLink
from nollycrewhub.kit.crafts import BY_SLUG
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.security import sign
from nollycrewhub.platform.settings import Settings
from nollycrewhub.services import monolith
from nollycrewhub.web.page import environment
from tests.security.conftest import SetStage
from tests.security.conftest import house as house  # noqa: PLC0414 - pytest finds fixtures by name
from tests.security.conftest import set_stage as set_stage  # noqa: PLC0414
from tests.security.stage import PASSWORD, Stage
from tests.security.table import TABLE
from tests.security.test_matrix import ask

NAMES = sorted(environment().list_templates(extensions=["html"]))
NOT_PAGES = ("/api/", "/schema", "/assets", "/media")
PEOPLE = ("owner", "poster", "operator")
PILL = re.compile(r'<span class="status[^"]*">([^<]*)</span>')
APPLIED = {
    "applied": "Applied", "reviewed": "Reviewed", "shortlisted": "Shortlisted", "offered": "Offered", "hired": "Hired",
    "declined": "Not this time", "withdrawn": "Withdrawn",
}  # fmt: skip
POSTED = {"draft": "Draft", "open": "Open", "held": "Being checked", "shelved": "Not public", "closed": "Closed"}
REPORTED = {
    "money": "Asks for money", "harassment": "Harassment", "spam": "Unwanted advertising", "pretending": "Pretends to be somebody else",
    "other": "Something else",
}  # fmt: skip
WENT = {
    "queued": "waiting", "sent": "sent", "delivered": "delivered", "opened": "opened", "confirmed": "seen", "bounced": "came back",
    "blocked": "not sent", "failed": "failed",
}  # fmt: skip
BY = {"push": "Push", "email": "E-mail", "whatsapp": "WhatsApp", "sms": "SMS"}
FREE = {"free": "Free now", "ask": "Ask", "busy": "Busy"}
ON_CARDS = {**FREE, "ask": "Ask if free"}
# Names from inside that are no words of English, so a page that shows one shows a raw value.
RAW = {name for name in (*KINDS, *BY_SLUG) if re.search(r"[-._]", name)}
Page = Callable[[str, str], Awaitable[str]]


def macros() -> set[tuple[str, str]]:
    """Every macro of every template, by its file and name."""
    made, found = environment(), set()
    for name in NAMES:
        source = made.loader.get_source(made, name)[0] if made.loader else ""
        found |= {(name, macro.name) for macro in made.parse(source).find_all(nodes.Macro)}
    return found


def words_of(page: str) -> str:
    """What a person reads of a page."""
    inside = re.sub(r"<(script|style|code|pre)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", inside)).split())


async def all_pages(stage: Stage) -> dict[str, str]:
    """Every page of the matrix as three people see it."""
    found = {}
    for row in TABLE:
        if row.method == "GET" and not row.path.startswith(NOT_PAGES):
            for role in PEOPLE:
                answer, _ = await ask(row, stage, stage.callers[role], stage.ids)
                found[f"{row.path} {row.subject} {role}"] = answer.text
    return found


async def page_before_google_is_connected(settings: Settings) -> int:
    """The status of the one page that only a provider leads to."""
    known = msgspec.structs.replace(settings, google_client_id="c" * 20, google_client_secret="s" * 20)
    process = monolith.create_app(known)
    pending = PendingLink(subject="7", email="ada@example.test", mark="m", next="/me")
    cookie = sign(settings.secret, LINK, msgspec.json.encode(pending).decode(), expires_in=60)
    await process.runtime.start()
    try:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=process), base_url=known.public_url) as client:
            client.cookies.set(LINK, cookie)
            return (await client.get("/signin/google/link", headers={"accept": "text/html"})).status_code
    finally:
        await process.runtime.stop()


async def test_every_template_and_every_macro_is_rendered(
    house: Process, set_stage: SetStage, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded, called = set(), set()
    made, load, call = environment(), environment().get_template, Macro._invoke
    files = {made.get_template(name).filename: name for name in NAMES}

    def noted_load(name: Any, *more: Any, **options: Any) -> Any:
        loaded.add(name)
        return load(name, *more, **options)

    def noted_call(self: Macro, *more: Any) -> Any:
        called.add((files.get(self._func.__code__.co_filename), self.name))
        return call(self, *more)

    monkeypatch.setattr(made, "get_template", noted_load)
    monkeypatch.setattr(Macro, "_invoke", noted_call)
    stage = await set_stage()
    await house.runtime.valkeys.cache.flushdb()  # other tests' pages would be shown without being rendered
    pages = await all_pages(stage)
    await change(house, stage, "update jobs.job set status = 'shelved' where id = $1", stage.ids["job_id"])
    kept = await stage.callers["owner"].ask("GET", f"/jobs/{stage.ids['job_id']}/apply", headers={"accept": "text/html"})
    assert kept.status_code == 200, "who applied keeps the application when the post is taken away"
    gone = await stage.callers["stranger"].ask("POST", "/me/delete", headers={"accept": "text/html"}, data={"password": PASSWORD})
    assert gone.status_code == 200
    assert await page_before_google_is_connected(settings) == 200
    assert sorted(set(NAMES) - loaded) == []
    assert sorted(macros() - called) == []
    raw = {
        where: shown
        for where, text in pages.items()
        if not where.startswith("/ops/queues") and (shown := RAW & set(words_of(text).split()))
    }
    assert raw == {}


@pytest.fixture
async def page(set_stage: SetStage) -> AsyncIterator[tuple[Stage, Page]]:
    """A stage, and what somebody there reads at an address."""
    stage = await set_stage()

    async def run(role: str, path: str) -> str:
        answer = await stage.callers[role].ask("GET", path, headers={"accept": "text/html"})
        assert answer.status_code == 200, (path, answer.text[:300])
        return answer.text

    yield stage, run


async def change(house: Process, stage: Stage, statement: str, *values: Any) -> None:
    """Brings a row into a state that a person would need many steps for; everybody there reads no earlier than that."""
    async with house.runtime.db.write_session() as session:
        await session.sql(statement, *values)
        position = await house.runtime.db.commit(session)
    assert position is not None
    await house.runtime.sessions.remember_all([str(one.person_id) for one in stage.callers.values() if one.person_id], position)


async def test_every_state_of_an_application_has_its_word_on_every_page(house: Process, page: tuple[Stage, Page]) -> None:
    assert set(APPLIED) == set(APPLICATION_STATES)
    stage, read = page
    job, application = stage.ids["job_id"], stage.ids["application_id"]
    for state, word in APPLIED.items():
        await change(house, stage, "update jobs.application set status = $2 where id = $1", application, state)
        shown = {
            "mine": PILL.findall(await read("owner", "/me/applications")),
            "own": PILL.findall(await read("owner", f"/jobs/{job}/apply")),
            "pipeline": PILL.findall(await read("poster", f"/me/jobs/{job}")),
        }
        if state == "withdrawn":
            assert shown.pop("own") == []
        assert {where for where, pills in shown.items() if word not in pills} == set(), state
        assert not {state} & {pill for pills in shown.values() for pill in pills}


async def test_every_state_of_a_job_has_its_word(house: Process, page: tuple[Stage, Page]) -> None:
    assert set(POSTED) == set(JOB_STATES)
    stage, read = page
    for state, word in POSTED.items():
        await change(house, stage, "update jobs.job set status = $2 where id = $1", stage.ids["job_id"], state)
        assert word in PILL.findall(await read("poster", f"/me/jobs/{stage.ids['job_id']}")), state
        pills = PILL.findall(await read("poster", "/me/jobs"))
        assert word in pills and state not in pills
    passed = "update jobs.job set status = 'open', deadline = '2026-01-01', deadline_key = '2026-01-01' where id = $1"
    await change(house, stage, passed, stage.ids["job_id"])
    for path in (f"/me/jobs/{stage.ids['job_id']}", "/me/jobs"):
        pills = PILL.findall(await read("poster", path))
        assert "Applications have ended" in pills and "ended" not in pills


async def test_what_became_of_a_notice_is_in_words(house: Process, page: tuple[Stage, Page]) -> None:
    assert (set(WENT), set(BY)) == (set(STATES), set(CHANNELS))
    stage, read = page
    for number, (state, word) in enumerate(WENT.items()):
        channel = CHANNELS[number % len(CHANNELS)]
        update = "update notifications.delivery set state = $2, channel = $3, notice_id = $4, person_id = $5 where id = $1"
        await change(
            house, stage, update, stage.ids["delivery_id"], state, channel, stage.ids["notice_id"], stage.callers["owner"].person_id
        )
        assert f"Outside the app: {BY[channel]} {word}" in words_of(await read("owner", "/me/notices")), state


async def test_why_somebody_was_reported_and_whether_they_are_free_is_in_words(house: Process, page: tuple[Stage, Page]) -> None:
    assert (set(REPORTED), set(FREE)) == (set(get_args(Reason)), set(get_args(Availability)))
    stage, read = page
    for table, column in (("reported", "report_id"), ("report", "id")):  # the page shows the oldest, and other tests have left many
        await change(house, stage, f"delete from messages.{table} where {column} <> $1", stage.ids["report_id"])
    for reason, word in REPORTED.items():
        await change(house, stage, "update messages.report set reason = $2 where id = $1", stage.ids["report_id"], reason)
        assert word in words_of(await read("operator", "/ops/reports")), reason
    for free, word in FREE.items():
        profile = {"name": "Ada Obi", "listed": True, "availability": free}
        saved = await stage.callers["owner"].ask("PUT", "/api/profile", json=profile)
        assert saved.status_code == 200
        handle = (await stage.callers["owner"].ask("GET", "/api/profile")).json()["user"]["handle"]
        assert f"Free {word}" in words_of(await read("owner", f"/talent/{handle}")), free
        cards = re.findall(rf'<a href="/talent/{handle}".*?</li>', await read("owner", f"/talent?q=Ada+Obi&availability={free}"), re.DOTALL)
        assert [words_of(card) for card in cards] == [f"Ada Obi {ON_CARDS[free]}"], free
