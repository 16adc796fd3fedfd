"""Templates are compiled once for all processes, and never taken for another text's."""

import os
from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment
from jinja2.bccache import Bucket

from nollycrewhub.web.compiled import Compiled, compile_all

TEXT = "<p>{{ name }}</p>"


class Counted(Compiled):
    """Counts what had to be compiled: that is what is to be kept."""

    compiled = 0

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.compiled += 1
        super().dump_bytecode(bucket)


def process(folder: Path, text: str = TEXT) -> tuple[Environment, Counted]:
    """One that has answered nothing yet."""
    cache = Counted(folder)
    return Environment(autoescape=True, loader=DictLoader({"one.html": text, "other.txt": "no page"}), bytecode_cache=cache), cache


def shown(process: tuple[Environment, Counted]) -> tuple[str, int]:
    """The page, and how many templates were compiled for it."""
    return process[0].get_template("one.html").render(name="Ada"), process[1].compiled


def kept(folder: Path) -> list[Path]:
    """The files that are kept."""
    return [path for path in folder.rglob("*") if path.is_file()]


def test_the_second_process_compiles_nothing_and_another_text_is_compiled(tmp_path: Path) -> None:
    assert compile_all(process(tmp_path)[0]) == 1
    assert shown(process(tmp_path)) == ("<p>Ada</p>", 0)
    assert shown(process(tmp_path, "<b>{{ name }}</b>")) == ("<b>Ada</b>", 1)


@pytest.mark.parametrize("rest", [0, 5, 20, 40, -3])
def test_a_file_that_lost_its_end_is_made_anew(tmp_path: Path, rest: int) -> None:
    compile_all(process(tmp_path)[0])
    [path] = kept(tmp_path)
    path.write_bytes(path.read_bytes()[:rest])
    assert [shown(process(tmp_path)) for _ in range(2)] == [("<p>Ada</p>", 1), ("<p>Ada</p>", 0)]


def test_where_nothing_can_be_kept_each_compiles_for_itself(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    assert [shown(process(tmp_path / "file")) for _ in range(2)] == [("<p>Ada</p>", 1)] * 2
    assert os.listdir(tmp_path) == ["file"]
