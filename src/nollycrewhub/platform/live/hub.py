"""All live connections of one process: who listens to what, and that each hears every message once and in order.

What other processes tell comes over Valkey; what does not come is found in the database (looking.py).
"""

import asyncio
import random
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Any

from nollycrewhub.platform import log, metrics, tracing
from nollycrewhub.platform.db import Database, Position
from nollycrewhub.platform.ending import ended
from nollycrewhub.platform.live import frames
from nollycrewhub.platform.live.channels import Channels, Speaker
from nollycrewhub.platform.live.client import Client
from nollycrewhub.platform.live.frames import Closed, Frame, Last
from nollycrewhub.platform.live.giving import Giving
from nollycrewhub.platform.live.hearing import Hearing
from nollycrewhub.platform.live.looking import Looking
from nollycrewhub.platform.live.publishing import APART, DECODER, RIGHTS, Teller
from nollycrewhub.platform.live.purse import Purses
from nollycrewhub.platform.live.together import Together
from nollycrewhub.platform.live.topic import Item, Topic, fill
from nollycrewhub.platform.sessions import Viewer

LATE = 0.06  # what is still missing after this is fetched; another process's word may be a little behind
AGAIN = 0.5
MOST_ROUNDS = 5
SOCKETS_A_SECOND = 125.0  # how fast the clients of a lost process may come back: each costs half a millisecond of an instance at work
LEAST_SPREAD, MOST_SPREAD = 1.0, 40.0
BEAT = 25.0
SAY_EVERY = 10.0
MYSELF = "person:me"
ENDED_FOR, MOST_ENDED = 10.0, 10_000  # who was found signed in may come in after the word that they no longer are
LOG = log.logger("live")


