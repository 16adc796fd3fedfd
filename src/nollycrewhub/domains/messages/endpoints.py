"""/api/messages: parse, call one service function, answer."""

from dataclasses import dataclass
from typing import Annotated, ClassVar
from uuid import UUID

from litestar import Response, delete, get, post, put
from litestar.enums import RequestEncodingType
from litestar.openapi.spec import OpenAPIFormat, OpenAPIMediaType, OpenAPIResponse, OpenAPIType, Operation, Schema
from litestar.params import Body, Parameter

from nollycrewhub.domains.messages import service
from nollycrewhub.domains.messages.errors import BadFile
from nollycrewhub.domains.messages.rules.files import MEDIA, PHOTO, disposition, part_of
from nollycrewhub.domains.messages.rules.limits import LARGEST_FILE
from nollycrewhub.domains.messages.schemas import (
    Adding,
    Blocking,
    Blocks,
    Box,
    Changes,
    ChoiceOut,
    Choosing,
    ConversationOut,
    Deciding,
    Editing,
    FileForm,
    HandingOver,
    Hits,
    Inbox,
    MessageReported,
    MessageReporting,
    Messages,
    Opening,
    ReadTo,
    Renaming,
    Reports,
    Sending,
    SentMessage,
    Turning,
    UploadedFile,
)
from nollycrewhub.platform.context import RequestContext
from nollycrewhub.platform.created import created
from nollycrewhub.platform.db import ReadSession, WriteSession
from nollycrewhub.platform.ports import Ports
from nollycrewhub.platform.ratelimit import Limiter
from nollycrewhub.platform.sessions import Viewer
from nollycrewhub.platform.storage import Storage

Limit = Annotated[int, Parameter(ge=1, le=100)]
SyncLimit = Annotated[int, Parameter(ge=1, le=500)]
Place = Annotated[int, Parameter(ge=0, le=2**53)]
Cursor = Annotated[str, Parameter(max_length=400)]
ONE = "/api/messages/{conversation_id:uuid}"
FILE = "/api/messages/files/{file_id:uuid}"
FORM_BYTES = 10_000  # what a form puts around the file
BYTES = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)


@dataclass
class FileBytes(Operation):
    """The operation whose answer is a file, or the part of it that a Range asks for: no type of ours describes that."""

    media: ClassVar[tuple[str, ...]] = MEDIA

    def __post_init__(self) -> None:
        """Says which types it may have."""
        content = {name: OpenAPIMediaType(schema=BYTES) for name in self.media}
        told = {
            "200": OpenAPIResponse(description="The file", content=content),
            "206": OpenAPIResponse(description="A part of it", content=content),
        }
        self.responses = {**(self.responses or {}), **told}


@dataclass
class PhotoBytes(FileBytes):
    """The operation whose answer is a photo."""

    media: ClassVar[tuple[str, ...]] = (PHOTO.media,)


def kept(name: str, more: dict[str, str]) -> dict[str, str]:
    """Kept by the asker's own device, and asked about each time: a message may be deleted, and rights may end."""
    return {"cache-control": "private, no-cache", "content-disposition": name, "accept-ranges": "bytes", **more}


def answered(content: bytes, media: str, name: str, context: RequestContext) -> Response[bytes]:
    """The file, or the part that was asked for: phones ask for sound in parts."""
    part = part_of(context.headers.get(b"range", b"").decode("latin-1"), len(content))
    if part is None:
        return Response(content, media_type=media, headers=kept(name, {}))
    first, last = part
    more = {"content-range": f"bytes {first}-{last}/{len(content)}"}
    return Response(content[first : last + 1], status_code=206, media_type=media, headers=kept(name, more))


@get("/api/messages", access="member", summary="My conversations")
async def inbox(read: ReadSession, member: Viewer, box: Box = "inbox", cursor: Cursor = "", limit: Limit = service.PAGE) -> Inbox:
    """Newest first; `unread` is what the badge shows, counted in the same statement as the page."""
    return await service.inbox(read, member.person_id, box=box, cursor=cursor, limit=limit)


@post("/api/messages", access="member", summary="Write to somebody for the first time", problems=(404, 429))
async def open_conversation(
    data: Opening, read: ReadSession, write: WriteSession, member: Viewer, ports: Ports, limiter: Limiter
) -> Response[SentMessage]:
    """To one handle, to several (a group with a title), to the other side of an application of yours, or to the people of a project."""
    desk = service.Desk(read, ports, limiter)
    message = await service.open_conversation(write, member.person_id, given=data, desk=desk)
    return created(SentMessage(message=message), f"/api/messages/{message.conversation_id}")


@get("/api/messages/sync", access="member", summary="Everything that changed")
async def sync(read: ReadSession, member: Viewer, since: Cursor = "", limit: SyncLimit = 200) -> Changes:
    """`since` of one answer is `since` of the following one; ask again at once while `more`. Deletions are rows without text."""
    return await service.sync(read, member.person_id, since, limit=limit)


