"""Handing one message to its carrier, and noting what it said. A provider's bad hour is a later job, never a lost message.

A failure that is known to have sent nothing is noted and tried again by a new job, spread at random over up to an hour, for
a day. Providers without an idempotency key are asked only after it was committed that they are: a job that finds this
noted was killed in between, nobody knows whether the message left, and it is not sent again. The ladder goes on.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import msgspec

from nollycrewhub.contracts.jobs import Finds
from nollycrewhub.contracts.users import MailAddress, People
from nollycrewhub.domains.notifications import repository
from nollycrewhub.domains.notifications.repository import deliveries, habits
from nollycrewhub.domains.notifications.repository.deliveries import OVERTAKEN, SEEN_BEFORE
from nollycrewhub.domains.notifications.rules import Words, as_chat, as_mail, is_on, job_found, kind_of, leaves_at, retell
from nollycrewhub.domains.notifications.schemas import Carry, ClimbRow, DeliveryRow, ToldRow
from nollycrewhub.domains.notifications.service.climbing import CAPPED, address_on, afford, chosen_of, habits_of, is_open, is_over, text_of
from nollycrewhub.domains.notifications.service.links import bounce_of, chat_reference, push_token, reference, seen_link, stop_link
from nollycrewhub.domains.notifications.service.settling import AS_TEMPLATE, answered, given_up, show, window_closed
from nollycrewhub.kit.time import utcnow
from nollycrewhub.kit.told import read_by, told, words
from nollycrewhub.platform.carriers import Away, Carriers, Chat, Mail, PushMessage, Receipt, Sms, Subscription, Unsure, WindowClosed
from nollycrewhub.platform.languages import catalogue_for
from nollycrewhub.platform.queue import Work, enqueue, pause_asked, pause_before

PATIENCE = timedelta(hours=24)
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 3600.0
UNKNOWN = told("Nobody knows whether the gateway took it; it is not sent twice.")
LOST_ANSWER = told("The answer was lost; the provider's report will say.")
NO_ADDRESS = told("There is no such address any more.")
GONE = Receipt(state="failed", reason=told("Not sent: the account is closed."))
STOPPED = told("Not sent: such messages were stopped.")
NOT_ANY_MORE = told("Not sent: the search was stopped, or the job is not open any more.")
SMS_OFF = told("SMS is off here.")
WHATSAPP_OFF = told("WhatsApp is off here.")
PUSH_OFF = told("Push is off here.")
NO_BROWSER = told("No browser takes pushes any more.")
ASKED_ONCE = ("sms", "whatsapp")
"""Their providers have no idempotency key. A repeated mail has the same Message-ID, a repeated push the same Topic."""
Send = Callable[[Work, DeliveryRow, ToldRow, MailAddress, str], Awaitable[Receipt]]


def stop_address(work: Work, row: DeliveryRow, stop: str) -> str:
    """Where one tap ends such messages."""
    token = stop_link(work.settings, row.person_id, row.kind, row.channel)
    return stop or f"{work.settings.public_url.rstrip('/')}/notices/stop/{token}"


def said(told: ToldRow) -> Words:
    """What a stored notice says, for whoever reads it."""
    return retell(told.kind, told.subject, told.body, told.link)


async def by_email(work: Work, row: DeliveryRow, told: ToldRow, address: MailAddress, stop: str) -> Receipt:
    """As a mail."""
    where = stop_address(work, row, stop)
    found = said(told)
    text = as_mail(found, name=address.name, address=work.settings.public_url, why=kind_of(told.kind).why, stop=where)
    return await work.ports.get(Carriers).mail.send(Mail(
        to=address.email or "", subject=words(found.subject), text=words(text), kind=told.kind, reference=reference(work.settings, row.id), stop=where,
        bounces=bounce_of(work.settings, reference(work.settings, row.id)),
    ), work.session)  # fmt: skip


async def by_sms(work: Work, row: DeliveryRow, told: ToldRow, address: MailAddress, stop: str) -> Receipt:
    """As a text message."""
    carrier = work.ports.get(Carriers).sms
    if carrier is None:
        return Receipt(state="failed", reason=SMS_OFF)
    sms = Sms(to=address.phone or "", text=text_of(told, work.settings), kind=told.kind, promotional=kind_of(told.kind).promotional)
    return await carrier.send_sms(sms, work.session)


async def by_whatsapp(work: Work, row: DeliveryRow, told: ToldRow, address: MailAddress, stop: str) -> Receipt:
    """As free text while the person's window is open, else as the template; WindowClosed when WhatsApp thinks otherwise."""
    carrier = work.ports.get(Carriers).whatsapp
    if carrier is None:
        return Receipt(state="failed", reason=WHATSAPP_OFF)
    link = f"{work.settings.public_url.rstrip('/')}/n/{seen_link(work.settings, told.id)}"
    found = said(told)
    receipt = await carrier.send_chat(Chat(
        to=address.phone or "", text=words(as_chat(found, link=link, why=kind_of(told.kind).why)), params=(words(found.subject), link),
        is_free=await is_free(work, row), reference=chat_reference(row.id, as_template=row.window_closed_at is not None),
    ), work.session)  # fmt: skip
    return receipt if row.window_closed_at is None or receipt.reason else msgspec.structs.replace(receipt, reason=AS_TEMPLATE)


async def is_free(work: Work, row: DeliveryRow) -> bool:
    """Whether a chat may go as free text: the person's window is open, and WhatsApp has not said that it is not."""
    return row.window_closed_at is None and await is_open(work, row.person_id)


