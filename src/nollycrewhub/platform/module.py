"""What a domain registers: the only object of a domain that a process needs to know."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from nollycrewhub.platform.db import ReadSession, WriteSession
from nollycrewhub.platform.events import Handler
from nollycrewhub.platform.live import Channel
from nollycrewhub.platform.ports import Ports
from nollycrewhub.platform.queue import Cron, Task

Export = Callable[[ReadSession, UUID], Awaitable[dict[str, Any]]]
Erase = Callable[[WriteSession, UUID], Awaitable[None]]


@dataclass(frozen=True)
class KeptFile:
    """A person's file in storage: its key there, and what their export calls it."""

    name: str
    key: str


Files = Callable[[ReadSession, UUID], Awaitable[list[KeptFile]]]


@dataclass(frozen=True)
class Personal:
    """How a domain gives out, and forgets, what it holds about one person."""

    domain: str
    export: Export
    erase: Erase
    files: Files | None = None


@dataclass(frozen=True)
class Module:
    """One domain's routes, tasks, handlers, schedules, answers to contracts, live channels, and personal data duties."""

    name: str
    routes: tuple[Any, ...] = ()
    tasks: tuple[Task, ...] = ()
    handlers: tuple[Handler, ...] = ()
    cron: tuple[Cron, ...] = ()
    provides: tuple[tuple[type, Callable[[Ports], object]], ...] = ()
    personal: Personal | None = None
    channels: tuple[Channel, ...] = ()


class PersonalDuties:
    """All loaded domains' personal duties, offered through ports to whoever exports or erases an account."""

    def __init__(self, duties: tuple[Personal, ...]) -> None:
        self.duties = duties

    async def export(self, read: ReadSession, person_id: UUID) -> dict[str, Any]:
        """Everything every loaded domain holds about a person, by domain."""
        return {duty.domain: await duty.export(read, person_id) for duty in self.duties}

    async def files(self, read: ReadSession, person_id: UUID) -> dict[str, list[KeptFile]]:
        """Every file in storage that is the person's, by domain; a domain without files is absent."""
        return {duty.domain: await duty.files(read, person_id) for duty in self.duties if duty.files is not None}

    async def erase(self, session: WriteSession, person_id: UUID) -> None:
        """Every loaded domain forgets the person, in one transaction."""
        for duty in self.duties:
            await duty.erase(session, person_id)
