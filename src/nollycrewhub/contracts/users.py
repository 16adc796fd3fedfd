"""What other domains may ask about people."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Literal, Protocol
from uuid import UUID

import msgspec

CodePart = Literal["joining", "recovery", "signing_in"]
CODE_QUARTERS: dict[CodePart, int] = {"joining": 2, "recovery": 1, "signing_in": 1}
"""How many quarters of the day's money for codes by SMS are for numbers that nobody has confirmed yet (and for telling an owner that
somebody joins with theirs), for new passwords of confirmed ones (and warnings of a flood of guesses), for sign-ins with the right password."""


def money_for(part: CodePart, cap: int) -> int:
    """What codes of one part may cost in a day, of all that codes may; no part takes from another."""
    return cap * CODE_QUARTERS[part] // 4


class PersonCard(msgspec.Struct, frozen=True, kw_only=True):
    """A person beside what they sent somebody (an application): the name, which goes with it, and what they show to members.

    Only who is `listed` has a page of their own for others.
    """

    person_id: UUID
    handle: str
    name: str
    state: str
    town: str
    photo: str | None
    roles: list[str]
    headline: str
    listed: bool
    label: str = ""
    """What to call them before they have sent anything: the name, unless it is hidden from members."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How long somebody has been here, and whether an address of theirs is confirmed."""

    since: datetime
    confirmed: bool


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """Whose handle it is; `listed` says that everybody may find them in the directory."""

    person_id: UUID
    listed: bool


class MailAddress(msgspec.Struct, frozen=True, kw_only=True):
    """Where to write to a person; confirmed addresses only."""

    name: str
    email: str | None
    phone: str | None
    locale: str


class CodeCost(msgspec.Struct, frozen=True, kw_only=True):
    """What codes by SMS cost on one day in Lagos, in kobo, by the parts of the day's money."""

    day: date
    joining: int
    recovery: int
    signing_in: int


class People(Protocol):
    """The users domain's answers."""

    async def cards(self, read: Any, ids: Sequence[UUID]) -> dict[UUID, PersonCard]:
        """Cards by id; erased people are missing."""

    async def address(self, read: Any, person_id: UUID) -> MailAddress | None:
        """Where to write to a person, or None when they are gone."""

    async def addresses(self, read: Any, ids: Sequence[UUID]) -> dict[UUID, MailAddress]:
        """The same for several; who is gone is missing."""

    async def operators(self, read: Any) -> list[UUID]:
        """Whose accounts are operators', open ones only."""

    async def standing(self, read: Any, person_id: UUID) -> Standing | None:
        """What trust begins with; None for a person who is gone or closed."""

    async def by_handles(self, read: Any, handles: Sequence[str]) -> dict[str, Found]:
        """Whose handles these are; unknown, erased and closed ones are missing."""

    async def code_costs(self, read: Any, after: date) -> list[CodeCost]:
        """What the days after that one cost in codes by SMS, the newest first."""


class Speakers(Protocol):
    """Which language people chose."""

    async def choose(self, session: Any, person_id: UUID, language: str) -> None:
        """Keeps a person's choice: what is sent to them is in it, and each device they sign in on."""


class Accounts(Protocol):
    """What operators do to an account from another domain's queue."""

    async def close(self, session: Any, person_id: UUID, *, reason: str, actor: UUID) -> None:
        """Closes it as /ops/people does: sessions end, the person is told why. Nothing when they have left."""
