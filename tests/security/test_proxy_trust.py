"""Forwarded headers count from a configured edge and from nobody else; nonsense in them hurts nobody (bar S14)."""

import ipaddress
import random
from collections.abc import AsyncIterator

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nollycrewhub.platform.app import Process
from nollycrewhub.platform.context import Edge
from nollycrewhub.platform.settings import Settings
from nollycrewhub.services import monolith
from tests.conftest import FULL
from tests.measuring import Measure

EDGE, SECOND_EDGE, STRANGER = "10.1.2.3", "10.9.9.9", "203.0.113.7"
ROUNDS = 2000 if FULL else 100
DESKTOP = {"user-agent": "Mozilla/5.0 (X11; Linux)"}
SPOOFED = {
    "x-forwarded-for": ["198.51.100.1", "198.51.100.1, 10.1.2.3", "10.1.2.3", "127.0.0.1", "2001:db8::1"],
    "cf-connecting-ip": ["198.51.100.1", "127.0.0.1", "2001:db8::1"],
    "cf-ipcountry": ["US", "GB", "us"],
    "cf-device-type": ["mobile", "tablet"],
    "x-request-id": ["abcdefgh12345678", "a" * 64],
    "x-real-ip": ["198.51.100.1"],
    "forwarded": ["for=198.51.100.1;host=evil.example"],
    "x-forwarded-host": ["evil.example"],
    "x-forwarded-proto": ["https"],
}
NONSENSE = [
    "",
    " ",
    ",",
    ",,,",
    "x" * 5000,
    "999.1.1.1",
    "1.2.3",
    "::ffff:1.2.3.4%eth0",
    "[::1]:80",
    "127.0.0.1:99",
    "\xff\xfe",
    "unknown",
    "-1",
    "é",
]


@pytest.fixture(scope="module")
async def edged(settings: Settings) -> AsyncIterator[Process]:
    """A process behind an edge in 10.0.0.0/8."""
    process = monolith.create_app(msgspec.structs.replace(settings, edge_addresses=("10.0.0.0/8",)))
    await process.runtime.start()
    yield process
    await process.runtime.stop()


async def asked_from(process: Process, peer: str, headers: list[tuple[str, str]]) -> tuple[httpx.Response, str, set[str]]:
    """A list, and a sign-in that fails, from this neighbour: the list, the sign-in's number, the addresses whose limits it touched."""
    cache = process.runtime.valkeys.sessions
    for key in await cache.keys("nch:limit:*"):
        await cache.delete(key)
    raw = [(name.encode(), value.encode("latin-1")) for name, value in [*DESKTOP.items(), *headers]]
    transport = httpx.ASGITransport(app=process, client=(peer, 4000))
    async with httpx.AsyncClient(transport=transport, base_url=process.runtime.settings.public_url) as client:
        answer = await client.post("/api/auth/login", json={}, headers=raw)
        found = await client.get("/api/jobs", headers=raw)
    assert (answer.status_code, found.status_code) == (422, 200)
    keys = [key.decode() for key in await cache.keys("nch:limit:rate:stranger:*")]
    return found, answer.headers["x-request-id"], {key.removeprefix("nch:limit:rate:stranger:").rsplit(":", 2)[0] for key in keys}


async def test_a_neighbour_that_is_no_edge_speaks_for_itself_only(edged: Process, measured: Measure) -> None:
    rng = random.Random(14)
    believed = 0
    for _ in range(ROUNDS):
        headers = [(name, rng.choice(values)) for name, values in SPOOFED.items() if rng.random() < 0.7]
        answer, number, addresses = await asked_from(edged, STRANGER, headers)
        compact = all(len(job) == 6 for job in answer.json()["jobs"]) and bool(answer.json()["jobs"])
        believed += addresses != {STRANGER} or answer.headers["x-region"] != "africa" or compact or number in dict(headers).values()
    measured("S14", requests=ROUNDS, believed=believed)
    assert believed == 0


async def test_an_edge_is_believed(edged: Process) -> None:
    headers = [("x-forwarded-for", "198.51.100.1"), ("cf-ipcountry", "US"), ("x-request-id", "abcdefgh12345678")]
    answer, number, addresses = await asked_from(edged, EDGE, headers)
    assert addresses == {"198.51.100.1"}
    assert answer.headers["x-region"] == "north-america"
    assert number == "abcdefgh12345678"
    _, _, addresses = await asked_from(edged, EDGE, [*headers, ("cf-connecting-ip", "2001:DB8:0::1")])
    assert addresses == {"2001:db8::1"}


@pytest.mark.parametrize(
    ("lines", "address"),
    [
        (["198.51.100.9, 198.51.100.1"], "198.51.100.1"),
        (["198.51.100.9", "198.51.100.1"], "198.51.100.1"),
        ([f"198.51.100.9, 198.51.100.1, {SECOND_EDGE}"], "198.51.100.1"),
        (["198.51.100.9, nonsense"], EDGE),
        (["::ffff:198.51.100.1"], "198.51.100.1"),
        ([SECOND_EDGE], EDGE),
    ],
)
async def test_only_what_the_edge_itself_wrote_counts(edged: Process, lines: list[str], address: str) -> None:
    """What stands left of the edge's own entry came with the request."""
    _, _, addresses = await asked_from(edged, EDGE, [("x-forwarded-for", line) for line in lines])
    assert addresses == {address}


@pytest.mark.parametrize("peer", [EDGE, STRANGER])
async def test_nonsense_is_harmless(edged: Process, peer: str) -> None:
    for nonsense in NONSENSE:
        headers = [(name, nonsense) for name in SPOOFED]
        answer, number, addresses = await asked_from(edged, peer, headers)
        assert addresses == {"1.2.3.4" if peer == EDGE and "ffff" in nonsense else peer}, nonsense
        assert answer.headers["x-region"] == "africa"
        assert len(number) == 32


LINES = st.dictionaries(
    st.sampled_from([b"x-forwarded-for", b"cf-connecting-ip", b"cf-ipcountry", b"cf-device-type"]), st.binary(max_size=60)
)


@given(LINES, st.text(max_size=40))
def test_no_bytes_move_a_stranger(headers: dict[bytes, bytes], peer: str) -> None:
    edge = Edge(("10.0.0.0/8", "fd00::/8"))
    if not edge.trusts(peer):
        assert edge.read(peer, headers) == (peer, "africa", "desktop")


@given(LINES)
def test_no_bytes_from_the_edge_make_an_address_that_is_none(headers: dict[bytes, bytes]) -> None:
    address, region, device = Edge(("10.0.0.0/8",)).read(EDGE, headers)
    assert ipaddress.ip_address(address)
    assert region in ("africa", "europe", "north-america")
    assert device in ("phone", "desktop")


def test_without_a_configured_edge_nobody_is_one() -> None:
    assert Edge(()).read(EDGE, {b"x-forwarded-for": b"198.51.100.1", b"cf-ipcountry": b"US"}) == (EDGE, "africa", "desktop")
