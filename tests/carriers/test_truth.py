"""What is known of a message stays true: answers that come late, workers killed with a message in their hands, choices made meanwhile."""

import asyncio
import html
from datetime import date

import pytest

from nollycrewhub.domains.notifications.repository import deliveries
from nollycrewhub.domains.notifications.repository.deliveries import FLEET
from nollycrewhub.domains.notifications.rules.timing import minute_of_day
from nollycrewhub.domains.notifications.service.settling import answered
from nollycrewhub.kit.ids import uuid7
from nollycrewhub.kit.time import utcnow
from nollycrewhub.kit.told import told, words
from nollycrewhub.platform.carriers import Receipt
from nollycrewhub.platform.languages import catalogue_for
from nollycrewhub.platform.languages.known import OFFERED
from tests.carriers.conftest import Person, Scene
from tests.simulators.providers import Browser

NOT_TWICE = "Nobody knows whether the gateway took it; it is not sent twice."


async def by_text(scene: Scene, person: Person) -> None:
    """Brings a notice as far as a text message that waits to be sent."""
    scene.whatsapp.poison = {person.digits}
    await scene.tell(person, drained=False)
    for name in ("notice.climb", "notice.whatsapp", "notice.climb"):
        await scene.run(name, await scene.job(name))


@pytest.mark.parametrize("lose", [False, True], ids=["answered late", "answer lost"])
async def test_a_report_before_the_answer_stands(scene: Scene, lose: bool) -> None:
    ngozi = await scene.member(email=False)
    scene.whatsapp.faults.lose = lose
    scene.meanwhile(scene.whatsapp, lambda: scene.hook(ngozi, "whatsapp", scene.whatsapp.status(0, "delivered")))
    await scene.tell(ngozi)
    assert await scene.states(ngozi) == [("whatsapp", "delivered")]
    assert await scene.hook(ngozi, "whatsapp", scene.whatsapp.status(0, "read")) == 204
    assert await scene.states(ngozi) == [("whatsapp", "opened")]


@pytest.mark.parametrize(
    ("said", "state"), [(["Message Sent", "Delivered"], "delivered"), (["Delivered", "Message Sent"], "delivered"), (["DND Active on Phone Number"], "blocked")]
)  # fmt: skip
async def test_a_text_messages_report_before_its_answer_stands(scene: Scene, said: list[str], state: str) -> None:
    """It names the message by an id that we do not have until the answer is stored."""
    ngozi = await scene.member(email=False)
    await by_text(scene, ngozi)

    async def report() -> None:
        for status in said * 2:
            assert await scene.hook(ngozi, "sms", scene.sms.report(0, status)) == 204

    scene.meanwhile(scene.sms, report)
    await scene.drain()
    rows = await scene.rows(ngozi)
    assert (rows[1]["channel"], rows[1]["state"]) == ("sms", state)
    assert await scene.sql("select 1 from notifications.early_report") == []
    assert [row["channel"] for row in rows[2:]] == (["call"] if state == "blocked" else []), "a “no” climbs at once"
    await scene.tell(ngozi)
    assert (await scene.states(ngozi))[-1] == (("call", "queued") if state == "blocked" else ("sms", "sent"))


async def test_a_report_and_the_answer_it_belongs_to_wait_for_each_other(scene: Scene) -> None:
    """The worker has the answer and has not committed it; the report comes then."""
    ngozi = await scene.member(email=False)
    await by_text(scene, ngozi)
    await scene.drain()
    [row] = await scene.sql("select id, provider_id from notifications.delivery where person_id = $1 and channel = 'sms'", ngozi.id)
    await scene.sql("update notifications.delivery set provider_id = '', state = 'queued' where id = $1", row["id"])
    db = scene.process.runtime.db
    async with db.write_session() as session:
        found = await deliveries.one(db.read_session(primary=True), row["id"])
        assert found is not None
        await answered(scene.work(session), found, Receipt(state="sent", provider_id=row["provider_id"]))
        reporting = asyncio.create_task(scene.hook(ngozi, "sms", scene.sms.report(0, "Delivered")))
        await asyncio.sleep(0.3)
        assert not reporting.done()
        await db.commit(session)
    assert await reporting == 204 and (await scene.states(ngozi))[1] == ("sms", "delivered")


