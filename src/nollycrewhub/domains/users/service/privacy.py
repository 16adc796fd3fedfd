"""A person's own data: all of it out, or all of it gone, over every domain."""

import base64
import codecs
from collections.abc import AsyncIterator
from functools import partial
from typing import Any
from uuid import UUID

import msgspec

from nollycrewhub.contracts.events import PersonErased
from nollycrewhub.domains.users import access, repository
from nollycrewhub.domains.users.errors import WrongCredentials
from nollycrewhub.domains.users.service.profiles import forget_photo, largest, renew
from nollycrewhub.domains.users.service.signin import device_out, typed_again
from nollycrewhub.kit.time import utcnow
from nollycrewhub.kit.told import told
from nollycrewhub.platform import audit
from nollycrewhub.platform.db import ReadSession, WriteSession
from nollycrewhub.platform.events import emit, forget_person
from nollycrewhub.platform.module import KeptFile, PersonalDuties
from nollycrewhub.platform.passwords import PasswordPool
from nollycrewhub.platform.ports import Ports
from nollycrewhub.platform.ratelimit import Limiter
from nollycrewhub.platform.sessions import Sessions, Viewer
from nollycrewhub.platform.storage import Storage

PIECE = 3 * 64 * 1024  # of a file, at a time; three bytes are four signs of base64, so a piece ends where a sign ends


async def export(read: ReadSession, person_id: UUID, *, ports: Ports) -> AsyncIterator[bytes]:
    """Everything every loaded domain holds about a person, as the pieces of one JSON document.

    The photo itself is in it, and what no domain owns (devices and the trail). Files come last, a piece at a time: some
    scripts of twenty megabytes would not fit into the memory. All but the files is read before this returns.
    """
    found = await tables_of(read, person_id, ports=ports)
    files = await ports.get(PersonalDuties).files(read, person_id)
    return written(found, files, ports.get(Storage))


async def tables_of(read: ReadSession, person_id: UUID, *, ports: Ports) -> dict[str, Any]:
    """What is no file of its own."""
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


async def written(found: dict[str, Any], files: dict[str, list[KeptFile]], storage: Storage) -> AsyncIterator[bytes]:
    """The document, with the files of each domain under `files`."""
    yield msgspec.json.encode(found)[:-1] + b',"files":{'
    for place, (domain, kept) in enumerate(files.items()):
        yield (b"," if place else b"") + msgspec.json.encode(domain) + b":["
        for number, file in enumerate(kept):
            yield (b"," if number else b"") + b'{"name":' + msgspec.json.encode(file.name)
            async for piece in content_of(file.key, storage):
                yield piece
            yield b"}"
        yield b"]"
    yield b"}}"


async def content_of(key: str, storage: Storage) -> AsyncIterator[bytes]:
    """A file as a member of a JSON object: `text` where it is UTF-8, else `base64`; a null where it was deleted just now."""
    try:
        is_text = await is_utf8(key, storage)
    except FileNotFoundError:
        yield b',"text":null'
        return
    decoder = codecs.getincrementaldecoder("utf-8")()
    yield b',"text":"' if is_text else b',"base64":"'
    async for piece in storage.pieces(key, PIECE):
        yield msgspec.json.encode(decoder.decode(piece))[1:-1] if is_text else base64.b64encode(piece)
    yield b'"'


async def is_utf8(key: str, storage: Storage) -> bool:
    """Whether the whole file reads as UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        async for piece in storage.pieces(key, PIECE):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


async def erase(
    session: WriteSession, read: ReadSession, member: Viewer, password: str, *, ports: Ports, passwords: PasswordPool,
    limiter: Limiter, sessions: Sessions, storage: Storage,
) -> None:  # fmt: skip
    """Deletes the account after the password was typed again: every domain forgets, every device is signed out."""
    person_id = member.person_id
    account = await access.own_account(read, person_id)
    if account.password_hash is None:
        if not member.has_confirmed(utcnow().timestamp()):
            raise WrongCredentials(told("Sign in with Google again, then delete within ten minutes. Nothing was deleted."))
    else:
        await typed_again(read, person_id, password, passwords=passwords, limiter=limiter)
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