class Hub:
    """One a web process; it begins to listen with its first client."""

    def __init__(self, *, db: Database, channels: Channels, teller: Teller) -> None:
        self.db = db
        self.channels = channels
        self.teller = teller
        self.clients: dict[Client, None] = {}
        self.by_session: dict[str, dict[Client, None]] = {}
        self.topics: dict[str, Topic] = {}
        self.lacking: set[Topic] = set()
        self.slow: dict[Client, None] = {}
        self.purses = Purses()
        self.ended: OrderedDict[str, float] = OrderedDict()
        self.is_draining = False
        self.released: Callable[[Client], None] = lambda client: None
        self.looking = Looking(db)
        self.rules = Together(self._ask_rules)
        self.hearing = Hearing(self._ask_apart)
        self._tasks: set[asyncio.Task[Any]] = set()
        self.giving = Giving(self.spawn)
        self._said_fault = 0.0

    # connections

    def enter(self, client: Client) -> None:
        """A connection is open."""
        self.clients[client] = None
        if client.viewer is not None:
            self.by_session.setdefault(client.viewer.session_key, {})[client] = None
        metrics.LIVE_CLIENTS.labels(client.transport_name).inc()
        client.send(frames.frame(op="hello", v=frames.VERSION, who=client.name or None, beat=BEAT, spread=round(self.spread(), 1)))
        if client.viewer is not None and client.viewer.session_key in self.ended:
            client.close(Closed.SIGNED_OUT, "signed-out")
        elif self.is_draining:  # they were at the door already, and not among those who are sent away
            client.close(Closed.RESTART, "restart", retry=random.uniform(0, self.spread()))  # noqa: S311 - spreading load

    def exit(self, client: Client, reason: str) -> None:
        """A connection has ended; telling it twice changes nothing."""
        client.is_over = True
        if self.clients.pop(client, self) is self:
            return
        self.slow.pop(client, None)
        for name in tuple(client.topics):
            self.leave(client, name)
        if client.viewer is not None:
            same = self.by_session.get(client.viewer.session_key, {})
            same.pop(client, None)
            if not same:
                self.by_session.pop(client.viewer.session_key, None)
        metrics.LIVE_CLIENTS.labels(client.transport_name).dec()
        metrics.LIVE_CLOSED.labels(reason).inc()
        self.released(client)

    def spread(self) -> float:
        """Over how many seconds this process's clients should come back, were it lost."""
        return min(MOST_SPREAD, max(LEAST_SPREAD, len(self.clients) / SOCKETS_A_SECOND))

    def end_sessions(self, keys: Iterable[str]) -> None:
        """The sessions are over, and so are their connections, also those that are just being let in."""
        now = time.monotonic()
        for key in keys:
            self.ended[key] = now
            for client in tuple(self.by_session.get(key, ())):
                client.close(Closed.SIGNED_OUT, "signed-out")
        while self.ended and (len(self.ended) > MOST_ENDED or next(iter(self.ended.values())) < now - ENDED_FOR):
            self.ended.popitem(last=False)

    async def drain(self, seconds: float) -> None:
        """Sends everybody elsewhere, spread over the time there is; nobody new is let in."""
        if self.is_draining:
            return
        self.is_draining = True
        clients = list(self.clients)
        random.shuffle(clients)
        began = time.monotonic()
        for place, client in enumerate(clients):
            due = began + seconds * 0.8 * place / len(clients)
            if (wait := due - time.monotonic()) > 0.01:
                await asyncio.sleep(wait)
            left = max(0.0, began + seconds - time.monotonic())
            client.close(Closed.RESTART, "restart", retry=left + random.uniform(0, self.spread()))  # noqa: S311 - spreading load

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Runs beside; what it raises is said, not lost."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            LOG.error("live work failed in a way not foreseen", exc_info=error)

    def tell_fault(self, error: Exception) -> None:
        """Says, now and then, that something was not answered."""
        now = time.monotonic()
        if now - self._said_fault > SAY_EVERY:
            self._said_fault = now
            LOG.warning("a live question was not answered", error=type(error).__name__)

    async def stop(self) -> None:
        """Ends what runs beside."""
        await ended(*self._tasks)

    # messages

    def take(self, data: bytes) -> None:
        """What a process told all others."""
        sent_list = DECODER.decode(data)
        for sent in sent_list:
            if sent.kind == APART:
                self.hearing.forget()
            topic = self.topics.get(sent.channel)
            if topic is None:
                continue
            if sent.n == 0:
                if topic.is_open and not topic.held:
                    self.giving.give(topic, Frame(sent.text), apart=sent.apart)
                continue
            topic.arrive(Item(sent.epoch, sent.n, sent.kind, sent.at, Frame(sent.text)))
            self.advance(topic)
            metrics.LIVE_LAG.observe(max(0.0, time.time() - sent.sent))

    def advance(self, topic: Topic) -> None:
        """Gives the listeners what is due; a change of rights is looked into first."""
        while (item := topic.next()) is not None:
            if item.kind == APART:  # also where it did not come by the line and was fetched
                self.hearing.forget()
            if item.kind == RIGHTS:
                topic.held += 1
                self.spawn(self._recheck(topic, item))
                return
            self.giving.give(topic, item.frame)
        if not topic.held and topic not in self.lacking and topic.lacks:
            self.lacking.add(topic)
            asyncio.get_running_loop().call_later(LATE, self.mend, topic)

    def say_here(self, name: str, kind: str) -> None:
        """Tells this process's own listeners, if there are any."""
        topic = self.topics.get(name)
        if topic is not None and topic.clients:
            self.giving.give(topic, Frame(frames.said(name, kind, payload=b"null", by="")))

    def mend(self, topic: Topic, *, is_behind: bool = False) -> None:
        """Fetches what a channel lacks, unless it has come meanwhile."""
        self.lacking.discard(topic)
        if topic.is_open and not topic.held and (is_behind or topic.lacks) and self.topics.get(topic.name) is topic:
            topic.held += 1
            self.spawn(self._fetch(topic))

    async def _fetch(self, topic: Topic) -> None:
        try:
            items = [] if topic.is_of_another_history else await self.looking.since.ask((topic.name, topic.n))
            if items and items[0].n == topic.n + 1 and topic.follows(items[0]):
                fill(topic, items)
                metrics.LIVE_REPAIRS.labels("filled").inc()
            else:
                await self._restart(topic)
        except Exception as error:  # noqa: BLE001 - the database is away; the look that finds it back mends this
            self.tell_fault(error)
            asyncio.get_running_loop().call_later(AGAIN, self.mend, topic)
        finally:
            topic.held -= 1
        self.advance(topic)

    def check(self, topic: Topic) -> None:
        """Compares a channel with the database, whose history may have changed."""
        if topic.is_open:
            topic.held += 1
            self.spawn(self._check(topic))

    async def _check(self, topic: Topic) -> None:
        try:
            await self._restart(topic)
        finally:
            topic.held -= 1
        self.advance(topic)

    async def _restart(self, topic: Topic) -> None:
        head = await self.looking.heads.ask(topic.name)
        topic.waiting = None
        if (head.epoch, head.n) == (topic.epoch, topic.n):
            return
        topic.open(head.epoch, head.n, str(Position(head.timeline, head.lsn)))
        metrics.LIVE_REPAIRS.labels("afresh").inc()
        self._tell_fresh(topic)

    def _tell_fresh(self, topic: Topic) -> None:
        fields = {"op": "fresh", "ch": topic.name, "e": topic.epoch, "n": topic.n, "at": topic.at, "spread": round(self.spread(), 1)}
        self.giving.give(topic, frames.frame(**fields))

    async def _recheck(self, topic: Topic, item: Item) -> None:
        """Asks anew who may listen, before the listeners get the message that says so and anything after it.

        Who subscribes meanwhile asks for themselves (`rights` has changed), and begins after this message.
        """
        topic.rights += 1
        listeners = tuple(topic.clients)
        try:
            while True:
                try:
                    verdicts = await self._ask_rules([(client.viewer, topic.name) for client in listeners])
                    break
                except Exception as error:  # noqa: BLE001 - nobody hears more until somebody can say who may
                    self.tell_fault(error)
                    await asyncio.sleep(AGAIN)
            for client, may_stay in zip(listeners, verdicts, strict=True):
                if may_stay and client in topic.clients:
                    client.send(item.frame)
                elif client in topic.clients:
                    self.leave(client, topic.name)
                    client.send(frames.frame(op="gone", ch=topic.name, why="forbidden"))
        finally:
            topic.held -= 1
        self.advance(topic)

    async def _ask_rules(self, wanted: Sequence[tuple[Viewer | None, str]]) -> list[bool]:
        return await self.channels.allow(wanted, self.db.read_session(primary=True))

    async def _ask_apart(self, speakers: Sequence[Speaker]) -> list[frozenset[str]]:
        return await self.channels.apart(speakers, self.db.read_session(primary=True))

    # subscriptions

    def leave(self, client: Client, name: str) -> None:
        """The client hears no more of the channel."""
        topic = client.topics.pop(name, None)
        if topic is not None:
            topic.clients.pop(client, None)
            self._tidy(topic)

    def _tidy(self, topic: Topic) -> None:
        if not topic.clients and not topic.pins and self.topics.get(topic.name) is topic:
            del self.topics[topic.name]

    def _pin(self, name: str) -> Topic:
        topic = self.topics.get(name)
        if topic is None:
            topic = self.topics[name] = Topic(name)
        topic.pins += 1
        return topic

    @tracing.by_itself("live subscribe")
    async def subscribe(self, client: Client, wanted: Sequence[Last], *, number: int) -> None:
        """Answers with where each channel stands; what the client missed follows, or the word to fetch afresh."""
        if len(wanted) > frames.MOST_AT_ONCE or len(client.topics) + len(wanted) > frames.MOST_CHANNELS:
            why = f"At most {frames.MOST_AT_ONCE} channels at once, {frames.MOST_CHANNELS} in all."
            client.send(frames.error("too-many", why, number))
            return
        own = f"person:{client.name}"
        asked = {own if last.ch == MYSELF and client.viewer is not None else last.ch: last for last in wanted}
        pinned = {name: self._pin(name) for name in asked if self.channels.find(name) is not None}
        try:
            rights = await self._open_and_ask(client, list(pinned.values()), asked)
            ready = [topic for topic in rights if not self._misses(topic, asked[topic.name])]
            refused = [name for name in asked if name not in pinned or pinned[name] not in rights]
            if ready or refused or not asked:
                on = [(topic, asked[topic.name], self._is_fresh(topic, asked[topic.name])) for topic in ready]
                self._attach(client, on, refused, number=number)
            for topic in rights:
                if topic not in ready and not client.is_over:
                    with tracing.inner("live resume"):
                        await self._resume(client, topic, asked[topic.name], number=number, rights=rights[topic])
        finally:
            for topic in pinned.values():
                topic.pins -= 1
                self._tidy(topic)

    async def _open_and_ask(self, client: Client, topics: list[Topic], asked: Mapping[str, Last]) -> dict[Topic, int]:
        """The channels the client may hear, each with the count of rights for which that was found.

        Heads are read before rules: a change of rights after the head arrives as a message, one before it is in the answer.
        """
        new = [topic for topic in topics if not topic.is_open]
        for topic, head in zip(new, await asyncio.gather(*(self.looking.heads.ask(topic.name) for topic in new)), strict=True):
            if not topic.is_open:
                topic.open(head.epoch, head.n, str(Position(head.timeline, head.lsn)))
                self.advance(topic)
        await asyncio.gather(*(self._catch_up(topic, asked[topic.name]) for topic in topics if topic not in new))
        while True:
            before = [topic.rights for topic in topics]
            verdicts = await asyncio.gather(*(self.rules.ask((client.viewer, topic.name)) for topic in topics))
            if before == [topic.rights for topic in topics]:
                return {topic: topic.rights for topic, may in zip(topics, verdicts, strict=True) if may}

    async def _catch_up(self, topic: Topic, last: Last) -> None:
        """Reads the database before a client is told that they cannot go on: another process may have told them what this one lacks yet."""
        for _ in range(MOST_ROUNDS):
            if self._misses(topic, last) or not self._is_fresh(topic, last):
                return
            if topic.held:
                await asyncio.sleep(LATE)
                continue
            head = await self.looking.heads.ask(topic.name)
            if (head.epoch, head.n) == (topic.epoch, topic.n):
                return
            if not topic.held:
                topic.held += 1
                await self._fetch(topic)

    def _continues(self, topic: Topic, last: Last) -> bool:
        """Whether what the client has is of this history; who has nothing of a channel that had nothing is of any."""
        return last.e == topic.epoch or (last.e, last.n) == ("", 0)

    def _misses(self, topic: Topic, last: Last) -> bool:
        return last.n is not None and self._continues(topic, last) and 0 <= last.n < topic.n

    def _is_fresh(self, topic: Topic, last: Last) -> bool:
        """Whether what the client has of the channel cannot be continued."""
        return last.n is not None and not (self._continues(topic, last) and last.n == topic.n)

    def _attach(self, client: Client, topics: list[tuple[Topic, Last, bool]], refused: list[str], *, number: int) -> None:
        on = []
        for topic, last, is_fresh in topics:
            if not client.is_over:
                topic.clients[client] = None
                client.topics[topic.name] = topic
            entry: dict[str, Any] = {"ch": topic.name, "e": topic.epoch, "n": topic.n, "at": topic.at}
            if is_fresh:
                entry["fresh"] = True
            if last.ch != topic.name:
                entry["as"] = last.ch
            on.append(entry)
        no = [{"ch": name[: frames.LONGEST_NAME], "why": "forbidden"} for name in refused]
        client.send(frames.frame(op="sub", id=number, on=on, no=no))

    async def _resume(self, client: Client, topic: Topic, last: Last, *, number: int, rights: int) -> None:
        """The messages after the client's last one, then the channel itself; too many of them: afresh."""
        missed: list[Item] = []
        n = last.n or 0
        for _ in range(MOST_ROUNDS):
            if not self._continues(topic, last) or (n == topic.n and rights == topic.rights):
                break
            if rights != topic.rights:
                rights = topic.rights
                if not await self.rules.ask((client.viewer, topic.name)):
                    self._attach(client, [], [topic.name], number=number)
                    return
                continue
            items = await self.looking.since.ask((topic.name, n))
            if not items or items[0].n != n + 1 or any(item.epoch != topic.epoch for item in items):
                break
            missed += [item for item in items if item.n <= topic.n]
            n = missed[-1].n if missed else n
        if rights != topic.rights:
            raise TimeoutError("rights change faster than they can be read")
        is_fresh = not self._continues(topic, last) or n != topic.n
        self._attach(client, [(topic, last, is_fresh)], [], number=number)
        for item in () if is_fresh else missed:
            client.send(item.frame)
