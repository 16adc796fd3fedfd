"""Use cases of scripts: upload, look, read, try again, delete."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import cast
from uuid import UUID

from nollycrewhub.contracts.events import ScriptUploaded
from nollycrewhub.domains.projects import access, repository
from nollycrewhub.domains.projects.errors import EmptyScript, NoSuchScript, ReadAlready, TooManyWaiting
from nollycrewhub.domains.projects.rules import MOST_SCENES, Heading, SceneReader, TooManyScenes
from nollycrewhub.domains.projects.schemas import (
    Forgetting,
    Reading,
    ReadingProgress,
    ScriptList,
    ScriptRow,
    ScriptScenes,
    ScriptView,
    State,
)
from nollycrewhub.kit.ids import uuid7
from nollycrewhub.kit.time import utcnow
from nollycrewhub.kit.told import retold, told
from nollycrewhub.platform.db import ReadSession, WriteSession
from nollycrewhub.platform.events import emit
from nollycrewhub.platform.queue import Work, enqueue, looking
from nollycrewhub.platform.storage import Storage

PAGE = 20
SCENES = 100
MOST_WAITING = 10
LONGEST_TITLE = 120
PIECE = 256 * 1024
QUEUE = "script-analysis"
FAILED = told("Reading it failed several times. Somebody will look at it.")
GIVEN_UP = told("Reading it failed several times. It can be tried again, or deleted.")
CANCELLED = told("Reading it was cancelled. It can be tried again, or deleted.")
NOT_PLAIN = told("This is not plain text. Export the script as text (.txt or .fountain) and send that.")
NOT_KNOWN = told("The text is in an encoding we do not know. Save it as UTF-8 and send that.")
NOT_ONE = told("There are more than %(most)s scene headings in it. Is this one script?", most=f"{MOST_SCENES:,}")
PROBLEMS = (NOT_PLAIN, NOT_KNOWN, NOT_ONE)


async def upload(
    session: WriteSession, owner_id: UUID, pieces: AsyncIterator[bytes], *, title: str, storage: Storage
) -> ScriptView:  # fmt: skip
    """Stores the text as it arrives, and the job that reads it with the script's row."""
    await check_room(session, owner_id)
    script_id, key = uuid7(), f"scripts/{secrets.token_urlsafe(24)}.txt"
    size = await storage.put_pieces(key, pieces)
    if size == 0:
        await storage.delete(key)
        raise EmptyScript(told("The script has no text in it. Choose the file again."), field="script")
    name = " ".join(title.split())[:LONGEST_TITLE] or "Untitled script"
    await repository.add(session, script_id, owner_id, title=name, storage_key=key, size=size)
    job_id = await enqueue(session, QUEUE, Reading(script_id))
    await repository.set_job(session, script_id, job_id)
    await emit(session, ScriptUploaded(aggregate_id=str(script_id), version=1, script_id=script_id, owner_id=owner_id))
    return ScriptView(
        id=script_id, title=name, size=size, state="waiting", progress=ReadingProgress(done=0, of=size), scene_count=0, created_at=utcnow()
    )


async def check_room(session: WriteSession, owner_id: UUID) -> None:
    """TooManyWaiting while as many of a person's scripts wait or are read as may; one whose reading was given up does neither."""
    if len(await looking.unfinished(session, await repository.jobs_waiting(session, owner_id))) >= MOST_WAITING:
        raise TooManyWaiting(told("At most %(most)s scripts of yours wait at a time. Please try again in a minute.", most=MOST_WAITING))


async def read_again(session: WriteSession, person_id: UUID, script_id: UUID) -> ScriptView:
    """One's own script whose reading failed or was cancelled waits to be read once more; one that waits already is left alone."""
    row = await access.own_script_to_change(session, script_id, person_id)
    if row.state in ("ready", "unreadable"):
        raise ReadAlready(told("Its reading came to an end. Send the script anew if it has changed."))
    job_id = row.job_id if row.state == "waiting" else None
    if job_id is None or not await looking.unfinished(session, [job_id]):
        await check_room(session, person_id)
        if job_id is None or not await looking.retry(session, job_id):  # its failed job is kept no longer
            job_id = await enqueue(session, QUEUE, Reading(script_id))
        await repository.wait_again(session, script_id, job_id)
    return ScriptView(
        id=row.id, title=row.title, size=row.size, state="waiting", progress=ReadingProgress(done=0, of=row.size), scene_count=0,
        created_at=row.created_at,
    )  # fmt: skip


async def pieces_of(read: Callable[[int], Awaitable[bytes]]) -> AsyncIterator[bytes]:
    """An uploaded file, a piece at a time; big ones are on disk."""
    while piece := await read(PIECE):
        yield piece


