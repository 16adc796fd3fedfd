"""The price table is one file that says what it is, and each row of a kind has the same columns."""

import tomllib
from datetime import date
from pathlib import Path

import pytest

from deploying import facts
from deploying.__main__ import main
from deploying.checking import deploy

PRICES = tomllib.loads((Path(__file__).parents[2] / "deploy" / "prices.toml").read_text())
COLUMNS = {
    ("render", "web"): {"dollars": float, "cpu": float, "memory_mb": int},
    ("render", "postgres"): {"dollars": float, "cpu": float, "memory_mb": int, "connections": int},
    ("render", "keyvalue"): {"dollars": float, "memory_mb": int, "connections": int},
    ("kubernetes", "postgres"): {"dollars": float, "cpu": float, "memory_mb": int, "connections": int},
    ("kubernetes", "valkey"): {"dollars": float, "memory_mb": int},
    ("cloudflare", "plan"): {"dollars": float},
}


def test_the_table_says_what_it_is_and_of_which_day() -> None:
    meta = PRICES["meta"]
    assert isinstance(meta["date"], date)
    assert meta["is_list_price"] is True
    assert 500 < meta["naira_per_dollar"] < 10_000, "a naira is not worth a dollar, and a rate upside down is below one"
    assert meta["hours_a_month"] == 730


@pytest.mark.parametrize(("provider", "kind"), COLUMNS)
def test_each_row_of_a_kind_has_the_same_columns(provider: str, kind: str) -> None:
    columns = COLUMNS[provider, kind]
    for name, row in PRICES[provider][kind].items():
        assert {column: type(value) for column, value in row.items()} == columns, f"{provider}.{kind}.{name}"


@pytest.mark.parametrize("kind", ["web", "postgres", "keyvalue"])
def test_more_memory_of_a_tier_never_costs_less(kind: str) -> None:
    tiers: dict[str, list[tuple[int, float]]] = {}
    for name, row in PRICES["render"][kind].items():
        tiers.setdefault(name.partition("-")[0] if kind == "postgres" else kind, []).append((row["memory_mb"], row["dollars"]))
    for rows in tiers.values():
        assert [price for _, price in sorted(rows)] == sorted(price for _, price in rows)


def test_files_are_not_made_by_a_price_that_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (facts.DEPLOY / "prices.toml").read_text()
    (tmp_path / "prices.toml").write_text(text.replace("dollars = 7.0", "dollars = -7.0", 1))
    monkeypatch.setattr(facts, "DEPLOY", tmp_path)
    facts.prices.cache_clear()
    try:
        assert main([]) == 1
        assert "$.render.web[...].dollars" in capsys.readouterr().err
        (said,) = deploy(facts.TOP)
        assert "$.render.web[...].dollars" in said
    finally:
        facts.prices.cache_clear()
