"""The table of list prices, `deploy/prices.toml`: dated, edited by hand, in dollars a month."""

import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated

import msgspec

FILE = Path("deploy/prices.toml")
Dollars = Annotated[float, msgspec.Meta(ge=0, lt=1e9)]
Positive = Annotated[float, msgspec.Meta(gt=0, lt=1e9)]
SOME = msgspec.Meta(min_length=1)


class Meta(msgspec.Struct, frozen=True, kw_only=True):
    """When the prices were written down, and what a dollar costs."""

    date: date
    naira_per_dollar: Positive
    hours_a_month: Positive


class Box(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something rented by the month. A name that is not known may be one misspelt, so it is refused."""

    dollars: Dollars
    memory_mb: Positive
    cpu: Annotated[float, msgspec.Meta(ge=0, lt=1e6)] = 0.0
    connections: Annotated[int, msgspec.Meta(ge=0)] = 0


class Computer(Box, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A box that has processors of its own."""

    cpu: Annotated[float, msgspec.Meta(gt=0, lt=1e6)]


class PerGb(msgspec.Struct, frozen=True):
    """Something paid by the gigabyte."""

    dollars_per_gb: Dollars


class Workspace(msgspec.Struct, frozen=True):
    """What a team pays before it has anything."""

    dollars_per_member: Dollars
    included_egress_gb: Annotated[float, msgspec.Meta(ge=0, lt=1e9)]


class Render(msgspec.Struct, frozen=True, kw_only=True):
    """Render's list."""

    web: Annotated[Mapping[str, Computer], SOME]
    postgres: Annotated[Mapping[str, Computer], SOME]
    postgres_storage: PerGb
    keyvalue: Annotated[Mapping[str, Box], SOME]
    egress: PerGb
    workspace: Workspace


class Kubernetes(msgspec.Struct, frozen=True, kw_only=True):
    """A managed Kubernetes by what pods ask for, and the same provider's databases."""

    vcpu_hour: Dollars
    gb_hour: Dollars
    control_plane_hour: Dollars
    storage_gb_month: Dollars
    load_balancer_month: Dollars
    egress: PerGb
    postgres: Annotated[Mapping[str, Computer], SOME]
    valkey: Annotated[Mapping[str, Box], SOME]


class PerMonth(msgspec.Struct, frozen=True):
    """Something paid by the month."""

    dollars: Dollars


class Steering(msgspec.Struct, frozen=True):
    """Traffic steered by country: the first two origins, each further one, the steering itself."""

    dollars: Dollars
    dollars_per_extra_origin: Dollars
    dollars_per_geo_steering: Dollars


class Cloudflare(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in front, by the month; for docs/guides/phases.md."""

    plan: Annotated[Mapping[str, PerMonth], SOME]
    load_balancing: Steering


class Prices(msgspec.Struct, frozen=True, kw_only=True):
    """All that the report and the guide of the phases ask of the table."""

    meta: Meta
    render: Render
    kubernetes: Kubernetes
    cloudflare: Cloudflare
    object_storage: PerGb


class NoPrices(ValueError):
    """The table is missing, or says something that is no price."""


def read(path: Path = FILE) -> Prices:
    """The table; NoPrices says which line of it is wrong."""
    try:
        return msgspec.convert(tomllib.loads(path.read_text()), type=Prices)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
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
