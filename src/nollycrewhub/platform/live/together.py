"""Many small questions asked at about the same moment become one: a thousand reconnecting clients, a few queries."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Q = TypeVar("Q")
A = TypeVar("A")
MOST = 500
PAUSE = 0.003


class Together(Generic[Q, A]):
    """`await together.ask(question)`; `answer` gets all that are waiting, and gives their answers in the same order."""

    def __init__(self, answer: Callable[[list[Q]], Awaitable[Sequence[A]]], *, most: int = MOST) -> None:
        self.answer = answer
        self.most = most
        self._waiting: list[tuple[Q, asyncio.Future[A]]] = []
        self._task: asyncio.Task[None] | None = None

    async def ask(self, question: Q) -> A:
        """The answer, or what the answering raised for all of them."""
        future: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, future))
        if self._task is None:
            self._task = asyncio.create_task(self._work())
        return await future

    async def _work(self) -> None:
        try:
            await asyncio.sleep(PAUSE)
            while self._waiting:
                batch, self._waiting = self._waiting[: self.most], self._waiting[self.most :]
                await self._answer(batch)
        finally:
            self._task = None

    async def _answer(self, batch: list[tuple[Q, asyncio.Future[A]]]) -> None:
        try:
            answers = await self.answer([question for question, _ in batch])
        except Exception as error:  # noqa: BLE001 - whoever asked hears of it
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), answer in zip(batch, answers, strict=True):
            if not future.done():
                future.set_result(answer)
