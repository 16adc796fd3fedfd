"""Handing one message to its carrier, and noting what it said. A provider's bad hour is a later job, never a lost message.

A failure that is known to have sent nothing is noted and tried again by a new job, spread at random over up to an hour, for
a day. So a job that starts a second time was killed in between, and for SMS, which has no idempotency key, that means
nobody knows: it is not sent again, and the ladder goes on.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from nollycrewhub.contracts.users import MailAddress, People
from nollycrewhub.domains.notifications import repository
from nollycrewhub.domains.notifications.repository import deliveries, habits
from nollycrewhub.domains.notifications.rules import Words, as_mail, digest_mail, kind_of
from nollycrewhub.domains.notifications.schemas import Carry, Climb, DeliveryRow, Gather, ToldRow
from nollycrewhub.domains.notifications.service.climbing import FLEET, address_on, is_open, text_of
from nollycrewhub.domains.notifications.service.links import EVERY, bounce_address, reference, seen_link, stop_link
from nollycrewhub.kit.time import LAGOS, utcnow
from nollycrewhub.platform.carriers import Away, Carriers, Chat, Mail, PushMessage, Receipt, Sms, Subscription, Unsure
from nollycrewhub.platform.live import publish
from nollycrewhub.platform.queue import Retry, Work, enqueue, pause_asked, pause_before

PATIENCE = timedelta(hours=24)
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 3600.0
UNKNOWN = "Nobody knows whether the gateway took it; it is not sent twice."
LOST_ANSWER = "The answer was lost; the provider's report will say."
SEEN_BEFORE = "Not needed: it was seen before."
Send = Callable[[Work, DeliveryRow, ToldRow, MailAddress, str], Awaitable[Receipt]]


def stop_address(work: Work, row: DeliveryRow, stop: str) -> str:
    """Where one tap ends such messages."""
    token = stop_link(work.settings, row.person_id, row.kind, row.channel)
    return stop or f"{work.settings.public_url.rstrip('/')}/notices/stop/{token}"


async def by_email(work: Work, row: DeliveryRow, told: ToldRow, address: MailAddress, stop: str) -> Receipt:
    """As a mail."""
    where = stop_address(work, row, stop)
    words = Words(told.kind, told.subject, told.body, told.link)
    text = as_mail(words, name=address.name, address=work.settings.public_url, why=kind_of(told.kind).why, stop=where)
    return await work.ports.get(Carriers).mail.send(Mail(
        to=address.email or "", subject=told.subject, text=text, kind=told.kind, reference=reference(work.settings, row.id), stop=where,
        bounces=bounce_address(work.settings, row.id),
    ), work.session)  # fmt: skip


async def by_sms(work: Work, row: DeliveryRow, told: ToldRow, address: MailAddress, stop: str) -> Receipt:
    """As a text message."""
    carrier = work.ports.get(Carriers).sms
    if carrier is None:
        return Receipt(state="failed", reason="SMS is off here.")
    sms = Sms(to=address.phone or "", text=text_of(told, work.settings), kind=told.kind, promotional=kind_of(told.kind).promotional)
    return await carrier.send_sms(sms, work.session)


async def by_whatsapp(work: Work, row: DeliveryRow, told: ToldRow, address: MailAddress, stop: str) -> Receipt:
    """As free text while the person's window is open, else as the template."""
    carrier = work.ports.get(Carriers).whatsapp
    if carrier is None:
        return Receipt(state="failed", reason="WhatsApp is off here.")
    link = f"{work.settings.public_url.rstrip('/')}/n/{seen_link(work.settings, told.id)}"
    return await carrier.send_chat(Chat(
        to=address.phone or "", text=f"{told.body}\n\n{link}\n\n{kind_of(told.kind).why} Answer STOP to hear no more here.",
        params=(told.subject, link), is_free=await is_open(work, row.person_id), reference=str(row.id),
    ), work.session)  # fmt: skip


async def by_push(work: Work, row: DeliveryRow, told: ToldRow, address: MailAddress, stop: str) -> Receipt:
    """To each of the person's browsers; one that takes it is enough, one that is gone is forgotten."""
    carrier = work.ports.get(Carriers).push
    if carrier is None:
        return Receipt(state="failed", reason="Push is off here.")
    message = PushMessage(title=told.subject, link=f"/me/notices#{told.id}", topic=told.id.hex, urgent=kind_of(told.kind).urgent)
    best: Receipt | None = None
    away: Away | None = None
    for device in await habits.devices(work.read, row.person_id):
        to = Subscription(endpoint=device.endpoint, p256dh=device.p256dh, auth=device.auth)
        try:
            receipt = await carrier.send_push(to, message, work.session)
        except (Away, Unsure) as error:  # sent again under the same topic, it would replace itself
            away = error if isinstance(error, Away) else Away(error.reason)
            continue
        if receipt.state == "blocked":
            await habits.drop_device(work.session, row.person_id, device_id=device.id)
        if best is None or receipt.state in ("sent", "delivered"):
            best = receipt
    if away is not None and (best is None or best.state not in ("sent", "delivered")):
        raise away
    return best or Receipt(state="failed", reason="No browser takes pushes any more.")


