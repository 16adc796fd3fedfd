"""What comes back: delivery reports, bounces, answers, and the tap that says “I have seen this”."""

import email
import email.message
import email.policy
import re
from typing import Any
from uuid import UUID

from nollycrewhub.domains.notifications import repository
from nollycrewhub.domains.notifications.errors import NoSuchLink
from nollycrewhub.domains.notifications.repository import deliveries, habits
from nollycrewhub.domains.notifications.repository.deliveries import Held
from nollycrewhub.domains.notifications.rules import KINDS, advance, kind_of
from nollycrewhub.domains.notifications.rules.kinds import CALL, CHANNEL_NAMES
from nollycrewhub.domains.notifications.schemas import ChosenRow, Climb, ToldRow
from nollycrewhub.domains.notifications.service.links import address_key, reference, references_in, seen_of, stop_link
from nollycrewhub.domains.notifications.service.settling import show
from nollycrewhub.kit.time import utcnow
from nollycrewhub.platform import audit
from nollycrewhub.platform.carriers import sms
from nollycrewhub.platform.db import ReadSession, WriteSession
from nollycrewhub.platform.live import publish
from nollycrewhub.platform.queue import enqueue
from nollycrewhub.platform.settings import Settings

WHATSAPP_STATES = {"sent": "sent", "delivered": "delivered", "read": "opened", "failed": "failed"}
LINKED = ("whatsapp", "sms")
"""What holds the link that only its reader has."""
LONGEST_ID = 200
MOST_CALLS = 3
PERMANENT = re.compile(r"5\.[0-9]{1,3}\.[0-9]{1,3}")
STOP_WORDS = frozenset({"stop", "cancel", "unsubscribe", "end"})
REASONS = {
    "blocked": "The number takes no such messages (do-not-disturb, or refused).",
    "failed": "The network could not deliver it.",
    "bounced": "The mail came back.",
}


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
    if new in ("blocked", "bounced", "failed"):
        await enqueue(session, "notice.climb", Climb(held.notice_id))
    show(session, held.person_id, held.sender_id, held.notice_id)
    return True


def id_in(value: object) -> str:
    """A provider's id as we keep it; empty for what can be none."""
    text = str(value) if isinstance(value, (str, int)) else ""
    return text if len(text) <= LONGEST_ID and text.isprintable() else ""


async def sms_report(session: WriteSession, body: dict[str, Any]) -> bool:
    """Termii's delivery report."""
    state = sms.state_of(str(body.get("status", "")))
    found = await deliveries.by_provider(session, "sms", id_in(body.get("message_id")) or id_in(body.get("id")))
    return state is not None and found is not None and await report(session, found, state)


async def whatsapp_report(session: WriteSession, settings: Settings, body: dict[str, Any]) -> int:
    """Meta's webhook: statuses of what we sent, and what people wrote; how many things it changed."""
    changed = 0
    for entry in dicts(body.get("entry")):
        for change in dicts(entry.get("changes")):
            value = change.get("value")
            if isinstance(value, dict):
                changed += sum([await chat_status(session, one) for one in dicts(value.get("statuses"))])
                changed += sum([await chat_heard(session, settings, one) for one in dicts(value.get("messages"))])
    return changed


def dicts(found: object) -> list[dict[str, Any]]:
    """The objects of a list from outside; none where it is something else."""
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


async def chat_status(session: WriteSession, status: dict[str, Any]) -> bool:
    """One status; a message whose answer was lost is known by the reference that comes back."""
    state = WHATSAPP_STATES.get(str(status.get("status")))
    provider_id = id_in(status.get("id"))
    found = await deliveries.by_provider(session, "whatsapp", provider_id)
    if found is None:
        try:
            found = UUID(str(status.get("biz_opaque_callback_data", "")))
        except ValueError:
            return False
    return state is not None and await report(session, found, state, provider_id=provider_id)


async def chat_heard(session: WriteSession, settings: Settings, message: dict[str, Any]) -> bool:
    """What a person wrote opens their window for 24 hours and confirms what they answer; STOP ends it all on WhatsApp."""
    key = address_key(settings, "whatsapp", "+" + str(message.get("from", "")).lstrip("+"))
    found = await deliveries.by_address(session, "whatsapp", key)
    if found is None:
        return False
    delivery_id, person_id = found
    await habits.hear(session, person_id, utcnow())
    text = message.get("text")
    words = str(text.get("body", "")) if isinstance(text, dict) else ""
    if words.strip().lower().rstrip(".!") in STOP_WORDS:
        await habits.choose(session, person_id, [ChosenRow(kind, "whatsapp", is_on=False) for kind in KINDS])
        return True
    context = message.get("context")
    answered = id_in(context.get("id")) if isinstance(context, dict) else ""
    delivery_id = await deliveries.by_provider(session, "whatsapp", answered) or delivery_id
    held = await deliveries.hold(session, delivery_id)
    if held is not None and held.person_id == person_id:
        await deliveries.move(session, delivery_id, advance(held.state, "confirmed"))
        await confirmed(session, held.notice_id, person_id)
    return True


