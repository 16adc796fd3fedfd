"""The table of list prices, `deploy/prices.toml`: dated, edited by hand, in dollars a month."""

import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import msgspec

FILE = Path("deploy/prices.toml")


class Meta(msgspec.Struct, frozen=True, kw_only=True):
    """When the prices were written down, and what a dollar costs."""

    date: date
    naira_per_dollar: float
    hours_a_month: float = 730.0


class Box(msgspec.Struct, frozen=True, kw_only=True):
    """Something rented by the month."""

    dollars: float
    cpu: float = 0.0
    memory_mb: float = 0.0
    connections: int = 0


class PerGb(msgspec.Struct, frozen=True):
    """Something paid by the gigabyte."""

    dollars_per_gb: float


class Workspace(msgspec.Struct, frozen=True):
    """What a team pays before it has anything."""

    dollars_per_member: float
    included_egress_gb: float


class Render(msgspec.Struct, frozen=True, kw_only=True):
    """Render's list."""

    web: Mapping[str, Box]
    postgres: Mapping[str, Box]
    postgres_storage: PerGb
    keyvalue: Mapping[str, Box]
    egress: PerGb
    workspace: Workspace


class Kubernetes(msgspec.Struct, frozen=True, kw_only=True):
    """A managed Kubernetes by what pods ask for, and the same provider's databases."""

    vcpu_hour: float
    gb_hour: float
    control_plane_hour: float
    storage_gb_month: float
    load_balancer_month: float
    egress: PerGb
    postgres: Mapping[str, Box]
    valkey: Mapping[str, Box]


class Prices(msgspec.Struct, frozen=True, kw_only=True):
    """All that the report asks of the table."""

    meta: Meta
    render: Render
    kubernetes: Kubernetes
    object_storage: PerGb


class NoPrices(ValueError):
    """The table is missing, or says something that is no price."""


def read(path: Path = FILE) -> Prices:
    """The table; NoPrices says which line of it is wrong."""
    try:
        return msgspec.convert(tomllib.loads(path.read_text()), type=Prices)
    except (OSError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise NoPrices(f"{path} cannot be read: {error}") from error


def cheapest(boxes: Mapping[str, Box], *, cpu: float = 0.0, memory_mb: float = 0.0, connections: int = 0) -> tuple[str, Box, int]:
    """The cheapest box that is large enough, and how many of the largest when none is; its name, itself, how many."""
    fit = [
        (box.dollars, name) for name, box in boxes.items()
        if box.cpu >= cpu and box.memory_mb >= memory_mb and (box.connections >= connections or not box.connections)
    ]  # fmt: skip
    if fit:
        name = min(fit)[1]
        return name, boxes[name], 1
    name = max(boxes, key=lambda one: (boxes[one].cpu, boxes[one].memory_mb, boxes[one].dollars))
    largest = boxes[name]
    wants = [cpu / largest.cpu if largest.cpu else 0, memory_mb / largest.memory_mb if largest.memory_mb else 0]
    wants.append(connections / largest.connections if largest.connections else 0)
    return name, largest, max(1, -int(-max(wants) // 1))
