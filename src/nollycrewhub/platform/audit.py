"""The append-only trail of what operators and owners did; the app role can add to it and nothing else."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from nollycrewhub.kit.ids import uuid7
from nollycrewhub.kit.told import as_json
from nollycrewhub.platform.db import Query, ReadSession, WriteSession

INSERT = """
insert into platform.audit (id, actor, action, subject, detail) values ($1, $2, $3, $4, $5::text::jsonb)
"""


class Deed(msgspec.Struct, frozen=True):
    """One line of the trail as the person it is about may read it: who else did it is not told by id."""

    at: datetime
    action: str
    subject: str
    by: str


OF_PERSON = Query(
    Deed,
    "select at, action, subject, case when actor = $1 then 'you' when actor is null then 'the site' else 'an operator' end as by "
    "from platform.audit where actor = $1 or subject = $1::uuid::text order by at, id",
)


async def of_person(read: ReadSession, person_id: UUID) -> list[Deed]:
    """What somebody did, and what was done to their account, oldest first."""
    return await read.rows(OF_PERSON, person_id)


async def record(
    session: WriteSession,
    actor: UUID | None,
    action: str,
    *,
    subject: str,
    detail: dict[str, Any] | None = None,
) -> None:
    """Notes who did what to which thing, in the transaction that does it. `detail` holds ids, not personal data."""
    await session.sql(INSERT, uuid7(), actor, action, subject, as_json(detail or {}).decode())
