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
from nollycrewhub.domains.notifications.schemas import ChosenRow, PushReport, ToldRow
from nollycrewhub.domains.notifications.service.links import address_key, chat_of, pushed_of, reference, references_in, seen_of, stop_link
from nollycrewhub.domains.notifications.service.settling import report, show, window_closed
from nollycrewhub.kit.time import utcnow
from nollycrewhub.platform import audit
from nollycrewhub.platform.carriers import sms, whatsapp
from nollycrewhub.platform.db import ReadSession, WriteSession
from nollycrewhub.platform.live import publish
from nollycrewhub.platform.ratelimit import Limiter
from nollycrewhub.platform.settings import Settings

WHATSAPP_STATES = {"sent": "sent", "delivered": "delivered", "read": "opened", "failed": "failed"}
LINKED = ("whatsapp", "sms")
"""What holds the link that only its reader has."""
LONGEST_ID = 200
PUSH_REPORTS = 20  # a minute and push: a few browsers, shown and tapped, some of it said twice
MOST_CALLS = 3
PERMANENT = re.compile(r"5\.[0-9]{1,3}\.[0-9]{1,3}")
STOP_WORDS = frozenset({"stop", "cancel", "unsubscribe", "end"})


def id_in(value: object) -> str:
    """A provider's id as we keep it; empty for what can be none."""
    text = str(value) if isinstance(value, (str, int)) else ""
    return text if len(text) <= LONGEST_ID and text.isprintable() else ""


async def sms_report(session: WriteSession, body: dict[str, Any]) -> bool:
    """Termii's delivery report. One that comes before the answer it belongs to is kept until that is stored."""
    state = sms.state_of(str(body.get("status", "")))
    provider_id = id_in(body.get("message_id")) or id_in(body.get("id"))
    if state is None or not provider_id:
        return False
    await deliveries.hold_name(session, "sms", provider_id)
    found = await deliveries.by_provider(session, "sms", provider_id)
    if found is None:
        await deliveries.keep_early(session, "sms", provider_id, state)
        return False
    return await report(session, found, state)


async def push_report(session: WriteSession, settings: Settings, limiter: Limiter, given: PushReport) -> bool:
    """A browser has shown a push, or it was tapped there. The token came in the push, so only who could read that has it."""
    delivery_id = pushed_of(settings, given.token)
    await limiter.check(f"push-report:{delivery_id}", limit=PUSH_REPORTS, per=60, needed=False)
    held = await deliveries.hold(session, delivery_id)
    return held is not None and held.channel == "push" and await report(session, delivery_id, given.state)


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
    """One status; a message whose answer was lost is known by the reference that comes back.

    Free text that came too late goes as the template, and what is said of that free text afterwards is of the past.
    """
    state = WHATSAPP_STATES.get(str(status.get("status")))
    provider_id = id_in(status.get("id"))
    known = await deliveries.by_provider(session, "whatsapp", provider_id)
    named, is_template = chat_of(status.get("biz_opaque_callback_data", ""))
    found = known or named
    if found is None or state is None:
        return False
    has_closed = await deliveries.has_closed(session, found)
    if has_closed and known is None and not is_template:
        return False
    if not has_closed and state == "failed" and whatsapp.WINDOW_CLOSED in codes_of(status):
        return await window_closed(session, found)
    return await report(session, found, state, provider_id=provider_id)


def codes_of(status: dict[str, Any]) -> set[object]:
    """The numbers of what went wrong."""
    return {one.get("code") for one in dicts(status.get("errors")) if isinstance(one.get("code"), int)}


async def chat_heard(session: WriteSession, settings: Settings, message: dict[str, Any]) -> bool:
    """What a person wrote opens their window for 24 hours and confirms what they answer; STOP ends it all on WhatsApp."""
    key = address_key(settings, "whatsapp", "+" + str(message.get("from", "")).lstrip("+"))
    found = await deliveries.by_address(session, "whatsapp", key)
    if found is None:
        return False
    delivery_id, person_id = found
    text = message.get("text")
    words = str(text.get("body", "")) if isinstance(text, dict) else ""
    if words.strip().lower().rstrip(".!") in STOP_WORDS:
        await habits.choose(session, person_id, [ChosenRow(kind, "whatsapp", is_on=False) for kind in KINDS])
        await habits.hear(session, person_id, utcnow())
        return True
    context = message.get("context")
    answered = id_in(context.get("id")) if isinstance(context, dict) else ""
    delivery_id = await deliveries.by_provider(session, "whatsapp", answered) or delivery_id
    held = await deliveries.hold(session, delivery_id)  # before the window, as everywhere
    await habits.hear(session, person_id, utcnow())
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
        for notice_id in (held.notice_id, *await deliveries.other_calls(session, held.person_id, delivery_id)):
            await confirmed(session, notice_id, held.person_id)


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
