"""What a block holds back beside words, who is a stranger in a group, and that an edit is a message among those of a minute."""

from typing import Any

from nollycrewhub.platform.app import Process
from tests.domains.test_groups import befriend
from tests.domains.test_messages import Pair, handle_of, inbox, open_with, say, turn
from tests.domains.test_messages import join as join  # noqa: PLC0414 - pytest finds fixtures by name
from tests.domains.test_messages import pair as pair  # noqa: PLC0414
from tests.journeys.conftest import Join, Member


async def seen_at(member: Member, talk: str, other: Member) -> Any:
    """When the other one was last here, as one finds it."""
    people = (await member.client.get(f"/api/messages/{talk}")).json()["people"]
    return next(one["seen_at"] for one in people if one["id"] == other.person_id)


async def told_to(process: Process, member: Member) -> list[tuple[str, str]]:
    """What was told on somebody's own channel of conversations."""
    async with process.runtime.db.write_session() as session:
        rows = await session.sql(
            "select kind, payload from platform.live_message where channel = $1 order by n", f"person:{member.person_id}"
        )
    return [(row["kind"], row["payload"]) for row in rows if row["kind"] != "blocks"]


async def test_a_message_that_somebody_may_not_see_is_not_told_as_changed_either(process: Process, pair: Pair) -> None:
    ada, bola, talk = pair
    assert (await bola.client.post("/api/messages/blocks", json={"person_id": ada.person_id})).status_code == 204
    hidden = (await say(ada, talk, "Do you hear me?")).json()["message"]["n"]
    before, own = await told_to(process, bola), len(await told_to(process, ada))
    path = f"/api/messages/{talk}/messages/{hidden}"
    assert (await ada.client.put(path, json={"text": "Do you hear me now?"})).status_code == 200
    assert (await bola.client.delete(f"/api/messages/blocks/{ada.person_id}")).status_code == 204
    assert (await ada.client.delete(path)).status_code == 204
    assert await told_to(process, bola) == before
    assert [kind for kind, _ in (await told_to(process, ada))[own:]] == ["message-changed", "message-changed"]


async def test_who_only_shares_a_group_is_a_stranger(join: Join) -> None:
    """Whom somebody else has brought in must ask like everybody else; whoever asked one in is known."""
    ada, bola, eve = await join("Ada Obi"), await join("Bola Ade"), await join("Eve Ojo")
    await befriend(ada, bola)
    await befriend(ada, eve)
    asked = await open_with(ada, await handle_of(bola), title="Second unit", text="Call time is 6.")
    group = asked.json()["message"]["conversation_id"]
    assert (await ada.client.post(f"/api/messages/{group}/people", json={"people": [await handle_of(eve)]})).status_code == 204
    assert (await say(eve, group, "I am here.")).status_code == 201
    talk = (await open_with(eve, await handle_of(bola), text="Pay me first.")).json()["message"]["conversation_id"]
    assert (await inbox(bola, "requests"))["requests"] == 1
    assert talk not in [one["id"] for one in (await inbox(bola))["conversations"]]
    assert (await say(eve, talk, "Do you hear me?")).json()["type"] == "/problems/waits-for-answer"
    other = (await open_with(eve, await handle_of(bola), title="Another one", text="Come.")).json()["message"]["conversation_id"]
    assert other in [one["id"] for one in (await inbox(bola, "requests"))["conversations"]]


async def test_who_was_asked_into_a_group_and_said_yes_knows_the_one_who_asked(join: Join) -> None:
    ada, chidi = await join("Ada Obi"), await join("Chidi Eze")
    group = (await open_with(ada, await handle_of(chidi), title="Second unit")).json()["message"]["conversation_id"]
    await handle_of(ada)
    assert await turn(chidi, group, "accept") == 204
    for one, other in ((chidi, ada), (ada, chidi)):
        assert (await open_with(one, await handle_of(other), text="Between us.")).status_code == 201
        assert (await inbox(other, "requests"))["requests"] == 0


async def test_an_edit_is_a_message_among_those_of_a_minute(pair: Pair) -> None:
    ada, bola, talk = pair
    n = (await say(ada, talk, "Call time is 6.")).json()["message"]["n"]
    answers = [await ada.client.put(f"/api/messages/{talk}/messages/{n}", json={"text": f"Call time is {turn}."}) for turn in range(25)]
    codes = [answer.status_code for answer in answers]
    assert codes[0] == 200 and codes[-1] == 429 and codes == sorted(codes)
    same = await ada.client.put(f"/api/messages/{talk}/messages/{n}", json={"text": f"Call time is {codes.count(200) - 1}."})
    assert same.status_code == 200, "what changes nothing costs nothing"
    page = await ada.client.post(f"/me/messages/{talk}", data={"text": "Call time is 7.", "edit": str(n)})
    assert page.status_code == 429 and "Call time is 7." in page.text, "what was typed is not lost"
    assert (await say(bola, talk, "Which one?")).status_code == 201, "nobody else waits"


async def test_nobody_fills_the_operators_list_with_reports(pair: Pair, join: Join) -> None:
    ada, bola, talk = pair
    for number in range(14):
        assert (await say(ada, talk, f"Word {number}.")).status_code == 201

    async def report(*numbers: int) -> Any:
        given = {"messages": list(numbers), "reason": "spam", "note": "Look."}
        return await bola.client.post(f"/api/messages/{talk}/reports", json=given)

    first = await report(1, 2)
    again = [await report(*numbers) for numbers in ((1, 2), (2, 1), (1,))]
    assert {one.json()["id"] for one in again} == {first.json()["id"]}, "what waits is not reported twice"
    codes = [(await report(number)).status_code for number in range(3, 15)]
    assert codes == [202] * 9 + [429] * 3
    operator = await join("Operator Person", operator=True)
    waiting = (await operator.client.get("/api/messages/reports")).json()["reports"]
    assert len([one for one in waiting if one["report"]["reporter_id"] == bola.person_id]) == 10
