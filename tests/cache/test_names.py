"""Bar C4: equal questions have one name, different ones different names, and one client can cause a bounded number of them."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nollycrewhub.platform.app import Process
from nollycrewhub.platform.httpcache import front
from tests.cache.conftest import visitor
from tests.conftest import FULL
from tests.measuring import Measure
from tests.twins.plan_cache import plan_key

EXAMPLES = 5_000 if FULL else 300
Name = Callable[[list[tuple[str, str]], bool], str]
FILTERS: dict[str, list[str]] = {
    "kind": ["casting", "crew"],
    "state": ["LA", "EN", "KN"],
    "language": ["ig", "yo"],
    "pay_min": ["5000000", "15000000"],
    "limit": ["5", "50"],
    "q": ["gaffer", "lead actress"],
    "sort": ["deadline", "pay"],
    "view": ["full", "compact"],
}
OF_PAGES = ("kind", "state", "language", "q", "sort")
PEOPLE: dict[str, list[str]] = {
    "role": ["actor", "writer"],
    "department": ["camera", "lighting"],
    "state": ["LA", "KN"],
    "language": ["ig", "yo"],
    "availability": ["free", "busy"],
    "q": ["gaffer", "lead actress"],
}
ASKED = {
    "/api/jobs": FILTERS,
    "/jobs": {name: FILTERS[name] for name in OF_PAGES},
    "/api/users": {**PEOPLE, "limit": FILTERS["limit"], "view": FILTERS["view"]},
    "/talent": PEOPLE,
}
UNSAID = {"/api/jobs": "category", "/jobs": "category", "/api/users": "free_by", "/talent": "free_by"}
ALIKE: dict[str, Callable[[str], str]] = {"q": lambda text: f" {text.replace(' ', '  ')} ", "view": lambda text: text}


def questions(path: str) -> st.SearchStrategy[dict[str, str]]:
    """Questions that an address takes."""
    return st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in ASKED[path].items()})


@st.composite
def spelt_anew(draw: st.DrawFn, question: dict[str, str], path: str) -> list[tuple[str, str]]:
    """The same question in another order, with words said twice, defaults said aloud, and spaces people type."""
    pairs = [(name, ALIKE[name](value) if name in ALIKE and draw(st.booleans()) else value) for name, value in question.items()]
    pairs += [pair for pair in pairs if draw(st.booleans())]
    if "limit" in ASKED[path] and "limit" not in question and draw(st.booleans()):
        pairs.append(("limit", "20"))
    if draw(st.booleans()):
        pairs.append((UNSAID[path], ""))
    return draw(st.permutations(pairs))


def holds_c4(name: Name, *, examples: int, path: str = "/api/jobs") -> None:
    """Over questions: one name for all spellings of one, another for every other one, and for the device where it decides."""

    @settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        derandomize=True,
        report_multiple_bugs=False,
    )
    @given(st.data(), questions(path), questions(path))
    def run(chosen: Any, one: dict[str, str], two: dict[str, str]) -> None:
        usual = name(list(one.items()), False)
        assert name(chosen.draw(spelt_anew(one, path)), False) == usual, "one question has two names"
        assert (name(list(two.items()), False) == usual) == (one == two), "two questions have one name"
        is_one = "view" in one or "view" not in ASKED[path]  # a page is the same for every device
        assert (name(list(one.items()), True) == usual) == is_one, "two devices have one name"

    run()


@pytest.mark.parametrize("path", ASKED)
async def test_one_name_a_question(clean: Process, measured: Measure, path: str) -> None:
    def name(pairs: list[tuple[str, str]], phone: bool) -> str:  # noqa: FBT001 - as the twin's
        wanted = clean.front.table.wanted(path, urlencode(pairs).encode(), phone=phone)
        assert wanted is not None
        return wanted.key

    holds_c4(name, examples=EXAMPLES, path=path)
    measured("C4", examples=EXAMPLES, filters=len(ASKED[path]), wrong=0)


def test_the_plans_key_has_many_names() -> None:
    with pytest.raises(AssertionError, match=r"have one name|has two names"):
        holds_c4(lambda pairs, _: plan_key(dict(parse_qsl(urlencode(pairs), keep_blank_values=True))), examples=50)


async def test_one_client_makes_a_bounded_number_of_copies(clean: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    """Past the bound the route answers, and nothing more is kept."""
    monkeypatch.setattr(front, "NEW_A_MINUTE", 5)
    memory = clean.runtime.caches.memory
    async with visitor(clean) as client:
        answers = [await client.get(f"/api/jobs?view=full&pay_min={100 + n}") for n in range(30)]
    assert {answer.status_code for answer in answers} == {200}
    kept = sum("x-cache" in answer.headers for answer in answers)
    assert len(memory.entries) == kept
    assert 5 <= kept <= 10, "twice the bound at most, should a minute end just then"
