"""What is not so any more is not sent, and nobody spends another's messages by going to and fro."""

from typing import Any

import httpx
import pytest

from nollycrewhub.domains.notifications.rules.timing import minute_of_day
from nollycrewhub.domains.notifications.service.climbing import REPEATED
from nollycrewhub.kit.time import utcnow
from tests.carriers.conftest import Person, Scene
from tests.journeys.conftest import JOB

OVERTAKEN = "Not sent: something newer was decided."
OUTSIDE = ("notice.climb", "notice.sms", "notice.whatsapp", "notice.email", "notice.push")


async def posted(poster: Person, **changes: Any) -> int:
    """An open listing."""
    answer = await poster.client.post("/api/jobs", json={**JOB, **changes})
    assert answer.status_code == 201, answer.text
    return int(answer.json()["job"]["id"])


async def applied(person: Person, job: int) -> str:
    """Their application."""
    answer = await person.client.post(f"/api/jobs/{job}/applications", json={"note": "Hello"})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["application"]["id"])


async def moved(poster: Person, job: int, application: str, to: str) -> None:
    answer = await poster.client.post(f"/api/jobs/{job}/applications/{application}/move", json={"to": to})
    assert answer.status_code == 204, answer.text


async def told(person: Person) -> list[str]:
    """The kinds of all notices, newest first."""
    return [notice["kind"] for notice in (await person.client.get("/api/notifications")).json()["notices"]]


async def rung(scene: Scene) -> list[str]:
    """For whom and why operators are asked to ring."""
    rows = await scene.sql(
        "select d.reason, n.kind from notifications.delivery d join notifications.notice n on n.id = d.notice_id "
        "where d.channel = 'call' and d.state = 'queued' order by d.created_at"
    )
    return [f"{row['kind']}: {row['reason']}" for row in rows]


async def test_an_offer_that_was_declined_climbs_no_further(scene: Scene) -> None:
    poster, ada = await scene.member(), await scene.member(email=False)
    job = await posted(poster)
    application = await applied(ada, job)
    await moved(poster, job, application, "offered")
    await scene.drain()
    assert await scene.states(ada) == [("whatsapp", "sent")]
    await moved(poster, job, application, "declined")
    await scene.drain()
    await scene.climb(ada)
    await scene.climb(ada)
    assert ("sms", "sent") not in await scene.states(ada) and await rung(scene) == []
    assert await told(ada) == ["application.declined", "application.offered"], "both stay in the app"


async def test_a_call_for_what_was_taken_back_is_off_the_list_and_one_person_is_on_it_once(scene: Scene) -> None:
    poster, ada = await scene.member(), await scene.member(email=False)
    jobs = [await posted(poster, title=f"Gaffer number {number} wanted") for number in range(2)]
    applications = [await applied(ada, job) for job in jobs]
    for job, application in zip(jobs, applications, strict=True):
        await moved(poster, job, application, "offered")
        await scene.drain()
        for _ in range(3):
            await scene.climb(ada)
    assert await rung(scene) == ["application.offered: They have not opened it."] * 2
    operator = await scene.member(operator=True)
    shown = (await operator.client.get("/ops/ring", headers={"accept": "text/html"})).text
    assert shown.count("I reached them") == 1 and "number 1" in shown
    withdrawn = await ada.client.delete(f"/api/jobs/{jobs[1]}/applications/mine")
    if withdrawn.status_code == 409:  # an offer has an answer already: its poster takes it back
        await moved(poster, jobs[1], applications[1], "declined")
    await scene.drain()
    assert len(await rung(scene)) == 1
    shown = (await operator.client.get("/ops/ring", headers={"accept": "text/html"})).text
    assert shown.count("I reached them") == 1 and "number 0" in shown


async def test_going_to_and_fro_tells_outside_the_app_twice_a_day(scene: Scene) -> None:
    poster, ada = await scene.member(), await scene.member()
    job = await posted(poster)
    application = await applied(ada, job)
    for _ in range(5):
        for to in ("shortlisted", "reviewed"):
            await moved(poster, job, application, to)
            await scene.drain()
    assert (await told(ada)).count("application.shortlisted") == 5, "each is in the app"
    mails = [letter for letter in scene.mail.letters if "shortlist" in str(letter)]
    assert len(mails) == 2
    kept = [row for row in await scene.rows(ada) if row["reason"] == str(REPEATED)]
    assert len(kept) == 6 and {row["state"] for row in kept} == {"blocked"}


async def test_applying_and_withdrawing_mails_the_poster_twice_a_day_and_others_are_counted_apart(scene: Scene) -> None:
    poster, ada, bisi = await scene.member(), await scene.member(), await scene.member()
    job = await posted(poster)
    for _ in range(4):
        await applied(ada, job)
        await scene.drain()
        assert (await ada.client.delete(f"/api/jobs/{job}/applications/mine")).status_code in (200, 204)
        await scene.drain()
    assert len(scene.mail.letters) == 4, "twice each of both"
    await applied(bisi, job)
    await scene.drain()
    assert len(scene.mail.letters) == 5


