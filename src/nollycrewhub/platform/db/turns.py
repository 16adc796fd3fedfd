"""One after the other: of the answers that a database brings together, each is worked on in a pass of the event loop of its own.

Making a page from rows takes milliseconds in which nothing else runs. When twenty answers lie ready, twenty such pieces would
follow each other before the loop looked at its sockets again, and who is to be told from memory, or to come again later,
would wait for all of them. In turn, nobody waits for more than one.
"""

import asyncio
from collections import deque


class Turns:
    """The turns of one event loop. Alone, a caller goes on at once."""

    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None
        self.is_taken = False
        self.waiting: deque[asyncio.Future[None]] = deque()

    async def take(self) -> None:
        """Goes on in a pass of the loop in which nobody else does."""
        loop = asyncio.get_running_loop()
        if loop is not self.loop:
            self.loop, self.is_taken = loop, False
            self.waiting.clear()
        if not self.is_taken:
            self.is_taken = True
            loop.call_soon(self._pass_on)
            return
        turn = loop.create_future()
        self.waiting.append(turn)
        await turn

    def _pass_on(self) -> None:
        """The next one's turn; one that was cancelled meanwhile has none."""
        while self.waiting:
            turn = self.waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                turn.get_loop().call_soon(self._pass_on)
                return
        self.is_taken = False


TURNS = Turns()
