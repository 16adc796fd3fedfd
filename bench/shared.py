"""Answers from memory beside a bare ASGI application that sends the same bytes: lists, the job board's page, 304s, two workers."""

import asyncio
import http.client
import tempfile
from pathlib import Path

import msgspec

from bench.generator import Load, drive
from bench.http import Pair, pair
from bench.limit import Answer
from bench.servers import Servers
from nollycrewhub.cli import seeding
from nollycrewhub.kit.crafts import CATEGORIES
from nollycrewhub.kit.places import STATES

FILTERS = 50
LEAVE = frozenset({"date", "server", "connection", "transfer-encoding"})
BARS = {"lists": 0.5, "page": 0.4, "not_modified": 0.6}
TWO_WORKERS = 1.15


class Shared(msgspec.Struct, kw_only=True):
    """Ours beside the limit for each kind, and what two workers cost a request beside one (processor time, ours only)."""

    lists: Pair
    page: Pair
    not_modified: Pair
    one_worker_us: int
    two_workers_us: int

    @property
    def two_to_one(self) -> float:
        """Processor time a request with two workers, as a multiple of one worker's."""
        return round(self.two_workers_us / self.one_worker_us, 2)


def fifty() -> list[str]:
    """Fifty different filters of the list of twenty."""
    states = [f"/api/jobs?limit=20&view=full&state={state.code}" for state in STATES]
    crafts = [f"/api/jobs?limit=20&view=full&category={category.slug}" for category in CATEGORIES]
    return (states + crafts)[:FILTERS]


def answered(port: int, address: str, tag: str = "") -> Answer:
    """What our program answers, as the limit will repeat it."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    line.request("GET", address, headers={"If-None-Match": tag} if tag else {})
    found = line.getresponse()
    body = found.read()
    headers = [(name.lower().encode(), value.encode()) for name, value in found.getheaders() if name.lower() not in LEAVE]
    line.close()
    path, _, query = address.partition("?")
    return path, query.encode(), found.status, headers, body


def tag_of(answer: Answer) -> str:
    """Its ETag."""
    return dict(answer[3])[b"etag"].decode()


def measure(servers: Servers, *, seconds: int, jobs: int = 20_000) -> Shared:
    """Loads the sample, fills the caches, measures each kind in turns with its limit."""
    asyncio.run(seeding.run(servers.settings, users=10_000, jobs=jobs, applications=3 * jobs, seed=1))
    postmaster, lists, page = servers.postmaster, fifty(), "/jobs"

    def load(port: int, web: int, *paths: str, tag: str = "", family: bool = False) -> Load:
        return drive(port, paths, web=web, postmaster=postmaster, seconds=seconds, tag=tag, family=family)

    def beside(port: int, web: int, answers: list[Answer], *paths: str, tag: str = "") -> Pair:
        with tempfile.TemporaryDirectory(prefix="nch-limit-") as folder:
            file = Path(folder) / "answers"
            file.write_bytes(msgspec.msgpack.encode(answers))
            with servers.limit(file, ready=paths[0]) as (bare_port, bare):
                return pair(lambda: load(port, web, *paths, tag=tag), lambda: load(bare_port, bare, *paths, tag=tag))

    with servers.web(shared=True) as (port, web):
        answers = [answered(port, address) for address in lists]
        tag = tag_of(answers[0])
        listed = beside(port, web, answers, *lists)
        paged = beside(port, web, [answered(port, page)], page)
        unchanged = beside(port, web, [answered(port, lists[0], tag)], lists[0], tag=tag)
        one = load(port, web, *lists, family=True)
    with servers.web(shared=True, workers=2) as (port, web):
        for address in lists * 4:
            answered(port, address)
        two = load(port, web, *lists, family=True)
    return Shared(lists=listed, page=paged, not_modified=unchanged, one_worker_us=round(one.web_us), two_workers_us=round(two.web_us))
