"""Idempotency-Key: the first success of a caller's key is stored with its effect, and given again to repeats.

The row is written in the request's own transaction, so there is an answer if and only if there is an effect.
A repeat with another body is refused. Refusals (4xx) are not stored: correct the request and use the key again.
Of a route that declares `secret=True` (its answer holds a session's token) nothing is stored: the request is worked out
anew, password and limits and all, and the token is made from the key, the whole body and our own secret. So a repeat
is given the same token and leaves one session, whoever knows the key alone is given nothing, and another body under
the same key is simply another request.
"""

import asyncio
import base64
import hashlib
import hmac
import re
from typing import Any
from weakref import WeakValueDictionary

import msgspec

from nollycrewhub.platform.db import WriteSession
from nollycrewhub.platform.errors import Invalid

LONGEST_KEY = 255
KEY = "^[!-~]+$"
LOCK = "select pg_advisory_xact_lock(hashtextextended($1, 7))"
FIND = "select fingerprint, status, headers::text as headers, body from platform.idempotency where caller = $1 and key = $2"
INSERT = """
insert into platform.idempotency (caller, key, fingerprint, status, headers, body)
values ($1, $2, $3, $4, $5::text::jsonb, $6)
"""
TURNS: "WeakValueDictionary[str, asyncio.Lock]" = WeakValueDictionary()


class Claim(msgspec.Struct):
    """A key being used by this request; `turn` keeps equal keys of one process off the database's pool."""

    caller: str
    key: str
    fingerprint: bytes
    turn: Any = None


class Stored(msgspec.Struct):
    """An answer given before."""

    status: int
    headers: dict[str, str]
    body: bytes


def claim(*, secret: str, caller: str, key: str, method: str, path: str, body: bytes) -> Claim:
    """The claim, or Invalid when the key is not one. The fingerprint is keyed: a body may hold a password to be guessed from it."""
    if len(key) > LONGEST_KEY or not re.fullmatch(KEY, key):
        raise Invalid(
            f"Idempotency-Key must be 1 to {LONGEST_KEY} letters, digits and signs of ASCII, without spaces.", field="Idempotency-Key"
        )
    ours = hashlib.sha256(secret.encode()).digest()
    fingerprint = hashlib.blake2b(f"{method} {path}\0".encode() + body, digest_size=16, key=ours, person=b"idempotency").digest()
    return Claim(caller, key, fingerprint)


def token_of(secret: str, mine: Claim) -> str:
    """The token that this request, and no other, is answered with each time it succeeds; as unguessable as our secret."""
    named = b"\0".join((b"idempotent token", mine.caller.encode(), mine.key.encode(), mine.fingerprint))
    return base64.urlsafe_b64encode(hmac.new(secret.encode(), named, hashlib.sha256).digest()).decode().rstrip("=")


async def take(session: WriteSession, mine: Claim) -> Stored | None:
    """Waits for the key's turn; the stored answer if there is one, else None and the key is ours."""
    name = f"{mine.caller}:{mine.key}"
    turn = TURNS.setdefault(name, asyncio.Lock())
    await turn.acquire()
    mine.turn = turn
    await session.sql(LOCK, name)
    found = await session.sql(FIND, mine.caller, mine.key)
    if not found:
        return None
    fingerprint, status, headers, body = found[0]
    if fingerprint != mine.fingerprint:
        raise Invalid("This Idempotency-Key was used for another request. Use a new key.", field="Idempotency-Key")
    return Stored(status, msgspec.json.decode(headers, type=dict[str, str]), body)


def release(mine: Claim | None) -> None:
    """Lets the next equal key go on."""
    if mine is not None and mine.turn is not None:
        mine.turn.release()
        mine.turn = None


async def store(session: WriteSession, mine: Claim, start: Any, body: bytes) -> None:
    """Writes the answer beside its effect."""
    keep = (b"content-type", b"location")
    headers = {bytes(k).decode(): bytes(v).decode() for k, v in start["headers"] if bytes(k).lower() in keep}
    await session.sql(
        INSERT,
        mine.caller,
        mine.key,
        mine.fingerprint,
        start["status"],
        msgspec.json.encode(headers).decode(),
        body,
    )
