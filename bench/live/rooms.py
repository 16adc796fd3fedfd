"""One web process with conversations between two of the sample's people beside the real channels, on an inherited socket."""

import os
import socket
from collections.abc import Sequence

from nollycrewhub.cli.serving import Server, open_many_files, server_config
from nollycrewhub.cli.supervisor import go_with_parent
from nollycrewhub.platform.db import ReadSession
from nollycrewhub.platform.live import Ask, Channel
from nollycrewhub.platform.module import Module
from nollycrewhub.platform.settings import from_environ
from nollycrewhub.services.monolith import MODULES
from nollycrewhub.services.roles import web


async def both(asked: Sequence[Ask], read: ReadSession) -> list[bool]:
    """The key is two people's ids in hexadecimal, joined; either of them may hear."""
    return [ask.viewer is not None and ask.viewer.person_id.hex in (ask.key[:32], ask.key[32:]) for ask in asked]


def main() -> None:
    """Serves until a signal."""
    go_with_parent()
    open_many_files()
    rooms = Module(name="rooms", channels=(Channel("room", may=both),))
    process = web(from_environ(), (*MODULES, rooms))
    Server(server_config(process), process).run(sockets=[socket.socket(fileno=int(os.environ["ROOMS_FD"]))])


if __name__ == "__main__":
    main()