SENDERS: dict[str, Send] = {"email": by_email, "sms": by_sms, "whatsapp": by_whatsapp, "push": by_push}


async def carry(work: Work, asked: Carry) -> None:
    """One try of one message."""
    row = await deliveries.one(work.read, asked.delivery_id)
    if row is None or row.state != "queued":
        return
    told = await repository.told(work.read, row.notice_id)
    people = work.ports.find(People)
    address = await people.address(work.read, row.person_id) if people else None
    if told is None or address is None:
        return
    if told.confirmed_at is not None:
        await note(work, row, Receipt(state="blocked", reason=SEEN_BEFORE))
        return
    if row.channel == "sms" and work.attempt:
        await note(work, row, Receipt(state="failed", reason=UNKNOWN))
        return
    if row.channel != "push" and not address_on(row.channel, address):
        await note(work, row, Receipt(state="failed", reason="There is no such address any more."))
        return
    try:
        receipt = await SENDERS[row.channel](work, row, told, address, asked.stop)
    except Away as error:
        await later(work, row, asked, error)
    except Unsure:
        lost = Receipt(state="sent", reason=LOST_ANSWER) if row.channel == "whatsapp" else Receipt(state="failed", reason=UNKNOWN)
        await note(work, row, lost)
    else:
        await note(work, row, receipt)


async def later(work: Work, row: DeliveryRow, asked: Carry, error: Away) -> None:
    """Tries again, spread at random; after a day it has failed."""
    if utcnow() - row.created_at > PATIENCE:
        await note(work, row, Receipt(state="failed", reason=f"Tried for a day: {error.reason}."))
        return
    await deliveries.tried(work.session, row.id, f"Will be tried again: {error.reason}.")
    pause = pause_before(row.tries, first=FIRST_PAUSE, longest=LONGEST_PAUSE)
    if error.after:
        pause = pause_asked(error.after, row.tries, first=FIRST_PAUSE, longest=LONGEST_PAUSE)
    await enqueue(work.session, f"notice.{row.channel}", asked, delay=timedelta(seconds=pause))
    publish(work.session, f"person:{row.person_id}", "notice-state", {"id": row.notice_id})


async def note(work: Work, row: DeliveryRow, receipt: Receipt) -> None:
    """Stores what the carrier said, gives back what was not spent, and lets the ladder go on where it said no."""
    is_bad = receipt.state in ("bounced", "blocked", "failed")
    is_spent = not is_bad or receipt.reason == UNKNOWN
    await deliveries.move(work.session, row.id, receipt.state, reason=receipt.reason, provider_id=receipt.provider_id, is_free=not is_spent)
    if row.cost_kobo and not is_spent:
        day = row.created_at.astimezone(LAGOS).date()
        await deliveries.refund(work.session, day, [FLEET, str(row.person_id)], row.cost_kobo)
    if receipt.state in ("bounced", "blocked") and row.address_key and receipt.reason != SEEN_BEFORE:
        await deliveries.block(work.session, row.channel, row.address_key, row.person_id, receipt.reason)
    if is_bad and kind_of(row.kind).climb and receipt.reason != SEEN_BEFORE:
        await enqueue(work.session, "notice.climb", Climb(row.notice_id))
    publish(work.session, f"person:{row.person_id}", "notice-state", {"id": row.notice_id})


async def gather(work: Work, asked: Gather) -> None:
    """One mail of all that waited; what was read in the app meanwhile is left out."""
    waiting = await deliveries.due(work.read, asked.person_id, max(utcnow(), asked.at))
    all_told = {told.id: told for told in await repository.told_many(work.read, [one.notice_id for one in waiting])}
    people = work.ports.find(People)
    address = await people.address(work.read, asked.person_id) if people else None
    unread = [one for one in waiting if one.notice_id in all_told and all_told[one.notice_id].read_at is None]
    for one in waiting:
        if one not in unread:
            await deliveries.move(work.session, one.id, "blocked", reason=SEEN_BEFORE)
    if not unread or address is None or not address.email:
        return
    token = stop_link(work.settings, asked.person_id, EVERY, "email")
    stop = f"{work.settings.public_url.rstrip('/')}/notices/stop/{token}"
    words = [Words(told.kind, told.subject, told.body, told.link) for told in (all_told[one.notice_id] for one in unread)]
    subject, text = digest_mail(words, name=address.name, address=work.settings.public_url, stop=stop)
    first = unread[0].id
    try:
        receipt = await work.ports.get(Carriers).mail.send(Mail(
            to=address.email, subject=subject, text=text, kind="digest", reference=reference(work.settings, first), stop=stop,
            bounces=bounce_address(work.settings, first),
        ), work.session)  # fmt: skip
    except Away as error:
        raise Retry(error.after or FIRST_PAUSE) from error
    for one in unread:
        await deliveries.move(work.session, one.id, receipt.state, reason=receipt.reason, provider_id=receipt.provider_id)
