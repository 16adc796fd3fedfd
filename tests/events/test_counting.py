"""Analytics: daily sums made of events, once each and in any order; and how late events are, seen and alarmed."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg

from nollycrewhub.domains.analytics import service
from nollycrewhub.domains.analytics.handlers import HANDLERS
from nollycrewhub.domains.analytics.rules import FACTS
from nollycrewhub.kit.ids import uuid7
from nollycrewhub.kit.time import lagos_day, utcnow
from nollycrewhub.platform import backlog
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.arriving import ARRIVALS
from nollycrewhub.platform.events import feel
from nollycrewhub.platform.queue import Work
from nollycrewhub.platform.tallies import TALLIES
from nollycrewhub.platform.worker import drain
from tests.journeys.conftest import JOB, Join, Member
from tests.servers import FIGURES

Sums = Counter[tuple[str, str, str, str]]
ALL = "select id, name from platform.event where id > $1 order by id"


async def sums(operator: Member, **period: str) -> Sums:
    """The counts of a period by fact, kind, state and region, as the API gives them."""
    answer = await operator.client.get("/api/analytics/daily", params=period)
    assert answer.status_code == 200, answer.text
    found: Sums = Counter()
    for row in answer.json()["counts"]:
        found[row["fact"], row["kind"], row["state"], row["region"]] += row["count"]
    return found


async def true_at(operator: Member) -> datetime:
    """Up to when the API says its counts are true."""
    return datetime.fromisoformat((await operator.client.get("/api/analytics/daily")).json()["true_at"])


async def total(operator: Member, series: str) -> float:
    """What /metrics says of a counter, 0 where it does not know it yet."""
    lines = (await operator.client.get("/metrics", headers=FIGURES)).text.splitlines()
    return next((float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"{series} ")), 0.0)


def work_of(process: Process, session: Any) -> Work:
    """What a handler gets."""
    db = process.runtime.db
    return Work(session, db.read_session(primary=True), db, process.runtime.ports, process.runtime.settings)


async def test_what_happens_is_counted_once_in_any_order(process: Process, join: Join) -> None:
    operator = await join("Ops Person", operator=True)
    await drain(process.runtime)
    before, first = await sums(operator), uuid7()
    ada, tunde = await join("Ada Obi"), await join("Tunde Bello")
    job = await ada.post_job()
    assert (await tunde.client.post(f"/api/jobs/{job['id']}/applications", json={"note": "I can."})).status_code == 201
    applied = (await ada.client.get(f"/api/jobs/{job['id']}/applications")).json()["applications"][0]["application"]["id"]
    assert (await ada.client.post(f"/api/jobs/{job['id']}/applications/{applied}/move", json={"to": "shortlisted"})).status_code == 204
    assert (await ada.client.put(f"/api/jobs/{job['id']}", json={**JOB, "wanted": 2})).status_code == 200
    assert (await ada.client.post(f"/api/jobs/{job['id']}/close")).status_code == 200
    async with process.runtime.db.write_session() as session:  # others may have counted messages long ago
        await service.count_messages(session, now=utcnow() + timedelta(minutes=1))
        await process.runtime.db.commit(session)
    waiting_since = await true_at(operator)
    await drain(process.runtime)
    assert await true_at(operator) > waiting_since
    counted = await sums(operator) - before
    owner = await asyncpg.connect(process.runtime.settings.database_owner_url)
    try:
        happened = await owner.fetch(ALL, first)
    finally:
        await owner.close()
    place = ("crew", "EN", "africa")
    assert counted["job.created", *place] == counted["job.updated", *place] == counted["job.closed", *place] == 1
    assert counted["application.received", *place] == 1
    assert sum(count for key, count in counted.items() if key[0] == "person.registered") == 2
    moved = sum(row["name"] == "application.moved" for row in happened)
    assert sum(count for key, count in counted.items() if key[0].startswith("application.")) == 1 + moved
    handlers = {handler.event.name: handler for handler in HANDLERS}
    shuffled = [row for row in happened if row["name"] in handlers]
    random.Random(7).shuffle(shuffled)
    for row in shuffled:
        async with process.runtime.db.write_session() as session:
            await feel(handlers[row["name"]], row["id"], work_of(process, session))
            await process.runtime.db.commit(session)
    assert await sums(operator) - before == counted


async def test_figures_have_what_people_did_today_and_noughts_for_what_they_did_not(process: Process, join: Join) -> None:
    operator = await join("Ops Person", operator=True)
    await drain(process.runtime)
    day = str(lagos_day())
    posted, today = 'nch_facts_total{fact="job.created"}', await sums(operator, since=day, until=day)
    before = await total(operator, posted)
    assert before == sum(count for key, count in today.items() if key[0] == "job.created")
    await operator.post_job()
    await operator.post_job(state="LA")
    await drain(process.runtime)
    assert await total(operator, posted) == before + 2
    said = (await operator.client.get("/metrics", headers=FIGURES)).text
    assert [fact for fact in FACTS if f'nch_facts_total{{fact="{fact}"}}' not in said] == []


async def test_the_page_shows_the_counts(process: Process, join: Join) -> None:
    operator = await join("Ops Person", operator=True)
    await operator.post_job(state="LA")
    await drain(process.runtime)
    shown = await operator.client.get("/ops/analytics")
    assert shown.status_code == 200
    assert "Jobs posted" in shown.text
    assert "Lagos" in shown.text
    assert "Jobs posted" in shown.text.partition("By region")[2].partition("africa")[0], "a region has its jobs and applications too"
    backwards = await operator.client.get("/api/analytics/daily?since=2026-02-02&until=2026-02-01")
    assert (backwards.status_code, backwards.json()["field"]) == (422, "since")


async def test_late_events_raise_an_alarm_and_arrivals_a_histogram(process: Process, join: Join) -> None:
    operator = await join("Ops Person", operator=True)
    await drain(process.runtime)
    await operator.post_job()
    runtime = process.runtime
    async with runtime.db.write_session() as session:
        await session.sql(
            "update platform.pgqueuer set created = now() - interval '40 seconds' where entrypoint = 'event:analytics.job_created'"
        )
        await runtime.db.commit(session)
    rung = await total(operator, 'nch_event_lag_alarms_total{consumer="analytics.job_created"}')
    async with runtime.db.write_session() as session:
        await backlog.watch_events.run(work_of(process, session))
        await runtime.db.commit(session)
    assert await total(operator, 'nch_event_lag_alarms_total{consumer="analytics.job_created"}') == rung + 1
    async with runtime.db.write_session() as session:
        told = await session.sql("select body->>'oldest_seconds' from platform.event where name = 'event.lagging' order by id desc limit 1")
    assert 40 <= float(told[0][0]) < 100
    assert await true_at(operator) < datetime.now(UTC)
    await drain(runtime)
    async with asyncpg.create_pool(runtime.settings.database_direct_url, min_size=1, max_size=1) as pool:
        await ARRIVALS.store(pool)
        await TALLIES.store(pool)
    assert (ARRIVALS.felt, TALLIES.counts) == ({}, {})
    figures = (await operator.client.get("/metrics", headers=FIGURES)).text
    assert 'nch_event_lag_seconds_bucket{consumer="analytics.job_created",le="+Inf"}' in figures
    assert 'nch_effects_total{consumer="analytics.job_created",outcome="felt"}' in figures
    assert 'nch_event_lag_seconds_count{consumer="analytics.job_created"}' in figures
