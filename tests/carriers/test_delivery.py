"""What becomes of a notice outside the app: the ladder, reports late and twice, caps, stop links, and providers in a bad hour."""

import asyncio
import re
from urllib.parse import urlsplit

from nollycrewhub.domains.notifications.rules.kinds import KINDS
from nollycrewhub.domains.notifications.tasks import prune
from nollycrewhub.platform.carriers import sms
from nollycrewhub.platform.db import Query
from nollycrewhub.platform.queue import perform
from nollycrewhub.platform.worker.ticking import tasks_of
from tests.carriers.conftest import Person, Scene
from tests.conftest import FULL
from tests.simulators.providers import SECRET, Browser

ROUNDS = 200 if FULL else 5
EVENTS = Query(int, "select count(*)::int from platform.event where name = $1")


async def test_the_cheapest_first_then_the_next_then_a_person(scene: Scene) -> None:
    ngozi, operator = await scene.member(), await scene.member(operator=True)
    browser = Browser(scene.push)
    await scene.subscribe(ngozi, browser.subscription())
    event = await scene.tell(ngozi)
    assert await scene.states(ngozi) == [("push", "sent")]
    assert browser.shown[0]["title"] == "You are hired: Gaffer"
    for _ in range(3):  # each comes early, and must leave another behind
        await scene.hurry("notice.climb")
        assert await scene.states(ngozi) == [("push", "sent")], "not before its hour"
    for channel in ("email", "whatsapp", "sms"):
        await scene.climb(ngozi)
        assert (await scene.states(ngozi))[-1] == (channel, "sent")
    await scene.climb(ngozi)
    assert (await scene.states(ngozi))[-1] == ("call", "queued")
    await scene.climb(ngozi)
    assert len(await scene.states(ngozi)) == 5
    assert (len(scene.mail.letters), len(scene.whatsapp.taken), len(scene.sms.taken)) == (1, 1, 1)
    await scene.tell(ngozi, event=event)
    assert len(await scene.states(ngozi)) == 5, "an event told twice is told once"
    shown = await operator.client.get("/ops/ring", headers={"accept": "text/html"})
    assert ngozi.number in shown.text
    [call] = re.findall(r"/ops/ring/([0-9a-f-]{36})/reached", shown.text)
    assert (await operator.client.post(f"/ops/ring/{call}/reached")).status_code == 303
    assert (await scene.states(ngozi))[-1] == ("call", "confirmed")
    assert ngozi.number not in (await operator.client.get("/ops/ring")).text


async def test_who_opens_the_notice_is_left_alone(scene: Scene) -> None:
    ngozi = await scene.member()
    await scene.tell(ngozi)
    [notice] = (await ngozi.client.get("/api/notifications")).json()["notices"]
    assert [one["state"] for one in notice["channels"]] == ["sent"]
    assert (await ngozi.client.post(f"/api/notifications/{notice['id']}/open")).status_code == 204
    await scene.climb(ngozi)
    await scene.climb(ngozi)
    assert await scene.states(ngozi) == [("email", "sent")]


async def test_the_link_in_a_text_message_asks_before_it_believes(scene: Scene) -> None:
    ngozi, somebody = await scene.member(email=False), await scene.member()
    await scene.tell(ngozi)
    await scene.climb(ngozi)
    link = urlsplit(scene.sms.taken[0]["sms"].rpartition(" ")[2]).path
    opened = await somebody.client.get(link, headers={"accept": "text/html"})
    assert opened.status_code == 200 and "I have seen this" in opened.text
    assert ("sms", "sent") in await scene.states(ngozi), "opening is what scanners do too"
    done = await somebody.client.post(link)
    assert done.status_code == 303 and re.fullmatch(r"/jobs/\d+/apply", done.headers["location"])
    assert await scene.states(ngozi) == [("whatsapp", "confirmed"), ("sms", "confirmed")]
    await scene.climb(ngozi)
    assert len(await scene.states(ngozi)) == 2
    assert (await somebody.client.get(link[:-1] + ("A" if link[-1] != "A" else "B"))).status_code == 404


