"""/ops/servers: who answers reads, and who is out. /ops/queues: what waits, runs and has failed, and what an operator may do about it; whole without JavaScript."""

from typing import Annotated, Literal

from litestar import Response, get, post
from litestar.params import Parameter

from nollycrewhub.kit.time import utcnow
from nollycrewhub.platform.cache import Valkeys
from nollycrewhub.platform.db import Database, ReadSession, WriteSession
from nollycrewhub.platform.ports import Ports
from nollycrewhub.platform.queue import CancelHooks
from nollycrewhub.platform.sessions import Viewer
from nollycrewhub.platform.settings import Settings
from nollycrewhub.scaling import service
from nollycrewhub.web.page import go, page

HOME = "/ops/queues"


def back() -> Response[bytes]:
    """To the list."""
    return go(HOME)


@get(HOME, access="operator", include_in_schema=False)
async def queues_page(
    read: ReadSession, operator: Viewer, status: Literal["failed", "queued", "picked"] = "failed",
    queue: Annotated[str, Parameter(max_length=100)] = "", cursor: int | None = None,
) -> Response[bytes]:  # fmt: skip
    """Queues, jobs of one status, and dead deliveries."""
    confirmed = operator.has_confirmed(utcnow().timestamp())
    props = await service.queues(read, status=status, queue=queue, before=cursor, confirmed=confirmed)
    return page("scaling/queues.html", props, title="Queues")


@post("/ops/queues/jobs/{work_id:int}/retry", access="operator", confirmed=True, include_in_schema=False)
async def retry_job(work_id: int, write: WriteSession, operator: Viewer) -> Response[bytes]:
    """Runs a failed job again; for a dead delivery this is the replay of its event."""
    await service.retry(write, operator.person_id, work_id)
    return back()


@post("/ops/queues/jobs/{work_id:int}/cancel", access="operator", confirmed=True, include_in_schema=False)
async def cancel_job(work_id: int, write: WriteSession, operator: Viewer, ports: Ports) -> Response[bytes]:
    """Takes it away, or ends it."""
    await service.cancel(write, operator.person_id, work_id, ports.get(CancelHooks))
    return back()


@post("/ops/queues/events/replay", access="operator", confirmed=True, include_in_schema=False)
async def replay_events(write: WriteSession, operator: Viewer) -> Response[bytes]:
    """Runs all dead deliveries again; what was felt is not felt twice."""
    await service.retry_all(write, operator.person_id, service.EVENTS)
    return back()


@get("/ops/servers", access="operator", include_in_schema=False)
async def servers_page(db: Database, settings: Settings, ports: Ports, operator: Viewer) -> Response[bytes]:
    """Each database server as the process that answers sees it: role, region, lag, in or out and why; and its share of all reads."""
    client = ports.get(Valkeys).telling
    props = await service.fleet_servers(db.states(), client, instance=settings.instance_id, primary_for=db.primary_for())
    return page("scaling/servers.html", props, title="Servers")


PAGES = (servers_page, queues_page, retry_job, cancel_job, replay_events)
