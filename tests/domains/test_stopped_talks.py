"""A conversation that an operator has stopped, and one that was muted for a while."""

from collections.abc import AsyncIterator

import pytest

from nollycrewhub.platform.app import Process
from nollycrewhub.platform.worker import drain
from tests.domains.test_messages import Pair, handle_of, inbox, open_with, say, turn
from tests.domains.test_messages import pair as pair  # noqa: PLC0414 - pytest finds fixtures by name
from tests.journeys.conftest import Join, Member
from tests.messaging import join_fast


@pytest.fixture
async def join(process: Process) -> AsyncIterator[Join]:
    """Makes members without the pages of the entrance."""
    async with join_fast(process) as run:
        yield run


async def stopped(pair: Pair, operator: Member) -> str:
    """Bola reports Ada, and an operator stops their conversation; the report."""
    _, bola, talk = pair
    made = await bola.client.post(f"/api/messages/{talk}/reports", json={"messages": [1], "reason": "spam"})
    report = str(made.json()["id"])
    assert await decide(operator, report, "freeze") == 204
    return report


async def decide(operator: Member, report: str, decision: str) -> int:
    answer = await operator.client.post(f"/api/messages/reports/{report}/decide", json={"decision": decision, "note": "Looked at it."})
    return answer.status_code


async def is_in(member: Member, group: str) -> bool:
    """Whether a group is among one's conversations, and not one that waits to be accepted."""
    return group in [talk["id"] for talk in (await inbox(member))["conversations"]]


async def test_a_stopped_conversation_makes_nobody_known(pair: Pair, join: Join) -> None:
    ada, bola, _ = pair
    before = (await open_with(ada, await handle_of(bola), title="Crew", text="Come in")).json()["message"]["conversation_id"]
    assert await is_in(bola, before), "who writes with one another is in at once"
    await stopped(pair, await join("Olu Operator", operator=True))
    group = (await open_with(ada, await handle_of(bola), title="Crew again", text="Come in")).json()["message"]["conversation_id"]
    assert not await is_in(bola, group)


async def test_an_operator_lets_a_stopped_conversation_go_on(pair: Pair, join: Join) -> None:
    ada, bola, talk = pair
    operator = await join("Olu Operator", operator=True)
    report = await stopped(pair, operator)
    assert (await say(ada, talk, "Hello")).status_code == 409
    page = (await operator.client.get("/ops/reports")).text
    assert "Stopped conversations" in page and report in page
    assert (
        await bola.client.post(f"/api/messages/reports/{report}/decide", json={"decision": "unfreeze", "note": "Mine."})
    ).status_code == 404
    done = await operator.client.post(f"/ops/reports/{report}", data={"decision": "unfreeze", "note": "They have made up."})
    assert done.status_code == 303
    assert (await say(ada, talk, "Hello")).status_code == 201
    assert report not in (await operator.client.get("/ops/reports")).text
    for decision in ("unfreeze", "freeze", "dismiss"):
        assert await decide(operator, report, decision) == 409, "it was decided"


async def test_only_what_was_stopped_can_be_let_go_on(pair: Pair, join: Join) -> None:
    _, bola, talk = pair
    operator = await join("Olu Operator", operator=True)
    made = await bola.client.post(f"/api/messages/{talk}/reports", json={"messages": [1], "reason": "spam"})
    assert await decide(operator, made.json()["id"], "unfreeze") == 409
    assert await decide(operator, made.json()["id"], "dismiss") == 204


async def test_the_first_message_after_a_mute_is_told(pair: Pair, process: Process) -> None:
    ada, bola, talk = pair
    assert (await bola.client.post(f"/api/messages/{talk}/read", json={"n": 1})).status_code == 204

    async def notices() -> int:
        await drain(process.runtime)
        found = (await bola.client.get("/api/notifications")).json()["notices"]
        return sum(notice["kind"] == "message.received" and notice["link"].endswith(talk) for notice in found)

    before = await notices()
    assert await turn(bola, talk, "mute") == 204
    await say(ada, talk, "while it is muted")
    assert await notices() == before
    assert await turn(bola, talk, "unmute") == 204
    for number in range(3):
        await say(ada, talk, f"after it, {number}")
    assert await notices() == before + 1, "the first of them, and no more until it is read"
