"""The SQL of what people chose: when, by which channel, on which browsers."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from nollycrewhub.domains.notifications.schemas import ChosenRow, DeviceRow, HabitsRow, WindowRow
from nollycrewhub.platform.db import Query, ReadSession, WriteSession

HABITS = Query(
    HabitsRow, "select digest, digest_hour::int as digest_hour, quiet_from::int as quiet_from, quiet_until::int as quiet_until "
    "from notifications.preference where person_id = $1",
)  # fmt: skip
CHOSEN = Query(ChosenRow, "select kind, channel, is_on from notifications.choice where person_id = $1 order by 1, 2")
DEVICES = Query(
    DeviceRow,
    "select id, endpoint, p256dh, auth, label, created_at from notifications.push_device where person_id = $1 order by created_at",
)
WINDOW = Query(WindowRow, "select heard_at from notifications.chat_window where person_id = $1")
EXPORT = Query(
    bytes,
    "select json_build_object("
    "'habits', (select to_jsonb(p) from notifications.preference p where p.person_id = $1), "
    "'choices', (select coalesce(json_agg(to_jsonb(c) order by c.kind, c.channel), '[]') from notifications.choice c where c.person_id = $1), "
    "'devices', (select coalesce(json_agg(to_jsonb(d) order by d.created_at), '[]') from notifications.push_device d where d.person_id = $1), "
    "'chat_window', (select to_jsonb(w) from notifications.chat_window w where w.person_id = $1), "
    "'blocked_addresses', (select coalesce(json_agg(to_jsonb(b) order by b.at), '[]') from notifications.blocked_address b "
    "where b.person_id = $1), "
    "'alerts', (select coalesce(json_agg(to_jsonb(a) order by a.created_at), '[]') from notifications.alert_delivery a "
    "where a.person_id = $1))::text",
)
SET_HABITS = """
insert into notifications.preference (person_id, digest, digest_hour, quiet_from, quiet_until) values ($1, $2, $3, $4, $5)
on conflict (person_id) do update set digest = excluded.digest, digest_hour = excluded.digest_hour,
    quiet_from = excluded.quiet_from, quiet_until = excluded.quiet_until
returning old.digest
"""
CHOOSE = """
insert into notifications.choice (person_id, kind, channel, is_on) select $1, * from unnest($2::text[], $3::text[], $4::bool[])
on conflict (person_id, kind, channel) do update set is_on = excluded.is_on
"""
ADD_DEVICE = """
insert into notifications.push_device (id, person_id, endpoint, p256dh, auth, label) values ($1, $2, $3, $4, $5, $6)
on conflict (endpoint) do update set person_id = excluded.person_id, p256dh = excluded.p256dh, auth = excluded.auth, label = excluded.label
"""
KEEP_NEWEST = """
delete from notifications.push_device where person_id = $1 and id not in (
    select id from notifications.push_device where person_id = $1 order by created_at desc, id desc limit $2)
"""
DROP_DEVICE = "delete from notifications.push_device where person_id = $1 and (id = $2 or endpoint = $3) returning 1"
HEAR = """
insert into notifications.chat_window (person_id, heard_at) values ($1, $2)
on conflict (person_id) do update set heard_at = greatest(chat_window.heard_at, excluded.heard_at)
"""
ERASE = tuple(
    f"delete from notifications.{table} where person_id = $1"  # noqa: S608 - constants
    for table in ("delivery", "preference", "choice", "push_device", "chat_window", "blocked_address", "alert_delivery")
)
ERASE_SPEND = "delete from notifications.spend where scope = $1"


async def export(read: ReadSession, person_id: UUID) -> dict[str, Any]:
    """Whole rows, so that a new column is in it."""
    found: dict[str, Any] = msgspec.json.decode(await read.json(EXPORT, person_id))
    return found


async def habits(read: ReadSession, person_id: UUID) -> HabitsRow | None:
    """When a person may be disturbed; None where they never said."""
    return await read.one(HABITS, person_id)


async def chosen(read: ReadSession, person_id: UUID) -> list[ChosenRow]:
    """What a person chose otherwise than usual."""
    return await read.rows(CHOSEN, person_id)


async def devices(read: ReadSession, person_id: UUID) -> list[DeviceRow]:
    """Browsers that take pushes."""
    return await read.rows(DEVICES, person_id)


async def heard_at(read: ReadSession, person_id: UUID) -> datetime | None:
    """When a person last wrote by WhatsApp."""
    found = await read.one(WINDOW, person_id)
    return found.heard_at if found else None


async def set_habits(session: WriteSession, person_id: UUID, new: HabitsRow) -> str | None:
    """Stores when; the digest of before, None for whoever had chosen nothing."""
    found = await session.sql(SET_HABITS, person_id, new.digest, new.digest_hour, new.quiet_from, new.quiet_until)
    return found[0][0]  # type: ignore[no-any-return]


async def choose(session: WriteSession, person_id: UUID, new: list[ChosenRow]) -> None:
    """Stores by which channels."""
    await session.sql(CHOOSE, person_id, [one.kind for one in new], [one.channel for one in new], [one.is_on for one in new])


async def add_device(session: WriteSession, person_id: UUID, new: DeviceRow, *, most: int) -> None:
    """Stores a browser, which is whose it was used for last; beyond `most` the oldest goes."""
    await session.sql(ADD_DEVICE, new.id, person_id, new.endpoint, new.p256dh, new.auth, new.label)
    await session.sql(KEEP_NEWEST, person_id, most)


async def drop_device(session: WriteSession, person_id: UUID, *, device_id: UUID | None = None, endpoint: str = "") -> bool:
    """Forgets a browser; False when it is not this person's."""
    return bool(await session.sql(DROP_DEVICE, person_id, device_id, endpoint))


async def hear(session: WriteSession, person_id: UUID, at: datetime) -> None:
    """A person wrote by WhatsApp."""
    await session.sql(HEAR, person_id, at)


async def erase(session: WriteSession, person_id: UUID) -> None:
    """Forgets all of it."""
    for statement in ERASE:
        await session.sql(statement, person_id)
    await session.sql(ERASE_SPEND, str(person_id))
