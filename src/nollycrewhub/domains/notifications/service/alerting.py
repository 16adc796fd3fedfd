"""Telling operators that something is wrong, and that it is over: once each, by every channel that the settings name.

A case that repeats one of the same subject waits for the end of the quiet period, and is told then if it is not over. A case that
was told is told to be over, at the same places; a case that nobody was told of ends in silence.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from nollycrewhub.contracts.events import AlertCleared, AlertRaised
from nollycrewhub.contracts.users import People
from nollycrewhub.domains.notifications.repository import alerts
from nollycrewhub.domains.notifications.rules.alerts import (
    CLEARED,
    NOBODY_BY_MAIL,
    OPERATORS,
    RAISED,
    Alert,
    as_alert_text,
    cases,
    trial,
)
from nollycrewhub.domains.notifications.schemas import AlertRow, NewAlertDelivery, Ring, TellAlert
from nollycrewhub.domains.notifications.service.climbing import CAPPED, afford
from nollycrewhub.domains.notifications.service.links import address_key
from nollycrewhub.kit.events import FIRST
from nollycrewhub.kit.gsm import size_of
from nollycrewhub.kit.ids import uuid7
from nollycrewhub.kit.time import utcnow
from nollycrewhub.platform import audit, log
from nollycrewhub.platform.carriers import Away, Carriers, Unsure
from nollycrewhub.platform.db import WriteSession
from nollycrewhub.platform.events import emit
from nollycrewhub.platform.queue import Work, enqueue, looking
from nollycrewhub.platform.settings import Settings

LOG = log.logger("alerts")
TELLING = ("alert.", "event:notifications.")  # the queues by which operators are told
TOO_LATE = 600.0
NO_GATEWAY = "There is no SMS gateway: SMS_API_KEY is not set."


class Place(NamedTuple):
    """One place that is told: a channel, the key of its address, and whose it is."""

    channel: str
    key: str
    person_id: UUID | None = None


def split(setting: str) -> list[str]:
    """The parts of a setting with commas."""
    return [part.strip() for part in setting.split(",") if part.strip()]


def scope_of(key: str) -> str:
    """Under whose day the cost of a number of the settings is counted."""
    return f"alert:{key}"


async def raise_alert(work: Work, alert: Alert, *, at: datetime) -> None:
    """A case is open. One that is known is not told again, however often it is said."""
    await alerts.take_turn(work.session, alert.subject)
    alert_id = uuid7()
    if await alerts.add(work.session, alert_id, alert, at):
        LOG.warning("an alert is raised", ref=alert.ref, title=alert.title)
        await tell_or_wait(work, alert_id, alert.subject)
        if alert.is_trial:  # it is over as soon as it was told, and nobody waits to hear so
            await alerts.clear(work.session, uuid7(), alert, at)


async def clear_alert(work: Work, alert: Alert, *, at: datetime) -> None:
    """A case is over; also one whose beginning comes later, which then tells nobody."""
    await alerts.take_turn(work.session, alert.subject)
    told_of = await alerts.clear(work.session, uuid7(), alert, at)
    LOG.info("an alert is over", ref=alert.ref, was_told=told_of is not None)
    if told_of is not None and (row := await alerts.held(work.session, told_of)) is not None:
        reached = await alerts.reached(work.session, told_of)
        for place in await places(work):
            if (place.channel, place.key) in reached:
                await prepare(work, row, CLEARED, place)


async def tell_later(work: Work, asked: TellAlert) -> None:
    """The quiet period is over: told now, unless the case is over too."""
    row = await alerts.held(work.session, asked.alert_id)
    if row is not None and row.told_at is None and row.cleared_at is None:
        await alerts.take_turn(work.session, row.subject)
        await tell_or_wait(work, row.id, row.subject)


async def tell_or_wait(work: Work, alert_id: UUID, subject: str) -> None:
    """Tells it, or waits for the end of the quiet period."""
    last = await alerts.last_told(work.session, subject)
    wait = timedelta(0) if last is None else last + timedelta(minutes=work.settings.alert_quiet_minutes) - utcnow()
    if wait > timedelta(0):
        LOG.info("a repeated alert waits", subject=subject, seconds=round(wait.total_seconds()))
        await enqueue(work.session, "alert.tell", TellAlert(alert_id), delay=wait, priority=FIRST)
    elif await alerts.told(work.session, alert_id) and (row := await alerts.held(work.session, alert_id)) is not None:
        found = await places(work)
        if not found:
            LOG.error("an alert reaches nobody: ALERT_MAIL, ALERT_SMS and ALERT_WEBHOOK_URL lead nowhere", ref=row.ref)
        for place in found:
            await prepare(work, row, RAISED, place)


async def places(work: Work) -> list[Place]:
    """Who is told, by the settings, each once: an operator whose address is named as well is one."""
    settings = work.settings
    mail = split(settings.alert_mail)
    found = await operators(work) if OPERATORS in mail else []
    found += [Place("email", address_key(settings, "email", to)) for to in mail if to not in (OPERATORS, NOBODY_BY_MAIL)]
    found += [Place("sms", address_key(settings, "sms", to)) for to in split(settings.alert_sms)]
    if settings.alert_webhook_url:
        found.append(Place("webhook", address_key(settings, "webhook", settings.alert_webhook_url)))
    return list({(place.channel, place.key): place for place in reversed(found)}.values())[::-1]


async def operators(work: Work) -> list[Place]:
    """Each operator with a confirmed mail address."""
    people = work.ports.find(People)
    if people is None:
        LOG.warning("operators are not known to this process: name addresses in ALERT_MAIL")
        return []
    addresses = await people.addresses(work.read, await people.operators(work.read))
    return [
        Place("email", address_key(work.settings, "email", address.email), person_id)
        for person_id, address in addresses.items() if address.email
    ]  # fmt: skip


async def prepare(work: Work, row: AlertRow, stage: str, place: Place) -> None:
    """The row and the job of one message; a text message is counted under the day's caps first."""
    reason, cost, state = "", 0, "queued"
    if place.channel == "sms":
        cost = size_of(as_alert_text(alert_of(row), stage)).parts * work.settings.sms_part_kobo
        if work.ports.get(Carriers).sms is None:
            state, reason = "failed", NO_GATEWAY
        elif not await afford(work.session, work.settings, scope_of(place.key), cost):
            state, reason = "blocked", str(CAPPED)
    new = NewAlertDelivery(
        stage=stage, channel=place.channel, address_key=place.key, person_id=place.person_id, state=state, reason=reason,
        cost_kobo=0 if reason else cost,
    )  # fmt: skip
    delivery_id = uuid7()
    if await alerts.add_delivery(work.session, delivery_id, row.id, new) and state == "queued":
        await enqueue(work.session, f"alert.{place.channel}", Ring(delivery_id), priority=FIRST)
    elif reason:
        LOG.error("an alert is not sent", channel=place.channel, ref=row.ref, reason=reason)


