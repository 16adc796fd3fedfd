"""One mail of all that waited: never twice, what was stopped or read is not in it, and what became of it is noted for each notice."""

import asyncio
import re
from typing import Any

from tests.carriers.conftest import Person, Scene
from tests.simulators.providers import SECRET

KINDS = ("job.closed", "job.held", "job.released")


def name_of(letter: dict[str, Any]) -> str:
    """The Message-ID."""
    return next(line for line in letter["text"].splitlines() if line.lower().startswith("message-id:")).partition(":")[2].strip()


async def reader(scene: Scene, *kinds: str) -> Person:
    """Somebody who reads once a day, and for whom these wait since their hour came."""
    person = await scene.member()
    assert (await person.client.put("/api/notifications/settings", json={"digest": "daily"})).status_code == 204
    for kind in kinds:
        await scene.tell(person, kind)
    assert scene.mail.letters == []
    await come(scene, person)
    return person


async def come(scene: Scene, person: Person) -> None:
    """The hour of the digest comes."""
    await scene.sql("update notifications.delivery set due_at = now() where person_id = $1 and due_at is not null", person.id)
    await scene.sql("update platform.pgqueuer set execute_after = now() where entrypoint = 'notice.digest'")


async def test_two_digests_of_one_person_at_once_are_one_mail(scene: Scene) -> None:
    """Two hours of a digest came while no worker ran."""
    ngozi = await reader(scene, *KINDS)
    payload = await scene.job("notice.digest")
    scene.meanwhile(scene.mail, lambda: scene.run("notice.digest", payload))
    await scene.run("notice.digest", payload)
    await scene.hurry("notice.digest")
    assert len(scene.mail.letters) == 1 and "3 notices from NollyCrewHub" in scene.mail.letters[0]["text"]
    assert await scene.states(ngozi) == [("email", "sent")] * 3
    await asyncio.gather(*(scene.run("notice.digest", payload) for _ in range(4)))
    assert len(scene.mail.letters) == 1


async def test_a_digest_whose_worker_was_killed_is_the_same_mail_again(scene: Scene) -> None:
    ngozi = await reader(scene, *KINDS)
    payload = await scene.killed_with_it("notice.digest", scene.mail)
    notices = (await ngozi.client.get("/api/notifications?kind=job.closed")).json()["notices"]
    await ngozi.client.post(f"/api/notifications/{notices[0]['id']}/open")
    await scene.tell(ngozi, "job.ended")
    await come(scene, ngozi)
    await scene.run("notice.digest", payload, attempt=1)
    first, second = scene.mail.letters
    assert name_of(first) == name_of(second), "a mail program shows one"
    assert "2 notices" in second["text"], "and what is new is not in it"
    await scene.hurry("notice.digest")
    assert len(scene.mail.letters) == 3 and name_of(scene.mail.letters[2]) != name_of(first)
    assert sorted(await scene.states(ngozi)) == [("email", "blocked"), *[("email", "sent")] * 3]


async def test_a_digest_leaves_out_what_was_stopped_since(scene: Scene) -> None:
    ngozi = await reader(scene, *KINDS)
    off = {"digest": "daily", "choices": [{"kind": kind, "channel": "email", "on": False} for kind in KINDS[:2]]}
    await ngozi.client.put("/api/notifications/settings", json=off)
    await scene.hurry("notice.digest")
    assert len(scene.mail.letters) == 1 and "2 notices" not in scene.mail.letters[0]["text"]
    assert [(row["state"], row["reason"]) for row in await scene.rows(ngozi)] == [
        *[("blocked", "Not sent: such messages were stopped.")] * 2, ("sent", ""),
    ]  # fmt: skip
    [link] = re.findall(r"/notices/stop/[^\s>]+", scene.mail.letters[0]["text"].replace("=\r\n", "").replace("\r\n ", ""))[:1]
    ngozi.client.headers.pop("authorization")
    assert (await ngozi.client.get(link)).status_code == 200
    assert (await ngozi.client.post(link, data={"List-Unsubscribe": "One-Click"})).status_code in (200, 201)
    await scene.tell(ngozi, "job.released")
    assert len(await scene.rows(ngozi)) == 3, "nothing waits any more"


async def test_a_digest_that_comes_back_is_known_for_every_notice_in_it(scene: Scene) -> None:
    ngozi = await reader(scene, *KINDS)
    await scene.hurry("notice.digest")
    secret = {"x-hook-secret": SECRET, "content-type": "message/rfc822"}
    assert await scene.hook(ngozi, "mail", (scene.mail.returned(0), secret)) == 204
    assert await scene.states(ngozi) == [("email", "bounced")] * 3
    await scene.tell(ngozi, "job.ended")
    await come(scene, ngozi)
    await scene.drain()
    assert (await scene.states(ngozi))[-1] == ("email", "blocked") and len(scene.mail.letters) == 1


async def test_a_mail_server_that_is_away_delays_a_digest_for_a_day_and_loses_none(scene: Scene) -> None:
    ngozi = await reader(scene, *KINDS)
    scene.mail.busy = True
    for _ in range(3):
        await scene.hurry("notice.digest")
    assert [(row["state"], row["tries"]) for row in await scene.rows(ngozi)] == [("queued", 3)] * 3
    await scene.sql("update notifications.delivery set due_at = now() - interval '25 hours' where person_id = $1", ngozi.id)
    await scene.hurry("notice.digest")
    rows = await scene.rows(ngozi)
    assert [row["state"] for row in rows] == ["failed"] * 3 and all("Tried for a day" in row["reason"] for row in rows)
    scene.mail.busy = False
    late = await reader(scene, "job.closed")
    await scene.hurry("notice.digest")
    assert await scene.states(late) == [("email", "sent")]


async def test_a_job_alert_comes_with_the_digest_of_who_wants_one_and_at_once_to_the_others(scene: Scene) -> None:
    daily, at_once = await reader(scene), await scene.member()
    for person in (daily, at_once):
        await scene.tell(person, "search.matched")
    assert [one["to"] for one in scene.mail.letters] == [[at_once.email]]
    assert await scene.states(daily) == [("email", "queued")]
    await come(scene, daily)
    await scene.drain()
    assert [one["to"] for one in scene.mail.letters] == [[at_once.email], [daily.email]]


async def test_a_digest_for_nobodys_address_has_failed(scene: Scene) -> None:
    ngozi = await reader(scene, "job.closed")
    await scene.sql("update users.person set email_confirmed_at = null where id = $1", ngozi.id)
    await scene.hurry("notice.digest")
    [row] = await scene.rows(ngozi)
    assert (row["state"], row["reason"]) == ("failed", "There is no such address any more.")
