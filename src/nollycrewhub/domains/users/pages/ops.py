"""/ops/people: an operator looks one account up by its whole address, closes it with a reason, or opens it again."""

from typing import Annotated
from uuid import UUID

from litestar import Response, get, post
from litestar.params import Parameter

from nollycrewhub.domains.users import service
from nollycrewhub.domains.users.schemas.props import PeoplePage
from nollycrewhub.kit.time import utcnow
from nollycrewhub.platform.context import AnyRequest
from nollycrewhub.platform.db import Database, ReadSession, WriteSession
from nollycrewhub.platform.errors import Problem
from nollycrewhub.platform.sessions import Sessions, Viewer
from nollycrewhub.web.page import go, page, query


async def shown(read: ReadSession, operator: Viewer, asked: str, *, error: str = "", status: int = 200) -> Response[bytes]:
    """The box to ask in, and whom it found."""
    found = await service.look_up(read, asked) if asked else None
    props = PeoplePage(asked=asked, found=found, confirmed=operator.has_confirmed(utcnow().timestamp()), error=error)
    return page("users/ops_people.html", props, title="People", status=status)


@get("/ops/people", access="operator", include_in_schema=False)
async def people_page(
    read: ReadSession, operator: Viewer, q: Annotated[str, Parameter(max_length=254)] = ""
) -> Response[bytes]:  # fmt: skip
    """One account, by a whole e-mail, phone number or handle."""
    return await shown(read, operator, q.strip())


@post("/ops/people/{person_id:uuid}/ban", access="operator", confirmed=True, include_in_schema=False)
async def ban(
    person_id: UUID, request: AnyRequest, db: Database, write: WriteSession, operator: Viewer, sessions: Sessions
) -> Response[bytes]:  # fmt: skip
    """Closes it, or says what is missing."""
    form = await request.form()
    try:
        handle = await service.ban_person(
            write, person_id, reason=str(form.get("reason", ""))[:1000], sessions=sessions, actor=operator.person_id
        )
    except Problem as error:
        if error.status == 404:
            raise
        asked = str(form.get("q", ""))[:254]
        return await shown(db.read_session(primary=True), operator, asked, error=error.detail, status=error.status)
    return go(query("/ops/people", {"q": handle}))


@post("/ops/people/{person_id:uuid}/unban", access="operator", confirmed=True, include_in_schema=False)
async def unban(person_id: UUID, write: WriteSession, operator: Viewer) -> Response[bytes]:
    """Opens it again."""
    return go(query("/ops/people", {"q": await service.unban_person(write, person_id, actor=operator.person_id)}))


PAGES = (people_page, ban, unban)
