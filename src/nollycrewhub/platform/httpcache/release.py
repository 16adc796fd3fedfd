"""Which program made a copy: another one's templates, fields and file names are not to be shown by this one."""

import hashlib
import os
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[2]
SUFFIXES = (".py", ".html", "assets.json", "built.json")
ELSEWHERE = frozenset({"node_modules", "__pycache__", "src", "migrations"})


@cache
def release() -> str:
    """A short name of this program's own files: the same on all its instances, another one after a deploy."""
    digest = hashlib.blake2b(digest_size=6)
    for folder, names, files in os.walk(PACKAGE):
        names[:] = sorted(name for name in names if name not in ELSEWHERE)
        for file in sorted(file for file in files if file.endswith(SUFFIXES)):
            path = Path(folder) / file
            digest.update(path.relative_to(PACKAGE).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
