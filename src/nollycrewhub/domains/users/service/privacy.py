"""A person's own data: all of it out, or all of it gone, over every domain."""

import base64
from functools import partial
from typing import Any
from uuid import UUID

import msgspec

from nollycrewhub.contracts.events import PersonErased
from nollycrewhub.domains.users import access, repository
from nollycrewhub.domains.users.errors import WrongCredentials
from nollycrewhub.domains.users.service.profiles import forget_photo, largest, renew
from nollycrewhub.domains.users.service.signin import device_out
from nollycrewhub.kit.time import utcnow
from nollycrewhub.platform import audit
from nollycrewhub.platform.db import ReadSession, WriteSession
from nollycrewhub.platform.events import emit, forget_person
from nollycrewhub.platform.module import PersonalDuties
from nollycrewhub.platform.passwords import PasswordPool
from nollycrewhub.platform.ports import Ports
from nollycrewhub.platform.sessions import Sessions, Viewer
from nollycrewhub.platform.storage import Storage


async def export(read: ReadSession, person_id: UUID, *, ports: Ports) -> dict[str, Any]:
    """Everything every loaded domain holds about a person, the photo itself, and what no domain owns: devices and the trail."""
    found = await ports.get(PersonalDuties).export(read, person_id)
    profile = await repository.profile_by_id(read, person_id)
    content = await ports.get(Storage).get(largest(profile.photo_key)) if profile is not None and profile.photo_key else None
    found["users"]["photo"] = None if content is None else {"type": "image/webp", "base64": base64.b64encode(content).decode()}
    devices = [device_out(device, "") for device in await ports.get(Sessions).listing(person_id)]
    found["platform"] = {
        "devices": [{"label": one.label, "region": one.region, "created": one.created, "seen": one.seen} for one in devices],
        "audit": msgspec.to_builtins(await audit.of_person(read, person_id)),
    }
    return found


async def erase(
    session: WriteSession, read: ReadSession, member: Viewer, password: str, *, ports: Ports, passwords: PasswordPool,
    sessions: Sessions, storage: Storage,
) -> None:  # fmt: skip
    """Deletes the account after the password was typed again: every domain forgets, every device is signed out."""
    person_id = member.person_id
    account = await access.own_account(read, person_id)
    if account.password_hash is None:
        if not member.has_confirmed(utcnow().timestamp()):
            raise WrongCredentials("Sign in with Google again, then delete within ten minutes. Nothing was deleted.")
    elif not await passwords.verify(account.password_hash, password):
        raise WrongCredentials("That is not your password, so nothing was deleted.")
    person, profile = await access.own_for_change(session, person_id)
    version, photo = person.version + 1, profile.photo_key
    renew(session, person, photo=photo, at_once=True)
    await ports.get(PersonalDuties).erase(session, person_id)
    await emit(session, PersonErased(aggregate_id=str(person_id), version=version, person_id=person_id))
    await forget_person(session, person_id)
    await audit.record(session, None, "account.erased", subject=str(person_id))
    await sessions.end_all(person_id)
    session.after_commit(partial(sessions.end_all, person_id))
    if photo:
        session.after_commit(partial(forget_photo, photo, storage))


async def export_own_rows(read: ReadSession, person_id: UUID) -> dict[str, Any]:
    """What this schema holds."""
    return await repository.everything(read, person_id)


async def erase_own_rows(session: WriteSession, person_id: UUID) -> None:
    """Forgets what this schema holds."""
    await session.flush()
    session.expunge_all()
    await repository.remove(session, person_id)