async def test_a_report_that_belongs_to_nothing_is_forgotten_after_a_day(scene: Scene) -> None:
    ngozi = await scene.member()
    await scene.sql(
        "insert into notifications.early_report (channel, provider_id, state, at) values ('sms', 'x', 'sent', now() - interval '25 hours')"
    )
    scene.sms.taken.append({"id": "y", "to": ngozi.digits, "channel": "dnd"})
    assert await scene.hook(ngozi, "sms", scene.sms.report(0, "Delivered")) == 204
    async with scene.process.runtime.db.write_session() as session:
        await deliveries.prune(session)
        await scene.process.runtime.db.commit(session)
    assert [row["provider_id"] for row in await scene.sql("delete from notifications.early_report returning provider_id")] == ["y"]


async def test_a_provider_that_answers_later_than_we_wait_is_not_asked_again(scene: Scene) -> None:
    ngozi = await scene.member(email=False)
    scene.patience(0.2)
    for simulator in (scene.whatsapp, scene.sms):
        simulator.faults.delay = 0.6
    await scene.tell(ngozi)
    await scene.climb(ngozi)
    assert await scene.states(ngozi) == [("whatsapp", "sent"), ("sms", "failed"), ("call", "queued")]
    assert (await scene.rows(ngozi))[1]["reason"] == NOT_TWICE
    await scene.hurry("notice.whatsapp", "notice.sms", "notice.climb")
    assert (len(scene.whatsapp.taken), len(scene.sms.taken)) == (1, 1)
    assert await scene.hook(ngozi, "whatsapp", scene.whatsapp.status(0, "delivered")) == 204
    assert (await scene.states(ngozi))[0] == ("whatsapp", "delivered"), "its status comes back with our reference"


async def test_reports_that_come_twice_in_any_order_end_in_one_truth(scene: Scene) -> None:
    for number, order in enumerate((("sent", "delivered", "read"), ("read", "sent", "delivered"), ("delivered", "read", "failed"))):
        ngozi = await scene.member(email=False)
        scene.whatsapp.faults.duplicate = True
        await scene.tell(ngozi)
        for status in order:
            assert await scene.hook(ngozi, "whatsapp", scene.whatsapp.status(number, status)) == 204
        assert await scene.states(ngozi) == [("whatsapp", "opened")], order
        await scene.drain()
        assert len(await scene.states(ngozi)) == 1, "a refusal that came after its reading climbs nowhere"


async def test_a_push_that_its_service_hands_over_twice_is_shown_once(scene: Scene) -> None:
    ngozi = await scene.member()
    browser = Browser(scene.push)
    await scene.subscribe(ngozi, browser.subscription())
    scene.push.faults.duplicate = True
    await scene.tell(ngozi)
    assert len(browser.shown) == 1 and await scene.states(ngozi) == [("push", "sent")]


@pytest.mark.parametrize("attempt", [0, 1], ids=["replayed by an operator", "started again by another worker"])
async def test_a_text_message_whose_worker_was_killed_is_not_sent_again(scene: Scene, attempt: int) -> None:
    ngozi = await scene.member(email=False)
    await by_text(scene, ngozi)
    payload = await scene.killed_with_it("notice.sms", scene.sms)
    await scene.run("notice.sms", payload, attempt=attempt)
    row = (await scene.rows(ngozi))[1]
    assert (row["channel"], row["state"], row["reason"], row["cost"]) == ("sms", "failed", NOT_TWICE, 500)
    assert scene.sms.asked == 1
    await scene.drain()
    assert (await scene.states(ngozi))[-1] == ("call", "queued")


