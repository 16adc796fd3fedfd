"""One message speaks to whoever is asked: it stays as it was sent, it is told once, and what was changed alone is said anew when it may."""

from typing import Any

from nollycrewhub.platform.app import Process
from nollycrewhub.platform.worker import drain
from tests.domains.test_groups import Group
from tests.domains.test_groups import group as group  # noqa: PLC0414 - pytest finds fixtures by name
from tests.domains.test_keeping_apart import told_to
from tests.domains.test_messages import Pair, handle_of, open_with, say, texts, turn
from tests.domains.test_messages import join as join  # noqa: PLC0414
from tests.domains.test_messages import pair as pair  # noqa: PLC0414
from tests.domains.test_projects import ask_in, begin, talk_about
from tests.domains.test_projects import turn as answer
from tests.domains.test_through_a_block import block, change
from tests.journeys.conftest import Join, Member


async def notices(process: Process, member: Member) -> list[str]:
    """What somebody was told, by its kind."""
    await drain(process.runtime)
    found = (await member.client.get("/api/notifications")).json()["notices"]
    return [one["kind"] for one in found]


async def ask(member: Member, talk: str, other: Member) -> None:
    """Asks somebody into a group."""
    asked = await member.client.post(f"/api/messages/{talk}/people", json={"people": [await handle_of(other)]})
    assert asked.status_code == 204, asked.text


def is_refused(answer: Any) -> bool:
    """Whether it was said that the message stays as it is."""
    said = answer.json()
    return (answer.status_code, said["type"]) == (409, "/problems/waits-for-answer") and "stays as it was sent" in said["detail"]


async def test_a_first_message_stays_as_it_was_sent_until_it_is_accepted(process: Process, join: Join) -> None:
    ada, bola = await join("Ada Obi"), await join("Bola Ade")
    talk = (await open_with(ada, await handle_of(bola), text="May I ask?")).json()["message"]["conversation_id"]
    before = len(await told_to(process, bola))
    assert is_refused(await change(ada, talk, 1, "Answer me!"))
    page = await ada.client.get(f"/me/messages/{talk}?edit=1")
    assert "?edit=1" not in page.text and "Delete for everybody" in page.text
    typed = await ada.client.post(f"/me/messages/{talk}", data={"text": "Answer me!", "edit": "1"})
    assert typed.status_code == 409 and "stays as it was sent" in typed.text
    assert await texts(bola, talk) == ["May I ask?"] and len(await told_to(process, bola)) == before
    assert await turn(bola, talk, "accept") == 204
    assert (await change(ada, talk, 1, "May I ask you?")).status_code == 200
    assert await texts(bola, talk) == ["May I ask you?"]


async def test_a_no_and_a_block_refuse_in_the_same_words(join: Join) -> None:
    ada, bola, chidi = await join("Ada Obi"), await join("Bola Ade"), await join("Chidi Eze")
    talks = [(await open_with(ada, await handle_of(one))).json()["message"]["conversation_id"] for one in (bola, chidi)]
    assert await turn(bola, talks[0], "decline") == 204
    await block(chidi, ada)
    answers = [await change(ada, talk, 1, "Answer me!") for talk in talks]
    assert all(is_refused(one) for one in answers) and answers[0].json()["detail"] == answers[1].json()["detail"]


async def test_in_a_group_the_one_message_that_somebody_asked_reads_stays_and_no_others(group: Group, join: Join) -> None:
    ada, _, chidi, talk = group
    dayo = await join("Dayo Ojo")
    await ask(ada, talk, dayo)
    for text in ("Welcome", "Call time is 7."):
        assert (await say(ada, talk, text)).status_code == 201
    assert is_refused(await change(ada, talk, 2, "Answer me!"))
    assert [(await change(ada, talk, n, "Other words")).status_code for n in (1, 3)] == [200, 200]
    assert (await ada.client.delete(f"/api/messages/{talk}/people/{dayo.person_id}")).status_code == 204
    assert is_refused(await change(ada, talk, 2, "Answer me!")), "to put out and ask again is no way round"
    await ask(ada, talk, dayo)
    assert await texts(dayo, talk) == ["Welcome"]
    assert await turn(chidi, talk, "leave") == 204
    await ask(ada, talk, chidi)
    assert (await change(ada, talk, 3, "Call time is 8.")).status_code == 200, "whoever is asked back has been there"


async def test_one_asking_is_told_once_however_often_it_is_renewed(process: Process, join: Join) -> None:
    ada, bola = await join("Ada Obi"), await join("Bola Ade")
    talk = (await open_with(ada, await handle_of(bola), title="Second unit")).json()["message"]["conversation_id"]
    for _ in range(3):
        assert (await ada.client.delete(f"/api/messages/{talk}/people/{bola.person_id}")).status_code == 204
        await ask(ada, talk, bola)
    assert (await open_with(ada, await handle_of(bola), title="Third unit")).status_code == 201
    assert (await open_with(ada, await handle_of(bola), text="Between us")).status_code == 201
    assert await notices(process, bola) == ["conversation.asked"]
    chidi = await join("Chidi Eze")
    assert (await open_with(chidi, await handle_of(bola))).status_code == 201
    assert await notices(process, bola) == ["conversation.asked"] * 2, "another's asking is another one"


async def test_what_was_changed_alone_is_said_when_it_is_saved_anew_after_the_unblock(process: Process, pair: Pair) -> None:
    ada, bola, talk = pair
    await block(bola, ada)
    assert (await change(ada, talk, 1, "Good evening.")).status_code == 200
    await block(bola, ada, on=False)
    before = len(await told_to(process, bola))
    assert (await change(ada, talk, 1, "Good evening.")).json()["message"]["text"] == "Good evening."
    assert await texts(ada, talk) == await texts(bola, talk) == ["Good evening."]
    assert [kind for kind, _ in (await told_to(process, bola))[before:]] == ["message-changed"]
    assert (await change(ada, talk, 1, "Good evening.")).status_code == 200
    assert len(await told_to(process, bola)) == before + 1, "and then it is the same"


async def heard_anew(process: Process, member: Member) -> int:
    """How often all were told to ask again who must not hear this one."""
    async with process.runtime.db.write_session() as session:
        found = await session.sql(
            "select count(*) from platform.live_message where channel = $1 and kind = 'blocks'", f"person:{member.person_id}"
        )
    return int(found[0][0])


async def test_who_comes_into_a_projects_room_is_asked_about_at_once(process: Process, join: Join) -> None:
    """Whoever speaks there was asked about before they came, and that is kept for a minute."""
    ada, bola, chidi = await join("Ada Obi"), await join("Bola Ade"), await join("Chidi Eze")
    project = await begin(ada)
    await ask_in(ada, project, bola)
    assert await answer(bola, project, "accept") == 204
    assert (await talk_about(ada, "project", project)).status_code == 201
    await drain(process.runtime)
    await block(chidi, bola)
    before = [await heard_anew(process, one) for one in (ada, bola, chidi)]
    await ask_in(ada, project, chidi)
    assert await answer(chidi, project, "accept") == 204
    await drain(process.runtime)
    assert [await heard_anew(process, one) for one in (ada, bola, chidi)] == [before[0], before[1], before[2] + 1]
