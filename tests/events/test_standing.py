"""What analytics counts without hearing each: messages, by the minute; and how much there is of what the site is for."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from nollycrewhub.domains.analytics import repository, service
from nollycrewhub.domains.analytics.rules import AT_ONCE, MESSAGES, SETTLED, STANDING, next_stretch
from nollycrewhub.kit.time import lagos_day, utcnow
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.db import Query
from nollycrewhub.platform.queue import Cron
from nollycrewhub.platform.worker import drain
from nollycrewhub.services.monolith import MODULES
from tests.domains.test_messages import handle_of, open_with, say, turn
from tests.domains.test_messages import join as join  # noqa: PLC0414 - pytest finds fixtures by name
from tests.domains.test_projects import ask_in, begin, script_of
from tests.events.test_counting import sums, total, true_at, work_of
from tests.journeys.conftest import Join
from tests.servers import FIGURES

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
CRONS = {cron.name: cron for module in MODULES for cron in module.cron}
TOLD = Query(int, "select count(*) from platform.event where name = 'message.received'")
STORED = {
    "people": Query(int, "select count(*) from users.person"),
    "people_listed": Query(
        int, "select count(*) from users.profile p join users.person a on a.id = p.person_id where p.listed and a.banned_at is null"
    ),
    "jobs_open": Query(
        int, "select count(*) from jobs.job where status = 'open' and deadline_key >= (now() at time zone 'Africa/Lagos')::date"
    ),
    "projects": Query(int, "select count(*) from projects.project"),
}


async def run(process: Process, cron: Cron) -> None:
    """What a worker does when it is time."""
    async with process.runtime.db.write_session() as session:
        await cron.run(work_of(process, session))
        await process.runtime.db.commit(session)


async def put_count_back(process: Process, ago: timedelta) -> None:
    """Messages are counted up to so long ago, and what was counted is gone."""
    async with process.runtime.db.write_session() as session:
        await session.sql("delete from analytics.daily where fact = $1", MESSAGES)
        await repository.add_up(session, MESSAGES, lagos_day(utcnow() - ago), count=0, until=utcnow() - ago)
        await process.runtime.db.commit(session)


async def count_messages(process: Process, *, now: datetime) -> None:
    """The same, as if it were another time."""
    async with process.runtime.db.write_session() as session:
        await service.count_messages(session, now=now)
        await process.runtime.db.commit(session)


def test_the_next_stretch_begins_where_the_last_one_ended_and_is_bounded() -> None:
    assert next_stretch(None, now=NOON) == (NOON - SETTLED, NOON - SETTLED)
    assert next_stretch(NOON - timedelta(minutes=2), now=NOON) == (NOON - timedelta(minutes=2), NOON - SETTLED)
    assert next_stretch(NOON, now=NOON) == (NOON, NOON)
    long_ago = NOON - timedelta(days=2)
    assert next_stretch(long_ago, now=NOON) == (long_ago, long_ago + AT_ONCE)


async def test_messages_are_counted_once_with_no_delivery_of_their_own(process: Process, join: Join) -> None:
    operator, ada, bola = await join("Ops Person", operator=True), await join("Ada Obi"), await join("Bola Ade")
    figure, read = f'nch_facts_total{{fact="{MESSAGES}"}}', process.runtime.db.read_session(primary=True)
    talk = (await open_with(ada, await handle_of(bola))).json()["message"]["conversation_id"]
    assert await turn(bola, talk, "accept") == 204
    begun = utcnow()
    await count_messages(process, now=begun + SETTLED)
    before, told = await total(operator, figure), await read.one(TOLD)
    for number in range(5):
        assert (await say(ada, talk, f"Take {number}")).status_code == 201
    await count_messages(process, now=begun)
    assert await total(operator, figure) == before, "the youngest may not all be stored yet"
    for minutes in (0, 1, 1):
        await count_messages(process, now=utcnow() + SETTLED + timedelta(minutes=minutes))
    assert (await total(operator, figure), await read.one(TOLD)) == (before + 5, (told or 0) + 5)


async def test_the_moment_that_is_told_is_not_past_the_messages_that_are_counted(process: Process, join: Join) -> None:
    operator = await join("Ops Person", operator=True)
    await drain(process.runtime)
    await put_count_back(process, timedelta(0))
    before = await true_at(operator)
    await put_count_back(process, timedelta(minutes=2))
    assert await true_at(operator) >= before, "a minute or two is usual"
    await put_count_back(process, timedelta(hours=3))
    assert before - timedelta(hours=3, minutes=1) < await true_at(operator) < before - timedelta(hours=2, minutes=58), "no worker counted"
    await count_messages(process, now=utcnow())
    assert before - timedelta(hours=2, minutes=1) < await true_at(operator) < before - timedelta(hours=1, minutes=58), "an hour at once"
    await put_count_back(process, timedelta(0))


async def test_conversations_projects_and_scripts_are_counted(process: Process, join: Join) -> None:
    operator, ada, bola = await join("Ops Person", operator=True), await join("Ada Obi"), await join("Bola Ade")
    await drain(process.runtime)
    before = await sums(operator)
    assert (await open_with(ada, await handle_of(bola))).status_code == 201
    assert (await ask_in(ada, await begin(ada, script=await script_of(process, ada)), bola)).status_code == 204
    await drain(process.runtime)
    counted = await sums(operator) - before
    facts = ("conversation.opened", "project.started", "project.invited", "script.uploaded")
    assert [sum(count for key, count in counted.items() if key[0] == fact) for fact in facts] == [1, 1, 1, 1]
    assert all(key[3] == "africa" for key in counted if key[0] in facts), "each with the region it was asked from"


async def test_how_much_there_is_is_counted_by_each_domain_and_told_by_all(process: Process, join: Join) -> None:
    operator, closed = await join("Ops Person", operator=True), await join("Bola Ade")
    over = await operator.post_job()
    await operator.post_job()
    await begin(operator)
    await handle_of(closed)
    async with process.runtime.db.write_session() as session:
        await session.sql("update users.person set banned_at = now() where id = $1", UUID(closed.person_id))
        await session.sql("update jobs.job set deadline_key = deadline_key - 400 where id = $1", over["id"])
        await process.runtime.db.commit(session)
    for domain in ("users", "jobs", "projects"):
        await run(process, CRONS[f"{domain}.standing"])
    read = process.runtime.db.read_session(primary=True)
    stored = {what: float(await read.one(query) or 0) for what, query in STORED.items()}
    assert {what: await total(operator, f'nch_standing{{what="{what}"}}') for what in STANDING} == stored
    assert min(stored["people"], stored["jobs_open"], stored["projects"]) >= 1
    page = (await operator.client.get("/ops/analytics")).text
    assert [label for label in STANDING.values() if label not in page] == []
    assert f"{int(stored['people']):,}" in page.partition("There are")[2]
    await begin(operator)
    await run(process, CRONS["projects.standing"])
    said = (await operator.client.get("/metrics", headers=FIGURES)).text
    assert f'nch_standing{{what="projects"}} {stored["projects"] + 1}' in said, "kept, not added up"
