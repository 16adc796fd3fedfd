"""Every SQL text of the program prepares on the migrated schema, and gives the columns its struct names.

Texts are found, not listed: what modules hold when they are loaded (composed constants too) and every literal in their
source. What a function composes cannot be found so; each such function is named in COMPOSERS with calls that cover it,
and one that is not named there fails.
"""

import ast
import importlib
import pkgutil
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest

import nollycrewhub
from nollycrewhub.domains.jobs import repository as jobs
from nollycrewhub.domains.jobs.rules.search import SORTS, Search
from nollycrewhub.domains.jobs.schemas import ApplicationRow
from nollycrewhub.domains.users import repository as users
from nollycrewhub.domains.users.rules import Spot
from nollycrewhub.domains.users.schemas import TalentSearch
from nollycrewhub.platform import pruning, tracing
from nollycrewhub.platform.db import Query
from nollycrewhub.platform.settings import Settings

SOURCE = Path(nollycrewhub.__path__[0])
ELSEWHERE = ("devstack", "node_modules")  # servers of a laptop before there is a schema; not ours
STATEMENT = re.compile(
    r"\s*(select\s|insert\s+into\s|update\s+\w|delete\s+from\s|with\s+(recursive\s+)?\w+\s+(\(.*?\)\s+)?as\s|merge\s|values\s*\()",
    re.IGNORECASE,
)
UTILITY = re.compile(r"\s*(vacuum|alter|listen|notify|set)\s", re.IGNORECASE)  # PostgreSQL prepares none of these
RUNS = frozenset({"sql", "fetch", "fetchrow", "fetchval", "execute", "prepare"})
CURSORS = {"newest": "2026-01-01 00:00:00.1", "deadline": "2026-01-01", "pay": "5", "relevance": "40 1 2026-01-01 00:00:00.1"}
Text = tuple[str, str, Any]


def composed_lists() -> Iterator[Text]:
    """The list of jobs in each sort, with every filter and with none, first page and later ones, full and compact."""
    everything = Search(("gaffer",), "crew", "gaffer", "EN", 1, 10**9, "ig", date(2026, 1, 1), True, "newest")
    today = date(2026, 1, 2)
    for sort in SORTS:
        for search in (everything._replace(sort=sort), Search(("a",), sort=sort), Search(("a", "b"), sort=sort, open_only=False)):
            for after in (None, (CURSORS[sort], 7)):
                for built in (
                    jobs.page_query(search, today, compact=True, after=after, limit=20)[0],
                    jobs.page_query(search, today, compact=False, after=after, limit=7)[0],
                    jobs.cards_query(search, today, after=after, limit=20)[0],
                ):
                    yield f"jobs by {sort}", built.sql, built.row


def composed_talent() -> Iterator[Text]:
    """The directory with every filter and with none."""
    full = TalentSearch(
        q="a", role="actor", department="cast", state="EN", language="ig", availability="free", free_by=date(2026, 12, 24), max_rate=5,
        rate_unit="hour",
    )  # fmt: skip
    for search in (full, TalentSearch()):
        for words in ([], ["a"], ["a", "b"]):
            for after in (None, *(Spot(part, datetime(2026, 1, 1, tzinfo=UTC), UUID(int=7)) for part in range(5))):
                built = users.talent_query(search, words, after)[0]
                yield "talent", built.sql, built.row


def composed_pruning() -> Iterator[Text]:
    """What is deleted by age."""
    for table, (key, column, age) in pruning.RULES.items():
        yield f"pruning {table}", pruning.delete_old(table, key, column, age), None


COMPOSERS: dict[str, Callable[[], Iterator[Text]]] = {
    "domains.jobs.repository.page_query": composed_lists,
    "domains.jobs.repository.list_sql": composed_lists,
    "domains.jobs.repository.parts_sql": composed_lists,
    "domains.users.repository.talent_query": composed_talent,
    "platform.pruning.delete_old": composed_pruning,
}


def modules() -> Iterator[ModuleType]:
    """Every module of the program, loaded, the one that traces too."""
    tracing.allow()
    for found in pkgutil.walk_packages(nollycrewhub.__path__, "nollycrewhub."):
        if found.name.split(".")[1] not in ELSEWHERE:
            yield importlib.import_module(found.name)


def texts_in(value: Any) -> Iterator[tuple[str, Any]]:
    """The SQL texts a module's value holds, each with its row type if it has one."""
    if isinstance(value, Query):
        yield value.sql, value.row
    elif isinstance(value, str) and STATEMENT.match(value):
        yield value, None
    elif isinstance(value, dict):
        yield from texts_in(list(value.values()))
    elif isinstance(value, (list, tuple, set, frozenset)):
        for one in value:
            yield from texts_in(one)


