"""The append-only trail of what operators and owners did; the app role can add to it and nothing else."""

from typing import Any
from uuid import UUID

import msgspec

from nollycrewhub.kit.ids import uuid7
from nollycrewhub.platform.db import WriteSession

INSERT = """
insert into platform.audit (id, actor, action, subject, detail) values ($1, $2, $3, $4, $5::text::jsonb)
"""


async def record(
    session: WriteSession,
    actor: UUID | None,
    action: str,
    *,
    subject: str,
    detail: dict[str, Any] | None = None,
) -> None:
    """Notes who did what to which thing, in the transaction that does it. `detail` holds ids, not personal data."""
    await session.sql(INSERT, uuid7(), actor, action, subject, msgspec.json.encode(detail or {}).decode())
