"""Builds the front end: every source gets an address with a hash of its content, and a table says which.

Run as `python -m nollycrewhub.web.build`. Nothing is rebuilt when nothing changed.
"""

import hashlib
import re
import shutil
import sys
from pathlib import Path

import msgspec

STATIC = Path(__file__).parent / "static"
SOURCES = STATIC / "src"
DIST = STATIC / "dist"
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
SPACE = re.compile(r"\s+")
AROUND = re.compile(r"\s*([{};,>])\s*")


def slim_css(text: str) -> str:
    """The same rules without comments and needless space."""
    return AROUND.sub(r"\1", SPACE.sub(" ", COMMENT.sub("", text))).replace(";}", "}").strip()


def built_name(source: Path, content: bytes) -> str:
    """`main-1a2b3c4d5e.css`."""
    return f"{source.stem}-{hashlib.blake2b(content, digest_size=6).hexdigest()}{source.suffix}"


def build() -> dict[str, str]:
    """Writes dist/assets and dist/assets.json; the table of source names to built names."""
    part = STATIC / "dist.part"
    shutil.rmtree(part, ignore_errors=True)
    (part / "assets").mkdir(parents=True)
    table = {}
    for source in sorted(SOURCES.iterdir()):
        if not source.is_file():
            continue
        content = source.read_bytes()
        if source.suffix == ".css":
            content = slim_css(content.decode()).encode()
        table[source.name] = built_name(source, content)
        (part / "assets" / table[source.name]).write_bytes(content)
    (part / "assets.json").write_bytes(msgspec.json.encode(table))
    shutil.rmtree(DIST, ignore_errors=True)
    part.rename(DIST)
    return table


if __name__ == "__main__":
    print(f"Built {len(build())} files.")
    sys.exit(0)
