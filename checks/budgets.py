"""Bytes of what a phone downloads: every built file has a budget, and what a first visit fetches has one together.

Bytes are as they travel: text gzipped, fonts and pictures as they are.
"""

import gzip
import json
from pathlib import Path

DIST = Path("src/nollycrewhub/web/static/dist")
PACKED = frozenset({".js", ".css", ".svg", ".webmanifest"})
MOST = {
    "main.css": 9_000,
    "main.js": 3_000,
    "htmx.esm.js": 18_500,
    "suggest.js": 600,
    "push.js": 900,
    "news.js": 1_600,  # this and the next after the load event, for who is signed in
    "live.js": 3_050,  # with the outbox
    "messages.js": 2_500,  # on the pages of messages only
    "attach.js": 900,  # where files can be sent
    "kept.js": 800,  # on the offline page only
    "back.js": 1_000,  # on that page and on kept ones
    "sw.js": 3_700,
    "icon.svg": 500,
    "icon-192.png": 3_000,
    "icon-512.png": 6_000,
    "card-home.png": 30_000,  # fetched by other sites, never by a page
    "jobs-1280.png": 35_000,  # and "home-360.png": fetched by a browser that shows its dialog to install
    "home-360.png": 20_000,
    "manifest.webmanifest": 800,
}
MOST_OF_A_PAGE = 15_000  # with its headers, when styles and scripts are there already
MOST_OF_A_FONT = 15_000
FIRST_VISIT = ("main.css", "main.js", "display.woff2")
MOST_OF_A_FIRST_VISIT = 35_000  # of the 50,000 a visit has; the page itself needs its part


def bytes_on_the_wire(path: Path) -> int:
    """How many bytes a browser that takes gzip is sent."""
    content = path.read_bytes()
    return len(gzip.compress(content, 9, mtime=0)) if path.suffix in PACKED else len(content)


def budgets(top: Path) -> list[str]:
    """Built files that are past their budget or have none, and a first visit past its own."""
    table = top / DIST / "assets.json"
    if not table.exists():
        return ["The front end is not built, so nothing was weighed. Run `make setup`."]
    sizes = {name: bytes_on_the_wire(top / DIST / "assets" / built) for name, built in json.loads(table.read_bytes()).items()}
    faults = []
    for name, size in sizes.items():
        most = MOST_OF_A_FONT if name.endswith(".woff2") else MOST.get(name)
        if most is None:
            faults.append(f"{name} has no budget; give it one in checks/budgets.py.")
        elif size > most:
            faults.append(f"{name} weighs {size} bytes on the wire; its budget is {most}.")
    first = sum(sizes.get(name, 0) for name in FIRST_VISIT)
    if first > MOST_OF_A_FIRST_VISIT:
        faults.append(f"A first visit fetches {first} bytes of {', '.join(FIRST_VISIT)}; its budget is {MOST_OF_A_FIRST_VISIT}.")
    return faults
