"""Spans of what no request is: storage, the store of backups, and live connections; never a key, a channel's owner or a word."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec
import pytest

from nollycrewhub.backup.errors import BackupError
from nollycrewhub.backup.store import Store
from nollycrewhub.platform import tracing
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.live import publish
from nollycrewhub.platform.settings import Settings
from nollycrewhub.platform.storage import Storage
from tests.live.conftest import dial
from tests.platform.test_tracing import collector, traced
from tests.served import Served, stopped, wait_until
from tests.simulators.collector import Collector, Span

__all__ = ["collector"]
KEY = "photos/canary-key.webp"


@pytest.fixture
async def here(settings: Settings, collector: Collector) -> AsyncIterator[Collector]:  # noqa: F811 - the fixture
    """This process is traced."""
    tracing.switch_on(msgspec.structs.replace(settings, otel_exporter_otlp_endpoint=collector.url, otel_traces_sampler_arg=1.0), role="web")
    yield collector
    await tracing.switch_off()


def by_name(collector: Collector) -> Iterator[tuple[str, Span | None]]:  # noqa: F811
    """Each span that was sent, and the one it is a part of."""
    for span in collector.spans:
        yield span.name, collector.of(span.trace).get(span.parent)


async def test_each_call_of_storage_is_a_span(here: Collector, tmp_path: Path) -> None:
    storage = Storage(str(tmp_path))

    async def pieces() -> AsyncIterator[bytes]:
        yield b"four"
        yield b"teen"

    await storage.put(KEY, b"no trace, no span")
    with tracing.begun("work"):
        await storage.put(KEY, b"photo")
        assert await storage.put_pieces(KEY, pieces()) == 8
        assert [piece async for piece in storage.pieces(KEY, 4)] == [b"four", b"teen"]
        assert await storage.get(KEY) == b"fourteen"
        assert await storage.old("photos", seconds=-10) == [KEY]
        await storage.delete(KEY)
        with pytest.raises(FileNotFoundError):
            await anext(storage.pieces(KEY, 4))
    await tracing.switch_off()
    names = ["storage put", "storage put", "storage open", "storage get", "storage list", "storage delete", "storage open"]
    assert [name for name, above in by_name(here) if above is not None and above.name == "work"] == names
    assert [span.attributes.get("nch.storage.bytes") for span in here.spans if span.name == "storage put"] == [5, 8]
    assert here.spans[-2].attributes["error.type"] == "FileNotFoundError"
    assert "canary-key" not in str(here.spans)


async def test_each_call_of_the_store_of_backups_is_a_span(here: Collector, tmp_path: Path) -> None:
    store = Store(tmp_path.as_uri())
    with tracing.begun("backup now"):
        store.put("canaryfolder/one", b"1")
        assert store.get("canaryfolder/one") == b"1"
        assert store.get("canaryfolder/two") is None
        assert list(store.keys("canaryfolder")) == ["canaryfolder/one"]
        store.delete(["canaryfolder/one"])
        with pytest.raises(BackupError):
            store.fetch("canaryfolder/one", tmp_path / "copy")
    await tracing.switch_off()
    names = ["store write", "store read", "store read", "store read", "store list", "store delete", "store read"]
    assert [name for name, above in by_name(here) if above is not None and above.name == "backup now"] == names
    assert "canary" not in str(here.spans)
    assert [span.attributes.get("error.type") for span in here.spans if span.name == "store read"][-1] is not None


async def test_a_socket_that_comes_subscribes_and_goes_on_is_three_spans_and_its_frames_are_none(
    settings: Settings, process: Process, collector: Collector, tmp_path: Path  # noqa: F811 - the fixture
) -> None:  # fmt: skip
    web = Served(tmp_path, ["serve"], traced(settings, collector)).ready()

    async def say(number: int) -> None:
        async with process.runtime.db.write_session() as session:
            publish(session, "jobs", "canary", {"number": number})
            await process.runtime.db.commit(session)

    with stopped(web):
        await say(0)
        async with await dial(web) as socket:
            await socket.send(msgspec.json.encode({"op": "sub", "to": [{"ch": "jobs"}]}), text=True)
            while (said := msgspec.json.decode(await socket.recv()))["op"] != "sub":
                pass
            first = said["on"][0]
            await say(1)
            while msgspec.json.decode(await socket.recv())["op"] != "msg":
                pass
        async with await dial(web) as socket:
            last = {"ch": "jobs", "e": first["e"], "n": first["n"]}
            await socket.send(msgspec.json.encode({"op": "sub", "to": [last]}), text=True)
            while msgspec.json.decode(await socket.recv())["op"] != "msg":
                pass
        await asyncio.to_thread(wait_until, lambda: "live resume" in {span.name for span in collector.spans}, what="no resume")
    live = [span for span in collector.spans if span.name.startswith("live ")]
    assert sorted(span.name for span in live) == ["live connect", "live connect", "live resume", "live subscribe", "live subscribe"]
    (resume,) = [span for span in live if span.name == "live resume"]
    assert collector.of(resume.trace)[resume.parent].name == "live subscribe"
    assert "canary" not in str(collector.spans)