async def test_reports_come_late_twice_and_out_of_order(scene: Scene) -> None:
    ngozi = await scene.member(email=False)
    await scene.tell(ngozi)
    for status, state in (
        ("delivered", "delivered"),
        ("sent", "delivered"),
        ("read", "opened"),
        ("delivered", "opened"),
        ("failed", "opened"),
    ):
        assert await scene.hook(ngozi, "whatsapp", scene.whatsapp.status(0, status)) == 204
        assert await scene.states(ngozi) == [("whatsapp", state)], status
    await scene.climb(ngozi)
    for status, state in (
        ("Message Sent", "sent"),
        ("DELIVERED | Message delivered to handset", "delivered"),
        ("Message Failed", "delivered"),
    ):
        assert await scene.hook(ngozi, "sms", scene.sms.report(0, status)) == 204
        assert (await scene.states(ngozi))[-1] == ("sms", state)


async def test_a_report_that_says_no_climbs_at_once(scene: Scene) -> None:
    ngozi = await scene.member(email=False)
    await scene.tell(ngozi)
    await scene.hook(ngozi, "whatsapp", scene.whatsapp.status(0, "failed"))
    await scene.drain()
    assert await scene.states(ngozi) == [("whatsapp", "failed"), ("sms", "sent")]
    await scene.hook(ngozi, "sms", scene.sms.report(0, "DND Active on Phone Number"))
    await scene.drain()
    assert (await scene.states(ngozi))[1:] == [("sms", "blocked"), ("call", "queued")]
    await scene.tell(ngozi)
    states = (await scene.states(ngozi))[3:]
    assert states == [("whatsapp", "sent")]
    await scene.climb(ngozi)
    assert ("sms", "blocked") in (await scene.states(ngozi))[3:], "a number that refuses is not tried again"
    assert len(scene.sms.taken) == 1


async def test_reports_without_their_signature_change_nothing(scene: Scene) -> None:
    ngozi = await scene.member(email=False)
    await scene.tell(ngozi)
    for channel, (body, headers) in (("whatsapp", scene.whatsapp.status(0, "read")), ("sms", (b"{}", {}))):
        forged = {name: value[:-1] + ("1" if value.endswith("0") else "0") for name, value in headers.items() if "signature" in name}
        for wrong in ({}, forged):
            assert await scene.hook(ngozi, channel, (body, {"content-type": "application/json", **wrong})) == 403
    assert await scene.states(ngozi) == [("whatsapp", "sent")]
    assert not sms.is_signed(b"", "", "")
    asked = {"hub.mode": "subscribe", "hub.verify_token": SECRET, "hub.challenge": "12345"}
    answer = await ngozi.client.get("/api/notifications/hooks/whatsapp", params=asked)
    assert (answer.status_code, answer.text) == (200, "12345")


async def test_an_answer_opens_the_window_and_confirms_and_stop_stops(scene: Scene) -> None:
    ngozi = await scene.member(email=False)
    await scene.tell(ngozi)
    assert scene.whatsapp.taken[0]["type"] == "template"
    said = scene.whatsapp.said(ngozi.digits, "I dey come", answers=scene.whatsapp.taken[0]["id"])
    assert await scene.hook(ngozi, "whatsapp", said) == 204
    assert await scene.states(ngozi) == [("whatsapp", "confirmed")]
    await scene.tell(ngozi)
    assert scene.whatsapp.taken[1]["type"] == "text" and (await scene.rows(ngozi))[1]["cost"] == 0
    await scene.hook(ngozi, "whatsapp", scene.whatsapp.said(ngozi.digits, " Stop. "))
    await scene.tell(ngozi)
    assert (await scene.states(ngozi))[-1] == ("sms", "sent")
    kinds = (await ngozi.client.get("/api/notifications/settings")).json()["kinds"]
    assert not any(kind["channels"]["whatsapp"] for kind in kinds)


