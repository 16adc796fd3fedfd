"""One call to a provider over HTTP, and the one reading of its silence: what was not taken, and what nobody can know."""

from collections import OrderedDict
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec

from nollycrewhub.kit.foreign import read_json
from nollycrewhub.platform import tracing
from nollycrewhub.platform.breaker import Breaker
from nollycrewhub.platform.bulkhead import Bulkhead
from nollycrewhub.platform.carriers.parcels import Away, Unsure
from nollycrewhub.platform.errors import Unavailable

PATIENCE = 10.0
LONGEST_WISH = 3600.0
PAUSE = 20.0
BUSY = 429
MOST_HOSTS = 50  # a push service's address comes from a browser, and some have one for each of their machines
NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


class Provider:
    """A provider's own compartment: a client, a few calls at once, a breaker. Of several behind one protocol each host has its own."""

    def __init__(self, name: str, *, patience: float = PATIENCE, at_once: int = 20, pause: float = PAUSE) -> None:
        self.name = name
        self.patience, self.at_once, self.pause = patience, at_once, pause
        self.client = tracing.http_client(timeout=patience, follow_redirects=False, trust_env=False)
        self.compartments: OrderedDict[str, Bulkhead] = OrderedDict()

    def compartment(self, url: str) -> Bulkhead:
        """That of the address's host; of many the one that was not asked for longest is forgotten."""
        host = urlsplit(url).netloc
        found = self.compartments.pop(host, None) or Bulkhead(
            f"carrier-{self.name}", at_once=self.at_once, wait=self.patience, breaker=Breaker(failures=5, pause=self.pause)
        )
        self.compartments[host] = found
        if len(self.compartments) > MOST_HOSTS:
            self.compartments.popitem(last=False)
        return found

    async def post(self, url: str, **parts: Any) -> httpx.Response:
        """The answer; Away when nothing was taken, Unsure when it may have been."""
        try:
            async with self.compartment(url).call(httpx.HTTPError, Away):
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
        return read_json(answer.content, dict[str, Any])
    except msgspec.DecodeError:
        return {}
