"""The worker that tells operators is killed while the provider has the message: nobody is told twice, and nobody is forgotten."""

import asyncio
import time
from collections.abc import AsyncIterator

import msgspec
import pytest

from nollycrewhub.contracts.scaling import IncidentClosed, IncidentOpened
from nollycrewhub.kit.events import Event
from nollycrewhub.platform.events import emit
from nollycrewhub.services import monolith
from tests.carriers.conftest import Scene, Sims
from tests.events.conftest import EMPTIED
from tests.events.test_killed_ladder import GIVEN
from tests.queueing.conftest import Field
from tests.served import wait_until
from tests.servers import settings_on
from tests.simulators.providers import SECRET

ALERTS = ("alert_mail", "alert_sms", "alert_webhook_url", "alert_webhook_secret")
STATES = "select stage, channel, state from notifications.alert_delivery order by stage desc, channel"


@pytest.fixture
async def rota(field: Field) -> AsyncIterator[Scene]:
    """The program, and a worker that tells one address, one number and one webhook."""
    sims = Sims()
    await field.sql(EMPTIED)
    await field.sql("truncate notifications.alert, platform.pgqueuer cascade")
    field.program = "tests.events.consumers"
    settings = msgspec.structs.replace(
        sims.settings(settings_on(field.stack.addresses(), instance_id="rota")), alert_mail="rota@far.example", alert_sms="+2348031234567",
        alert_webhook_url=f"{sims.hooks.url}/alerts", alert_webhook_secret=SECRET,
    )  # fmt: skip
    process = monolith.create_app(settings)
    await process.runtime.start()
    field.start(1, TOY_HEARTBEAT="1", **{name.upper(): str(getattr(settings, name)) for name in (*GIVEN, *ALERTS)})
    await field.ready()
    yield Scene(process, sims)
    field.stop()
    await process.runtime.stop()
    sims.stop()


async def settled(field: Field, rota: Scene, event: Event, *, rows: int) -> list[tuple[str, str, str]]:
    """The event happens; what became of all messages once none waits. Whoever died is started again."""
    db = rota.process.runtime.db
    async with db.write_session() as session:
        await emit(session, event)
        await db.commit(session)
    for _ in range(250):
        field.replace_dead()
        await field.sql("update platform.pgqueuer set execute_after = now() where status = 'queued' and execute_after > now()")
        found = [tuple(row) for row in await field.sql(STATES)]
        if len(found) == rows and all(state != "queued" for *_, state in found):
            return found
        await asyncio.sleep(0.1)
    left = await field.sql("select entrypoint, status::text, attempts, kills, error from platform.pgqueuer")
    raise AssertionError(f"still there: {found}, {[dict(row) for row in left]}")


async def test_a_worker_killed_after_each_yes_tells_each_operator_once(field: Field, rota: Scene) -> None:
    def taken_by_all() -> bool:
        return bool(rota.sms.taken and rota.hooks.taken and rota.mail.letters)

    def waits() -> None:
        wait_until(taken_by_all, what="somebody was not told")
        time.sleep(0.5)

    def kills() -> None:
        wait_until(taken_by_all, what="somebody was not told")
        for each in (rota.sms, rota.hooks, rota.mail):
            each.faults.meanwhile = None
        field.workers[0].kill()

    rota.sms.faults.meanwhile = rota.mail.faults.meanwhile = waits
    rota.hooks.faults.meanwhile = kills
    opened = IncidentOpened(aggregate_id="incident:1", version=1, incident=1, action="investigate_issues", what="7.0 % fail")
    found = await settled(field, rota, opened, rows=3)
    assert found == [("raised", "email", "sent"), ("raised", "sms", "failed"), ("raised", "webhook", "sent")]
    assert len(rota.sms.taken) == 1, "its gateway cannot tell the second one from the first"
    assert len(rota.hooks.taken) >= 2, "the worker was killed before it could note the yes"
    assert len({call["id"] for call in rota.hooks.taken}) == 1
    names = [next(line for line in letter["text"].splitlines() if line.lower().startswith("message-id:")) for letter in rota.mail.letters]
    assert len(names) >= 2 and len(set(names)) == 1
    closed = IncidentClosed(aggregate_id="incident:1", version=2, incident=1, action="investigate_issues", what="7.0 % fail")
    found = await settled(field, rota, closed, rows=5)
    assert found[3:] == [("cleared", "email", "sent"), ("cleared", "webhook", "sent")]
    assert (rota.hooks.taken[-1]["stage"], len(rota.sms.taken)) == ("cleared", 1)
