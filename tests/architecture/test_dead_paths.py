"""Whatever a document points at is looked for: links, pictures, headings, plain mentions, back-ticks, make targets; in every folder."""

from pathlib import Path

import pytest

from checks.dead_paths import dead_paths


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small tree whose documents all point at what is there."""
    for folder in ("docs/pictures", "src/app/jobs", "src/app/templates/layout", "tests/posts"):
        (tmp_path / folder).mkdir(parents=True)
    for file in ("docs/pictures/home.png", "src/app/jobs/rules.py", "src/app/templates/layout/base.html"):
        (tmp_path / file).write_bytes(b"x")
    (tmp_path / "Makefile").write_text("check: setup\n")
    (tmp_path / "docs" / "guide.md").write_text("# The guide\n\n## What it costs, and why\n\n[top](#the-guide), [home](../README.md)\n")
    (tmp_path / "README.md").write_text(
        "# Home\n\n![x](docs/pictures/home.png) [y](docs/guide.md#what-it-costs-and-why) [z](<docs/guide.md> 'The guide')\n"
        "Run `make check`; see src/app/jobs/rules.py, `src/app/jobs/` and docs/guide.md. Answers are `image/png` or `text/html`.\n"
        "[far]: https://example.org/nowhere/x.md\n`/static/main.js`, `/work-with-us/x.html`, `.results/run.json`, src/*/rules.py, {name}/x.py\n"
        'Templates are called `layout/base.html`. <a href="docs/guide.md">g</a>\n```\nsee [this](example.md)\n```\n'
    )
    (tmp_path / "src" / "app" / "jobs" / "README.md").write_text("`jobs/rules.py`, app/jobs/rules.py and [rules](rules.py)\n")
    return tmp_path


def test_a_whole_tree_is_quiet(tree: Path) -> None:
    assert dead_paths(tree) == []


DEAD = [
    ("`make nothing`", "make nothing"),
    ("`src/nowhere.py`", "src/nowhere.py"),
    ("`src/app/nothing`", "src/app/nothing"),
    ("docs/nothing-there.md", "docs/nothing-there.md"),
    ("(docs/nothing-there.md).", "docs/nothing-there.md"),
    ("`nofolder/x.md`", "nofolder/x.md"),
    ("nofolder/deep/x.png,", "nofolder/deep/x.png"),
    ("![x](docs/screenshots/none.png)", "docs/screenshots/none.png"),
    ("[y](docs/guides/zz.md)", "docs/guides/zz.md"),
    ("[y](zz.md 'A title')", "zz.md"),
    ("[![x](none.png)](https://example.org/)", "none.png"),
    ("[y]: docs/zz.md", "docs/zz.md"),
    ('<img src="none.png">', "none.png"),
    ("[out](../../../../../../../../../../tmp)", "../../../../../../../../../../tmp"),
    ("[none](#no-such-heading)", "#no-such-heading"),
    ("```\ncat docs/nothing-there.md\n```", "docs/nothing-there.md"),
]


@pytest.mark.parametrize("folder", ["", "docs", "src/app/jobs", "tests/posts"])
@pytest.mark.parametrize(("text", "dead"), DEAD)
def test_a_dead_path_is_found_wherever_the_document_lies(tree: Path, folder: str, text: str, dead: str) -> None:
    (tree / folder / "NEW.md").write_text(f"# New\n\n{text}\n")
    found = dead_paths(tree)
    assert len(found) == 1
    assert dead in found[0]


def test_a_heading_that_is_gone_is_found_in_another_document(tree: Path) -> None:
    (tree / "docs" / "guide.md").write_text("# The guide\n\n## What it costs\n")
    assert dead_paths(tree) == ["README.md links to docs/guide.md#what-it-costs-and-why, which has no such heading."]
