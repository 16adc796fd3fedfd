"""Templates that were compiled before, kept as Python keeps its modules: beside them, in `__pycache__`.

A process that has answered nothing yet would compile each template with its first page, 0.8 s for all of them, while
everybody else's requests wait. `python -m nollycrewhub.web.compiled` compiles them all, for images that may not write later.
"""

import hashlib
from importlib.metadata import version
from pathlib import Path

from jinja2 import Environment
from jinja2.bccache import Bucket, FileSystemBytecodeCache

FOLDER = Path(__file__).parent / "__pycache__"
MADE_BY = ("page.py", "compiled.py")  # what the environment's own settings are written in


class Compiled(FileSystemBytecodeCache):
    """Reads and writes; where it may not write, each process compiles for itself.

    A template's text decides whether what is kept is its own; the folder's name says by which Jinja and settings it was made.
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        made_by = b"".join((Path(__file__).parent / name).read_bytes() for name in MADE_BY) + version("jinja2").encode()
        made = folder / f"templates-{hashlib.blake2b(made_by, digest_size=6).hexdigest()}"
        super().__init__(str(made))

    def load_bytecode(self, bucket: Bucket) -> None:
        """What was kept of this text, if that can be read; a file that lost its end with the power is made anew."""
        try:
            super().load_bytecode(bucket)
        except Exception:  # noqa: BLE001 - whatever is wrong with the file, the text is at hand
            bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keeps it, if there is anywhere to keep it."""
        try:
            Path(self.directory).mkdir(parents=True, exist_ok=True)
            super().dump_bytecode(bucket)
        except OSError:
            return


def compile_all(environment: Environment) -> int:
    """Compiles what is not compiled yet; how many templates there are."""
    names = environment.list_templates(extensions=["html"])
    for name in names:
        environment.get_template(name)
    return len(names)


if __name__ == "__main__":
    from nollycrewhub.web.page import environment

    print(f"{compile_all(environment())} templates are compiled.")
