"""/me/notices: the list as a page, whole without JavaScript."""

from uuid import UUID

from litestar import Request, Response, get, post

from nollycrewhub.domains.notifications import service
from nollycrewhub.domains.notifications.schemas import NoticesPage
from nollycrewhub.platform.db import ReadSession, WriteSession
from nollycrewhub.platform.errors import Invalid
from nollycrewhub.platform.sessions import Viewer
from nollycrewhub.web.page import page


@get("/me/notices", access="member", include_in_schema=False)
async def notices_page(read: ReadSession, member: Viewer, cursor: UUID | None = None) -> Response[bytes]:
    """Own notices, newest first."""
    found = await service.listing(read, member.person_id, before=cursor)
    props = NoticesPage(notices=found.notices, unread=found.unread, next=found.next)
    return page("notifications/notices.html", props, title="Notices")


@post("/me/notices/read", access="member", include_in_schema=False)
async def read_page(request: Request, write: WriteSession, member: Viewer) -> Response[bytes]:  # type: ignore[type-arg]
    """Marks what was on the page as read, and shows the page again."""
    form = await request.form()
    try:
        up_to = UUID(str(form.get("up_to", "")))
    except ValueError:
        raise Invalid("Open the notices page again and press the button there.", field="up_to") from None
    await service.mark_all_read(write, member.person_id, up_to=up_to)
    return Response(b"", status_code=303, headers={"location": "/me/notices"})


PAGES = (notices_page, read_page)