async def test_a_chat_whose_worker_was_killed_is_not_sent_again_and_its_status_is_believed(scene: Scene) -> None:
    ngozi = await scene.member(email=False)
    await scene.tell(ngozi, drained=False)
    await scene.run("notice.climb", await scene.job("notice.climb"))
    payload = await scene.killed_with_it("notice.whatsapp", scene.whatsapp)
    await scene.run("notice.whatsapp", payload, attempt=1)
    assert await scene.states(ngozi) == [("whatsapp", "sent")]
    assert scene.whatsapp.asked == 1
    await scene.hook(ngozi, "whatsapp", scene.whatsapp.status(0, "delivered"))
    assert await scene.states(ngozi) == [("whatsapp", "delivered")]
    await scene.climb(ngozi)
    assert (await scene.states(ngozi))[-1] == ("sms", "sent"), "nobody confirmed it, so the ladder goes on"


async def test_what_left_with_a_killed_worker_left_whatever_was_seen_or_chosen_since(scene: Scene) -> None:
    ngozi = await scene.member(email=False)
    await scene.tell(ngozi, drained=False)
    await scene.run("notice.climb", await scene.job("notice.climb"))
    payload = await scene.killed_with_it("notice.whatsapp", scene.whatsapp)
    await scene.open(ngozi)
    off = {"quiet_from": 0, "quiet_until": 0, "choices": [{"kind": "application.hired", "channel": "whatsapp", "on": False}]}
    assert (await ngozi.client.put("/api/notifications/settings", json=off)).status_code == 204
    await scene.run("notice.whatsapp", payload, attempt=1)
    [row] = await scene.rows(ngozi)
    assert (row["state"], row["cost"], await scene.spent(ngozi)) == ("sent", 1_000, 1_000)
    assert "not needed" not in row["reason"].lower() and scene.whatsapp.asked == 1


async def test_a_message_whose_worker_was_killed_before_it_left_is_sent(scene: Scene) -> None:
    ngozi = await scene.member(email=False)
    await by_text(scene, ngozi)
    await scene.run("notice.sms", await scene.job("notice.sms"), attempt=2)
    assert (await scene.states(ngozi))[1] == ("sms", "sent")


async def test_a_message_that_its_provider_did_not_take_is_asked_for_again(scene: Scene) -> None:
    ngozi = await scene.member(email=False)
    scene.whatsapp.faults.refuse = 503
    await scene.tell(ngozi)
    scene.whatsapp.faults.refuse = 0
    await scene.hurry("notice.whatsapp")
    assert await scene.states(ngozi) == [("whatsapp", "sent")] and len(scene.whatsapp.taken) == 1
    assert scene.whatsapp.asked >= 2, "a pause drawn at random may be over at once"


async def test_what_is_seen_while_it_is_under_way_was_sent_all_the_same(scene: Scene) -> None:
    ngozi = await scene.member()
    browser = Browser(scene.push)
    await scene.subscribe(ngozi, browser.subscription())
    scene.meanwhile(scene.push, lambda: scene.open(ngozi))
    await scene.tell(ngozi)
    assert await scene.states(ngozi) == [("push", "sent")]
    tunde = await scene.member(email=False)
    scene.meanwhile(scene.whatsapp, lambda: scene.open(tunde))
    await scene.tell(tunde)
    [row] = await scene.rows(tunde)
    assert (row["state"], row["cost"], await scene.spent(tunde)) == ("sent", 1_000, 1_000)


async def test_what_is_seen_before_it_is_sent_costs_nothing(scene: Scene) -> None:
    ngozi = await scene.member(email=False)
    await scene.tell(ngozi, drained=False)
    await scene.run("notice.climb", await scene.job("notice.climb"))
    assert await scene.spent(ngozi) == 1_000
    await scene.open(ngozi)
    await scene.drain()
    [row] = await scene.rows(ngozi)
    assert (row["state"], row["reason"], row["cost"], await scene.spent(ngozi)) == ("blocked", "Not needed: it was seen before.", 0, 0)
    assert scene.whatsapp.asked == 0