def held_by(module: ModuleType) -> Iterator[Text]:
    """What a module and its classes hold, but the beginnings from which it composes others."""
    values = dict(vars(module))
    for owner, kind in list(values.items()):
        if isinstance(kind, type) and kind.__module__ == module.__name__:
            values |= {f"{owner}.{name}": value for name, value in vars(kind).items() if name != "__doc__"}
    values.pop("__doc__", None)
    found = [(f"{module.__name__}.{name}", sql, row) for name, value in values.items() for sql, row in texts_in(value)]
    for name, sql, row in found:
        if row is not None or not any(other.startswith(sql) and other != sql for _, other, _ in found):
            yield name, sql, row


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function of a source, and every method."""
    return (node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))


def first_words(node: ast.expr) -> str:
    """The constant text that a composed one begins with."""
    return next((one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)), "")


def is_composed(node: ast.AST) -> bool:
    """Whether this puts a statement together from pieces."""
    return isinstance(node, (ast.JoinedStr, ast.BinOp)) and bool(STATEMENT.match(first_words(node)))


def runs(call: ast.AST) -> ast.expr | None:
    """The text that a call runs as SQL, or makes a Query of."""
    if not isinstance(call, ast.Call):
        return None
    if isinstance(call.func, ast.Name) and call.func.id == "Query" and len(call.args) > 1:
        return call.args[1]
    return call.args[0] if isinstance(call.func, ast.Attribute) and call.func.attr in RUNS and call.args else None


def composers(tree: ast.Module, module: str) -> set[str]:
    """The functions of a source that put SQL together themselves."""
    found = set()
    for function in functions(tree):
        for node in ast.walk(function):
            ran = runs(node)
            text = first_words(ran) if isinstance(ran, (ast.JoinedStr, ast.BinOp)) else ""
            if is_composed(node) or (isinstance(ran, (ast.JoinedStr, ast.BinOp)) and not UTILITY.match(text)):
                found.add(f"{module}.{function.name}")
    return found


def literals(tree: ast.Module) -> Iterator[str]:
    """Whole statements written where they are used."""
    apart = {id(part) for node in ast.walk(tree) if isinstance(node, (ast.JoinedStr, ast.BinOp)) for part in ast.walk(node)}
    apart |= {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings
    held = {id(part) for node in tree.body if isinstance(node, (ast.Assign, ast.AnnAssign)) for part in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in apart | held and STATEMENT.match(node.value):
            yield node.value


def sources() -> Iterator[tuple[str, ast.Module]]:
    """Every source of the program, by its module's name."""
    for path in sorted(SOURCE.rglob("*.py")):
        parts = path.relative_to(SOURCE).with_suffix("").parts
        if not set(parts) & set(ELSEWHERE):
            yield ".".join(part for part in parts if part != "__init__"), ast.parse(path.read_text())


def all_texts() -> Iterator[Text]:
    """Every SQL text there is."""
    for module in modules():
        yield from held_by(module)
    for name, tree in sources():
        yield from ((f"{name}, a literal", sql, None) for sql in literals(tree))
    for build in set(COMPOSERS.values()):
        yield from build()


def fields_of(row: type) -> list[str]:
    """The columns that a row type is made of."""
    return [field.name for field in msgspec.structs.fields(row)] if issubclass(row, msgspec.Struct) else [f"no {row.__name__}"]


async def faults(connection: asyncpg.Connection, texts: Iterable[Text]) -> list[str]:
    """What does not prepare, and what gives other columns than its struct has."""
    wrong, seen = [], set()
    for name, sql, row in texts:
        if (sql, row) in seen:
            continue
        seen.add((sql, row))
        try:
            columns = [column.name for column in (await connection.prepare(sql)).get_attributes()]
        except asyncpg.PostgresError as error:
            wrong.append(f"{name}: {error}: {sql[:80]}")
            continue
        if row in Query.scalars and len(columns) != 1:
            wrong.append(f"{name}: gives {columns}, one value is wanted")
        elif row is not None and row not in Query.scalars and columns != (wanted := fields_of(row)):
            wrong.append(f"{name}: gives {columns}, its struct has {wanted}")
    return wrong


async def test_every_text_prepares_and_fits_its_struct(settings: Settings) -> None:
    texts = list(all_texts())
    assert len({sql for _, sql, _ in texts}) > 250  # there were 300; a search that finds nothing proves nothing
    assert {name.split(".")[2] for name, _, _ in texts if name.startswith("nollycrewhub.domains.")} >= {"messages", "jobs", "users"}
    connection = await asyncpg.connect(settings.database_url)
    try:
        assert await faults(connection, texts) == []
    finally:
        await connection.close()


def test_whatever_composes_sql_is_covered_by_name() -> None:
    assert {name for module, tree in sources() for name in composers(tree, module)} == set(COMPOSERS)


BROKEN = {
    "a constant": 'ADD = "insert into jobs.job (no_such) values ($1)"',
    "a tuple": 'BOTH = ("select 1", "delete from jobs.no_such")',
    "a class's own": 'class Box:\n    FIND = "select nothing from jobs.job"',
    "composed of constants": 'A = "select id from jobs.no"\nB = A + "_such where id = $1"',
    "a query": 'FIND = Query(int, "select id, title from jobs.job")',
    "a struct": 'FIND = Query(ApplicationRow, "select id from jobs.application")',
}


@pytest.mark.parametrize("kind", BROKEN)
async def test_a_broken_text_is_found(settings: Settings, kind: str) -> None:
    module = ModuleType("toy")
    vars(module).update(Query=Query, ApplicationRow=ApplicationRow, __name__="toy")
    exec(BROKEN[kind], vars(module))  # noqa: S102 - a constant of this file
    connection = await asyncpg.connect(settings.database_url)
    try:
        assert len(await faults(connection, held_by(module))) == 1
    finally:
        await connection.close()


def test_texts_inside_functions_are_found() -> None:
    tree = ast.parse('async def run(session):\n    "select this, a docstring"\n    await session.sql("delete from jobs.no_such")')
    assert list(literals(tree)) == ["delete from jobs.no_such"]
    for body in ('await session.sql(f"select {x}")', 'sql = "delete from " + x', 'Query(int, f"{HEAD} where {x}")'):
        assert composers(ast.parse(f"async def run(session, x):\n    {body}"), "toy") == {"toy.run"}, body
