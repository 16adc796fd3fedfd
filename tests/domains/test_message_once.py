"""A message is stored once for its client's id, and asks the database for little."""

import asyncio
from uuid import uuid4

from nollycrewhub.devstack.stack import Stack
from tests.domains.test_messages import Pair, handle_of, open_with, say, texts
from tests.domains.test_messages import join as join  # noqa: PLC0414 - pytest finds fixtures by name
from tests.domains.test_messages import pair as pair  # noqa: PLC0414


def asked(stack: Stack) -> int:
    """Statements so far that name a table of messages."""
    counted = "select coalesce(sum(calls), 0)::bigint from pg_stat_statements where strpos(query, 'messages' || chr(46)) > 0"
    return int(stack.primary.sql(counted, database="nollycrewhub"))


async def test_sent_again_is_sent_once(pair: Pair) -> None:
    ada, bola, talk = pair
    client_id = str(uuid4())
    answers = [await say(ada, talk, "Call time is 6.", client_id) for _ in range(3)]
    assert {answer.json()["message"]["n"] for answer in answers} == {2}
    assert await texts(bola, talk) == ["Good morning.", "Call time is 6."]
    elsewhere = (await open_with(ada, await handle_of(bola), title="Two", text="A group")).json()["message"]["conversation_id"]
    refused = await say(ada, elsewhere, "Call time is 6.", client_id)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/same-id-elsewhere")


async def test_a_message_costs_this_many_statements(stack: Stack, pair: Pair) -> None:
    """The lock, one question under it, and one statement that stores: each more would cost as much as the rest of its work."""
    ada, _, talk = pair
    before = asked(stack)
    assert (await say(ada, talk, "Call time is 6.")).status_code == 201
    assert asked(stack) - before == 3


async def test_a_mark_that_stays_asks_for_the_seats_and_nothing_else(stack: Stack, pair: Pair) -> None:
    """An open page marks what it shows again and again."""
    _, bola, talk = pair
    costs = []
    for _ in range(2):
        before = asked(stack)
        assert (await bola.client.post(f"/api/messages/{talk}/read", json={"n": 1})).status_code == 204
        costs.append(asked(stack) - before)
    assert costs[0] > costs[1] == 2


async def test_two_at_a_time_with_one_client_id_in_two_talks_store_one(pair: Pair) -> None:
    """The id is met while the other stores it, which no look beforehand sees; the number that was drawn is not used up."""
    ada, bola, talk = pair
    other = (await open_with(ada, await handle_of(bola), title="Two", text="A group")).json()["message"]["conversation_id"]
    for number in range(6):
        client_id = str(uuid4())
        answers = await asyncio.gather(*(say(ada, place, f"Take {number}", client_id) for place in (talk, other)))
        assert sorted(answer.status_code for answer in answers) == [201, 409]
    numbers = [
        [one["n"] for one in (await ada.client.get(f"/api/messages/{place}/messages")).json()["messages"]] for place in (talk, other)
    ]
    assert [sorted(found) for found in numbers] == [list(range(1, len(found) + 1)) for found in numbers]
    assert sum(map(len, numbers)) == 8
