"""What a run's counters say about the criteria: pure, so that a test can give it any run."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

KINDS = ("browse", "sign_in", "profile")
MOST_ERRORS = 0.01
BROWSE_MS = 100.0
SIGN_IN_MS = 500.0
HASHING_SHARE = 0.7


class Phase(msgspec.Struct, kw_only=True, frozen=True):
    """One phase of the plan: its length in seconds and the arrivals a second."""

    seconds: int
    rate: int


class Requests(msgspec.Struct, kw_only=True):
    """The requests of one kind in one phase. `broken` were sent and never answered."""

    sent: int
    ok: int
    asked_to_wait: int
    refused: int
    broken: int
    p50_ms: float | None
    p95_ms: float | None
    max_ms: float | None

    @property
    def errors(self) -> int:
        """All that did not go well."""
        return self.sent - self.ok


class Criterion(msgspec.Struct, kw_only=True):
    """One sentence of the bar, what was measured, and whether it holds."""

    says: str
    measured: str
    holds: bool


def requests(report: Mapping[str, Any], name: str) -> Requests:
    """Reads `phase.kind` out of Artillery's aggregate report."""
    counters = {key[len(name) + 1 :]: int(value) for key, value in report["counters"].items() if key.startswith(f"{name}.")}
    times = report.get("summaries", {}).get(f"{name}.ms", {})
    refused = sum(value for key, value in counters.items() if key.startswith("refused_"))
    sent, ok, wait = (counters.get(key, 0) for key in ("sent", "ok", "asked_to_wait"))
    return Requests(
        sent=sent, ok=ok, asked_to_wait=wait, refused=refused, broken=sent - ok - wait - refused,
        p50_ms=times.get("median"), p95_ms=times.get("p95"), max_ms=times.get("max"),
    )  # fmt: skip


def by_phase(report: Mapping[str, Any], phases: Sequence[Phase]) -> list[dict[str, Requests]]:
    """All phases; what was sent after the last one's end (profiles of people who waited) belongs to the last."""
    found = []
    for number in range(1, len(phases) + 1):
        found.append({kind: requests(report, f"{number}.{kind}") for kind in KINDS})
    for kind in KINDS:
        late, last = requests(report, f"{len(phases) + 1}.{kind}"), found[-1][kind]
        for field in ("sent", "ok", "asked_to_wait", "refused", "broken"):
            setattr(last, field, getattr(last, field) + getattr(late, field))
    return found


def below(measured: float | None, bar: float) -> bool:
    """Whether something was measured at all, and was below the bar."""
    return measured is not None and measured < bar


def criteria(found: Sequence[Mapping[str, Requests]], phases: Sequence[Phase], *, hashes_per_second: float) -> list[Criterion]:
    """The four sentences of the bar. The last phase's sign-ins ask for more than the machine can hash, so they are apart."""
    last = found[-1]["sign_in"]
    counted = [one for phase in found for one in phase.values() if one is not last]
    sent, errors = sum(one.sent for one in counted), sum(one.errors for one in counted)
    browsing = [phase["browse"].p95_ms for phase in found]
    signing = [phase["sign_in"].p95_ms for phase in found[:-1]]
    accepted = last.ok / phases[-1].seconds
    asked = last.sent / phases[-1].seconds
    wanted = HASHING_SHARE * min(hashes_per_second, asked)
    return [
        Criterion(
            says="errors below 1 % over all requests but the last phase's sign-ins",
            measured=f"{errors} of {sent}", holds=sent > 0 and errors < MOST_ERRORS * sent,
        ),
        Criterion(
            says=f"browse p95 below {BROWSE_MS:.0f} ms in every phase",
            measured=milliseconds(browsing), holds=all(below(one, BROWSE_MS) for one in browsing),
        ),
        Criterion(
            says=f"sign-in p95 below {SIGN_IN_MS:.0f} ms in all phases but the last",
            measured=milliseconds(signing), holds=all(below(one, SIGN_IN_MS) for one in signing),
        ),
        Criterion(
            says="the last phase's sign-ins are done, or asked to wait by 503 with Retry-After",
            measured=f"{last.ok} done, {last.asked_to_wait} asked to wait, {last.refused + last.broken} neither",
            holds=last.sent > 0 and last.refused + last.broken == 0,
        ),
        Criterion(
            says="and reach 70 % of what the machine can hash (or of what was asked for, if that is less)",
            measured=f"{accepted:.1f} a second of {asked:.1f} asked for; the machine hashes {hashes_per_second:.1f}",
            holds=wanted > 0 and accepted >= wanted,
        ),
    ]  # fmt: skip


def milliseconds(values: Sequence[float | None]) -> str:
    """12.3, 4.5 ms."""
    return ", ".join("none" if value is None else f"{value:.1f}" for value in values) + " ms"
