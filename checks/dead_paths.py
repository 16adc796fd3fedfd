"""What the documents point at exists: paths in back-ticks, plain mentions, links and pictures, headings in them, and make targets."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from checks.tree import text_of, tracked

ENDINGS = "md|py|toml|lock|txt|ya?ml|json|csv|ini|cfg|sh|sql|html|css|m?js|svg|png|jpe?g|webp|gif|ico|pdf|woff2|mako"
LINK = re.compile(
    r"\[[^\]]*\]\(\s*<?([^)\s>]+)>?(?:\s+[\"'(][^)]*)?\)|^\s*\[[^\]]+\]:\s*<?([^\s>]+)|\b(?:src|href)\s*=\s*[\"']([^\"']+)", re.MULTILINE
)
QUOTED = re.compile(r"`([\w.-]+/[\w./-]*|make [a-z-]+)`")
MENTIONED = re.compile(rf"(?<![\w./:<>{{}}*~$-])((?:\.{{1,2}}/)*[\w-][\w.-]*(?:/[\w.-]+)+\.(?:{ENDINGS}))(?![\w/*])")
ADDRESS = re.compile(r"\b[a-z][a-z0-9+.-]*://\S+|\bmailto:\S+", re.IGNORECASE)
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
MADE = (".results/", ".data/", ".venv/")  # what a run leaves comes and goes


def dead_paths(top: Path) -> list[str]:
    """Every place in a document, wherever it lies, that points at nothing."""
    makefile = top / "Makefile"
    targets = set(re.findall(r"^([a-z-]+):", text_of(makefile), re.MULTILINE)) if makefile.exists() else set()
    templates = [*(top / "src").rglob("templates")]
    faults = []
    for path in tracked(top):
        if path.suffix == ".md":
            text = text_of(path)
            name = path.relative_to(top)
            faults += [f"{name} links to {link}, {why}." for link, why in dead_links(text, path, top)]
            faults += [f"{name} names `{said}`, {why}." for said, why in dead_names(text, path, top, targets, templates)]
    return faults


def dead_links(text: str, path: Path, top: Path) -> Iterator[tuple[str, str]]:
    """Links and pictures, which are read from the document's own folder, and the headings they go to."""
    for found in LINK.finditer(FENCE.sub("", text)):
        link = next(filter(None, found.groups()))
        where, _, anchor = unquote(link).partition("#")
        if ADDRESS.match(link) or where.startswith("/"):
            continue  # another site's, or the running program's own
        aim = path.parent / where if where else path
        if not aim.exists() or not aim.resolve().is_relative_to(top.resolve()):
            yield link, "which is not there"
        elif anchor and aim.suffix == ".md" and anchor not in anchors(text_of(aim)):
            yield link, "which has no such heading"


def dead_names(text: str, path: Path, top: Path, targets: set[str], templates: list[Path]) -> Iterator[tuple[str, str]]:
    """Back-ticked paths and targets, and plain mentions of a file in a folder, seen from the document's folder, one above it, or a folder of templates."""
    bases = [*(folder for folder in path.parents if folder == top or top in folder.parents), *templates]
    linkless = LINK.sub(" ", ADDRESS.sub(" ", text))
    for said in dict.fromkeys([*QUOTED.findall(linkless), *MENTIONED.findall(linkless)]):
        if said.startswith("make "):
            if said[5:] not in targets:
                yield said, "which is no target"
        elif not said.startswith(MADE) and is_path(said, top) and not any((base / said).exists() for base in bases):
            yield said, "which is not there"


def is_path(said: str, top: Path) -> bool:
    """Whether the words mean a file of the tree: it ends like one, or begins with a folder that is there (`image/png` is none)."""
    return bool(MENTIONED.fullmatch(said)) or (top / said.split("/")[0]).exists()


def anchors(text: str) -> set[str]:
    """What a reader's browser can jump to: each heading in small letters, without signs, blanks as dashes."""
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in HEADING.findall(FENCE.sub("", text)))
    return {*plain, *re.findall(r"\b(?:id|name)=\"([^\"]+)\"", text)}