def alert_of(row: AlertRow) -> Alert:
    """The case as the rules know it."""
    return Alert(ref=row.ref, subject=row.subject, title=row.title, what=row.what, runbook=row.runbook)


async def alertmanager_report(session: WriteSession, report: Mapping[str, Any]) -> None:
    """What Prometheus' Alertmanager says becomes events, one a case; a case that is said again is known."""
    for is_over, alert in cases(report):
        kind, version = (AlertCleared, 2) if is_over else (AlertRaised, 1)
        await emit(session, kind(
            aggregate_id=alert.ref, version=version, ref=alert.ref, subject=alert.subject, title=alert.title, what=alert.what,
            runbook=alert.runbook,
        ))  # fmt: skip


async def try_channels(session: WriteSession, operator: UUID | None) -> str:
    """Tells of a case that is none, by an event as any other has; its name."""
    case = trial(uuid7())
    await emit(session, AlertRaised(
        aggregate_id=case.ref, version=1, ref=case.ref, subject=case.subject, title=case.title, what=case.what, runbook=case.runbook
    ))  # fmt: skip
    await audit.record(session, operator, "alert.try", subject=case.ref)
    return case.ref


async def beat(work: Work) -> None:
    """Calls the address outside whose owner alarms when nobody does; not while what tells operators has been due for long."""
    heartbeat = work.ports.get(Carriers).heartbeat
    if heartbeat is None:
        return
    late = [one.queue for one in await looking.states(work.read) if one.queue.startswith(TELLING) and one.late > TOO_LATE]
    if late:
        LOG.error("alerts do not leave, so there is no heartbeat", queues=late)
        return
    try:
        await heartbeat.beat()
    except (Away, Unsure) as error:  # the next minute's call is as good; who waits for it allows for one that is lost
        LOG.warning("the heartbeat was not heard", why=str(error))


def address_in(settings: Settings, channel: str, key: str) -> str | None:
    """The address of the settings that has this key; None when it is named there no more."""
    named = split(settings.alert_mail if channel == "email" else settings.alert_sms)
    return next((to for to in named if address_key(settings, channel, to) == key), None)
