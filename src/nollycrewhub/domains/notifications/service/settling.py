"""Writing down what became of a message, whoever says it: its carrier, a report from outside, or we ourselves who do not send it.

Nothing here takes back what is known already. What was not spent is given back, and a “no” lets the ladder go on.
"""

from uuid import UUID

from nollycrewhub.domains.notifications.repository import deliveries
from nollycrewhub.domains.notifications.repository.deliveries import FLEET, SEEN_BEFORE, Held
from nollycrewhub.domains.notifications.rules import KINDS, advance
from nollycrewhub.domains.notifications.rules.states import BAD
from nollycrewhub.domains.notifications.schemas import Climb, DeliveryRow
from nollycrewhub.kit.time import LAGOS
from nollycrewhub.platform.carriers import Receipt
from nollycrewhub.platform.db import WriteSession
from nollycrewhub.platform.live import publish
from nollycrewhub.platform.queue import Work, enqueue


def show(session: WriteSession, person_id: UUID, sender_id: UUID | None, notice_id: UUID) -> None:
    """Open pages show the new state: the person's own, and those of whoever wants to know whether they have it."""
    for one in filter(None, dict.fromkeys((person_id, sender_id))):
        publish(session, f"person:{one}", "notice-state", {"id": notice_id})


async def answered(work: Work, row: DeliveryRow, receipt: Receipt) -> None:
    """What the carrier said. A report that came before its answer stands, and so does that somebody has seen it."""
    held = await deliveries.hold(work.session, row.id)
    if held is None:
        return
    # While it was under way somebody saw the notice elsewhere, and it was thought not to be needed; it was sent all the same.
    known = "queued" if (held.state, held.reason) == ("blocked", SEEN_BEFORE) else held.state
    state = advance(known, receipt.state)
    reason = receipt.reason if state == receipt.state else held.reason
    await store(work, row, held, state, reason, provider_id=receipt.provider_id, is_spent=state not in BAD)
    if state == receipt.state and state in ("bounced", "blocked") and held.address_key:
        await deliveries.block(work.session, held.channel, held.address_key, held.person_id, reason)


async def given_up(work: Work, row: DeliveryRow, verdict: Receipt, *, is_spent: bool = False) -> None:
    """What we say ourselves of a message that is not sent, or not again; says nothing against its address."""
    held = await deliveries.hold(work.session, row.id)
    if held is not None and held.state == "queued":
        await store(work, row, held, verdict.state, verdict.reason, is_spent=is_spent)


async def store(work: Work, row: DeliveryRow, held: Held, state: str, reason: str, *, provider_id: str = "", is_spent: bool) -> None:
    """The state with its reason and time, the money, the ladder's next step, and the open pages."""
    await deliveries.move(work.session, row.id, state, reason=reason, provider_id=provider_id, is_free=not is_spent)
    if held.cost_kobo and not is_spent:
        day = held.created_at.astimezone(LAGOS).date()
        await deliveries.refund(work.session, day, [FLEET, str(held.person_id)], held.cost_kobo)
    if state in BAD and row.kind in KINDS and KINDS[row.kind].climb:
        await enqueue(work.session, "notice.climb", Climb(held.notice_id))
    show(work.session, held.person_id, held.sender_id, held.notice_id)