@get("/api/messages/search", access="member", summary="Search my messages")
async def search(
    read: ReadSession, member: Viewer, q: Annotated[str, Parameter(max_length=200)] = "", cursor: Cursor = "", limit: Limit = service.PAGE
) -> Hits:  # fmt: skip
    """Any spelling of the letters; nearly spelt words when there is no hit."""
    return await service.search(read, member.person_id, q, cursor=cursor, limit=limit)


@get("/api/messages/choices", access="member", summary="Who sees when I was here")
async def choices(read: ReadSession, member: Viewer) -> ChoiceOut:
    """`talks`: the people you write with. Strangers never do."""
    return ChoiceOut(presence=await service.chosen(read, member.person_id))


@put("/api/messages/choices", access="member", summary="Choose who sees when I was here")
async def choose(data: Choosing, write: WriteSession, member: Viewer) -> ChoiceOut:
    """`talks` or `nobody`."""
    await service.choose(write, member.person_id, data.presence)
    return ChoiceOut(presence=data.presence)


@get("/api/messages/blocks", access="member", summary="Whom I blocked")
async def list_blocks(read: ReadSession, member: Viewer) -> Blocks:
    """Newest first."""
    return Blocks(await service.blocks(read, member.person_id))


@post("/api/messages/blocks", access="member", summary="Block somebody", status_code=204, problems=(404,))
async def block(data: Blocking, read: ReadSession, write: WriteSession, member: Viewer, ports: Ports) -> None:
    """Nothing comes through between you from now on, and they are not told."""
    await service.block(write, read, member.person_id, data.person_id, ports=ports)


@delete("/api/messages/blocks/{person_id:uuid}", access="member", summary="Unblock somebody")
async def unblock(person_id: UUID, write: WriteSession, member: Viewer) -> None:
    """What was written meanwhile does not come."""
    await service.unblock(write, member.person_id, person_id)


@get("/api/messages/reports", access="operator", summary="Reported messages")
async def reports(read: ReadSession, operator: Viewer) -> Reports:
    """The reported messages and no others of their conversations; oldest first."""
    return Reports(await service.reports(read))


@post("/api/messages/reports/{report_id:uuid}/decide", access="operator", confirmed=True, summary="Decide a report", status_code=204)
async def decide(report_id: UUID, data: Deciding, write: WriteSession, operator: Viewer, ports: Ports) -> None:
    """Needs the password to have been typed within ten minutes."""
    await service.decide(write, operator.person_id, report_id, given=data, ports=ports)


@post(
    "/api/messages/files", access="member", body_limit=LARGEST_FILE + FORM_BYTES, summary="Upload a file for a message", problems=(429,)
)  # fmt: skip
async def upload_file(
    data: Annotated[FileForm, Body(media_type=RequestEncodingType.MULTI_PART)],
    read: ReadSession, write: WriteSession, member: Viewer, ports: Ports, limiter: Limiter,
) -> Response[UploadedFile]:  # fmt: skip
    """One file of at most 10 MB in the field `file`, told by its content. Name its id in a message within a day: until then it is yours alone.

    A photo (JPEG, PNG, WebP) is made anew in two sizes, without where it was taken. Sound, PDF and plain files stay as they are.
    """
    content = await data.file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise BadFile(service.TOO_LARGE, field="file")
    desk = service.Desk(read, ports, limiter)
    file = await service.upload(write, member.person_id, content, name=data.file.filename or "", desk=desk)
    return created(UploadedFile(file=file), file.url)


@get(FILE, access="member", tagged=True, summary="A file of a message", operation_class=FileBytes)
async def get_file(file_id: UUID, read: ReadSession, member: Viewer, storage: Storage, context: RequestContext) -> Response[bytes]:
    """For whoever has accepted the conversation. A `Range` of one part is answered with that part."""
    row, content = await service.file(read, member, file_id, storage=storage)
    return answered(content, row.media, disposition(row.name, row.kind), context)


@get(FILE + "/small", access="member", tagged=True, summary="The small form of a photo", operation_class=PhotoBytes)
async def get_small(file_id: UUID, read: ReadSession, member: Viewer, storage: Storage, context: RequestContext) -> Response[bytes]:
    """As `width` and `height` of the message say."""
    row, content = await service.file(read, member, file_id, storage=storage, small=True)
    return answered(content, PHOTO.media, disposition(row.name, row.kind), context)


@get(ONE, access="member", summary="One conversation")
async def conversation(conversation_id: UUID, read: ReadSession, member: Viewer, ports: Ports) -> ConversationOut:
    """With its people and their read marks."""
    return await service.conversation(read, member.person_id, conversation_id, ports=ports)


