"""Calls to a platform's API: bounded in time and tries, its refusals as sentences, and what it was asked for while its reads lag.

Every call here may be made twice: it reads, or it sets a number. So silence is answered by asking again, within a budget.
"""

import asyncio
import email.utils
import random
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

import httpx
import msgspec

from nollycrewhub.kit.foreign import read_json
from nollycrewhub.kit.time import utcnow
from nollycrewhub.platform import tracing
from nollycrewhub.scaling.actuators.port import ActuatorError

BUDGET = 8.0
PATIENCE = 3.0
TRIES = 4
PAUSE = 0.25
SETTLES = 30.0
LONGEST_WISH = 600.0
EPOCH = 10**8
"""A Ratelimit-Reset above this is a moment since 1970, as Render's page says; below it, seconds from now, as its example has it."""
BUSY, TOO_MANY, UNAUTHORISED, FORBIDDEN, MISSING = 409, 429, 401, 403, 404

T = TypeVar("T")


class NotThere(ActuatorError):
    """The platform knows no such thing (404)."""


class Api:
    """One platform's API. `headers` is asked before each call, so that a token which is renewed on disk is the new one."""

    def __init__(
        self, name: str, url: str, *, headers: Callable[[], Mapping[str, str]], verify: ssl.SSLContext | bool = True,
        budget: float = BUDGET, patience: float = PATIENCE,
    ) -> None:  # fmt: skip
        self.name, self.headers, self.budget, self.patience = name, headers, budget, patience
        self.client = tracing.http_client(base_url=url, timeout=patience, follow_redirects=False, trust_env=False, verify=verify)
        self.rests: dict[str, float] = {}

    def turn(self) -> "Turn":
        """The calls of one question or one request, which share a budget of time."""
        return Turn(self)

    async def close(self) -> None:
        """Closes connections."""
        await self.client.aclose()


class Turn:
    """Calls that share a deadline."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.deadline = time.monotonic() + api.budget

    async def call(self, type_: type[T], method: str, path: str, *, json: Any = None, kind: str = "application/json") -> T:
        """The answer's JSON as `type_`. ActuatorError when it is refused, or when the budget ends before it is there."""
        api, body = self.api, msgspec.json.encode(json) if json is not None else None
        group = "GET" if method == "GET" else "POST"
        if (rest := api.rests.get(group, 0.0) - time.monotonic()) > 0:
            if time.monotonic() + rest > self.deadline:
                raise ActuatorError(f"{api.name} has no calls left for us just now.", retry_after=rest)
            await asyncio.sleep(rest)
        for tries in range(1, TRIES + 1):
            why, wish = await self._once(method, path, body, kind, group)
            if isinstance(why, httpx.Response):
                return read(api.name, why, type_)
            wait = wish or PAUSE * 2 ** (tries - 1) * random.uniform(0.5, 1.5)  # noqa: S311 - spreads tries, keeps no secret
            if tries == TRIES or time.monotonic() + wait > self.deadline:
                raise ActuatorError(f"{api.name} {why}.", retry_after=wish or None)
            await asyncio.sleep(wait)
        raise AssertionError("the last try returns or raises")

    async def _once(self, method: str, path: str, body: bytes | None, kind: str, group: str) -> tuple[httpx.Response | str, float]:
        """The answer; or why there is none worth having yet, and how long the platform wishes to be left alone."""
        api, left = self.api, self.deadline - time.monotonic()
        headers = {"accept": "application/json", **api.headers(), **({"content-type": kind} if body is not None else {})}
        try:
            async with asyncio.timeout(max(0.01, min(api.patience, left))):  # the client's own limit is for each part of an answer
                answer = await api.client.request(method, path, content=body, headers=headers)
        except (TimeoutError, httpx.TimeoutException):
            return "did not answer in time", 0.0
        except (UnicodeEncodeError, httpx.LocalProtocolError) as error:  # of ours only the key is not checked before
            raise ActuatorError(f"Our key or token for {api.name} holds a character that none has: copy it anew.") from error
        except httpx.HTTPError as error:
            if isinstance(error.__cause__, ssl.SSLCertVerificationError) or "CERTIFICATE_VERIFY_FAILED" in str(error):
                raise ActuatorError(f"{api.name} shows a certificate that our CA file does not vouch for.") from error
            return f"cannot be reached ({type(error).__name__})", 0.0
        wish = wish_of(answer)
        if answer.status_code == TOO_MANY:
            api.rests[group] = time.monotonic() + wish
            return "has had too many calls from us", wish
        if answer.headers.get("ratelimit-remaining") == "0" and wish:
            api.rests[group] = time.monotonic() + wish
        if answer.status_code >= 500 or answer.status_code == BUSY:
            return f"answered {answer.status_code}", float_of(answer.headers.get("retry-after"))
        return answer, 0.0