async def bounced(session: WriteSession, settings: Settings, raw: bytes) -> int:
    """A mail that came back (RFC 3464): the deliveries it names are marked, if it says that it will never arrive."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    verdict = failure_of(message)
    if verdict is None:
        return 0
    changed = 0
    for named in references_in(settings, raw.decode("utf-8", "replace")):
        in_it = await deliveries.in_one_mail(session, reference(settings, named)) or [named]
        for delivery_id in in_it:
            changed += await report(session, delivery_id, "bounced", reason=f"The mail came back ({verdict}).")
    return changed


def failure_of(message: email.message.Message) -> str | None:
    """The status of a permanent failure in a delivery status notification; None for delays, relays and other mail."""
    for part in message.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        blocks: Any = part.get_payload()
        for block in blocks if isinstance(blocks, list) else []:
            action = str(block.get("Action", "")).strip().lower()
            status = str(block.get("Status", "")).strip()
            if action == "failed" and PERMANENT.fullmatch(status):
                return status
    return None


async def confirmed(session: WriteSession, notice_id: UUID, person_id: UUID) -> None:
    """The person has it: the ladder stops, and every page that shows it knows."""
    show(session, person_id, await deliveries.confirm(session, notice_id), notice_id)
    publish(session, f"person:{person_id}", "notices-read")


async def told_by_link(read: ReadSession, settings: Settings, token: str) -> ToldRow:
    """The notice behind the link in a text message; NoSuchLink."""
    told = await repository.told(read, seen_of(settings, token))
    if told is None:
        raise NoSuchLink
    return told


async def stops_of(read: ReadSession, settings: Settings, told: ToldRow) -> list[tuple[str, str]]:
    """Of the ways that lead to this link those it came by, and the tokens that end such messages there."""
    came = {row.channel for row in await deliveries.of_notices(read, [told.id])}
    return [(CHANNEL_NAMES[way], stop_link(settings, told.person_id, told.kind, way)) for way in LINKED if way in came]


async def seen_by_link(session: WriteSession, read: ReadSession, settings: Settings, token: str) -> str:
    """The button behind that link: seen; where it leads. Where only a message of which nobody knew had the link, it did arrive."""
    told = await told_by_link(read, settings, token)
    linked = [row for row in await deliveries.of_notices(read, [told.id]) if row.channel in LINKED]
    arrived = [row for row in linked if row.state in ("sent", "delivered", "opened")]
    for row in arrived or [row for row in linked if row.state == "failed" and row.handed_at is not None]:
        await deliveries.move(session, row.id, "confirmed")
    await confirmed(session, told.id, told.person_id)
    return told.link


async def rang(session: WriteSession, operator_id: UUID, delivery_id: UUID, *, reached: bool) -> None:
    """An operator rang: reached, or not. Who has seen it meanwhile has seen it, whatever a call says."""
    held = await deliveries.hold(session, delivery_id)
    if held is None or held.channel != CALL:
        raise NoSuchLink
    if held.state == "queued" and not reached:
        await missed(session, delivery_id, held)
    elif reached:
        await deliveries.move(session, delivery_id, advance(held.state, "confirmed"))
    await audit.record(session, operator_id, "notice.rang", subject=str(delivery_id), detail={"reached": reached})
    if reached:
        await confirmed(session, held.notice_id, held.person_id)


async def missed(session: WriteSession, delivery_id: UUID, held: Held) -> None:
    """Nobody answered: they stay on the list behind those who were rung less often, and after the third call have not been reached."""
    if held.tries + 1 < MOST_CALLS:
        await deliveries.tried(session, [delivery_id], f"Rung {held.tries + 1} of {MOST_CALLS} times, and nobody answered.")
    else:
        await deliveries.move(session, delivery_id, "failed", reason=f"Rung {MOST_CALLS} times, and nobody answered.")
    show(session, held.person_id, held.sender_id, held.notice_id)


def why(kind: str) -> str:
    """The sentence under a message; kinds of former days have none."""
    return kind_of(kind).why if kind in KINDS else ""
