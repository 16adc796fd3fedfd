"""What `nollycrewhub capacity measure` found on a machine: the file everything else is worked out from."""

from pathlib import Path

import msgspec

from nollycrewhub.capacity.law import Law

FILE = Path("docs/results/capacity-measured.json")


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """Where and when; the load average before and after tells a quiet machine from a busy one."""

    when: str
    revision: str
    cores: int
    processor: str
    memory_mb: int
    system: str
    python: str
    busy_before: float
    busy_after: float


class AtLevel(msgspec.Struct, frozen=True, kw_only=True):
    """So many connections, each asking again once it is answered. Times in seconds; `spread` is a squared coefficient of variation."""

    at_once: int
    per_second: float
    mean: float
    spread: float
    p50: float
    p95: float
    asked: int
    refused: int


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """One statement's time at the servers while a kind was asked for alone: its mean, its spread, how often a request ran it."""

    text: str
    server: str
    a_request: float
    mean: float
    spread: float


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of request: its levels and the law they follow, the processor seconds it cost each group, its bytes on the wire."""

    name: str
    share: float
    levels: list[AtLevel]
    law: Law
    processor: dict[str, float]
    bytes_out: float
    found: dict[str, int]
    statuses: dict[str, int]
    queries: list[Query]

    @property
    def alone(self) -> AtLevel:
        """The level of one connection: what a request takes when nobody is in its way."""
        return min(self.levels, key=lambda level: level.at_once)


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A table's size with all its indexes; `row` is bytes for a row, and None when it has too few rows to say."""

    name: str
    rows: int
    bytes_all: int
    row: float | None


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes: of a session and a cached answer in Valkey with what is around it, of the largest web process, of the worker."""

    session: float
    answer: float
    answers: int
    web: float
    worker: float


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """All of it. `mix` is the kinds by their shares, `jobs` how many background jobs a request of the mix leaves behind."""

    machine: Machine
    seconds: float
    kinds: list[Kind]
    mix: Kind
    jobs: float
    tables: list[Table]
    memory: Memory

    def kind(self, name: str) -> Kind:
        """One of them."""
        return next(kind for kind in self.kinds if kind.name == name)


class NothingMeasured(ValueError):
    """There is no file of measurements, or it is not one."""


def read(path: Path = FILE) -> Measured:
    """The committed measurements; NothingMeasured says what to do without."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Measured)
    except (OSError, msgspec.MsgspecError) as error:
        raise NothingMeasured(f"{path} cannot be read ({error}). Run `nollycrewhub capacity measure` beside `make up`.") from error


def write(measured: Measured, path: Path = FILE) -> None:
    """Keeps them, readable in a diff."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(measured), indent=1) + b"\n")
