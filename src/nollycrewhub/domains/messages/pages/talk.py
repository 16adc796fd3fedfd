"""One conversation: read it, write in it, and the first message to somebody. Whole without a script."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID, uuid4

import msgspec
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import Parameter

from nollycrewhub.domains.messages import service
from nollycrewhub.domains.messages.errors import BadMessage, NobodyToWriteTo, NoSuchConversation
from nollycrewhub.domains.messages.pages.inbox import HOME
from nollycrewhub.domains.messages.pages.showing import bubbles_of, other_of, seen_words, title_of
from nollycrewhub.domains.messages.rules.limits import LARGEST_FILE, MOST_TOGETHER
from nollycrewhub.domains.messages.rules.states import BEEN, TURNS
from nollycrewhub.domains.messages.schemas import About, MessageReporting, Opening, Sending
from nollycrewhub.domains.messages.schemas.props import NewPage, TalkPage
from nollycrewhub.kit.time import utcnow
from nollycrewhub.kit.told import told
from nollycrewhub.platform.context import AnyRequest
from nollycrewhub.platform.db import Database, ReadSession, WriteSession
from nollycrewhub.platform.errors import Problem
from nollycrewhub.platform.ports import Ports
from nollycrewhub.platform.ratelimit import Limiter
from nollycrewhub.platform.sessions import Viewer
from nollycrewhub.web.forms import one_sign_a_line
from nollycrewhub.web.page import fragment, go, page

ONE = HOME + "/{conversation_id:uuid}"
FORM_BYTES = 50_000  # what a form puts around its files, and the words
Place = Annotated[int, Parameter(ge=0, le=2**53)]


def client_id_of(text: str) -> UUID:
    """The id a form carries, so that pressing twice sends once."""
    try:
        return UUID(text)
    except ValueError:
        return uuid4()


def handles_of(text: str) -> list[str]:
    """The handles in a line that somebody typed."""
    return text.replace(",", " ").split()


def about_of(text: str) -> About | None:
    """What of a project is meant: its kind, and after a colon its id; None where nothing is said."""
    if not text:
        return None
    kind, _, about_id = text.partition(":")
    try:
        return msgspec.convert({"kind": kind, "id": about_id}, About)
    except msgspec.ValidationError:
        raise NobodyToWriteTo from None


def talk_path(conversation_id: UUID) -> str:
    """The page of a conversation."""
    return f"{HOME}/{conversation_id}"


def is_number(text: str) -> bool:
    """Whether it is the number of a message."""
    return text.isascii() and text.isdecimal() and len(text) <= 15 and int(text) > 0


async def talk_props(
    read: ReadSession, member: Viewer, conversation_id: UUID, ports: Ports, *,
    before: int | None = None, after: int | None = None, raw: str = "", error: str = "", editing: int = 0,
    attach_text: str = "", attach_error: str = "", since: str = "",
) -> TalkPage:  # fmt: skip
    """A conversation as its page shows it: the newest messages, a page of others, or what is other than an open page has it."""
    talk = await service.conversation(read, member.person_id, conversation_id, ports=ports)
    if before is None and after is None:
        found, since, unread_to, is_part = await service.for_page(read, member.person_id, talk, since=since)
    else:
        found = await service.messages(read, member.person_id, conversation_id, before=before, after=after)
        unread_to, is_part = max((row.n for row in found.messages if service.is_new(row, talk, member.person_id)), default=0), False
    now = utcnow()
    other = other_of(talk, member.person_id)
    blocks = {one.person_id for one in await service.blocks(read, member.person_id)}
    blocked = other is not None and other.id in blocks
    bubbles = bubbles_of(found.messages, talk, member.person_id, now=now, has_blocked=blocked)
    if editing and not raw:
        raw = next((bubble.raw for bubble in bubbles if bubble.n == editing and bubble.can_edit), "")
    return TalkPage(
        talk=talk, name=title_of(talk, member.person_id), other=other, blocked=blocked, bubbles=bubbles, before=found.before, after=found.after,
        unread_to=unread_to if talk.state in BEEN else 0, client_id=uuid4(), raw=raw, error=error, editing=editing if raw else 0, now=now, person_id=member.person_id,
        presence=await service.chosen(read, member.person_id), seen=seen_words(other.seen_at, now) if other is not None else "",
        blocked_inside=any(one.id in blocks for one in talk.people if one.state in ("in", "asked")), attach_id=uuid4(),
        attach_text=attach_text, attach_error=attach_error, since=since, is_part=is_part,
    )  # fmt: skip


@get(ONE, access="member", include_in_schema=False)
async def talk_page(
    conversation_id: UUID, read: ReadSession, member: Viewer, ports: Ports,
    before: Place | None = None, after: Place | None = None, edit: Place = 0, reported: bool = False,
) -> Response[bytes]:  # fmt: skip
    """The newest messages, or a page of older ones."""
    props = await talk_props(read, member, conversation_id, ports, before=before, after=after, editing=edit)
    props.reported = reported
    return page("messages/talk.html", props, title=props.name)


@get(ONE + "/list", access="member", include_in_schema=False)
async def talk_list(
    conversation_id: UUID, read: ReadSession, member: Viewer, ports: Ports, since: Annotated[str, Parameter(max_length=400)] = ""
) -> Response[bytes]:  # fmt: skip
    """The messages alone, for a page that is open: those that are other than it has them, if it says `since` when that was."""
    return fragment("messages/_messages.html", await talk_props(read, member, conversation_id, ports, since=since))


async def refused(
    db: Database, member: Viewer, conversation_id: UUID, ports: Ports, error: Problem, *, raw: str = "", words: str | None = None
) -> Response[bytes]:  # fmt: skip
    """The conversation with what stands against what was asked, and what was typed; what is not there is not there."""
    if error.status == 404:
        raise error
    beside_files = words is not None
    props = await talk_props(
        db.read_session(primary=True), member, conversation_id, ports, raw=raw, error="" if beside_files else error.detail,
        attach_text=words or "", attach_error=error.detail if beside_files else "",
    )  # fmt: skip
    return page("messages/talk.html", props, title=props.name, status=error.status)


@post(ONE, access="member", include_in_schema=False)
async def send_page(
    conversation_id: UUID, request: AnyRequest, db: Database, read: ReadSession, write: WriteSession, member: Viewer, ports: Ports, limiter: Limiter
) -> Response[bytes]:  # fmt: skip
    """Sends what was typed, or shows it again with what stands against it; with `edit`, changes a message."""
    form = await request.form()
    text, edited = str(form.get("text", "")), str(form.get("edit", ""))
    here, desk = f"{HOME}/{conversation_id}", service.Desk(read, ports, limiter)
    try:
        if is_number(edited):
            await service.edit(write, member.person_id, conversation_id, int(edited), text=text, desk=desk)
        else:
            given = Sending(text=text, client_id=client_id_of(str(form.get("client_id", ""))))
            await service.send(write, member.person_id, conversation_id, given=given, desk=desk)
    except Problem as error:
        return await refused(db, member, conversation_id, ports, error, raw=text)
    return go(f"{here}#end")


@post(HOME + "/files", access="member", include_in_schema=False, body_limit=MOST_TOGETHER + FORM_BYTES)
async def send_files_page(
    request: AnyRequest, db: Database, read: ReadSession, write: WriteSession, member: Viewer, ports: Ports, limiter: Limiter
) -> Response[bytes]:  # fmt: skip
    """Sends the files that were chosen, or shows the conversation with what stands against them."""
    form = await request.form()
    try:
        conversation_id = UUID(str(form.get("conversation", "")))
    except ValueError:
        raise NoSuchConversation from None
    text = one_sign_a_line(str(form.get("words", "")))
    sent = await files_of(form.getall("file", []))
    given = Sending(text=text, client_id=client_id_of(str(form.get("client_id", ""))))
    try:
        await service.send_files(write, member.person_id, conversation_id, given=given, sent=sent, desk=service.Desk(read, ports, limiter))
    except Problem as error:
        return await refused(db, member, conversation_id, ports, error, words=text)
    return go(f"{HOME}/{conversation_id}#end")


async def files_of(given: Sequence[object]) -> list[tuple[str, bytes]]:
    """Names and bytes of what was chosen; a field that was left empty holds a file without a name."""
    found = []
    for one in given:
        if isinstance(one, UploadFile) and one.filename:
            found.append((one.filename, await one.read(LARGEST_FILE + 1)))
    return found


@post(ONE + "/turn/{step:str}", access="member", include_in_schema=False)
async def turn_page(conversation_id: UUID, step: str, write: WriteSession, member: Viewer) -> Response[bytes]:
    """Accept, decline, leave, mute, archive by one button each."""
    if step not in TURNS:
        raise BadMessage(told("A conversation cannot do that."), field="step")
    await service.turn(write, member.person_id, conversation_id, to=step)
    return go(HOME if step in ("decline", "leave", "archive") else f"{HOME}/{conversation_id}")


@post(ONE + "/read", access="member", include_in_schema=False)
async def read_page(conversation_id: UUID, request: AnyRequest, write: WriteSession, member: Viewer) -> Response[bytes]:
    """What was on the page is read."""
    n = str((await request.form()).get("n", ""))
    if not is_number(n):
        raise BadMessage(told("Open the conversation again and press the button there."), field="n")
    await service.mark_read(write, member.person_id, conversation_id, n=int(n))
    return go(f"{HOME}/{conversation_id}")


@post(ONE + "/delete/{n:int}", access="member", include_in_schema=False)
async def delete_page(conversation_id: UUID, n: int, write: WriteSession, member: Viewer) -> Response[bytes]:
    """Takes one's message back."""
    await service.delete(write, member.person_id, conversation_id, n)
    return go(f"{HOME}/{conversation_id}")


