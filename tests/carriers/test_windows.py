"""WhatsApp's window closes between our look and theirs: the message goes as the template then, once, and what became of it says so."""

import pytest

from tests.carriers.conftest import Person, Scene

NOTED = "As WhatsApp's template: the day for free text was over."


async def in_a_window(scene: Scene, *, spent: int = 0) -> Person:
    """Somebody who wrote to us within the day, as we believe; the Cloud API believes otherwise."""
    person = await scene.member(email=False)
    await scene.sql("insert into notifications.chat_window (person_id, heard_at) values ($1, now() - interval '23 hours')", person.id)
    if spent:
        await scene.sql(
            "insert into notifications.spend (day, scope, kobo) values ((now() at time zone 'Africa/Lagos')::date, $1, $2)",
            str(person.id),
            spent,
        )
    return person


def forms(scene: Scene) -> list[str]:
    """What reached people, free text or template."""
    return [one["type"] for one in scene.whatsapp.taken]


async def has_window(scene: Scene, person: Person) -> bool:
    """Whether we still believe in it."""
    return bool(await scene.sql("select 1 from notifications.chat_window where person_id = $1", person.id))


async def test_free_text_that_comes_too_late_goes_as_the_template_at_once(scene: Scene) -> None:
    ngozi = await in_a_window(scene)
    await scene.tell(ngozi)
    [row] = await scene.rows(ngozi)
    assert (row["channel"], row["state"], row["reason"], row["cost"]) == ("whatsapp", "sent", NOTED, 1_000)
    assert forms(scene) == ["template"] and scene.whatsapp.asked == 2
    assert await scene.spent(ngozi) == 1_000 and not await has_window(scene, ngozi)
    [notice] = (await ngozi.client.get("/api/notifications")).json()["notices"]
    assert notice["channels"][0]["reason"] == NOTED
    assert NOTED in (await ngozi.client.get("/api/notifications/deliveries.csv")).text
    await scene.tell(ngozi, "application.offered")
    assert forms(scene) == ["template"] * 2 and scene.whatsapp.asked == 3, "the next one is not tried as free text"
    assert await scene.hook(ngozi, "whatsapp", scene.whatsapp.status(0, "read")) == 204
    assert (await scene.states(ngozi))[0] == ("whatsapp", "opened")


async def test_whatsapp_may_say_so_later(scene: Scene) -> None:
    ngozi = await in_a_window(scene)
    scene.whatsapp.says_later = True
    await scene.tell(ngozi)
    assert await scene.states(ngozi) == [("whatsapp", "sent")] and forms(scene) == []
    scene.whatsapp.faults.duplicate = True
    for _ in range(2):
        assert await scene.hook(ngozi, "whatsapp", scene.whatsapp.too_late(0)) == 204
    await scene.drain()
    [row] = await scene.rows(ngozi)
    assert (row["state"], row["reason"], row["cost"], forms(scene)) == ("sent", NOTED, 1_000, ["template"])
    assert await scene.hook(ngozi, "whatsapp", scene.whatsapp.too_late(0)) == 204
    await scene.drain()
    assert await scene.states(ngozi) == [("whatsapp", "sent")] and forms(scene) == ["template"], (
        "what is said again of the first is of the past"
    )
    assert await scene.hook(ngozi, "whatsapp", scene.whatsapp.status(0, "delivered")) == 204
    assert await scene.states(ngozi) == [("whatsapp", "delivered")]
    assert await scene.hook(ngozi, "whatsapp", scene.whatsapp.too_late(0)) == 204
    assert await scene.states(ngozi) == [("whatsapp", "delivered")]


async def test_a_late_word_about_the_free_text_does_not_stop_the_template(scene: Scene) -> None:
    ngozi = await in_a_window(scene)
    scene.whatsapp.says_later = True
    await scene.tell(ngozi)
    scene.whatsapp.taken, dropped = [], scene.whatsapp.dropped[0]
    await scene.hook(ngozi, "whatsapp", scene.whatsapp.too_late(0))
    late = {"id": dropped["id"], "status": "sent", "biz_opaque_callback_data": dropped["biz_opaque_callback_data"]}
    assert await scene.hook(ngozi, "whatsapp", scene.whatsapp.hook(statuses=[late])) == 204
    assert await scene.states(ngozi) == [("whatsapp", "queued")]
    await scene.drain()
    assert await scene.states(ngozi) == [("whatsapp", "sent")] and forms(scene) == ["template"]