async def test_a_mail_that_comes_back_is_known_by_its_name(scene: Scene) -> None:
    ngozi = await scene.member()
    await scene.tell(ngozi)
    secret = {"x-hook-secret": SECRET, "content-type": "message/rfc822"}
    assert await scene.hook(ngozi, "mail", (scene.mail.returned(0, action="delayed", status="4.4.1"), secret)) == 204
    assert await scene.states(ngozi) == [("email", "sent")]
    forged = scene.mail.returned(0).replace(b"n-", b"n-0")
    assert await scene.hook(ngozi, "mail", (forged, secret)) == 204
    assert await scene.states(ngozi) == [("email", "sent")]
    assert await scene.hook(ngozi, "mail", (scene.mail.returned(0), {**secret, "x-hook-secret": "no"})) == 403
    assert await scene.hook(ngozi, "mail", (scene.mail.returned(0), secret)) == 204
    await scene.drain()
    assert await scene.states(ngozi) == [("email", "bounced"), ("whatsapp", "sent")]


async def test_one_tap_stops_a_kind_signed_out_and_a_look_stops_nothing(scene: Scene) -> None:
    ngozi = await scene.member()
    await scene.tell(ngozi, "job.closed")
    text = scene.mail.letters[0]["text"].replace("=\r\n", "").replace("\r\n ", " ")
    [link] = re.findall(r"List-Unsubscribe:\s*<([^>]+)>", text)
    path = urlsplit(link.replace(" ", "")).path
    ngozi.client.headers.pop("authorization")
    assert (await ngozi.client.get(path)).status_code == 200
    token = ngozi.client.headers
    assert "authorization" not in token
    await scene.tell(ngozi, "job.closed")
    assert len(scene.mail.letters) == 2
    done = await ngozi.client.post(
        path, content=b"List-Unsubscribe=One-Click", headers={"content-type": "application/x-www-form-urlencoded"}
    )
    assert done.status_code in (200, 201) and "Stopped" in done.text
    await scene.tell(ngozi, "job.closed")
    await scene.tell(ngozi, "job.held")
    assert [("job.held" if "for a check" in one["text"] else "other") for one in scene.mail.letters[2:]] == ["other"]
    assert len(scene.mail.letters) == 3
    assert (await ngozi.client.post(path[:-2] + "xx")).status_code == 404


async def test_what_a_day_may_cost(scene: Scene) -> None:
    one, two = await scene.member(email=False), await scene.member(email=False)
    before = await scene.process.runtime.db.read_session(primary=True).value(EVENTS, "spend.capped")
    await scene.sql(
        "insert into notifications.spend (day, scope, kobo) values ((now() at time zone 'Africa/Lagos')::date, $1, 9900)", str(one.id)
    )
    await scene.tell(one)
    assert await scene.states(one) == [("whatsapp", "blocked"), ("sms", "blocked"), ("call", "queued")]
    await scene.sql(
        "insert into notifications.spend (day, scope, kobo) values ((now() at time zone 'Africa/Lagos')::date, 'fleet', 4999900) on conflict (day, scope) do update set kobo = 4999900"
    )
    await scene.tell(two)
    await scene.tell(two)
    assert {state for _, state in await scene.states(two)} == {"blocked", "queued"}
    assert (scene.sms.asked, scene.whatsapp.asked) == (0, 0)
    assert await scene.process.runtime.db.read_session(primary=True).value(EVENTS, "spend.capped") == (before or 0) + 1


