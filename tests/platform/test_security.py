"""Signed texts, the password pool, regions and devices, proxy trust."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nollycrewhub.platform.context import Edge
from nollycrewhub.platform.db import Position, parse_position
from nollycrewhub.platform.devices import device_of
from nollycrewhub.platform.errors import Unavailable
from nollycrewhub.platform.gate import matches
from nollycrewhub.platform.passwords import PasswordPool
from nollycrewhub.platform.regions import region_of
from nollycrewhub.platform.security import sign, unsign

SECRET = "kR8-2mQx_7vLw0ZtYb4NfJs6Gh1Dc9Ea3Pu5"


@given(st.text(max_size=60))
def test_signed_text_comes_back(text: str) -> None:
    assert unsign(SECRET, "test", sign(SECRET, "test", text, expires_in=60)) == text


@given(st.text(max_size=80))
def test_unsigned_text_does_not(text: str) -> None:
    assert unsign(SECRET, "test", text) is None


def test_a_signature_holds_for_one_purpose_and_one_secret_and_its_time() -> None:
    signed = sign(SECRET, "mark", "1/2", expires_in=60)
    assert unsign(SECRET, "link", signed) is None
    assert unsign(SECRET[::-1], "mark", signed) is None
    assert unsign(SECRET, "mark", sign(SECRET, "mark", "1/2", expires_in=-1)) is None
    assert unsign(SECRET, "mark", "x" + signed) is None


@given(st.integers(0, 2**31), st.integers(0, 2**62))
def test_positions_round_trip(timeline: int, lsn: int) -> None:
    position = Position(timeline, lsn)
    assert parse_position(str(position)) == position


@pytest.mark.parametrize("text", ["", "1", "/", "x/y", "1/2/3", "1" * 40 + "/1", None])
def test_a_wrong_mark_is_no_mark(text: str | None) -> None:
    assert parse_position(text) is None


async def test_passwords_hash_verify_and_shed() -> None:
    pool = PasswordPool(1)
    hashed = await pool.hash("correct horse")
    assert "m=19456,t=2,p=1" in hashed
    assert await pool.verify(hashed, "correct horse") is True
    assert await pool.verify(hashed, "wrong horse") is False
    assert await pool.verify("not a hash", "correct horse") is False
    assert pool.needs_rehash(hashed) is False
    pool.room = 2
    answers = await asyncio.gather(*(pool.verify(hashed, "x") for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(answer, Unavailable) for answer in answers) == 3
    await pool.stop()


async def test_who_would_wait_too_long_is_told_at_once_and_when_to_come_again() -> None:
    pool = PasswordPool(2)
    hashed = await pool.hash("correct horse")
    assert 0 < pool.seconds < 5
    pool.waiting, pool.seconds = 40, 0.5
    assert pool.expected_wait == 10.0
    with pytest.raises(Unavailable) as refusal:
        await pool.verify(hashed, "correct horse")
    assert refusal.value.headers["retry-after"] == "10"
    pool.waiting = 15
    await asyncio.gather(*(hasher.ask("verify", hashed, "x") for hasher in pool.hashers))
    assert await pool.verify(hashed, "correct horse") is True
    assert pool.waiting == 15 and pool.seconds < 0.5
    await pool.stop()


@pytest.mark.parametrize(
    ("country", "region"),
    [("NG", "africa"), ("gh", "africa"), ("ZA", "africa"), ("KE", "africa"), ("GB", "europe"), ("uk", "europe"),
     ("US", "north-america"), ("CA", "north-america"), ("XX", "africa"), ("T1", "africa"), ("", "africa"),
     (None, "africa"), ("FR", "africa")],
)  # fmt: skip
def test_regions(country: str | None, region: str) -> None:
    assert region_of(country) == region


def test_devices() -> None:
    assert device_of(edge="mobile", hint="?0", user_agent="") == "phone"
    assert device_of(edge=None, hint="?1", user_agent="X11") == "phone"
    assert device_of(edge=None, hint=None, user_agent="iPhone") == "phone"
    assert device_of(edge=None, hint=None, user_agent="X11") == "desktop"


def test_only_an_edge_speaks_for_others() -> None:
    headers = {b"x-forwarded-for": b"1.2.3.4, 41.58.0.9", b"cf-ipcountry": b"GB", b"cf-device-type": b"mobile"}
    edge = Edge(("10.0.0.0/8",))
    assert edge.read("10.1.1.1", headers) == ("41.58.0.9", "europe", "phone")
    assert edge.read("11.1.1.1", headers) == ("11.1.1.1", "africa", "desktop")
    assert Edge(()).read("10.1.1.1", headers) == ("10.1.1.1", "africa", "desktop")
    assert edge.read("10.1.1.1", {b"x-forwarded-for": b"junk"})[0] == "10.1.1.1"


def test_if_none_match() -> None:
    assert matches(b'"a", W/"b"', b'"b"')
    assert matches(b"*", b'"b"')
    assert not matches(b'"a"', b'"b"')
    assert not matches(None, b'"b"')