@pytest.mark.parametrize("killed", ["at the no", "at the yes"])
async def test_a_worker_that_is_killed_between_the_two_sends_nothing_twice(scene: Scene, killed: str) -> None:
    ngozi = await in_a_window(scene)
    await scene.tell(ngozi, drained=False)
    await scene.run("notice.climb", await scene.job("notice.climb"))
    if killed == "at the yes":
        await scene.run("notice.whatsapp", await scene.job("notice.whatsapp"))
        assert (await scene.rows(ngozi))[0]["state"] == "queued" and scene.whatsapp.asked == 1
    payload = await scene.killed_with_it("notice.whatsapp", scene.whatsapp)
    await scene.run("notice.whatsapp", payload, attempt=1)
    await scene.drain()
    [row] = await scene.rows(ngozi)
    assert row["state"] == "sent" and len(scene.whatsapp.taken) == (killed == "at the yes")
    assert scene.whatsapp.asked == (2 if killed == "at the yes" else 1), "nobody knows, so nobody asks again; the ladder goes on"
    if killed == "at the yes":
        assert (row["cost"], await scene.spent(ngozi)) == (1_000, 1_000)
        assert await scene.hook(ngozi, "whatsapp", scene.whatsapp.status(0, "delivered")) == 204
        assert await scene.states(ngozi) == [("whatsapp", "delivered")]


async def test_the_first_job_may_run_again_beside_the_second(scene: Scene) -> None:
    """Its worker was killed after the word about the window was stored: the job that was made with it is there too."""
    ngozi = await in_a_window(scene)
    await scene.tell(ngozi, drained=False)
    await scene.run("notice.climb", await scene.job("notice.climb"))
    payload = await scene.job("notice.whatsapp")
    await scene.run("notice.whatsapp", payload)
    await scene.run("notice.whatsapp", payload, attempt=1)
    await scene.drain()
    assert await scene.states(ngozi) == [("whatsapp", "sent")] and forms(scene) == ["template"]
    assert await scene.spent(ngozi) == 1_000


async def test_a_template_that_the_day_cannot_pay_is_left(scene: Scene) -> None:
    ngozi = await in_a_window(scene, spent=9_500)
    await scene.tell(ngozi)
    rows = [(row["channel"], row["state"], row["cost"]) for row in await scene.rows(ngozi)]
    assert rows == [("whatsapp", "blocked", 0), ("sms", "sent", 500)] and forms(scene) == []
    assert await scene.spent(ngozi) == 10_000


async def test_who_has_written_meanwhile_may_be_answered(scene: Scene) -> None:
    """The word about the window comes after a newer message of theirs, which opened another one."""
    ngozi = await in_a_window(scene)
    scene.whatsapp.says_later = True
    await scene.tell(ngozi)
    await scene.sql("update notifications.chat_window set heard_at = clock_timestamp() where person_id = $1", ngozi.id)
    await scene.hook(ngozi, "whatsapp", scene.whatsapp.too_late(0))
    await scene.drain()
    assert forms(scene) == ["template"] and await has_window(scene, ngozi)


@pytest.mark.parametrize("is_lost", [False, True])
async def test_the_word_about_the_window_may_come_before_the_answer_or_instead_of_it(scene: Scene, is_lost: bool) -> None:  # noqa: FBT001 - a table
    ngozi = await in_a_window(scene)
    scene.whatsapp.says_later = True

    async def say() -> None:
        scene.whatsapp.faults.lose = is_lost
        assert await scene.hook(ngozi, "whatsapp", scene.whatsapp.too_late(0)) == 204

    scene.meanwhile(scene.whatsapp, say)
    await scene.tell(ngozi, drained=False)
    await scene.run("notice.climb", await scene.job("notice.climb"))
    await scene.run("notice.whatsapp", await scene.job("notice.whatsapp"))
    assert await scene.states(ngozi) == [("whatsapp", "queued")], "the answer is about the free text"
    scene.whatsapp.faults.lose = False
    await scene.drain()
    [row] = await scene.rows(ngozi)
    assert (row["state"], row["reason"], row["cost"], forms(scene)) == ("sent", NOTED, 1_000, ["template"])
    assert await scene.spent(ngozi) == 1_000