async def test_a_provider_that_is_down_for_a_day(scene: Scene) -> None:
    ngozi = await scene.member(email=False)
    scene.whatsapp.faults.refuse = 503
    await scene.tell(ngozi)
    for _ in range(3):
        await scene.hurry("notice.whatsapp")
    [row] = await scene.rows(ngozi)
    assert (row["state"], row["tries"]) == ("queued", 4) and "tried again" in row["reason"]
    await scene.climb(ngozi)
    assert (await scene.states(ngozi))[-1] == ("sms", "sent"), "the ladder does not wait for it"
    await scene.age(ngozi, 24 * 60)
    await scene.hurry("notice.whatsapp")
    assert (await scene.states(ngozi))[0] == ("whatsapp", "failed")


async def test_a_text_message_whose_answer_is_lost_is_not_sent_twice(scene: Scene) -> None:
    ngozi = await scene.member(email=False)
    scene.whatsapp.poison, scene.sms.faults.lose = {ngozi.digits}, True
    await scene.tell(ngozi)
    assert await scene.states(ngozi) == [("whatsapp", "blocked"), ("sms", "failed"), ("call", "queued")]
    await scene.hurry("notice.sms", "notice.climb")
    assert len(scene.sms.taken) == 1
    link = urlsplit(scene.sms.taken[0]["sms"].rpartition(" ")[2]).path
    assert (await ngozi.client.post(link)).status_code == 303
    assert await scene.states(ngozi) == [("whatsapp", "blocked"), ("sms", "confirmed"), ("call", "confirmed")], "it did arrive"


async def test_a_chat_whose_answer_is_lost_is_known_by_its_status(scene: Scene) -> None:
    ngozi = await scene.member(email=False)
    scene.whatsapp.faults.lose = True
    await scene.tell(ngozi)
    assert await scene.states(ngozi) == [("whatsapp", "sent")]
    await scene.hook(ngozi, "whatsapp", scene.whatsapp.status(0, "delivered"))
    assert await scene.states(ngozi) == [("whatsapp", "delivered")]


async def test_browsers_that_are_gone_are_forgotten(scene: Scene) -> None:
    ngozi = await scene.member()
    gone, here = Browser(scene.push), Browser(scene.push)
    for browser in (gone, here):
        await scene.subscribe(ngozi, browser.subscription())
    gone.is_gone = True
    await scene.tell(ngozi)
    assert ("push", "sent") in await scene.states(ngozi)
    assert len(here.shown) == 1
    left = await scene.sql("select endpoint from notifications.push_device where person_id = $1", ngozi.id)
    assert [row["endpoint"] for row in left] == [here.endpoint]
    answer = await ngozi.client.post("/api/notifications/browsers", json={**here.subscription(), "endpoint": "https://evil.example/x"})
    assert answer.status_code == 422


async def test_a_digest_is_one_mail_of_what_is_still_unread(scene: Scene) -> None:
    ngozi = await scene.member()
    assert (await ngozi.client.put("/api/notifications/settings", json={"digest": "daily"})).status_code == 204
    for kind in ("job.closed", "job.held", "job.released"):
        await scene.tell(ngozi, kind)
    assert scene.mail.letters == []
    first = (await ngozi.client.get("/api/notifications?kind=job.closed")).json()["notices"][0]["id"]
    await ngozi.client.post(f"/api/notifications/{first}/open")
    await scene.sql("update notifications.delivery set due_at = now() where person_id = $1 and due_at is not null", ngozi.id)
    await scene.hurry("notice.digest")
    assert len(scene.mail.letters) == 1 and "2 notices from NollyCrewHub" in scene.mail.letters[0]["text"]
    assert sorted(state for _, state in await scene.states(ngozi)) == ["blocked", "sent", "sent"]
    await scene.hurry("notice.digest")
    assert len(scene.mail.letters) == 1


