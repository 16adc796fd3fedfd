"""A run that is killed leaves no server and no process behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil

from nollycrewhub.devstack.account import account_for
from tests.measuring import TOP
from tests.served import wait_until
from tests.servers import is_gone

RUN = """
import pathlib, subprocess, sys, time
from tests.guardian import GUARDIAN
from tests.servers import a_stack

with a_stack("guardian", replicas=0) as servers:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    GUARDIAN.keep(process)
    found = [process.pid, int((servers.primary.folder / "postmaster.pid").read_text().split()[0]), *(each._pid() for each in servers.valkeys)]
    part = pathlib.Path(sys.argv[1]).with_suffix(".part")
    part.write_text("\\n".join(map(str, [servers.folder, *found])))
    part.rename(sys.argv[1])
    time.sleep(600)
"""


def test_a_killed_run_leaves_nothing(tmp_path: Path) -> None:
    told = tmp_path / "told"
    run = subprocess.Popen([sys.executable, "-c", RUN, str(told)], cwd=TOP)
    wait_until(told.exists, what="its servers", within=60)
    folder, *pids = told.read_text().split("\n")
    processes = [psutil.Process(int(pid)) for pid in pids]
    data = account_for(Path(folder)).data
    assert len(processes) == 4
    assert not any(map(is_gone, processes))
    os.kill(run.pid, signal.SIGKILL)
    assert run.wait() == -signal.SIGKILL
    wait_until(lambda: all(map(is_gone, processes)), what="their end", within=60)
    wait_until(lambda: not data.exists() and not Path(folder).exists(), what="the end of their folders", within=60)
