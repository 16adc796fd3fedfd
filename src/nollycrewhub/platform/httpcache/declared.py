"""How a route declares that its answer is everyone's, and how a request's address finds the declaration."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode
from zlib import crc32

from nollycrewhub.platform.queries import NAMES

TTL = 900.0
SLOTS = 16_384
LONGEST_QUERY = 2_000
Canonical = Callable[[Mapping[str, str]], dict[str, str]]
Narrow = Callable[[Mapping[str, str]], tuple[str, ...]]


def no_parameters(_: Mapping[str, str]) -> dict[str, str]:
    """For pages that read nothing from the query: tracking words make no second copy."""
    return {}


@dataclass(frozen=True, kw_only=True)
class Shared:
    """One route's promise: the same bytes for everyone who asks for the same canonical address.

    `lists` are namespaces any write of the domain changes; `thing` names the one object shown, with the path's
    parameter in it (`job:{job_id}`). `canonical` turns a query into its one spelling or raises, and then the route
    itself answers. `by_device` keeps a copy a device class where the address does not say `view`. `narrow` names,
    for a canonical query, the lists it depends on instead of `lists`: a write elsewhere then leaves it alone.
    `by_language` keeps a copy a language, for pages. `daily` answers change when the day does in Lagos, so no copy outlives the day it was made on. `names` are all that
    an API route's query takes (None: a page ignores what it does not know); the route itself refuses another.
    """

    namespace: str
    lists: tuple[str, ...] = ()
    thing: str = ""
    ttl: float = TTL
    canonical: Canonical = no_parameters
    by_device: bool = False
    by_language: bool = False
    narrow: Narrow | None = None
    daily: bool = False
    names: frozenset[str] | None = None


def shared(
    namespace: str, *, lists: tuple[str, ...] = (), thing: str = "", ttl: float = TTL, canonical: Canonical = no_parameters,
    by_device: bool = False, by_language: bool = False, narrow: Narrow | None = None, daily: bool = False,
) -> Shared:  # fmt: skip
    """The declaration for a route's `cached=`."""
    if not lists and not thing:
        raise ValueError(f"{namespace}: an answer that no write touches could never be renewed")
    return Shared(
        namespace=namespace, lists=lists, thing=thing, ttl=ttl, canonical=canonical, by_device=by_device,
        by_language=by_language, narrow=narrow, daily=daily,
    )  # fmt: skip


def list_field(name: str) -> str:
    """A namespace's name among the generations."""
    return f"list:{name}"


def thing_field(name: str) -> str:
    """An object's slot among the generations. Slots are shared by a few objects, so that their number is bounded."""
    return f"slot:{crc32(name.encode()) % SLOTS}"


@dataclass(frozen=True)
class Wanted:
    """One canonical answer: its key, its address, the generations it depends on, and the tags of the CDN."""

    key: str
    path: str
    query: str
    phone: bool
    language: str
    declared: Shared
    fields: tuple[str, ...]
    tags: tuple[str, ...]

    @property
    def is_lazy(self) -> bool:
        """Whether a copy just overtaken may be shown for a moment while one request renews it."""
        return not self.declared.thing


@dataclass
class Table:
    """All declared routes of a process, by their address."""

    exact: dict[str, tuple[str, Shared]] = field(default_factory=dict)
    prefixes: dict[str, tuple[str, str, bool, Shared]] = field(default_factory=dict)

    def add(self, template: str, declared: Shared) -> None:
        """Registers a route; at most its last part may be a parameter, `{name:int}` or `{name:str}`."""
        head, _, last = template.rpartition("/")
        if "{" not in template:
            self.exact[template] = (template, declared)
            return
        if "{" in head:
            raise ValueError(f"{template}: only the last part of a shared address may be a parameter")
        name, _, kind = last.strip("{}").partition(":")
        self.prefixes[head] = (template, name, kind == "int", declared)

    def knows(self, path: str) -> bool:
        """Whether some declared route answers the path."""
        return path in self.exact or path.rpartition("/")[0] in self.prefixes

    def wanted(self, path: str, query: bytes, *, phone: bool, language: str = "") -> Wanted | None:
        """The canonical answer an address asks for; None where the route itself must say what is wrong with it."""
        if len(query) > LONGEST_QUERY:
            return None
        found = self.exact.get(path)
        name = value = ""
        if found is None:
            head, _, value = path.rpartition("/")
            pattern = self.prefixes.get(head)
            if pattern is None:
                return None
            template, name, is_number, declared = pattern
            if not is_plain(value, is_number=is_number):
                return None
            value = str(int(value)) if is_number else value
            path = f"{head}/{value}"
        else:
            template, declared = found
        try:
            given = dict(parse_qsl(query.decode("ascii"), keep_blank_values=True, max_num_fields=40))
            if declared.names is not None and not declared.names.issuperset(given):
                return None
            canonical = declared.canonical({key: text for key, text in given.items() if text})
        except Exception:  # noqa: BLE001 - whatever is wrong with the query, the route itself tells it best
            return None
        language = language if declared.by_language else ""
        phone = phone and declared.by_device and "view" not in canonical
        spelt = urlencode(sorted(canonical.items()))
        lists = declared.narrow(canonical) if declared.narrow is not None else declared.lists
        things = (declared.thing.format(**{name: value}),) if declared.thing else ()
        return Wanted(
            key=f"{template}|{path}|{spelt}|{'phone' if phone else ''}{f'|{language}' if language else ''}", path=path, query=spelt, phone=phone, language=language,
            declared=declared,
            fields=(*map(list_field, lists), *map(thing_field, things)),
            tags=tuple(name.replace(":", "-") for name in (*lists, *things)),
        )  # fmt: skip


def is_plain(value: str, *, is_number: bool) -> bool:
    """Whether a path's last part is a usual number or handle; odd ones are left to the route."""
    if is_number:
        return value.isascii() and value.isdigit() and len(value) <= 18
    return 0 < len(value) <= 80 and value.isascii() and value.replace("-", "").isalnum()


def table_of(routes: list[Any]) -> Table:
    """The declarations of a Litestar app's routes."""
    table = Table()
    for route in routes:
        for handler in getattr(route, "route_handlers", ()):
            declared = handler.opt.get("cached")
            if isinstance(declared, Shared) and "GET" in handler.http_methods:
                table.add(route.path, replace(declared, names=handler.opt.get(NAMES)))
    return table
