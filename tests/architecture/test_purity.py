"""Rules, contracts and the kit are told what time it is and do no I/O: each way round is planted and found."""

import shutil
from pathlib import Path

import pytest

from checks import purity

TOP = Path(__file__).parents[2]
PLACES = ["domains/jobs/rules/clocky.py", "domains/users/rules.py", "scaling/rules/clocky.py", "contracts/jobs.py", "kit/text.py"]
SINS = [
    "import socket\nsocket.gethostname()",
    "from pathlib import Path",
    "import subprocess",
    "import asyncio",
    "import importlib",
    "import urllib.request",
    "from urllib import request",
    "import uuid",
    "from uuid import uuid4",
    "import random",
    "import time",
    "from nollycrewhub.kit.time import utcnow",
    "from nollycrewhub.kit import ids",
    "from nollycrewhub.kit.ids import token",
    "from nollycrewhub.platform import db",
    "from datetime import datetime\nx = datetime.now()",
    "from datetime import datetime\nx = datetime.utcnow()",
    "from datetime import datetime as moment\nread = moment.now",
    "from datetime import date\nx = date.today()",
    "import datetime\nx = datetime.datetime.now()",
    "import datetime as dt\nread = dt.date.today",
    "from nollycrewhub.kit import time\nx = time.utcnow()",
    "from nollycrewhub.kit.time import lagos_day\nx = lagos_day()",
    "from nollycrewhub.kit.time import spoken\ndef f(when):\n    return spoken(when)",
    "from nollycrewhub.kit.time import spoken as said\ndef f(when):\n    return said(when)",
    "from nollycrewhub.kit import time\ndef f():\n    return time.lagos_day()",
    "x = open('/etc/hostname')",
    "import codecs\nx = codecs.open('x')",
    "print('x')",
    "x = __import__('os')",
]
FINE = [
    "from datetime import UTC, date, datetime, timedelta\ndef f(now: datetime) -> date:\n    return (now + timedelta(days=1)).date()",
    "def f(given):\n    return given.now, given.today",
    "from nollycrewhub.kit.time import LAGOS, lagos_day, spoken\ndef f(now):\n    return lagos_day(now), spoken(now, now=now), now.astimezone(LAGOS)",
    "from uuid import UUID\nfrom urllib.parse import urlsplit\nimport msgspec, re, itertools",
    "from nollycrewhub.domains.jobs.rules.pay import daily_kobo\nfrom nollycrewhub.contracts import events",
    "def spoken(parts):\n    return parts\ndef f(parts):\n    return spoken(parts)",
    "def is_open(job):\n    return job.is_open()",
]


def planted(top: Path, place: str, text: str) -> list[str]:
    """What the check says of one file of a package that holds no other."""
    path = top / "src" / "nollycrewhub" / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + "\n")
    return purity.purity(top)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("sin", SINS)
def test_a_clock_or_a_way_out_is_found(tmp_path: Path, place: str, sin: str) -> None:
    found = planted(tmp_path, place, sin)
    assert len(found) >= 1
    assert found[0].startswith(f"src/nollycrewhub/{place}:")


@pytest.mark.parametrize("text", FINE)
def test_what_is_told_is_fine(tmp_path: Path, text: str) -> None:
    assert planted(tmp_path, PLACES[0], text) == []


def test_a_service_may_read_the_clock(tmp_path: Path) -> None:
    assert planted(tmp_path, "domains/jobs/service.py", SINS[0]) == []


def test_what_is_said_names_the_line_and_the_function(tmp_path: Path) -> None:
    sin = "from nollycrewhub.kit.time import spoken_day\ndef f(day):\n    return spoken_day(day)"
    assert planted(tmp_path, PLACES[0], sin) == [
        f"src/nollycrewhub/{PLACES[0]}:3 reads the clock by spoken_day without its moment; rules, contracts and the kit are told."
    ]


def test_every_exception_is_still_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(TOP / "src" / "nollycrewhub" / "kit", tmp_path / "src" / "nollycrewhub" / "kit")
    assert purity.purity(tmp_path) == []
    exceptions = purity.EXCEPTIONS
    monkeypatch.setattr(purity, "EXCEPTIONS", {})
    found = purity.purity(tmp_path)
    for name, sins in exceptions.items():
        assert [sin for sin in sins if not any(f"/{name}:" in fault and f" {sin};" in fault for fault in found)] == []
