"""/ops/reports: the reported messages, and what is done about them."""

from uuid import UUID

from litestar import Response, get, post

from nollycrewhub.domains.messages import service
from nollycrewhub.domains.messages.pages.showing import name_of
from nollycrewhub.domains.messages.schemas import Deciding
from nollycrewhub.domains.messages.schemas.props import OpsLine, OpsPage
from nollycrewhub.kit.time import utcnow
from nollycrewhub.platform.context import AnyRequest
from nollycrewhub.platform.db import Database, ReadSession, WriteSession
from nollycrewhub.platform.errors import Problem
from nollycrewhub.platform.ports import Ports
from nollycrewhub.platform.sessions import Viewer
from nollycrewhub.web.forms import read_form
from nollycrewhub.web.page import go, page


async def shown(read: ReadSession, operator: Viewer, ports: Ports, *, error: str = "", status: int = 200) -> Response[bytes]:
    """The queue."""
    found, frozen = await service.reports(read), await service.reports(read, frozen=True)
    cards = await service.cards_of(
        read, [one for line in (*found, *frozen) for one in (line.report.reporter_id, line.report.reported_id)], ports
    )
    nobody = UUID(int=0)
    lines = [
        OpsLine(
            report=line.report, messages=line.messages, reporter=name_of(cards.get(line.report.reporter_id or nobody)),
            reported=name_of(cards.get(line.report.reported_id or nobody)),
            handle=cards[line.report.reported_id].handle if line.report.reported_id in cards else "",
        )
        for line in (*found, *frozen)
    ]  # fmt: skip
    props = OpsPage(
        lines=lines[: len(found)], frozen=lines[len(found) :], confirmed=operator.has_confirmed(utcnow().timestamp()), error=error
    )
    return page("messages/ops_reports.html", props, title="Reported messages", status=status)


@get("/ops/reports", access="operator", include_in_schema=False)
async def reports_page(read: ReadSession, operator: Viewer, ports: Ports) -> Response[bytes]:
    """Oldest first."""
    return await shown(read, operator, ports)


@post("/ops/reports/{report_id:uuid}", access="operator", confirmed=True, include_in_schema=False)
async def decide_page(
    report_id: UUID, request: AnyRequest, db: Database, write: WriteSession, operator: Viewer, ports: Ports
) -> Response[bytes]:  # fmt: skip
    """Decides, or says what is missing."""
    form = await read_form(request, Deciding)
    if form.value is None:
        return await shown(db.read_session(primary=True), operator, ports, error="Choose what to do and say why.", status=422)
    try:
        await service.decide(write, operator.person_id, report_id, given=form.value, ports=ports)
    except Problem as error:
        if error.status == 404:
            raise
        return await shown(db.read_session(primary=True), operator, ports, error=error.detail, status=error.status)
    return go("/ops/reports")


OPS_PAGES = (reports_page, decide_page)