async def view(read: ReadSession, row: ScriptRow) -> ScriptView:
    """The script with what its job says of itself, while there is one."""
    job = await job_of(read, row)
    if row.state == "waiting" and job is None:  # it has been read since the row was, or its failed job is kept no longer
        row = await repository.one(read, row.id) or row
        job = await job_of(read, row)
    state, done = row.state, row.size if row.state == "ready" else 0
    if job is not None:
        state = {"picked": "reading", "failed": "failed"}.get(job.status, "waiting")
        done = job.told.done if job.told else 0
    elif state == "waiting":
        state = "failed"
    unread = {"failed": FAILED if job is not None else GIVEN_UP, "cancelled": CANCELLED}.get(state, "")
    return ScriptView(
        id=row.id, title=row.title, size=row.size, state=cast("State", state), progress=ReadingProgress(done=done, of=row.size),
        scene_count=row.scene_count, created_at=row.created_at, read_at=row.read_at,
        problem=retold(row.problem, PROBLEMS) or unread,
    )  # fmt: skip


async def job_of(read: ReadSession, row: ScriptRow) -> looking.JobRow | None:
    """The job that is to read it, while it has not been read and the queue keeps the job."""
    return await looking.job(read, row.job_id) if row.state == "waiting" and row.job_id is not None else None


async def state_of(read: ReadSession, script_id: UUID | None) -> ScriptView | None:
    """How far the reading of a project's script is, for the people of the project (whose access was asked before)."""
    row = await repository.one(read, script_id) if script_id is not None else None
    return await view(read, row) if row is not None else None


async def look(read: ReadSession, person_id: UUID, script_id: UUID, *, after: int, limit: int) -> ScriptScenes:
    """One's own script: state, progress, and a page of scenes."""
    row = await access.own_script(read, script_id, person_id)
    found = await repository.scenes(read, script_id, after=after, limit=limit + 1)
    shown = found[:limit]
    return ScriptScenes(script=await view(read, row), scenes=shown, next=shown[-1].n if len(found) > limit else None)


async def listing(read: ReadSession, person_id: UUID, *, before: UUID | None, limit: int) -> ScriptList:
    """One's own scripts, newest first."""
    rows = await repository.newest(read, person_id, before=before, limit=limit + 1)
    shown = [await view(read, row) for row in rows[:limit]]
    return ScriptList(scripts=shown, next=shown[-1].id if len(rows) > limit else None)


async def read_script(work: Work, script_id: UUID) -> None:
    """Finds the scene headings and stores them; reads a piece at a time, off the event loop, before it writes anything."""
    row = await repository.one(work.read, script_id)
    if row is None:
        return
    try:
        found = await headings(work, row, "utf-8")
    except UnicodeDecodeError:
        found = await headings(work, row, "cp1252", errors=True)
    if isinstance(found, str):
        await repository.settle(work.session, script_id, state="unreadable", problem=str(found))
        return
    if await repository.settle(work.session, script_id, state="ready", scene_count=len(found)):
        await repository.store_scenes(work.session, script_id, found)


async def reading_cancelled(session: WriteSession, script_id: UUID) -> None:
    """An operator has cancelled its reading: it waits no longer, until its owner has it read again."""
    await repository.settle(session, script_id, state="cancelled")


async def headings(work: Work, row: ScriptRow, encoding: str, *, errors: bool = False) -> list[Heading] | str:
    """All scene headings, or a sentence that says why the text cannot be read; UnicodeDecodeError unless `errors`."""
    reader, found, done = SceneReader(encoding), list[Heading](), 0
    try:
        async for piece in work.ports.get(Storage).pieces(row.storage_key, PIECE):
            if b"\0" in piece:
                return NOT_PLAIN
            found += await asyncio.to_thread(reader.feed, piece)
            done += len(piece)
            await work.progress(done, row.size, "reading")
        found += reader.feed(b"", last=True)
    except UnicodeDecodeError:
        if not errors:
            raise
        return NOT_KNOWN
    except TooManyScenes:
        return NOT_ONE
    return found


async def delete(session: WriteSession, person_id: UUID, script_id: UUID) -> None:
    """Deletes one's own script, its scenes, its job if one is left, and in time its file."""
    found = await repository.delete(session, script_id, person_id)
    if found is None:
        raise NoSuchScript
    await forget(session, *found)


async def forget(session: WriteSession, storage_key: str, job_id: int | None) -> None:
    """Ends the job and has the file removed once the deletion is committed."""
    if job_id is not None:
        await looking.cancel(session, job_id, hooks=None)  # what its task would note of the script is gone with it
    await enqueue(session, "script.forget", Forgetting(storage_key))