async def test_quiet_hours_hold_what_buzzes(scene: Scene) -> None:
    ngozi = await scene.member()
    browser = Browser(scene.push)
    await scene.subscribe(ngozi, browser.subscription())
    await scene.keep_quiet(ngozi)
    await scene.tell(ngozi, "job.closed")
    assert await scene.states(ngozi) == [("email", "sent")]
    await scene.tell(ngozi, "application.hired")
    assert (await scene.states(ngozi))[-1] == ("push", "sent"), "what is urgent passes"
    await ngozi.client.put("/api/notifications/settings", json={"quiet_from": 0, "quiet_until": 0})
    await scene.hurry("notice.climb")
    assert len(browser.shown) == 2


async def test_what_was_read_in_quiet_hours_does_not_ring_after_them(scene: Scene) -> None:
    """A conversation read in the evening is no push in the morning. An offer goes on until somebody says that they have it."""
    ngozi = await scene.member()
    browser = Browser(scene.push)
    await scene.subscribe(ngozi, browser.subscription())
    await scene.keep_quiet(ngozi)
    await scene.tell(ngozi, "message.received")
    assert await scene.states(ngozi) == []
    await read_all(ngozi)
    await ngozi.client.put("/api/notifications/settings", json={"quiet_from": 0, "quiet_until": 0})
    await scene.hurry("notice.climb")
    assert browser.shown == [] and await scene.states(ngozi) == []
    await scene.tell(ngozi, "application.hired")
    await read_all(ngozi)
    await scene.climb(ngozi)
    assert await scene.states(ngozi) == [("push", "sent"), ("email", "sent")]


async def read_all(member: Person) -> None:
    """Marks all that is on the page as read."""
    newest = (await member.client.get("/api/notifications")).json()["notices"][0]["id"]
    assert (await member.client.post("/api/notifications/read", json={"up_to": newest})).status_code == 204


async def test_the_table_of_what_became_of_it(scene: Scene) -> None:
    ngozi = await scene.member()
    await scene.tell(ngozi)
    answer = await ngozi.client.get("/api/notifications/deliveries.csv")
    lines = answer.text.splitlines()
    assert lines[0].startswith("notice_id,kind,channel,state,reason") and ",email,sent," in lines[1]
    await scene.sql("update notifications.delivery set created_at = now() - interval '401 days' where person_id = $1", ngozi.id)
    async with scene.process.runtime.db.write_session() as session:
        await prune.run(scene.work(session))
        await scene.process.runtime.db.commit(session)
    assert len((await ngozi.client.get("/api/notifications/deliveries.csv")).text.splitlines()) == 1


async def test_who_decided_sees_who_has_seen_it(scene: Scene) -> None:
    poster, ngozi = await scene.member(), await scene.member()
    await scene.tell(ngozi, sender=poster.id)
    assert "Sent, not confirmed" in (await poster.client.get("/me/notices/sent", headers={"accept": "text/html"})).text
    [notice] = (await ngozi.client.get("/api/notifications")).json()["notices"]
    await ngozi.client.post(f"/api/notifications/{notice['id']}/open")
    assert "Seen" in (await poster.client.get("/me/notices/sent", headers={"accept": "text/html"})).text
    assert "hired" not in (await ngozi.client.get("/me/notices/sent", headers={"accept": "text/html"})).text


async def test_the_settings_page_keeps_exactly_what_is_ticked(scene: Scene) -> None:
    ngozi = await scene.member()
    form = {
        "on": ["job.closed/email", "application.hired/sms"],
        "digest": "weekly",
        "digest_hour": "9",
        "quiet_from": "22:30",
        "quiet_until": "06:00",
    }
    assert (await ngozi.client.post("/me/notices/settings", data=form)).status_code == 303
    found = (await ngozi.client.get("/api/notifications/settings")).json()
    assert (found["digest"], found["digest_hour"], found["quiet_from"], found["quiet_until"]) == ("weekly", 9, 1350, 360)
    on = {(kind["kind"], channel) for kind in found["kinds"] for channel, is_on in kind["channels"].items() if is_on}
    assert on == {("job.closed", "email"), ("application.hired", "sms")}
    assert len(found["kinds"]) == len(KINDS)
    hours = (
        {"digest_hour": "99"},
        {"digest_hour": "00099"},
        {"quiet_from": "25:00"},
        {"quiet_until": "00099:00"},
        {"quiet_from": "1:00060"},
    )
    for wrong in ({"digest": "hourly"}, *hours):
        assert (await ngozi.client.post("/me/notices/settings", data={**form, **wrong})).status_code == 422, wrong
    assert (await ngozi.client.get("/api/notifications/settings")).json() == found, "a refusal changed something"
    unknown = {"choices": [{"kind": "job.imagined", "channel": "sms", "on": True}]}
    assert (await ngozi.client.put("/api/notifications/settings", json=unknown)).status_code == 422