async def test_whoever_has_switched_all_channels_off_is_not_rung(scene: Scene) -> None:
    ada = await scene.member()
    off = [{"kind": "application.hired", "channel": channel, "on": False} for channel in ("push", "email", "whatsapp", "sms")]
    assert (await ada.client.put("/api/notifications/settings", json={"choices": off})).status_code == 204
    await scene.tell(ada)
    await scene.climb(ada)
    assert await scene.rows(ada) == [] and await rung(scene) == []


@pytest.mark.parametrize("ends", ["stop", "close", "forget"])
async def test_an_alert_that_waits_is_not_sent_once_its_search_was_stopped_or_its_listing_closed(scene: Scene, ends: str) -> None:
    poster, ada = await scene.member(), await scene.member()
    search = (await ada.client.post("/api/jobs/searches", json={"q": "qwizzle", "by_mail": True})).json()["search"]["id"]
    scene.mail.busy = True
    job = await posted(poster, title="A qwizzle is wanted")
    await scene.drain()
    if ends == "stop":
        [row] = await scene.sql("select stop_token from jobs.saved_search where person_id = $1", ada.id)
        assert (await ada.client.post(f"/searches/stop/{row['stop_token']}")).status_code in (200, 201)
    elif ends == "close":
        assert (await poster.client.post(f"/api/jobs/{job}/close")).status_code in (200, 204)
    else:
        assert (await ada.client.delete(f"/api/jobs/searches/{search}")).status_code == 204
    scene.mail.busy = False
    await scene.drain()
    scene.mail.letters.clear()
    await scene.hurry("notice.email")
    assert [str(letter) for letter in scene.mail.letters if ada.email in str(letter)] == []
    [row] = [row for row in await scene.rows(ada) if row["channel"] == "email"]
    assert (row["state"], row["reason"]) == ("blocked", "Not sent: the search was stopped, or the job is not open any more.")


async def test_a_search_in_the_app_only_mails_nothing_when_another_channel_refuses(scene: Scene) -> None:
    poster, ada = await scene.member(), await scene.member()
    now = minute_of_day(utcnow())
    chosen = {
        "quiet_from": (now + 600) % 1440, "quiet_until": (now + 660) % 1440,
        "choices": [{"kind": "search.matched", "channel": "whatsapp", "on": True}],
    }  # fmt: skip
    assert (await ada.client.put("/api/notifications/settings", json=chosen)).status_code == 204
    assert (await ada.client.post("/api/jobs/searches", json={"q": "qwizzle", "by_mail": False})).status_code == 201
    await posted(poster, title="A qwizzle is wanted")
    await scene.drain()
    assert await scene.states(ada) == [("whatsapp", "sent")]
    place = next(place for place, one in enumerate(scene.whatsapp.taken) if ada.digits in str(one))
    assert await scene.hook(ada, "whatsapp", scene.whatsapp.status(place, "failed")) == 204
    await scene.drain()
    assert await scene.states(ada) == [("whatsapp", "failed")]


async def test_of_two_searches_that_fit_one_that_mails_decides(scene: Scene) -> None:
    poster, ada = await scene.member(), await scene.member()
    for words, by_mail in (({"q": "qwizzle"}, False), ({"q": "qwizzle wanted"}, True)):
        assert (await ada.client.post("/api/jobs/searches", json={**words, "by_mail": by_mail})).status_code == 201
    await posted(poster, title="A qwizzle is wanted")
    await scene.drain()
    assert ("email", "sent") in await scene.states(ada)


async def test_a_digest_that_is_switched_off_sends_what_waits(scene: Scene) -> None:
    ada = await scene.member()
    assert (await ada.client.put("/api/notifications/settings", json={"digest": "weekly"})).status_code == 204
    await scene.tell(ada, "application.shortlisted")
    assert scene.mail.letters == []
    assert (await ada.client.put("/api/notifications/settings", json={"digest": "off"})).status_code == 204
    await scene.drain()
    assert len(scene.mail.letters) == 1 and await scene.states(ada) == [("email", "sent")]


async def test_the_stop_page_says_the_search_in_the_readers_language(scene: Scene) -> None:
    ada = await scene.member()
    asked = {"kind": "crew", "category": "gaffer", "pay_min": "50000", "by_mail": True}
    assert (await ada.client.post("/api/jobs/searches", json=asked)).status_code == 201
    [row] = await scene.sql("select stop_token, label from jobs.saved_search where person_id = $1", ada.id)
    answer: httpx.Response = await ada.client.get(
        f"/searches/stop/{row['stop_token']}", headers={"accept": "text/html", "accept-language": "yo"}
    )
    assert "500" in row["label"] and row["label"] not in answer.text and "láti" in answer.text
