"""Writing down what became of a message, whoever says it: its carrier, a report from outside, or we ourselves who do not send it.

Nothing here takes back what is known already. What was not spent is given back, and a “no” lets the ladder go on.
"""

from uuid import UUID

from nollycrewhub.domains.notifications.repository import deliveries
from nollycrewhub.domains.notifications.repository.deliveries import FLEET, SEEN_BEFORE, Held
from nollycrewhub.domains.notifications.rules import KINDS, advance
from nollycrewhub.domains.notifications.rules.states import BAD
from nollycrewhub.domains.notifications.schemas import Carry, Climb, DeliveryRow
from nollycrewhub.kit.time import LAGOS
from nollycrewhub.kit.told import told
from nollycrewhub.platform.carriers import Receipt
from nollycrewhub.platform.db import WriteSession
from nollycrewhub.platform.live import publish
from nollycrewhub.platform.queue import Work, enqueue

AS_TEMPLATE = told("As WhatsApp's template: the day for free text was over.")
NAMELESS_REPORTS = ("sms",)
"""Whose reports name a message by the provider's id alone, which is ours only once it is stored. Others give our reference back."""
REASONS = {
    "blocked": told("The number takes no such messages (do-not-disturb, or refused)."),
    "failed": told("The network could not deliver it."),
    "bounced": told("The mail came back."),
}


def show(session: WriteSession, person_id: UUID, sender_id: UUID | None, notice_id: UUID) -> None:
    """Open pages show the new state: the person's own, and those of whoever wants to know whether they have it."""
    for one in filter(None, dict.fromkeys((person_id, sender_id))):
        publish(session, f"person:{one}", "notice-state", {"id": notice_id})


def is_of_the_past(row: DeliveryRow, held: Held) -> bool:
    """Whether a word is about free text that goes as the template by now: its status came before the answer, or instead of it."""
    return row.window_closed_at is None and held.window_closed_at is not None


async def answered(work: Work, row: DeliveryRow, receipt: Receipt) -> None:
    """What the carrier said. A report that came before its answer stands, and so does that somebody has seen it."""
    named = receipt.provider_id if row.channel in NAMELESS_REPORTS else ""
    if named:
        await deliveries.hold_name(work.session, row.channel, named)
    held = await deliveries.hold(work.session, row.id)
    if held is None or is_of_the_past(row, held):
        return
    # While it was under way somebody saw the notice elsewhere, and it was thought not to be needed; it was sent all the same.
    known = "queued" if (held.state, held.reason) == ("blocked", SEEN_BEFORE) else held.state
    state = advance(known, receipt.state)
    reason = receipt.reason if state == receipt.state else held.reason
    await store(work, row, held, state, reason, provider_id=receipt.provider_id, is_spent=state not in BAD)
    if state == receipt.state and state in ("bounced", "blocked") and held.address_key:
        await deliveries.block(work.session, held.channel, held.address_key, held.person_id, reason)
    for reported in await deliveries.take_early(work.session, row.channel, named) if named else ():
        await report(work.session, row.id, reported)


async def report(session: WriteSession, delivery_id: UUID, reported: str, *, reason: str = "", provider_id: str = "") -> bool:
    """Notes a report; late, repeated and reordered ones change nothing that is further along. Whether it changed anything."""
    held = await deliveries.hold(session, delivery_id)
    if held is None:
        return False
    new = advance(held.state, reported)
    if new == held.state:
        return False
    said = reason or REASONS.get(new, "")
    await deliveries.move(session, delivery_id, new, reason=said, provider_id=provider_id)
    if new in ("blocked", "bounced") and held.address_key:
        await deliveries.block(session, held.channel, held.address_key, held.person_id, said)
    if new in BAD and held.kind in KINDS and KINDS[held.kind].climb:
        await enqueue(session, "notice.climb", Climb(held.notice_id))
    show(session, held.person_id, held.sender_id, held.notice_id)
    return True


async def window_closed(session: WriteSession, delivery_id: UUID) -> bool:
    """WhatsApp took no free text: the message goes as the template now, which it does once. False when there is nothing to send again."""
    kind = await deliveries.window_closed(session, delivery_id, AS_TEMPLATE)
    if kind is None:
        return False
    await enqueue(session, "notice.whatsapp", Carry(delivery_id), priority=1 if kind in KINDS and KINDS[kind].urgent else 0)
    held = await deliveries.hold(session, delivery_id)
    if held is not None:
        show(session, held.person_id, held.sender_id, held.notice_id)
    return True


async def given_up(work: Work, row: DeliveryRow, verdict: Receipt, *, is_spent: bool = False) -> None:
    """What we say ourselves of a message that is not sent, or not again; says nothing against its address."""
    held = await deliveries.hold(work.session, row.id)
    if held is not None and held.state == "queued" and not is_of_the_past(row, held):
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