@post(ONE + "/report", access="member", include_in_schema=False)
async def report_page(
    conversation_id: UUID, request: AnyRequest, read: ReadSession, write: WriteSession, member: Viewer, ports: Ports, limiter: Limiter
) -> Response[bytes]:  # fmt: skip
    """Shows an operator the messages that were ticked."""
    form = await request.form()
    given = {
        "messages": [str(n) for n in form.getall("messages", [])],
        "reason": str(form.get("reason", "")),
        "note": str(form.get("note", "")),
    }
    try:
        reporting = msgspec.convert(given, MessageReporting, strict=False)
    except msgspec.ValidationError:
        raise BadMessage(told("Tick up to twenty messages to report, and say what is wrong with them."), field="messages") from None
    desk = service.Desk(read, ports, limiter)
    await service.report(write, desk, member.person_id, conversation_id, given=reporting)
    return go(f"{HOME}/{conversation_id}?reported=true")


@get(HOME + "/new", access="member", include_in_schema=False)
async def new_page(
    read: ReadSession, member: Viewer, ports: Ports, limiter: Limiter, to: Annotated[str, Parameter(max_length=60)] = "", application: UUID | None = None,
    about: Annotated[str, Parameter(max_length=120)] = "",
) -> Response[bytes]:  # fmt: skip
    """The first message to somebody, or the conversation if it is there already."""
    if not to and application is None and not about:
        props = NewPage(to="", application="", project="", name="", about="", client_id=uuid4(), found=False)
        return page("messages/new.html", props, title=told("New message"))
    desk = service.Desk(read, ports, limiter)
    existing, name, hung_on = await service.find(read, member.person_id, desk=desk, to=to, application=application, about=about_of(about))
    if existing is not None:
        return go(f"{HOME}/{existing}")
    props = NewPage(to=to, application=str(application or ""), project=about, name=name, about=hung_on, client_id=uuid4())
    return page("messages/new.html", props, title=told("Write to %(name)s", name=name))