def wish_of(answer: httpx.Response) -> float:
    """How many seconds the platform wishes to be left alone: Retry-After, else what Ratelimit-Reset says; 0 for neither."""
    if wish := float_of(answer.headers.get("retry-after")):
        return wish
    reset = answer.headers.get("ratelimit-reset", "")
    if not (reset.isascii() and reset.isdigit()):
        return 0.0
    seconds = float(reset) - utcnow().timestamp() if float(reset) > EPOCH else float(reset)
    return min(max(0.0, seconds), LONGEST_WISH)


def float_of(wish: str | None) -> float:
    """Retry-After in seconds, whether it is a number or a date; 0 for what is neither."""
    if not wish:
        return 0.0
    if wish.isascii() and wish.isdigit():
        return min(float(wish), LONGEST_WISH)
    try:
        return min(max(0.0, (email.utils.parsedate_to_datetime(wish) - utcnow()).total_seconds()), LONGEST_WISH)
    except (ValueError, TypeError):
        return 0.0


def read(name: str, answer: httpx.Response, type_: type[T]) -> T:
    """The JSON of an answer that is none of the kind to wait for; ActuatorError with the platform's own words when it refuses."""
    if 200 <= answer.status_code < 300:
        try:
            return read_json(answer.content or b"null", type_)
        except msgspec.MsgspecError as error:
            raise ActuatorError(f"{name} answered with something that is not its JSON: is the address right?") from error
    words = words_of(answer)
    if answer.status_code == MISSING:
        raise NotThere(f"{name} knows no such thing.{words}")
    if answer.status_code == UNAUTHORISED:
        raise ActuatorError(f"{name} does not take our key or token.{words}")
    if answer.status_code == FORBIDDEN:
        raise ActuatorError(f"{name} does not allow this to our key or token.{words}")
    raise ActuatorError(f"{name} refuses ({answer.status_code}).{words}")


def words_of(answer: httpx.Response) -> str:
    """What the platform says of a refusal, to be written after a sentence."""
    try:
        said = read_json(answer.content, dict[str, Any]).get("message")
    except msgspec.MsgspecError:
        return ""
    return f" It says: {said[:200].strip()}" if isinstance(said, str) and said.strip() else ""


def out_of_bounds(asked: Mapping[str, int], most: Mapping[str, int], *, least_workers: int) -> str:
    """Why a number may not be asked for, in a sentence; empty when all may. One web process is the least, or nobody answers."""
    for role, count in asked.items():
        least = least_workers if role == "worker" else 1
        if not least <= count <= most[role]:
            return f"{count} {role} processes were asked for, and {least} to {most[role]} are allowed: nothing was changed."
    return ""


def carefully(asked: Mapping[str, int], now: Mapping[str, int]) -> list[str]:
    """The roles in the order to change them: what shrinks goes first, so that half a change never needs more connections than a whole one."""
    return sorted(asked, key=lambda role: asked[role] - now[role])


async def change(
    asked: Mapping[str, int], now: Mapping[str, int], names: Mapping[str, str], one: Callable[[str], Awaitable[None]]
) -> None:  # fmt: skip
    """Changes one role after the other; when the second fails, the error says what became of the first."""
    done = ""
    for role in carefully(asked, now):
        try:
            await one(role)
        except ActuatorError as error:
            if not done:
                raise
            sentence = f"{error} {names[done]} was asked for {asked[done]}, {names[role]} is as it was."
            raise ActuatorError(sentence, retry_after=error.retry_after) from error
        done = role


class Memory:
    """What we asked for last. A platform's reads may lag behind what it took, and would have us ask for yesterday's number."""

    def __init__(self, settles: float = SETTLES, clock: Callable[[], float] = time.monotonic) -> None:
        self.settles, self.clock = settles, clock
        self.last: dict[str, tuple[int, float]] = {}
        self.earlier: dict[str, set[int]] = {}

    def note(self, role: str, count: int, *, before: int) -> None:
        """The platform took a number."""
        is_fresh = self.is_fresh(role)
        known = self.earlier.get(role, set()) | {self.last[role][0]} if is_fresh else set()
        self.earlier[role] = (known | {before}) - {count}
        self.last[role] = (count, self.clock() + self.settles)

    def is_fresh(self, role: str) -> bool:
        """Whether something was asked for so lately that reads may not show it yet."""
        return role in self.last and self.clock() < self.last[role][1]

    def asked(self, role: str, read: int) -> int:
        """What is asked for: what is read, unless that is a number from before our own request and it has had no time to show."""
        return self.last[role][0] if self.is_fresh(role) and read in self.earlier[role] else read

    def is_ours(self, role: str, count: int) -> bool:
        """Whether this is what we asked for last."""
        return role in self.last and self.last[role][0] == count