async def test_what_waits_for_somebody_whose_account_is_closed_does_not_wait_for_ever(scene: Scene) -> None:
    ngozi, tunde = await scene.member(email=False), await scene.member()
    await tunde.client.put("/api/notifications/settings", json={"digest": "daily"})
    await scene.tell(tunde, "job.closed")
    await scene.tell(ngozi, drained=False)
    await scene.run("notice.climb", await scene.job("notice.climb"))
    assert (await scene.spent(ngozi), await scene.states(ngozi)) == (1_000, [("whatsapp", "queued")])
    await scene.sql("update users.person set banned_at = now() where id = any($1::uuid[])", [ngozi.id, tunde.id])
    await scene.drain()
    await scene.sql("update notifications.delivery set due_at = now() where person_id = $1", tunde.id)
    await scene.hurry("notice.digest", "notice.climb")
    for person in (ngozi, tunde):
        [row] = await scene.rows(person)
        assert (row["state"], row["reason"], row["cost"], await scene.spent(person)) == ("failed", "Not sent: the account is closed.", 0, 0)
    assert scene.whatsapp.asked == 0 and scene.mail.letters == []


async def test_why_something_did_not_arrive_is_said_in_the_readers_language(scene: Scene) -> None:
    ngozi = await scene.member(email=False)
    scene.whatsapp.poison = {ngozi.digits}
    await scene.tell(ngozi)
    await scene.hook(ngozi, "sms", scene.sms.report(0, "DND Active on Phone Number"))
    await scene.drain()
    await scene.open(ngozi)
    english = (
        "This number is not on WhatsApp.",
        "The number takes no such messages (do-not-disturb, or refused).",
        "Seen before anybody rang.",
    )
    for language in OFFERED:
        shown = await ngozi.client.get("/me/notices", headers={"accept": "text/html", "accept-language": language})
        text = html.unescape(shown.text)
        for sentence in english:
            assert words(told(sentence), catalogue_for(language)) in text, sentence
            assert (sentence in text) == (language == "en"), (language, sentence)


async def test_quiet_hours_that_begin_while_a_message_waits_hold_it(scene: Scene) -> None:
    ngozi = await scene.member()
    browser = Browser(scene.push)
    await scene.subscribe(ngozi, browser.subscription())
    await ngozi.client.put("/api/notifications/settings", json={"quiet_from": 0, "quiet_until": 0})
    scene.push.faults.refuse = 503
    await scene.tell(ngozi, "job.closed")
    now = minute_of_day(utcnow())
    quiet = {"quiet_from": (now - 60) % 1440, "quiet_until": (now + 600) % 1440}
    await ngozi.client.put("/api/notifications/settings", json=quiet)
    scene.push.faults.refuse = 0
    await scene.hurry("notice.push")
    assert ("push", "queued") in await scene.states(ngozi) and browser.shown == []
    waits = await scene.sql(
        "select extract(epoch from execute_after - now())::float8 as s from platform.pgqueuer where entrypoint = 'notice.push'"
    )
    assert [570 * 60 < row["s"] < 601 * 60 for row in waits] == [True], "until they end"
    await ngozi.client.put("/api/notifications/settings", json={"quiet_from": 0, "quiet_until": 0})
    await scene.hurry("notice.push")
    assert ("push", "sent") in await scene.states(ngozi) and len(browser.shown) == 1


async def test_what_is_stopped_while_it_waits_is_not_sent_and_nothing_is_held_against_the_address(scene: Scene) -> None:
    ngozi = await scene.member()
    scene.mail.busy = True
    await scene.tell(ngozi, "job.closed")
    off = {"choices": [{"kind": "job.closed", "channel": "email", "on": False}]}
    assert (await ngozi.client.put("/api/notifications/settings", json=off)).status_code == 204
    scene.mail.busy = False
    await scene.hurry("notice.email")
    [row] = await scene.rows(ngozi)
    assert (row["state"], row["reason"]) == ("blocked", "Not sent: such messages were stopped.")
    assert scene.mail.letters == []
    await scene.tell(ngozi, "job.held")
    assert (await scene.states(ngozi))[-1] == ("email", "sent")