@post(HOME + "/new", access="member", include_in_schema=False)
async def open_page(
    request: AnyRequest, read: ReadSession, write: WriteSession, member: Viewer, ports: Ports, limiter: Limiter
) -> Response[bytes]:  # fmt: skip
    """Sends a first message, or shows it again with what stands against it."""
    form = await request.form()
    typed = {name: str(form.get(name, "")) for name in ("to", "application", "project", "title", "text", "client_id", "name", "about")}
    handles = handles_of(typed["to"])
    try:
        application = UUID(typed["application"]) if typed["application"] else None
    except ValueError:
        raise NobodyToWriteTo from None
    given = Opening(
        to=handles,
        application=application,
        about=about_of(typed["project"]),
        title=typed["title"],
        text=typed["text"],
        client_id=client_id_of(typed["client_id"]),
    )
    try:
        stored = await service.open_conversation(write, member.person_id, given=given, desk=service.Desk(read, ports, limiter))
    except Problem as error:
        props = NewPage(
            to=typed["to"], application=typed["application"], project=typed["project"], name=typed["name"][:80], about=typed["about"][:120], client_id=given.client_id,
            title=typed["title"], raw=typed["text"], error=error.detail, found=bool(typed["name"]),
        )  # fmt: skip
        return page("messages/new.html", props, title=told("New message"), status=error.status)
    return go(f"{HOME}/{stored.conversation_id}#end")


TALK_PAGES = (
    talk_page, talk_list, send_page, send_files_page, turn_page, read_page, delete_page, report_page, new_page, open_page,
)  # fmt: skip
