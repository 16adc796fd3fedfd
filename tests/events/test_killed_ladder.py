"""The ladder while workers are killed: nobody is told twice by a channel, nobody is skipped, and the money adds up."""

import asyncio
import random
import re
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import msgspec
import pytest

from nollycrewhub.domains.notifications.service.settling import AS_TEMPLATE
from nollycrewhub.platform.settings import Settings
from nollycrewhub.services import monolith
from tests.carriers.conftest import Person, Scene, Sims
from tests.conftest import FULL
from tests.events.conftest import EMPTIED
from tests.events.test_killed_consumers import DEAD
from tests.measuring import Measure
from tests.queueing.conftest import Field, dice
from tests.servers import settings_on
from tests.simulators.providers import Browser

KILLS, PEOPLE = (150, 60) if FULL else (4, 10)
GIVEN = (
    "mail_url", "mail_bounces", "mail_webhook_secret", "sms_api_url", "sms_api_key", "sms_webhook_secret", "whatsapp_api_url",
    "whatsapp_phone_id", "whatsapp_token", "whatsapp_app_secret", "whatsapp_verify_token", "vapid_private_key", "vapid_subject",
    "spend_fleet_naira", "spend_person_naira",
)  # fmt: skip
AN_HOUR = """
update notifications.delivery set created_at = created_at - interval '61 minutes'
where created_at > now() - interval '61 minutes' and state in ('sent', 'delivered')
"""
DUE = "update platform.pgqueuer set execute_after = now() where status = 'queued' and entrypoint like 'notice.%' and execute_after > now()"
WAITING = """
select count(*)::int as n from notifications.notice n where n.confirmed_at is null
and not exists (select 1 from notifications.delivery d where d.notice_id = n.id and d.channel = 'call')
"""
ROWS = """
select d.id, d.notice_id, d.person_id, d.channel, d.state, d.reason, d.cost_kobo, n.confirmed_at is not null as is_seen
from notifications.delivery d join notifications.notice n on n.id = d.notice_id order by d.created_at
"""
UNSURE = {
    "sms": ("is not sent twice",), "whatsapp": ("answer was lost",),
    "email": ("it was seen before",),  # killed after the yes, and seen before the same mail left again
}  # fmt: skip
TOKEN = re.compile(r"/n/([\w-]+)")
NAME = re.compile(r"(?im)^message-id: <n-([0-9a-f]{32})-")


@pytest.fixture
async def ladder(field: Field) -> AsyncIterator[Scene]:
    """The program and the four providers; workers are the test's to start."""
    sims = Sims()
    await field.sql(EMPTIED)
    field.program = "tests.events.consumers"
    settings = msgspec.structs.replace(
        sims.settings(settings_on(field.stack.addresses(), instance_id="ladder")), spend_person_naira=10**6, spend_fleet_naira=10**6
    )
    process = monolith.create_app(settings)
    await process.runtime.start()
    scene = Scene(process, sims)
    yield scene
    field.stop()
    for client in scene.clients:
        await client.aclose()
    await process.runtime.stop()
    sims.stop()


def environ_of(settings: Settings) -> dict[str, str]:
    """What a worker process is started with, to reach the same providers."""
    return {name.upper(): str(getattr(settings, name)) for name in GIVEN}


async def an_hour_later(field: Field) -> None:
    """What was sent has had its hour, and what waits is due; a job that was set aside is run again, as an operator does."""
    await field.sql(AN_HOUR)
    await field.sql(DEAD)
    await field.sql(DUE)


async def settled(field: Field) -> None:
    """Hours pass until everybody has seen it or stands on the list of people to ring, and nothing is under way."""
    for _ in range(400):
        await an_hour_later(field)
        waiting = (await field.sql(WAITING))[0]["n"]
        busy = (await field.sql("select count(*)::int as n from platform.pgqueuer where status = 'picked'"))[0]["n"]
        queued = (await field.sql("select count(*)::int as n from notifications.delivery where state = 'queued' and channel <> 'call'"))[0][
            "n"
        ]
        if not waiting and not busy and not queued:
            return
        field.replace_dead()
        await asyncio.sleep(0.25)
    left = await field.sql("select entrypoint, status::text, attempts, kills, error, execute_after - now() as due from platform.pgqueuer")
    raise AssertionError(
        f"{waiting} people were neither reached nor put on the list, {queued} messages wait: {[dict(row) for row in left]}"
    )


async def live(scene: Scene, field: Field, people: list[Person], throw: random.Random) -> None:
    """Workers are killed at random instants while people are told, and some of them look."""
    for kill in range(KILLS):
        for person in people[kill % len(people) :: KILLS]:
            await scene.tell(person, drained=False)
        await asyncio.sleep(throw.uniform(0.1, 0.7))
        field.kill_one(throw)
        if throw.random() < 0.3:
            looking = throw.choice(people)
            for notice in (await looking.client.get("/api/notifications?limit=1")).json()["notices"]:
                await looking.client.post(f"/api/notifications/{notice['id']}/open")
        await an_hour_later(field)