async def test_jobs_that_run_twice_and_at_once_send_once(scene: Scene) -> None:
    ngozi = await scene.member()
    runtime = scene.process.runtime
    tasks = {task.name: task for task in tasks_of(runtime)}
    for _ in range(ROUNDS):
        await scene.tell(ngozi, drained=False)
        [job] = await scene.sql(
            "delete from platform.pgqueuer where entrypoint = 'notice.climb' and execute_after <= now() returning payload"
        )
        runs = [
            perform(tasks["notice.climb"], job["payload"], db=runtime.db, ports=runtime.ports, settings=runtime.settings) for _ in range(4)
        ]
        await asyncio.gather(*runs)
        carried = await scene.sql("select payload from platform.pgqueuer where entrypoint = 'notice.email'")
        await scene.drain()
        for one in carried:
            await perform(tasks["notice.email"], one["payload"], db=runtime.db, ports=runtime.ports, settings=runtime.settings)
    assert await scene.states(ngozi) == [("email", "sent")] * ROUNDS
    assert len(scene.mail.letters) == ROUNDS


async def test_many_spenders_at_once_stay_under_the_cap(scene: Scene) -> None:
    """A hundred naira a person and day at ten a template: eleven at once are ten."""
    ngozi = await scene.member(email=False)
    for _ in range(11):
        await scene.tell(ngozi, drained=False)
    runtime = scene.process.runtime
    climb = next(task for task in tasks_of(runtime) if task.name == "notice.climb")
    jobs = await scene.sql("delete from platform.pgqueuer where entrypoint = 'notice.climb' returning payload")
    runs = [perform(climb, job["payload"], db=runtime.db, ports=runtime.ports, settings=runtime.settings) for job in jobs]
    await asyncio.gather(*runs)
    [[spent]] = [list(row) for row in await scene.sql("select kobo from notifications.spend where scope = $1", str(ngozi.id))]
    assert spent == 10_000
    states = [state for channel, state in await scene.states(ngozi) if channel == "whatsapp"]
    assert sorted(states) == ["blocked", *["queued"] * 10]
    [[fleet]] = [list(row) for row in await scene.sql("select kobo from notifications.spend where scope = 'fleet'")]
    assert fleet == spent, "what one cap refuses is not counted under the other"


async def test_a_step_that_runs_twice_is_counted_once(scene: Scene) -> None:
    ngozi = await scene.member(email=False)
    await scene.tell(ngozi, drained=False)
    runtime = scene.process.runtime
    climb = next(task for task in tasks_of(runtime) if task.name == "notice.climb")
    [job] = await scene.sql("delete from platform.pgqueuer where entrypoint = 'notice.climb' returning payload")
    runs = [perform(climb, job["payload"], db=runtime.db, ports=runtime.ports, settings=runtime.settings) for _ in range(4)]
    await asyncio.gather(*runs)
    assert await scene.states(ngozi) == [("whatsapp", "queued")]
    found = await scene.sql("select kobo from notifications.spend where scope in ('fleet', $1)", str(ngozi.id))
    assert [row["kobo"] for row in found] == [1_000, 1_000]
