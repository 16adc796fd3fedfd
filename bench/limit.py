"""The limit of answers from memory: a bare ASGI application that sends the same bytes and headers, and does nothing else."""

import os
import socket
from pathlib import Path
from typing import Any

import msgspec
import uvicorn

from nollycrewhub.cli.serving import server_config

Answer = tuple[str, bytes, int, list[tuple[bytes, bytes]], bytes]


class Bare:
    """One dictionary of finished answers by path and query."""

    def __init__(self, answers: list[Answer]) -> None:
        self.answers = {(path, query): (status, headers, body) for path, query, status, headers, body in answers}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Sends what is asked for."""
        if scope["type"] == "lifespan":
            while True:
                message = await receive()
                await send({"type": f"{message['type']}.complete"})
                if message["type"] == "lifespan.shutdown":
                    return
        status, headers, body = self.answers[(scope["path"], scope["query_string"])]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})


def main() -> None:
    """Serves the answers of LIMIT_FILE on the inherited socket whose number is in BARE_FD."""
    answers = msgspec.msgpack.decode(Path(os.environ["LIMIT_FILE"]).read_bytes(), type=list[Answer])
    uvicorn.Server(server_config(Bare(answers))).run(sockets=[socket.socket(fileno=int(os.environ["BARE_FD"]))])


if __name__ == "__main__":
    main()