async def by_push(work: Work, row: DeliveryRow, told: ToldRow, address: MailAddress, stop: str) -> Receipt:
    """To each of the person's browsers; one that takes it is enough, one that is gone is forgotten."""
    carrier = work.ports.get(Carriers).push
    if carrier is None:
        return Receipt(state="failed", reason=PUSH_OFF)
    message = PushMessage(
        title=words(said(told).subject), link=f"/me/notices#{told.id}", topic=told.id.hex, urgent=kind_of(told.kind).urgent,
        token=push_token(work.settings, row.id),
    )  # fmt: skip
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
    return best or Receipt(state="failed", reason=NO_BROWSER)


SENDERS: dict[str, Send] = {"email": by_email, "sms": by_sms, "whatsapp": by_whatsapp, "push": by_push}


async def carry(work: Work, asked: Carry) -> None:
    """One try of one message: if it is still wanted, at an hour at which it may leave, and once where asking twice would be two."""
    row = await deliveries.one(work.read, asked.delivery_id)
    if row is None or row.state != "queued":
        return
    told = (await repository.climbing(work.read, [row.notice_id])).get(row.notice_id)
    people = work.ports.find(People)
    if told is None or people is None:
        return
    if row.channel in ASKED_ONCE and row.handed_at is not None:  # whatever was seen or chosen since: it may have left
        await given_up(work, row, unknown(row.channel), is_spent=True)
        return
    address = await people.address(work.read, row.person_id)
    if address is None:
        await given_up(work, row, GONE)
        return
    unwanted = why_not(row, told, address) or await not_any_more(work, row, told)
    if unwanted is not None:
        await given_up(work, row, unwanted)
        return
    now = utcnow()
    at = leaves_at(kind_of(row.kind), row.channel, now, habits_of(told))
    if at > now:
        await enqueue(work.session, f"notice.{row.channel}", asked, delay=at - now)
        return
    if row.channel in ASKED_ONCE and not await hand_over(work, row):
        return
    try:
        with read_by(catalogue_for(address.locale)):
            receipt = await SENDERS[row.channel](work, row, told, address, asked.stop)
    except Away as error:
        await later(work, row, told, asked, error)
    except Unsure:
        await given_up(work, row, unknown(row.channel), is_spent=True)
    except WindowClosed:  # noted for good: whoever is killed next, it goes as the template, and not as free text again
        async with work.apart() as session:
            await window_closed(session, row.id)
    else:
        await answered(work, row, receipt)


def why_not(row: DeliveryRow, told: ClimbRow, address: MailAddress) -> Receipt | None:
    """Why a message that was to be sent is not wanted any more; None when it is."""
    if told.overtaken_at is not None:
        return Receipt(state="blocked", reason=OVERTAKEN)
    if is_over(told):
        return Receipt(state="blocked", reason=SEEN_BEFORE)
    if not is_on(kind_of(row.kind), row.channel, chosen_of(told)):
        return Receipt(state="blocked", reason=STOPPED)
    if row.channel != "push" and not address_on(row.channel, address):
        return Receipt(state="failed", reason=NO_ADDRESS)
    return None


async def not_any_more(work: Work, row: DeliveryRow, told: ClimbRow) -> Receipt | None:
    """Why what a saved search found is not told any more: the search was stopped (for mails) or forgotten, or the listing is not open."""
    job, finds = job_found(told.kind, told.link), work.ports.find(Finds)
    if job is None or finds is None or await finds.still_told(work.read, row.person_id, [job], by_mail=row.channel == "email"):
        return None
    return Receipt(state="blocked", reason=NOT_ANY_MORE)


async def hand_over(work: Work, row: DeliveryRow) -> bool:
    """Notes for good that the provider is asked now; False when it may have been asked before, or costs more than was counted and is left.

    A chat that was free when it was planned, and is not any more, is counted here.
    """
    is_dearer = row.channel == "whatsapp" and not row.cost_kobo and not await is_free(work, row)
    price = work.settings.whatsapp_template_kobo if is_dearer else 0
    async with work.apart() as session:
        is_first = await deliveries.hand_over(session, row.id)
        is_paid = not is_first or not price or await afford(session, work.settings, row.person_id, price)
        if is_first and price and is_paid:
            await deliveries.priced(session, row.id, price)
    if not is_first:
        await given_up(work, row, unknown(row.channel), is_spent=True)
    elif not is_paid:
        await given_up(work, row, Receipt(state="blocked", reason=CAPPED))
    return is_first and is_paid


def unknown(channel: str) -> Receipt:
    """What is said of a message whose answer was lost: WhatsApp's statuses come back with our reference, an SMS is never heard of again."""
    return Receipt(state="sent", reason=LOST_ANSWER) if channel == "whatsapp" else Receipt(state="failed", reason=UNKNOWN)


def pause_after(error: Away, tries: int) -> timedelta:
    """How long a message waits that its provider did not take: what it asked for, and a share of up to an hour at random."""
    if error.after:
        return timedelta(seconds=pause_asked(error.after, tries, first=FIRST_PAUSE, longest=LONGEST_PAUSE))
    return timedelta(seconds=pause_before(tries, first=FIRST_PAUSE, longest=LONGEST_PAUSE))


async def later(work: Work, row: DeliveryRow, told: ToldRow, asked: Carry, error: Away) -> None:
    """Tries again, spread at random; after a day it has failed."""
    if utcnow() - row.created_at > PATIENCE:
        await given_up(work, row, Receipt(state="failed", reason=f"Tried for a day: {error.reason}."))
        return
    await deliveries.tried(work.session, [row.id], f"Will be tried again: {error.reason}.")
    await enqueue(work.session, f"notice.{row.channel}", asked, delay=pause_after(error, row.tries))
    show(work.session, row.person_id, told.sender_id, row.notice_id)
