"""Starts the program as its command does, and on SIGUSR1 writes the names of its loaded modules to a file."""

import os
import signal
import sys
from pathlib import Path

from nollycrewhub.cli.main import main


def tell(*_: object) -> None:
    """Whoever sent the signal reads the file once it has its final name."""
    target = Path(os.environ["MODULES_FILE"])
    part = target.with_suffix(".part")
    part.write_text("\n".join(sorted(sys.modules)))
    part.replace(target)


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, tell)
    Path(os.environ["MODULES_FILE"]).with_suffix(".ready").touch()
    sys.exit(main(sys.argv[1:]))
