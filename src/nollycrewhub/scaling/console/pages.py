"""/ops/scaling: whether the site is well, what it carries, what was decided and why; whole without JavaScript, live with it."""

from typing import Annotated, Literal

from litestar import Response, get, post
from litestar.params import Parameter

from nollycrewhub.kit.time import utcnow
from nollycrewhub.platform.cache import Valkeys
from nollycrewhub.platform.db import Database, ReadSession, WriteSession
from nollycrewhub.platform.httpcache.cdn import has_cdn
from nollycrewhub.platform.ports import Ports
from nollycrewhub.platform.sessions import Viewer
from nollycrewhub.platform.settings import Settings
from nollycrewhub.scaling.console import service
from nollycrewhub.scaling.service import servers
from nollycrewhub.web.page import go, page

HOME = "/ops/scaling"
MOST_ID = 2**63 - 1


@get(HOME, access="operator", include_in_schema=False)
async def console_page(read: ReadSession, db: Database, settings: Settings, ports: Ports, operator: Viewer) -> Response[bytes]:
    """Health, triggers, scaling, incidents, the last hour, decisions, processes, servers and queues."""
    seen = servers(db.states(), instance=settings.instance_id, primary_for=db.primary_for())
    moment = utcnow()
    confirmed = operator.has_confirmed(moment.timestamp())
    props = await service.console(read, ports.get(Valkeys).telling, seen, moment, confirmed=confirmed)
    return page("scaling/console.html", props, title="Scaling")


@post(f"{HOME}/incidents/{{incident_id:int}}/close", access="operator", confirmed=True, include_in_schema=False)
async def close_incident(incident_id: int, db: Database, write: WriteSession, operator: Viewer) -> Response[bytes]:
    """An incident is over, as an operator knows better than the figures."""
    await service.close(write, db.read_session(primary=True), operator.person_id, min(incident_id, MOST_ID))
    return go(HOME)


@get(f"{HOME}/traffic", access="operator", include_in_schema=False)
async def traffic_page(read: ReadSession, settings: Settings, ports: Ports, operator: Viewer) -> Response[bytes]:
    """Regions, devices, cache levels, the edge, statuses and routes that fail."""
    props = await service.traffic_page(read, ports.get(Valkeys).telling, utcnow(), has_edge=has_cdn(settings))
    return page("scaling/traffic.html", props, title="Traffic")


@get(f"{HOME}/history", access="operator", include_in_schema=False)
async def history_page(
    read: ReadSession, operator: Viewer, hours: Literal["1", "6", "24", "48"] = "6", changes: bool = False,  # noqa: FBT001, FBT002 - of the address
    cursor: Annotated[int, Parameter(ge=0, le=MOST_ID)] = 0,
) -> Response[bytes]:  # fmt: skip
    """The last hours as plots, decisions with their sentences, and incidents."""
    props = await service.past_decisions(read, utcnow(), hours=int(hours), changes=changes, before=cursor or None)
    return page("scaling/history.html", props, title="What scaling did")


PAGES = (console_page, close_incident, traffic_page, history_page)
