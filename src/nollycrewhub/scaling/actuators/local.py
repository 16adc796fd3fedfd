"""Processes of this machine: asks the supervisor of an `up` or a `serve --workers N` for other numbers, through its socket.

The supervisor owns the processes and the port they share, so nothing stops when whoever asks is gone.
"""

import asyncio

import msgspec

from nollycrewhub.kit.foreign import read_json
from nollycrewhub.scaling.actuators.port import ActuatorError, Fleet

PATIENCE = 5.0
AGAIN = 5.0


class Answer(msgspec.Struct):
    """What the supervisor says: its numbers, or why not."""

    web: int = 0
    workers: int = 0
    web_asked: int = 0
    workers_asked: int = 0
    error: str = ""


class Local:
    """The supervisor behind a socket."""

    name = "local"

    def __init__(self, path: str) -> None:
        self.path = path

    async def fleet(self) -> Fleet:
        """What runs and what was asked for."""
        answer = await self._asked({"op": "fleet"})
        return Fleet(web=answer.web, workers=answer.workers, web_asked=answer.web_asked, workers_asked=answer.workers_asked)

    async def ask(self, *, web: int, workers: int) -> None:
        """Tells the supervisor, which does it in its own time."""
        await self._asked({"op": "ask", "web": web, "workers": workers})

    async def _asked(self, question: dict[str, object]) -> Answer:
        try:
            async with asyncio.timeout(PATIENCE):
                reader, writer = await asyncio.open_unix_connection(self.path)
                try:
                    writer.write(msgspec.json.encode(question) + b"\n")
                    answer = read_json(await reader.readline(), Answer)
                finally:
                    writer.close()
        except (OSError, ValueError) as error:  # a TimeoutError is an OSError, a DecodeError a ValueError
            raise ActuatorError(
                f"No supervisor answers at {self.path} ({type(error).__name__}). Start one: make up, or nollycrewhub serve --workers 2.",
                retry_after=AGAIN,
            ) from error
        if answer.error:
            raise ActuatorError(answer.error)
        return answer

    async def close(self) -> None:
        """Nothing is held open between two questions."""
