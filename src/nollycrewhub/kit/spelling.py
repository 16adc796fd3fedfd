"""Leads a word nobody uses to its nearest neighbour, carefully: one slip in a short word, two in a long one."""

from collections.abc import Sequence

SHORT = 5
LEAST = 4


def slips(one: str, other: str) -> int:
    """Letters added, dropped, changed or swapped with their neighbour (optimal string alignment)."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        older, before, row = before, row, [i]
        for j, wanted in enumerate(other, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
    return row[-1]


def nearest(word: str, candidates: Sequence[str]) -> str | None:
    """The best candidate within reach, or None; very short words are left alone."""
    if len(word) < LEAST:
        return None
    reach = 1 if len(word) <= SHORT else 2
    ranked = sorted((slips(word, other), other) for other in candidates)
    return ranked[0][1] if ranked and ranked[0][0] <= reach else None
