"""The built files of former deploys, so that a page from before a deploy still finds its scripts, styles and fonts for a day.

Each web process puts its own deploy's files into the storage all instances share, when it starts. So an instance of
the former deploy also finds the files of the new one while the fleet is being replaced.
"""

import os
import re
import shutil
import time
from pathlib import Path

from nollycrewhub.platform import log

FOLDER = "deploys"
MARK = "former"
SECONDS = 24 * 3600.0
STAY = 3
NAME = re.compile(r"^[A-Za-z0-9_-][A-Za-z0-9._-]{0,120}$")
LOG = log.logger("assets")


def publish(storage: Path, dist: Path, *, now: float | None = None) -> None:
    """Puts this deploy's files beside the others', and lets go of what was replaced more than a day ago.

    The newest three deploys stay however old they are: a process of a former one that starts late calls the current
    one former, and nobody is told of that.
    """
    now = time.time() if now is None else now
    folder = storage / FOLDER
    home = folder / (dist / ".stamp").read_text().strip()
    if not home.exists():
        part = folder / f"{home.name}.{os.getpid()}.part"
        shutil.copytree(dist / "assets", part, dirs_exist_ok=True)
        try:
            part.rename(home)
        except OSError:  # another process of this deploy was first
            shutil.rmtree(part, ignore_errors=True)
    (home / MARK).unlink(missing_ok=True)
    os.utime(home, (now, now))
    homes = sorted((path for path in folder.iterdir() if path.suffix != ".part"), key=lambda path: path.stat().st_mtime, reverse=True)
    for place, other in enumerate(homes):
        if other == home:
            continue
        mark = other / MARK
        if not mark.exists():
            began = other.stat().st_mtime
            mark.touch()
            os.utime(mark, (now, now))
            os.utime(other, (began, began))
        elif place >= STAY and mark.stat().st_mtime < now - SECONDS:
            shutil.rmtree(other, ignore_errors=True)


def publish_if_possible(storage: Path, dist: Path) -> None:
    """The same; a disk that cannot be written to costs the former pages their files and must not keep a process from serving."""
    try:
        publish(storage, dist)
    except OSError as error:
        LOG.warning("the built files could not be kept for the next deploy", error=type(error).__name__)


def find(storage: Path, name: str) -> Path | None:
    """A file of any deploy that is kept; the name holds a hash of the content, so it is the same wherever it is."""
    if not NAME.match(name) or name == MARK:
        return None
    return next((path for home in (storage / FOLDER).glob("*") if (path := home / name).is_file()), None)
