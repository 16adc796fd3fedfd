"""Handing one message about a case to its carrier. What the provider did not take is tried again by the queue, and at last held there.

A mail or a call of the webhook may be made twice by a worker that was killed after the yes, under the same name each time. The SMS
gateway takes no name, so it is asked only after it was committed that it is.
"""

from datetime import date
from typing import cast

import msgspec

from nollycrewhub.contracts.users import People
from nollycrewhub.domains.notifications.repository import alerts, deliveries
from nollycrewhub.domains.notifications.repository.deliveries import FLEET
from nollycrewhub.domains.notifications.rules.alerts import as_alert_hook, as_alert_mail, as_alert_text
from nollycrewhub.domains.notifications.schemas import AlertDeliveryRow, AlertRow, Ring
from nollycrewhub.domains.notifications.service.alerting import NO_GATEWAY, address_in, alert_of, scope_of
from nollycrewhub.platform import log
from nollycrewhub.platform.carriers import Away, Carriers, Hook, Mail, Receipt, Sms, Unsure
from nollycrewhub.platform.queue import Retry, Work

LOG = log.logger("alerts")
NOT_NAMED = Receipt(state="failed", reason="The settings name this address no more.")
GONE = Receipt(state="failed", reason="The operator has left, or has no confirmed address.")
UNKNOWN = Receipt(state="failed", reason="Nobody knows whether the gateway took it; it is not sent twice.")


async def ring(work: Work, asked: Ring) -> None:
    """One try of one message; raises what the queue is to try again."""
    row = await alerts.delivery(work.read, asked.delivery_id)
    case = await alerts.one(work.read, row.alert_id) if row else None
    if row is None or case is None or row.state != "queued":
        return
    try:
        receipt = await SENDERS[row.channel](work, row, case)
    except Away as error:
        if row.channel == "sms":
            async with work.apart() as session:
                await alerts.take_back(session, row.id, error.reason)
        LOG.warning("an alert waits for its provider", channel=row.channel, ref=case.ref, reason=error.reason)
        if error.after:
            raise Retry(error.after) from error
        raise
    await settle(work, row, case, receipt)


async def settle(work: Work, row: AlertDeliveryRow, case: AlertRow, receipt: Receipt) -> None:
    """Writes down what became of it; what was not spent is given back."""
    state = "sent" if receipt.state in ("sent", "delivered") else "failed"
    counted = await alerts.settle(work.session, row.id, state, receipt.reason)
    if state == "failed":
        LOG.error("an alert was not delivered", channel=row.channel, ref=case.ref, reason=receipt.reason)
    if counted is not None and counted[0] and state == "failed" and receipt is not UNKNOWN:
        await deliveries.refund(work.session, cast(date, counted[1]), [FLEET, scope_of(row.address_key)], counted[0])


async def by_mail(work: Work, row: AlertDeliveryRow, case: AlertRow) -> Receipt:
    """As a mail; sent again it has the same Message-ID."""
    to = address_in(work.settings, "email", row.address_key)
    if row.person_id is not None:
        people = work.ports.find(People)
        address = await people.address(work.read, row.person_id) if people else None
        to = address.email if address else None
    if not to:
        return NOT_NAMED if row.person_id is None else GONE
    site = work.settings.public_url
    cleared = case.cleared_at if row.stage == "cleared" else None
    subject, text = as_alert_mail(alert_of(case), row.stage, raised_at=case.raised_at, cleared_at=cleared, site=site)
    mail = Mail(to=to, subject=subject, text=text, kind="alert", reference=f"alert-{row.id.hex}")
    return await work.ports.get(Carriers).mail.send(mail, work.session)


async def by_sms(work: Work, row: AlertDeliveryRow, case: AlertRow) -> Receipt:
    """As a text message, once: a job that finds it handed over was killed in between."""
    carrier, to = work.ports.get(Carriers).sms, address_in(work.settings, "sms", row.address_key)
    if row.handed_at is not None:
        return UNKNOWN
    if carrier is None or to is None:
        return Receipt(state="failed", reason=NO_GATEWAY) if carrier is None else NOT_NAMED
    async with work.apart() as session:
        is_first = await alerts.hand_over(session, row.id)
    if not is_first:
        return UNKNOWN
    try:
        return await carrier.send_sms(Sms(to=to, text=as_alert_text(alert_of(case), row.stage), kind="alert"), work.session)
    except Unsure:
        return UNKNOWN


async def by_webhook(work: Work, row: AlertDeliveryRow, case: AlertRow) -> Receipt:
    """As a signed call; sent again it has the same id, also where nobody knows whether it was taken."""
    carrier = work.ports.get(Carriers).webhook
    if carrier is None:
        return NOT_NAMED
    cleared = case.cleared_at if row.stage == "cleared" else None
    fields = as_alert_hook(alert_of(case), row.stage, raised_at=case.raised_at, cleared_at=cleared, site=work.settings.public_url)
    body = msgspec.json.encode({"id": str(row.id), **fields})
    try:
        return await carrier.send_hook(Hook(id=str(row.id), body=body), work.session)
    except Unsure as error:
        raise Away(error.reason) from error


SENDERS = {"email": by_mail, "sms": by_sms, "webhook": by_webhook}
