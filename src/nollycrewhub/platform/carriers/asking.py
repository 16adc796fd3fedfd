"""One call to a provider over HTTP, and the one reading of its silence: what was not taken, and what nobody can know."""

from typing import Any

import httpx
import msgspec

from nollycrewhub.platform import tracing
from nollycrewhub.platform.breaker import Breaker
from nollycrewhub.platform.bulkhead import Bulkhead
from nollycrewhub.platform.carriers.parcels import Away, Unsure
from nollycrewhub.platform.errors import Unavailable

PATIENCE = 10.0
LONGEST_WISH = 3600.0
PAUSE = 20.0
BUSY = 429
NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


class Provider:
    """A provider's own compartment: a client, a few calls at once, a breaker."""

    def __init__(self, name: str, *, patience: float = PATIENCE, at_once: int = 20, pause: float = PAUSE) -> None:
        self.name = name
        self.client = tracing.http_client(timeout=patience, follow_redirects=False, trust_env=False)
        self.bulkhead = Bulkhead(f"carrier-{name}", at_once=at_once, wait=patience, breaker=Breaker(failures=5, pause=pause))

    async def post(self, url: str, **parts: Any) -> httpx.Response:
        """The answer; Away when nothing was taken, Unsure when it may have been."""
        try:
            async with self.bulkhead.call(httpx.HTTPError, Away):
                answer = await self.client.post(url, **parts)
                if answer.status_code == BUSY or answer.status_code >= 500:
                    raise Away(f"{self.name} answered {answer.status_code}", wish_of(answer))
                return answer
        except Unavailable as error:
            raise Away(f"{self.name} is left alone for a moment", error.retry_after or 0.0) from error
        except NEVER_LEFT as error:
            raise Away(f"{self.name} cannot be reached") from error
        except httpx.HTTPError as error:
            raise Unsure(f"{self.name} took the message and did not answer") from error

    async def stop(self) -> None:
        """Closes connections."""
        await self.client.aclose()


def wish_of(answer: httpx.Response) -> float:
    """Retry-After in seconds; 0 when there is none that can be used."""
    wish = answer.headers.get("retry-after", "")
    return min(float(wish), LONGEST_WISH) if wish.isdigit() else 0.0


def object_of(answer: httpx.Response) -> dict[str, Any]:
    """The answer's JSON object; empty when it is none."""
    try:
        return msgspec.json.decode(answer.content, type=dict[str, Any])
    except msgspec.DecodeError:
        return {}
