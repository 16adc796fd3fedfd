"""What all connections of one person together may ask for and say in a process: two hundred lines are no two hundred times as much.

A channel that is asked for costs a look at the database, and a word that is said goes to every listener of every process.
"""

from collections import OrderedDict

from nollycrewhub.platform.live.frames import Asked, Say, Sub

COST_OF_A_WORD = 10.0
BURST, PER_SECOND = 1000.0, 100.0
"""A person who comes back with two hundred pages of five channels each, and ten words a second."""
STRANGERS_BURST, STRANGERS_PER_SECOND = 10_000.0, 500.0
"""Of one address, behind which thousands may be."""
MOST_HELD = 20_000


def cost_of(asked: Asked) -> float:
    """What a frame takes out of the purse."""
    if isinstance(asked, Sub):
        return float(len(asked.to))
    return COST_OF_A_WORD if isinstance(asked, Say) else 0.0


class Purses:
    """By person, or by address of those who are nobody. The ones that were not asked for longest are forgotten, full again by then."""

    def __init__(self) -> None:
        self.held: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()

    def pay(self, name: str, address: str, cost: float, *, now: float) -> bool:
        """Whether one more frame is within what a person, or else an address, may have."""
        burst, rate = (BURST, PER_SECOND) if name else (STRANGERS_BURST, STRANGERS_PER_SECOND)
        whose = (name, "" if name else address)
        budget, at = self.held.pop(whose, (burst, now))
        budget = min(burst, budget + (now - at) * rate)
        is_paid = cost <= budget
        self.held[whose] = (budget - cost if is_paid else budget, now)
        if len(self.held) > MOST_HELD:
            self.held.popitem(last=False)
        return is_paid
