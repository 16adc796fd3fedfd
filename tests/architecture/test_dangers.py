"""The reading of the package for dangers goes red on each planted one, and stays quiet on constant clauses."""

from pathlib import Path

import pytest

from checks.dangers import dangers

GUILTY = [
    "def f(read, name):\n    return read.sql(f\"select id from users.person where name = '{name}'\")\n",
    "def f(read, name):\n    return read.sql('select id from users.person where name = ' + name)\n",
    "def f(read, name):\n    return read.sql('select id from users.person where name = %s' % name)\n",
    "def f(read, name):\n    return read.sql('select id from users.person where name = {}'.format(name))\n",
    "def f(read, name):\n    clause = 'name = ' + name.strip()\n    return read.sql(f'select id from users.person where {clause}')\n",
    "def f(read, names):\n    for name in names:\n        read.sql(f'delete from users.person where name = {name}')\n",
    "def f(read, flag, name):\n    word = name if flag else 'x'\n    return read.sql(f'update users.person set name = {word}')\n",
    "async def f(read, *, order):\n    return await read.sql(f'insert into a (b) select {order} from c')\n",
    "import subprocess\nsubprocess.run('ls', shell=True)\n",
    "import os\nos.system('ls')\n",
    "import asyncio\nasyncio.create_subprocess_shell('ls')\n",
    "import yaml\nyaml.load('x')\n",
    "import httpx\nhttpx.get('https://a.example', verify=False)\n",
    "import pickle\n",
    "from marshal import loads\n",
    "def f(text):\n    return eval(text)\n",
    "exec('x = 1')\n",
    "import ssl\nssl._create_unverified_context()\n",
]
INNOCENT = [
    "COLUMNS = 'id, name'\nONE = f'select {COLUMNS} from users.person where id = $1'\n",
    "ORDER = {'a': 'id', 'b': 'name'}\ndef f(read, sort):\n    return read.sql(f'select id from users.person order by {ORDER[sort]}')\n",
    "def f(read, full):\n    what = 'id, name' if full else 'id'\n    return read.sql(f'select {what} from users.person')\n",
    "def f(read, email, phone):\n    column, value = ('email', email) if email else ('phone', phone)\n"
    "    return read.sql(f'select id from users.person where {column} = $1', value)\n",
    "def f(read, limit):\n    return read.sql(f'select id from users.person limit {limit:d}')\n",
    "def f(name):\n    return f'Update: {name} has been told'\n",
    "import subprocess\nsubprocess.run(['ls'], check=True)\n",
    "import httpx\nhttpx.get('https://a.example', verify=True)\n",
]


def planted(top: Path, text: str) -> list[str]:
    """What is found in a package of one module."""
    module = top / "src" / "nollycrewhub" / "module.py"
    module.parent.mkdir(parents=True)
    module.write_text(text)
    return dangers(top)


@pytest.mark.parametrize("text", GUILTY)
def test_a_danger_is_found(tmp_path: Path, text: str) -> None:
    assert len(planted(tmp_path, text)) >= 1


@pytest.mark.parametrize("text", INNOCENT)
def test_constant_clauses_and_lists_of_arguments_are_fine(tmp_path: Path, text: str) -> None:
    assert planted(tmp_path, text) == []


def test_the_package_has_none() -> None:
    assert dangers(Path.cwd()) == []