def assert_told_once(scene: Scene, rows: list[Any], browsers: dict[UUID, Browser]) -> Counter[str]:
    """What the providers hold, channel by channel, beside what we say of it; how often a mail came with the same name again."""
    by_channel: dict[str, list[Any]] = {}
    for row in rows:
        by_channel.setdefault(row["channel"], []).append(row)
    texts = Counter(token for one in scene.sms.taken for token in TOKEN.findall(one["sms"]))
    chats = Counter(one["biz_opaque_callback_data"].partition("/")[0] for one in scene.whatsapp.taken)
    letters = Counter(UUID(hex=found) for one in scene.mail.letters for found in NAME.findall(one["text"]))
    twice = {
        "sms": [one for one, times in texts.items() if times > 1],
        "whatsapp": [one for one, times in chats.items() if times > 1],
        "push": [
            one for browser in browsers.values() for one, times in Counter(shown["tag"] for shown in browser.shown).items() if times > 1
        ],
    }
    assert twice == {"sms": [], "whatsapp": [], "push": []}
    for channel, taken in (("sms", sum(texts.values())), ("whatsapp", sum(chats.values())), ("email", len(letters))):
        sent = [row for row in by_channel.get(channel, []) if row["state"] in ("sent", "delivered", "opened", "confirmed")]
        unsure = [row for row in by_channel.get(channel, []) if any(words in row["reason"] for words in UNSURE[channel])]
        assert len({row["id"] for row in sent} - {row["id"] for row in unsure}) <= taken <= len({row["id"] for row in [*sent, *unsure]}), (
            channel
        )
    assert set(chats) <= {str(row["id"]) for row in by_channel.get("whatsapp", [])}
    assert set(letters) <= {row["id"] for row in by_channel.get("email", [])}
    return Counter(
        {"mails_again": sum(letters.values()) - len(letters), "unsure": sum("is not sent twice" in row["reason"] for row in rows)}
    )


def assert_nobody_skipped(rows: list[Any], browsers: dict[UUID, Browser]) -> int:
    """Whoever has not seen a notice was tried by every channel that leads to them, and stands on the list; how many do."""
    by_notice: dict[UUID, list[Any]] = {}
    for row in rows:
        by_notice.setdefault(row["notice_id"], []).append(row)
    ringing = 0
    for tried in by_notice.values():
        if tried[0]["is_seen"]:
            continue
        wanted = [*(["push"] if tried[0]["person_id"] in browsers else []), "email", "whatsapp", "sms", "call"]
        assert [row["channel"] for row in tried] == wanted, "each once, the cheapest first"
        assert all(row["state"] in ("sent", "failed") for row in tried[:-1]), [dict(row) for row in tried]
        ringing += 1
    return ringing


@pytest.mark.timeout(1500)
async def test_killed_workers_tell_nobody_twice_and_skip_nobody(field: Field, ladder: Scene, measured: Measure) -> None:
    throw = dice("ladder")
    for simulator in (ladder.sms, ladder.whatsapp, ladder.push):
        simulator.faults.delay = 0.3  # so that a kill meets a message in a worker's hands
    people = [await ladder.member() for _ in range(PEOPLE)]
    browsers = {}
    for person in people[::2]:
        browsers[person.id] = Browser(ladder.push)
        await ladder.subscribe(person, browsers[person.id].subscription())
    for person in people[::3]:  # as we believe: WhatsApp takes no free text of theirs, and the template goes
        await ladder.sql("insert into notifications.chat_window (person_id, heard_at) values ($1, now() - interval '23 hours')", person.id)
    field.start(2, TOY_HEARTBEAT="2", **environ_of(ladder.process.runtime.settings))
    await field.ready()
    await live(ladder, field, people, throw)
    for person in people:
        await ladder.tell(person, drained=False)
    await settled(field)
    rows = await field.sql(ROWS)
    counted = assert_told_once(ladder, rows, browsers)
    ringing = assert_nobody_skipped(rows, browsers)
    unseen = await field.sql("select id from notifications.notice where confirmed_at is null")
    assert {row["id"] for row in unseen} == {row["notice_id"] for row in rows if not row["is_seen"]} and len(unseen) == ringing > 0
    [[spent]] = [list(row) for row in await field.sql("select kobo from notifications.spend where scope = 'fleet'")]
    assert spent == sum(row["cost_kobo"] for row in rows)
    assert {one["type"] for one in ladder.whatsapp.taken} == {"template"}
    assert any(row["reason"] == AS_TEMPLATE for row in rows), "windows did close"
    measured("ladder", kills=KILLS, notices=len({row["notice_id"] for row in rows}), messages=len(rows), twice=0, skipped=0, to_ring=ringing,
             unsure=counted["unsure"], mails_with_the_same_name_again=counted["mails_again"])  # fmt: skip


async def test_workers_that_spend_at_once_stay_under_the_cap_together(field: Field, ladder: Scene, measured: Measure) -> None:
    """Ten naira a chat, five a text: two thirds of what all of them want."""
    cap = 10 * PEOPLE
    ladder.whatsapp.faults.delay = 0.02
    people = [await ladder.member(email=False) for _ in range(PEOPLE)]
    settings = msgspec.structs.replace(ladder.process.runtime.settings, spend_fleet_naira=cap - 1)
    field.start(3, **environ_of(settings))
    await field.ready()
    for person in people:
        await ladder.tell(person, drained=False)
    await settled(field)
    rows = await field.sql(ROWS)
    [[spent]] = [list(row) for row in await field.sql("select kobo from notifications.spend where scope = 'fleet'")]
    paid = 1_000 * len(ladder.whatsapp.taken) + 500 * len(ladder.sms.taken)
    assert spent == paid == sum(row["cost_kobo"] for row in rows)
    assert 0 <= (cap - 1) * 100 - paid < 500, "not a kobo over, and not a text message under"
    capped = [row for row in rows if row["state"] == "blocked"]
    assert capped and all("what a day may cost" in row["reason"] for row in capped)
    measured("spend", workers=3, cap_naira=cap - 1, spent_naira=paid / 100, wanted_naira=15 * PEOPLE, over=0)
