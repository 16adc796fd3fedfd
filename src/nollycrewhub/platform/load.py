"""What this process has carried so far, as plain numbers for its reports; counting a request must cost next to nothing."""

from nollycrewhub.kit.report import BOUNDS, place_of

MOST_PEOPLE = 20_000  # between two reports


class Load:
    """Counters since the start, and who was there since the last report."""

    def __init__(self) -> None:
        self.answered = self.failed = self.shed = self.pool_waits = 0
        self.pool_waited = 0.0
        self.took = [0] * (len(BOUNDS) + 1)
        self.took_by: dict[str, list[int]] = {}
        self.served: dict[tuple[str, str, int], int] = {}
        self.found: dict[str, int] = {}
        self.broken: dict[str, int] = {}
        self._people: set[str] = set()

    def answer(self, seconds: float, status: int, *, by: tuple[str, ...] = ()) -> None:
        """An answer, and how long it took to begin; `by` are the region and the device it went to."""
        place = place_of(seconds)
        self.answered += 1
        self.took[place] += 1
        for name in by:
            if name not in self.took_by:
                self.took_by[name] = [0] * (len(BOUNDS) + 1)
            self.took_by[name][place] += 1
        if status >= 500:
            self.failed += 1

    def serve(self, region: str, device: str, status: int, *, route: str) -> None:
        """Any answer, by who asked; of one that failed also which route it was."""
        key = (region, device, status // 100)
        self.served[key] = self.served.get(key, 0) + 1
        if status >= 500:
            self.broken[route] = self.broken.get(route, 0) + 1

    def find(self, result: str) -> None:
        """An answer that is everyone's, by where it was found."""
        self.found[result] = self.found.get(result, 0) + 1

    def waited(self, seconds: float) -> None:
        """Somebody had to wait for a connection."""
        self.pool_waits += 1
        self.pool_waited += seconds

    def saw(self, who: str) -> None:
        """Somebody was there: a person, or the address of somebody who is not signed in."""
        if len(self._people) < MOST_PEOPLE:
            self._people.add(who)

    def people(self) -> set[str]:
        """Who was there since this was last asked."""
        found, self._people = self._people, set()
        return found


LOAD = Load()
