"""Files in conversations: taken in as what they are, hung on messages, given out to whom they were sent, and forgotten."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from PIL import Image

from nollycrewhub.domains.messages import access
from nollycrewhub.domains.messages.errors import BadFile, NoSuchFile, TooManyFiles
from nollycrewhub.domains.messages.repository import files, writing
from nollycrewhub.domains.messages.rules.files import PHOTO, IsOtherPicture, IsProgram, Nature, name_of, nature_of
from nollycrewhub.domains.messages.rules.limits import LARGEST_FILE, MEGABYTE, MOST_FILES, UNSENT_FOR, may_upload
from nollycrewhub.domains.messages.schemas import FileOut, FileRow, MessageRow, Sending
from nollycrewhub.domains.messages.service.talking import forget_files, send, stored_before
from nollycrewhub.domains.messages.service.trusting import Desk, trust
from nollycrewhub.kit.ids import token, uuid7
from nollycrewhub.kit.told import told, told_about
from nollycrewhub.platform import pictures
from nollycrewhub.platform.db import ReadSession, WriteSession
from nollycrewhub.platform.module import KeptFile
from nollycrewhub.platform.queue import Work
from nollycrewhub.platform.sessions import Viewer
from nollycrewhub.platform.storage import Storage

FOLDER = "attachments"
WHOLE, SMALL = ".bin", "-s.webp"
EDGE, SMALL_EDGE = 1600, 360
QUALITY, SMALL_QUALITY = 78, 60
A_MINUTE = 30
BATCH = 500
LEAVE_ALONE = 2 * 24 * 3600  # a file whose row is being stored just now is no orphan
TOO_LARGE = told("A file has at most %(most)s MB. Send a link to a larger one.", most=LARGEST_FILE // MEGABYTE)
PROGRAM = told("Programs are not passed on here. Send a link to where it can be fetched.")
OTHER_PICTURE = told_about("safety", "Send the picture as JPEG, PNG or WebP, so that where it was taken can be removed from it.")


class Taken(NamedTuple):
    """A file ready to be stored: what is said of it, and its bytes by the end of their key."""

    file: FileOut
    content: dict[str, bytes]


def taken(content: bytes, name: str) -> Taken:
    """What was sent, told by its content; a photo is made anew, small enough to be looked at on a phone."""
    if not content:
        raise BadFile(told("The file is empty. Choose it again."), field="file")
    if len(content) > LARGEST_FILE:
        raise BadFile(TOO_LARGE, field="file")
    try:
        nature = nature_of(content)
        called = name_of(name, nature)
    except IsProgram:
        raise BadFile(PROGRAM, field="file") from None
    except IsOtherPicture:
        raise BadFile(OTHER_PICTURE, field="file") from None
    if nature == PHOTO:
        return taken_photo(content, called)
    return Taken(described(nature, called, content), {WHOLE: content})


def described(nature: Nature, name: str, whole: bytes, small: bytes = b"", size: tuple[int, int] = (0, 0)) -> FileOut:
    """What is said of a file."""
    file_id = uuid7()
    url = f"/api/messages/files/{file_id}"
    return FileOut(
        id=file_id, kind=nature.kind, name=name, type=nature.media, size=len(whole), url=url, small=f"{url}/small" if small else None,
        small_size=len(small), width=size[0], height=size[1],
    )  # fmt: skip


def taken_photo(content: bytes, name: str) -> Taken:
    """A photo in two sizes, without what its camera wrote into it."""
    try:
        upright = pictures.upright(content)
    except pictures.TooManyPixels:
        raise BadFile(told("That picture has too many pixels. Send one of at most 40 megapixels."), field="file") from None
    except pictures.NotAPicture:
        raise BadFile(told("This picture cannot be opened. Send it as JPEG, PNG or WebP."), field="file") from None
    upright.thumbnail((EDGE, EDGE), Image.Resampling.LANCZOS)
    whole = pictures.as_webp(upright, quality=QUALITY)
    upright.thumbnail((SMALL_EDGE, SMALL_EDGE), Image.Resampling.LANCZOS)
    small = pictures.as_webp(upright, quality=SMALL_QUALITY)
    return Taken(described(PHOTO, name, whole, small, upright.size), {WHOLE: whole, SMALL: small})


async def upload(session: WriteSession, person_id: UUID, content: bytes, *, name: str, desk: Desk) -> FileOut:
    """Takes in one file, to be named in a message within a day."""
    await desk.limiter.check(f"files:{person_id}", limit=A_MINUTE, per=60, needed=False)
    found = await asyncio.to_thread(taken, content, name)
    key = await store(session, person_id, found, desk)
    try:
        await files.add(session, person_id, key, found.file)
    except BaseException:
        await remove(desk.ports.get(Storage), key)
        raise
    return found.file


async def store(session: WriteSession, person_id: UUID, found: Taken, desk: Desk) -> str:
    """Puts the bytes into storage under a random key, if the account may send that much more; all of them or none."""
    level, _ = await trust(session, person_id, desk)  # which holds off the person's other uploads
    spent = await files.spent(session, person_id)
    if not may_upload(level, files=spent.files, size=spent.size, more=found.file.size):
        raise TooManyFiles(
            told(
                "Your account may send %(files)s files and %(size)s MB in 24 hours, and that is more. Send the rest tomorrow.",
                files=level.files,
                size=level.bytes // MEGABYTE,
            )
        )
    storage, key = desk.ports.get(Storage), f"{FOLDER}/{token(24)}"
    try:
        for end, content in found.content.items():
            await storage.put(key + end, content)
    except BaseException:
        await remove(storage, key)
        raise
    return key


async def remove(storage: Storage, key: str) -> None:
    """Removes a file in all its forms; what is gone already is fine."""
    for end in (WHOLE, SMALL):
        await storage.delete(key + end)


async def send_files(
    session: WriteSession, person_id: UUID, conversation_id: UUID, *, given: Sending, sent: Sequence[tuple[str, bytes]], desk: Desk
) -> MessageRow:  # fmt: skip
    """Takes in files and sends them at once, as a form without a script does; nothing is kept when anything is refused."""
    await access.own_seat(desk.read, conversation_id, person_id)
    if not 1 <= len(sent) <= MOST_FILES:
        raise BadFile(told("Choose one to %(most)s files.", most=MOST_FILES), field="file")
    await desk.limiter.check(f"files:{person_id}", limit=A_MINUTE, per=60, needed=False)
    found = [await asyncio.to_thread(taken, content, name) for name, content in sent]
    await access.seat_to_speak(session, conversation_id, person_id)
    before = await writing.already(session, person_id, given.client_id)
    if (again := await stored_before(session, conversation_id, person_id, before)) is not None:
        return again
    keys = []
    try:
        for one in found:
            keys.append(await store(session, person_id, one, desk))
            await files.add(session, person_id, keys[-1], one.file)
        with_files = Sending(text=given.text, client_id=given.client_id, files=[one.file.id for one in found])
        return await send(session, person_id, conversation_id, given=with_files, desk=desk)
    except BaseException:
        for key in keys:
            await remove(desk.ports.get(Storage), key)
        raise


async def file(read: ReadSession, viewer: Viewer, file_id: UUID, *, storage: Storage, small: bool = False) -> tuple[FileRow, bytes]:
    """A file one may see, or the small form of a photo."""
    row = await access.file_seen(read, file_id, viewer)
    content = await storage.get(row.storage_key + (SMALL if small else WHOLE)) if row.small_size or not small else None
    if content is None:
        raise NoSuchFile
    return row, content


async def prune(work: Work) -> None:
    """Forgets what was uploaded and never sent, and removes bytes of which no row knows: their process died in between."""
    while keys := await files.remove_unsent(work.session, older_than=UNSENT_FOR, most=BATCH):
        await forget_files(work.session, keys)
        if len(keys) < BATCH:
            break
    storage = work.ports.get(Storage)
    old = {stem_of(key) for key in await storage.old(FOLDER, seconds=LEAVE_ALONE)}
    for key in old - await files.known_among(work.read, sorted(old)):
        await remove(storage, key)


def stem_of(key: str) -> str:
    """The key of the file that these bytes are a form of."""
    return key.removesuffix(SMALL) if key.endswith(SMALL) else key.removesuffix(WHOLE)


async def person_files(read: ReadSession, person_id: UUID) -> list[KeptFile]:
    """Everything somebody sent, each under its id."""
    return [KeptFile(name=f"{row.id} {row.name}", key=row.storage_key + WHOLE) for row in await files.of_person(read, person_id)]
