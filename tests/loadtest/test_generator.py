"""The truth of the open loop: what is late counts as late, what was not sent counts as lost, and nobody is spared by a slow answer."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from random import Random

from nollycrewhub.loadtest.generator import Load, pause
from nollycrewhub.loadtest.line import Ask, Got, Lines
from nollycrewhub.loadtest.pace import AT_ONCE, Layer, Step, Visitor
from nollycrewhub.loadtest.tally import Phase, Tally
from nollycrewhub.loadtest.targets import allowed

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Cache: hit\r\n\r\nok"
LATER = b"HTTP/1.1 503 Later\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"
Speak = Callable[[str], Awaitable[bytes]]


@asynccontextmanager
async def served(speak: Speak) -> AsyncIterator[Lines]:
    """A server that says what it is told to say, and lines to it."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            told = await speak(head.decode())
            if not told:
                writer.close()
                return
            writer.write(told)

    async def until_they_leave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(reader, writer)
        except (EOFError, OSError):
            writer.close()

    server = await asyncio.start_server(until_they_leave, "127.0.0.1", 0)
    lines = Lines(allowed(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"), Random(1))
    try:
        yield lines
    finally:
        lines.close()
        server.close()


def load(lines: Lines, steps: list[Step], *, rate: float, seconds: float, **more: int) -> Load:
    """Evenly spaced visits."""
    layer = Layer(begins=0, seconds=seconds, rate=rate, visit=lambda _: steps, is_even=True)
    return Load(lines, [layer], Tally([Phase(name="all", begins=0, seconds=seconds)]), **more)


def page(_: Visitor) -> Ask:
    """Any page."""
    return Ask("page", "GET", "/page")


async def test_everything_due_is_sent_at_its_moment() -> None:
    async def speak(_: str) -> bytes:
        return OK

    async with served(speak) as lines:
        driven = load(lines, [Step(0.0, page)], rate=100, seconds=1)
        await driven.run()
    found = driven.tally.kind()
    assert (found.asked, found.right, driven.tally.dropped, found.statuses, found.found) == (100, 100, 0, {"200": 100}, {"hit": 100})
    assert len(driven.tally.lags) == 100


async def test_a_server_that_stops_for_a_second_is_charged_for_everybody_who_waited() -> None:
    """A closed loop would have sent one request into the pause and called the rest quick."""
    loop = asyncio.get_running_loop()
    began = loop.time()

    async def speak(_: str) -> bytes:
        await asyncio.sleep(max(0.0, 1.2 - (loop.time() - began)) if loop.time() - began > 0.2 else 0.0)
        return OK

    async with served(speak) as lines:
        driven = load(lines, [Step(0.0, page)], rate=50, seconds=1.5)
        await driven.run()
    found = driven.tally.kind()
    assert found.asked == 75
    assert found.p50_ms > 150 and found.p95_ms > 800


async def test_a_visits_next_request_is_due_at_its_moment_even_when_the_one_before_is_late() -> None:
    async def speak(head: str) -> bytes:
        await asyncio.sleep(0.5 if "/slow" in head else 0.0)
        return OK

    steps = [Step(0.0, lambda _: Ask("slow", "GET", "/slow")), Step(0.1, lambda _: Ask("next", "GET", "/next"))]
    async with served(speak) as lines:
        driven = load(lines, steps, rate=1, seconds=1)
        await driven.run()
    assert 380 < driven.tally.kind(kinds=["next"]).p50_ms < 700


async def test_a_generator_that_was_held_up_counts_the_delay_and_says_so() -> None:
    async def speak(_: str) -> bytes:
        return OK

    def holding_up(visitor: Visitor) -> Ask:
        if not visitor.seen:
            import time

            time.sleep(0.005)
        return page(visitor)

    async with served(speak) as lines:
        driven = load(lines, [Step(0.0, holding_up)], rate=400, seconds=0.5)
        await driven.run()
    assert max(driven.tally.lags) > 0.2
    assert driven.tally.kind().p95_ms > 200


async def test_what_there_is_no_room_for_is_dropped_and_counted() -> None:
    async def speak(_: str) -> bytes:
        await asyncio.sleep(0.6)
        return OK

    async with served(speak) as lines:
        driven = load(lines, [Step(0.0, page), Step(AT_ONCE, page)], rate=20, seconds=0.5, most_under_way=4)
        await driven.run()
    assert (driven.tally.kind().asked, driven.tally.dropped) == (8, 12)
    assert sum(second.due for second in driven.tally.seconds.values()) == 20


async def test_who_is_asked_to_wait_comes_again_and_is_charged_for_the_whole_time() -> None:
    turns = {"n": 0}

    async def speak(_: str) -> bytes:
        turns["n"] += 1
        return LATER if turns["n"] == 1 else OK

    async with served(speak) as lines:
        patient = load(lines, [Step(0.0, page)], rate=1, seconds=1, comes_again=2)
        await patient.run()
        turns["n"] = 0
        curt = load(lines, [Step(0.0, page)], rate=1, seconds=1)
        await curt.run()
    came, left = patient.tally.kind(), curt.tally.kind()
    assert (came.right, came.asked_to_wait, patient.tally.seconds[0].told_to_wait) == (1, 0, 1)
    assert came.p50_ms > 1000
    assert (left.right, left.asked_to_wait, left.statuses) == (0, 1, {"503": 1})


async def test_a_line_that_breaks_is_an_error_and_a_lost_sign_in_makes_the_profile_impossible() -> None:
    async def speak(head: str) -> bytes:
        return b"" if "/login" in head else OK

    def learn(visitor: Visitor, _: Got) -> None:
        visitor.token = "known"

    steps = [
        Step(AT_ONCE, lambda _: Ask("sign-in", "POST", "/login", b"{}"), learn=learn),
        Step(AT_ONCE, lambda visitor: page(visitor) if visitor.token else None),
    ]
    async with served(speak) as lines:
        driven = load(lines, steps, rate=3, seconds=1)
        await driven.run()
    found = driven.tally.kind()
    assert (found.asked, found.right, found.statuses, driven.tally.impossible) == (3, 0, {"IncompleteReadError": 3}, 3)


async def test_a_person_comes_from_one_address() -> None:
    seen: list[str] = []

    async def speak(head: str) -> bytes:
        seen.extend(line for line in head.split("\r\n") if line.startswith("X-Forwarded-For"))
        return OK

    async with served(speak) as lines:
        await load(lines, [Step(0.0, page), Step(AT_ONCE, page)], rate=2, seconds=1).run()
    assert len(seen) == 4 and len(set(seen)) == 2


async def test_a_fault_of_our_own_is_not_taken_for_the_servers() -> None:
    import pytest

    async def speak(_: str) -> bytes:
        return OK

    def broken(_: Visitor) -> Ask:
        raise KeyError("ours")

    async with served(speak) as lines:
        driven = load(lines, [Step(0.0, broken)], rate=2, seconds=1)
        with pytest.raises(KeyError, match="ours"):
            await driven.run()


async def test_an_answer_in_chunks_is_read_whole() -> None:
    async def speak(_: str) -> bytes:
        return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n"

    async with served(speak) as lines:
        for _ in range(2):
            assert (await lines.ask(Ask("one", "GET", "/"))).body == b"abcde"


async def test_who_comes_alone_has_a_connection_of_their_own() -> None:
    heads: list[str] = []

    async def speak(head: str) -> bytes:
        heads.append(head)
        return OK

    async with served(speak) as lines:
        for _ in range(2):
            await lines.ask(Ask("one", "GET", "/", is_alone=True))
        assert lines.idle == [] and all("Connection: close" in head for head in heads)
        await lines.ask(Ask("one", "GET", "/"))
        assert len(lines.idle) == 1


def test_who_is_asked_to_wait_again_waits_twice_as_long() -> None:
    assert [pause("2", told) for told in (1, 2, 3, 9)] == [2.0, 4.0, 8.0, 30.0]


def test_nonsense_in_retry_after_is_a_second() -> None:
    assert [pause(text) for text in ("3", "900", "soon", "Wed, 21 Oct 2026 07:28:00 GMT")] == [3.0, 30.0, 1.0, 1.0]