async def test_who_is_missed_by_a_call_stays_on_the_list_until_the_third(scene: Scene) -> None:
    operator, ngozi = await scene.member(operator=True), await scene.member(email=False)
    scene.whatsapp.poison = scene.sms.poison = {ngozi.digits}
    await scene.tell(ngozi)
    [call] = [
        row["id"] for row in await scene.sql("select id from notifications.delivery where channel = 'call' and person_id = $1", ngozi.id)
    ]
    for turn, state in ((1, "queued"), (2, "queued"), (3, "failed")):
        assert (await operator.client.post(f"/ops/ring/{call}/missed")).status_code == 303
        row = (await scene.rows(ngozi))[-1]
        assert (row["channel"], row["state"]) == ("call", state)
        assert row["reason"].startswith(f"Rung {turn}")
        shown = await operator.client.get("/ops/ring", headers={"accept": "text/html"})
        assert (ngozi.number in shown.text) == (state == "queued")
    await scene.open(ngozi)
    assert (await operator.client.post(f"/ops/ring/{call}/reached")).status_code == 303
    assert (await operator.client.post(f"/ops/ring/{call}/missed")).status_code == 303
    assert (await scene.states(ngozi))[-1] == ("call", "confirmed"), "who has it has it"


async def test_a_chat_that_is_not_free_any_more_is_counted_when_it_leaves(scene: Scene) -> None:
    """Its person wrote to us, so it was free; it waited until their window had closed, and is a template that costs."""
    ngozi, tunde = await scene.member(email=False), await scene.member(email=False)
    for person in (ngozi, tunde):
        await scene.sql("insert into notifications.chat_window (person_id, heard_at) values ($1, now())", person.id)
        await scene.tell(person, drained=False)
        await scene.run("notice.climb", await scene.job("notice.climb"))
        assert await scene.spent(person) == 0
    await scene.sql("update notifications.chat_window set heard_at = now() - interval '25 hours'")
    await scene.sql(
        "insert into notifications.spend (day, scope, kobo) values ((now() at time zone 'Africa/Lagos')::date, $1, 9500)", str(tunde.id)
    )
    await scene.drain()
    [row] = await scene.rows(ngozi)
    assert (row["state"], row["cost"], await scene.spent(ngozi)) == ("sent", 1_000, 1_000)
    assert [one["type"] for one in scene.whatsapp.taken] == ["template"]
    assert [(row["channel"], row["state"], row["cost"]) for row in await scene.rows(tunde)][:2] == [
        ("whatsapp", "blocked", 0),
        ("sms", "sent", 500),
    ]
    assert await scene.spent(tunde) == 10_000


async def test_costs_are_counted_and_given_back_in_one_order(scene: Scene) -> None:
    """One gives back while another counts, each for the fleet and the same person: neither waits for the other in a ring."""
    db, day, person = scene.process.runtime.db, date(2026, 1, 5), str(uuid7())
    scopes = [FLEET, person]
    async with db.write_session() as session:
        for scope in scopes:
            assert await deliveries.reserve(session, day, scope, 500, cap=1000)
        await db.commit(session)
    async with db.write_session() as counting, db.write_session() as giving:
        assert await deliveries.reserve(counting, day, FLEET, 500, cap=1000)
        back = asyncio.create_task(deliveries.refund(giving, day, scopes, 500))
        await asyncio.sleep(0.2)
        assert await asyncio.wait_for(deliveries.reserve(counting, day, person, 500, cap=1000), 5)
        await db.commit(counting)
        await back
        await db.commit(giving)
    left = await scene.sql("select kobo from notifications.spend where day = $1", day)
    assert [row["kobo"] for row in left] == [500, 500]