@get(ONE + "/messages", access="member", summary="Messages of a conversation")
async def messages(
    conversation_id: UUID, read: ReadSession, member: Viewer, before: Place | None = None, after: Place | None = None, limit: Limit = service.PAGE
) -> Messages:  # fmt: skip
    """The newest, or those before or after a number; always in the order of the numbers."""
    return await service.messages(read, member.person_id, conversation_id, before=before, after=after, limit=limit)


@post(ONE + "/messages", access="member", summary="Send a message", problems=(429,))
async def send(
    conversation_id: UUID, data: Sending, read: ReadSession, write: WriteSession, member: Viewer, ports: Ports, limiter: Limiter
) -> Response[SentMessage]:
    """Words, files that were uploaded before, or both. The client's id makes it one message however often it is sent."""
    desk = service.Desk(read, ports, limiter)
    message = await service.send(write, member.person_id, conversation_id, given=data, desk=desk)
    return created(SentMessage(message=message), f"/api/messages/{conversation_id}/messages/{message.n}")


@put(ONE + "/messages/{n:int}", access="member", summary="Edit my message", problems=(429,))
async def edit(
    conversation_id: UUID, n: int, data: Editing, read: ReadSession, write: WriteSession, member: Viewer, ports: Ports, limiter: Limiter
) -> SentMessage:
    """Within fifteen minutes; it says that it was edited. It counts as a message among those of a minute."""
    desk = service.Desk(read, ports, limiter)
    return SentMessage(message=await service.edit(write, member.person_id, conversation_id, n, text=data.text, desk=desk))


@delete(ONE + "/messages/{n:int}", access="member", summary="Delete my message")
async def delete_message(conversation_id: UUID, n: int, write: WriteSession, member: Viewer) -> None:
    """The words are gone for everybody in it; that something was said stays."""
    await service.delete(write, member.person_id, conversation_id, n)


@post(ONE + "/read", access="member", summary="Mark as read", status_code=204)
async def mark_read(conversation_id: UUID, data: ReadTo, write: WriteSession, member: Viewer) -> None:
    """Up to and including `n`; marks only go forward."""
    await service.mark_read(write, member.person_id, conversation_id, n=data.n)


@post(ONE + "/turn", access="member", summary="Accept, decline, leave, mute, archive", status_code=204)
async def turn(conversation_id: UUID, data: Turning, write: WriteSession, member: Viewer) -> None:
    """Who asked is not told of a no. One leaves groups only."""
    await service.turn(write, member.person_id, conversation_id, to=data.turn)


@post(ONE + "/people", access="member", summary="Ask people into a group", status_code=204)
async def add_people(
    conversation_id: UUID, data: Adding, read: ReadSession, write: WriteSession, member: Viewer, ports: Ports, limiter: Limiter
) -> None:  # fmt: skip
    """Whom you write with already is in at once; all others must accept."""
    desk = service.Desk(read, ports, limiter)
    await service.add_people(write, member.person_id, conversation_id, handles=data.people, desk=desk)


@put(ONE, access="member", summary="Rename a group", status_code=204, problems=(429,))
async def rename(
    conversation_id: UUID, data: Renaming, read: ReadSession, write: WriteSession, member: Viewer, ports: Ports, limiter: Limiter
) -> None:  # fmt: skip
    """The owner's to do, as the next two. It counts as a message among those of a minute."""
    await service.rename(write, member.person_id, conversation_id, title=data.title, desk=service.Desk(read, ports, limiter))


@delete(ONE + "/people/{person_id:uuid}", access="member", summary="Put somebody out of a group")
async def put_out(conversation_id: UUID, person_id: UUID, write: WriteSession, member: Viewer) -> None:
    """They keep what was said until then; only the owner can ask them in again."""
    await service.put_out(write, member.person_id, conversation_id, other=person_id)


@post(ONE + "/owner", access="member", summary="Hand a group over", status_code=204)
async def hand_over(conversation_id: UUID, data: HandingOver, write: WriteSession, member: Viewer) -> None:
    """To somebody in it. When an owner leaves, it goes to whoever has been in it longest."""
    await service.hand_over(write, member.person_id, conversation_id, other=data.person_id)


@post(ONE + "/reports", access="member", summary="Report messages", status_code=202, problems=(429,))
async def report(
    conversation_id: UUID, data: MessageReporting, read: ReadSession, write: WriteSession, member: Viewer, ports: Ports, limiter: Limiter
) -> MessageReported:  # fmt: skip
    """An operator sees these messages and nothing else of the conversation. What waits already is not reported twice."""
    desk = service.Desk(read, ports, limiter)
    return MessageReported(id=await service.report(write, desk, member.person_id, conversation_id, given=data))


ENDPOINTS = (
    inbox, open_conversation, sync, search, choices, choose, list_blocks, block, unblock, reports, decide, upload_file, get_file, get_small,
    conversation, messages, send, edit, delete_message, mark_read, turn, add_people, rename, put_out,
    hand_over, report,
)  # fmt: skip
