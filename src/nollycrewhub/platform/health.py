"""/livez asks nothing of anyone; /readyz is false while draining or when the database has been away for long.

A blip that all instances share must not take the whole fleet out, so only 60 s without the primary do.
"""

import asyncio
import hmac

from litestar import Response, get
from litestar.openapi.datastructures import ResponseSpec

from nollycrewhub.platform import edge, errors, log, metrics
from nollycrewhub.platform.arriving import arrived
from nollycrewhub.platform.context import RequestContext
from nollycrewhub.platform.db import Database
from nollycrewhub.platform.figures import Figures
from nollycrewhub.platform.ports import Ports
from nollycrewhub.platform.queue import looking
from nollycrewhub.platform.readiness import Readiness
from nollycrewhub.platform.settings import Settings
from nollycrewhub.platform.standing import STANDING
from nollycrewhub.platform.tallies import DailyFacts, tallied

TOLERANCE = 60.0
MEASURE_SECONDS = 2.0
LOG = log.logger("health")
NOT_READY = ResponseSpec(str, generate_examples=False, description="Draining, or without the database", media_type="text/plain")


@get("/livez", access="public", summary="Whether the process runs", media_type="text/plain", sync_to_thread=False)
def livez() -> Response[str]:
    """Touches no dependency: restarting would not mend one."""
    return Response("ok\n", media_type="text/plain")


@get("/readyz", access="public", summary="Whether this instance wants traffic", media_type="text/plain", responses={503: NOT_READY})
async def readyz(db: Database, readiness: Readiness) -> Response[str]:
    """503 while draining, and after a minute without the primary."""
    if readiness.draining:
        return Response("draining\n", status_code=503, media_type="text/plain")
    if db.primary_away() > TOLERANCE:
        return Response("the database does not answer\n", status_code=503, media_type="text/plain")
    return Response("ready\n", media_type="text/plain")


@get("/metrics", access="metrics", summary="Figures for Prometheus", include_in_schema=False)
async def metrics_page(settings: Settings, context: RequestContext, db: Database, figures: Figures, ports: Ports) -> Response[bytes]:
    """Needs METRICS_TOKEN as a bearer, in every shape; without a token set there is no such page."""
    given = (context.bearer or "").encode()
    if not settings.metrics_token or not hmac.compare_digest(given, settings.metrics_token.encode()):
        raise errors.NotFound
    await measure(db, ports.find(DailyFacts))
    return Response(await figures.gathered(), media_type="text/plain; version=0.0.4")


async def measure(db: Database, facts: DailyFacts | None) -> None:
    """Queues and counts of the whole fleet as they are now, asked of the primary: no worker has to be alive for a pile to be seen.

    Nothing of it while the database is away: what one process remembers is older than what another has told already.
    """
    found, lags, counted, edge_age, today = [], [], [], None, dict[str, int]()
    try:
        async with asyncio.timeout(MEASURE_SECONDS):
            read = db.read_session(primary=True)
            found = await looking.states(read)
            lags = await arrived(read)
            counted = await tallied(read)
            edge_age = (await edge.lately(read, seconds=0.0)).age
            today = await facts.today(read) if facts is not None else today
    except Exception as error:  # the other figures are wanted most when the database is away, in whatever way it is
        LOG.warning("queues not measured", error=type(error).__name__)
    metrics.EDGE_AGE.seconds = edge_age
    metrics.FACTS.counts = today
    metrics.STANDING.counts = {row.labels[0]: row.total for row in counted if row.counter == STANDING}
    metrics.EVENT_LAG.rows = [(row.consumer, row.bucket, row.felt, row.seconds) for row in lags]
    metrics.TALLIED.rows = [(row.counter, row.labels, row.total) for row in counted]
    for gauge in (metrics.QUEUE_DEPTH, metrics.QUEUE_OLDEST, metrics.QUEUE_LATE, metrics.QUEUE_RATE):
        gauge.clear()
    for state in found:
        for name in ("waiting", "due", "retrying", "running", "failed"):
            metrics.QUEUE_DEPTH.labels(state.queue, name).set(getattr(state, name))
        metrics.QUEUE_OLDEST.labels(state.queue).set(state.oldest)
        metrics.QUEUE_LATE.labels(state.queue).set(state.late)
        metrics.QUEUE_RATE.labels(state.queue, "done").set(state.done_rate)
        metrics.QUEUE_RATE.labels(state.queue, "failed").set(state.failed_rate)


ROUTES = (livez, readyz, metrics_page)
