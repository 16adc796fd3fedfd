"""Counters bound once: a hit must not pay for looking a label up."""

from collections.abc import Callable

from nollycrewhub.platform import metrics, tracing
from nollycrewhub.platform.load import LOAD

RESULTS = ("hit", "stale", "not-modified", "filled", "copied", "bypassed", "refused")


class Counting:
    """Increments by namespace and result, and by route, status, region and device as every answer is counted."""

    def __init__(self) -> None:
        self._results: dict[tuple[str, str], Callable[[], None]] = {}
        self._answers: dict[tuple[str, str, str, str, str], Callable[[], None]] = {}
        self._seconds: dict[str, Callable[[float], None]] = {}

    def result(self, namespace: str, result: str) -> None:
        """One more of a kind of answer."""
        key = (namespace, result)
        count = self._results.get(key)
        if count is None:
            count = self._results[key] = metrics.CACHE.labels(namespace, result).inc
        count()
        LOAD.find(result)
        tracing.note(cache=result)

    def answer(self, route: str, method: str, *, status: str, region: str, device: str, seconds: float) -> None:
        """The request as every other is counted."""
        key = (route, method, status, region, device)
        count = self._answers.get(key)
        if count is None:
            count = self._answers[key] = metrics.REQUESTS.labels(*key).inc
        count()
        LOAD.serve(region, device, int(status), route=route)
        tracing.note(route=route, region=region, device=device)
        observe = self._seconds.get(route)
        if observe is None:
            observe = self._seconds[route] = metrics.SECONDS.labels(route).observe
        observe(seconds)
