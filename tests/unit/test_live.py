"""A channel puts messages in order whatever order they come in; many questions become one; the page tells every frame."""

import asyncio
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nollycrewhub.platform.live import frames
from nollycrewhub.platform.live.channels import Channel, Channels, everyone, oneself
from nollycrewhub.platform.live.frames import Closed, Frame
from nollycrewhub.platform.live.together import Together
from nollycrewhub.platform.live.topic import Item, Topic

PAGE = (Path(__file__).parents[2] / "docs" / "mechanisms" / "realtime.md").read_text()


def item(n: int, epoch: str = "e") -> Item:
    """A message that has come."""
    return Item(epoch, n, "news", "1/0", Frame(b"{}"))


def given_out(topic: Topic) -> list[int]:
    """What is due now."""
    found = []
    while (one := topic.next()) is not None:
        found.append(one.n)
    return found


@given(st.lists(st.integers(1, 30), max_size=80), st.integers(0, 10))
def test_a_topic_gives_each_message_once_and_in_order(arrivals: list[int], head: int) -> None:
    topic, told = Topic("room:1"), []
    for place, n in enumerate(arrivals):
        topic.arrive(item(n))
        if place == len(arrivals) // 2:
            topic.open("e", head, "1/0")
        told += given_out(topic)
    if not topic.is_open:
        topic.open("e", head, "1/0")
    told += given_out(topic)
    assert told == list(range(head + 1, head + 1 + len(told)))
    assert topic.n == head + len(told)
    later = {n for n in arrivals if n > topic.n}
    assert topic.n + 1 not in later
    assert topic.lacks == bool(later), "it knows whether something is missing"


def test_a_held_topic_gives_nothing_and_another_history_is_noticed() -> None:
    topic = Topic("room:1")
    topic.open("e", 3, "1/0")
    topic.held = 1
    topic.arrive(item(4))
    assert given_out(topic) == []
    topic.held = 0
    assert given_out(topic) == [4]
    topic.arrive(item(5, "other"))
    assert given_out(topic) == [] and topic.lacks and topic.is_of_another_history


def test_the_first_message_of_a_channel_begins_its_history() -> None:
    topic = Topic("room:1")
    topic.open("", 0, "1/0")
    topic.arrive(item(1, "first"))
    assert given_out(topic) == [1] and topic.epoch == "first"


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65_535, 65_536, 100_000])
def test_the_head_of_a_frame_says_its_length(length: int) -> None:
    wire = Frame(b"x" * length).wire
    assert wire[0] == 0x81 and wire.endswith(b"x" * length)
    second = wire[1]
    told = second if second < 126 else int.from_bytes(wire[2 : 4 if second == 126 else 10], "big")
    assert told == length and second & 0x80 == 0


def test_names_mean_what_is_declared_and_nothing_else() -> None:
    channels = Channels((Channel("jobs", may=everyone, keyed=False), Channel("person", may=oneself)))
    assert channels.find("jobs") is not None and channels.find("person:1") is not None
    for name in ("", "jobs:1", "person", "person:", "Person:1", "person:1\n", "person:é", "nobody", "person:" + "1" * 65, "a" * 101):
        assert channels.find(name) is None, name
    with pytest.raises(ValueError, match="twice"):
        Channels((Channel("jobs", may=everyone), Channel("jobs", may=everyone)))


async def test_what_is_asked_together_is_answered_together_and_a_fault_reaches_all_who_asked() -> None:
    batches: list[list[int]] = []

    async def double(numbers: list[int]) -> list[int]:
        batches.append(numbers)
        if 13 in numbers:
            raise ConnectionError("away")
        return [2 * number for number in numbers]

    together: Together[int, int] = Together(double, most=100)
    assert await asyncio.gather(*(together.ask(number) for number in range(12))) == [2 * number for number in range(12)]
    assert len(batches) == 1
    answers = await asyncio.gather(*(together.ask(number) for number in range(12, 250)), return_exceptions=True)
    assert [len(batch) for batch in batches] == [12, 100, 100, 38]
    assert all(isinstance(answer, ConnectionError) for answer in answers[:100])
    assert answers[100:] == [2 * number for number in range(112, 250)]


def test_the_page_tells_every_frame_code_and_reason() -> None:
    asked = {kind.__struct_config__.tag for kind in (frames.Sub, frames.Unsub, frames.Ping, frames.Say)}
    told = set(re.findall(r'"op":"([a-z]+)"', PAGE))
    sent = {"hello", "sub", "msg", "fresh", "gone", "unsub", "pong", "error", "bye"}
    assert told == asked | sent
    codes = {int(code) for code in re.findall(r"\b(1\d{3}|4\d{3})\b", PAGE.partition("| code | why |")[2].partition("\n\n")[0])}
    assert codes == {int(code) for code in Closed}
    source = Path(frames.__file__).parent
    whys = {why for path in source.glob("*.py") for why in re.findall(r'frames\.error\(\s*"([a-z-]+)"', path.read_text())}
    assert whys == set(re.findall(r"`([a-z-]+)`", PAGE.partition('"op":"error"')[2].partition("\n")[0]))
