"""What a run says about the plan's five key metrics, and whether it is worth anything: pure, so that a test can give it any run."""

from collections.abc import Sequence

from nollycrewhub.loadtest.results import Criterion
from nollycrewhub.loadtest.tally import Kind
from nollycrewhub.loadtest.watching import Inside, Look

RESPONSE, ERRORS, THROUGHPUT, RESOURCES, BACKLOG = KEYS = (
    "response times", "error rate", "throughput", "resource utilisation", "queue backlog",
)  # fmt: skip
P95_MS = 500.0  # section 9
MOST_ERRORS = 0.01  # section 9
LEAST_THROUGHPUT = 0.99
CPU_PERCENT, MEMORY_PERCENT = 70.0, 80.0  # section 11's thresholds: past them the plan adds instances
CONNECTIONS_SHARE = 0.8  # of what the server accepts: the connection budget leaves a fifth
MOST_WAITING = 1000  # section 5's alarm
LATE_MS = 50.0
OWN_CORES = 0.9


def response_times(whole: Kind) -> Criterion:
    """p95 from the moment a request was due."""
    return Criterion(
        key=RESPONSE, says=f"p95 below {P95_MS:.0f} ms", measured=f"p50 {whole.p50_ms} ms, p95 {whole.p95_ms} ms, p99 {whole.p99_ms} ms",
        holds=whole.asked > 0 and whole.p95_ms < P95_MS,
    )  # fmt: skip


def error_rate(whole: Kind, *, below: float = MOST_ERRORS) -> Criterion:
    """All that were not answered as they should be; one that was asked to wait and had no more patience is among them."""
    share = whole.wrong / whole.asked if whole.asked else 1.0
    return Criterion(
        key=ERRORS, says=f"errors below {below:.1%}", measured=f"{whole.wrong} of {whole.asked} ({share:.2%})", holds=share < below
    )


def throughput(whole: Kind, *, seconds: float, dropped: int) -> Criterion:
    """Right answers a second beside what was due; what the generator could not send is a failure too."""
    planned = whole.asked + dropped
    return Criterion(
        key=THROUGHPUT, says=f"at least {LEAST_THROUGHPUT:.0%} of what was due answered rightly, nothing dropped",
        measured=f"{whole.right / seconds:.1f} a second of {planned / seconds:.1f} due, {dropped} dropped",
        holds=planned > 0 and dropped == 0 and whole.right >= LEAST_THROUGHPUT * planned,
    )  # fmt: skip


def mean(values: Sequence[float]) -> float:
    """The mean of some values, at least one."""
    return sum(values) / len(values)


def resources(looks: Sequence[Look], *, cpu_below: float | None = CPU_PERCENT) -> list[Criterion]:
    """Processors over the whole run, memory and connections at their peaks. What was not measured does not hold.

    Without `cpu_below` the processors are told and not judged.
    """
    cpus = [look.cpu for look in looks if look.cpu is not None]
    memories = [look.memory for look in looks if look.memory is not None]
    inside = [look.inside for look in looks if look.inside is not None]
    own = mean([look.own for look in looks]) if looks else 0.0
    most = max((one.connections for one in inside), default=0)
    accepted = min((one.accepted for one in inside), default=0)
    return [
        Criterion(
            key=RESOURCES, says=f"processors below {cpu_below:.0f} % over the run" if cpu_below else "processors, told",
            measured=f"{mean(cpus):.0f} % (peak {max(cpus):.0f} %), of it {own:.2f} cores the generator's" if cpus else "not measured",
            holds=bool(cpus) and (cpu_below is None or mean(cpus) < cpu_below),
        ),
        Criterion(
            key=RESOURCES, says=f"memory below {MEMORY_PERCENT:.0f} %", measured=f"{max(memories):.0f} % at most" if memories else "not measured",
            holds=bool(memories) and max(memories) < MEMORY_PERCENT,
        ),
        Criterion(
            key=RESOURCES, says=f"database connections below {CONNECTIONS_SHARE:.0%} of what the primary accepts",
            measured=f"{most} of {accepted} at most" if inside else "not measured",
            holds=bool(inside) and most < CONNECTIONS_SHARE * accepted,
        ),
    ]  # fmt: skip


def backlog(looks: Sequence[Look], after: Inside | None) -> Criterion:
    """Jobs that could run and did not yet: at most as many as the plan alarms at, and none of them left soon after."""
    inside = [look.inside for look in looks if look.inside is not None]
    if not inside or after is None:
        return Criterion(key=BACKLOG, says=f"fewer than {MOST_WAITING} jobs wait", measured="not measured", holds=False)
    most, oldest = max(one.waiting for one in inside), max(one.oldest_s for one in inside)
    return Criterion(
        key=BACKLOG, says=f"fewer than {MOST_WAITING} jobs wait, and the queue is worked off at the end",
        measured=f"{most} at most, the oldest {oldest:.1f} s old; {after.waiting} wait at the end",
        holds=most < MOST_WAITING and after.waiting < max(10, most),
    )  # fmt: skip


def worth(looks: Sequence[Look], *, late_p99_ms: float) -> list[str]:
    """Why a run proves nothing: the generator was too slow to send what was due when it was due."""
    found = []
    own = max((look.own for look in looks), default=0.0)
    if late_p99_ms > LATE_MS:
        found.append(f"The generator sent one request in a hundred more than {late_p99_ms:.0f} ms late (bar: {LATE_MS:.0f} ms).")
    if mean([look.own for look in looks] or [0.0]) > OWN_CORES:
        found.append(f"The generator used a whole core ({own:.2f} at most; bar: {OWN_CORES} in the mean).")
    return found
