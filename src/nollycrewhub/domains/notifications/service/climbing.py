"""The ladder: what is sent now, what waits, what a day may still cost, and who is left for a person to ring.

A job a step. Steps that come together share one short transaction, which reads what they depend on at once; it locks a
day's counters, the fleet's first, and no provider is called in it.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

import msgspec

from nollycrewhub.contracts.events import SpendCapped
from nollycrewhub.contracts.users import MailAddress, People
from nollycrewhub.domains.notifications import repository
from nollycrewhub.domains.notifications.repository import deliveries, habits
from nollycrewhub.domains.notifications.repository.deliveries import FLEET
from nollycrewhub.domains.notifications.rules import CHANNELS, Habits, Kind, Plan, Tried, as_text, is_on, kind_of, plan, retell
from nollycrewhub.domains.notifications.rules.kinds import CALL, FREE
from nollycrewhub.domains.notifications.rules.states import is_alive
from nollycrewhub.domains.notifications.schemas import Carry, Climb, ClimbRow, Gather, NewDelivery, ToldRow
from nollycrewhub.domains.notifications.service.links import address_key, seen_link
from nollycrewhub.domains.notifications.service.settling import show
from nollycrewhub.kit.gsm import gsm_form, size_of
from nollycrewhub.kit.ids import uuid7
from nollycrewhub.kit.time import LAGOS, utcnow
from nollycrewhub.kit.told import read_by, told
from nollycrewhub.platform.carriers import Carriers
from nollycrewhub.platform.db import WriteSession
from nollycrewhub.platform.events import emit
from nollycrewhub.platform.languages import catalogue_for
from nollycrewhub.platform.queue import Work, enqueue
from nollycrewhub.platform.settings import Settings

WINDOW = timedelta(hours=24)
AT_WORK = timedelta(minutes=1)
MOST_STEPS = 6
CAPPED = told("Not sent: what a day may cost is spent.")
REPEATED = told("Not sent: the same was told twice within a day.")
NOBODY_REACHED = told("No channel reached them.")
UNOPENED = told("They have not opened it.")


def address_on(channel: str, address: MailAddress) -> str:
    """Where this channel leads; a push goes to browsers and has no address."""
    return (address.email if channel == "email" else address.phone if channel in ("sms", "whatsapp") else "") or ""


def text_of(told: ToldRow, settings: Settings) -> str:
    """The notice as a text message for whoever reads now."""
    link = f"{settings.public_url.rstrip('/')}/n/{seen_link(settings, told.id)}"
    return as_text(retell(told.kind, told.subject, told.body, told.link), link=link)


def reach(work: Work, row: ClimbRow, address: MailAddress, *, by_mail: bool) -> list[str]:
    """The channels that lead to the person at all."""
    found = {
        "push": row.has_browser, "email": by_mail and bool(address.email), "whatsapp": bool(address.phone), "sms": bool(address.phone),
    }  # fmt: skip
    offered = work.ports.get(Carriers).offered
    return [channel for channel, leads in found.items() if leads and channel in offered]


def habits_of(row: ClimbRow) -> Habits:
    """What the person chose, or the usual."""
    if row.digest is None or row.digest_hour is None or row.quiet_from is None or row.quiet_until is None:
        return Habits()
    return Habits(digest=row.digest, digest_hour=row.digest_hour, quiet_from=row.quiet_from, quiet_until=row.quiet_until)


def chosen_of(row: ClimbRow) -> dict[str, bool]:
    """What the person chose for this kind, by channel."""
    return dict.fromkeys(row.chosen, True) | dict.fromkeys(row.refused, False)


def is_over(told: ClimbRow) -> bool:
    """Whether nothing more is sent of it: it is not so any more, it was opened, or it was read and nobody waits for a word that it was."""
    return told.overtaken_at is not None or told.confirmed_at is not None or (told.read_at is not None and not kind_of(told.kind).climb)


def keys_of(settings: Settings, address: MailAddress) -> dict[str, str]:
    """The keys of a person's addresses, by channel."""
    return {channel: address_key(settings, channel, to) for channel in CHANNELS if (to := address_on(channel, address))}


async def climb(work: Work, asked: Sequence[Climb]) -> None:
    """One step for each notice, or several where a rung is missing; nothing for a notice that is gone or was seen."""
    people = work.ports.find(People)
    if people is None:
        return
    told = await repository.climbing(work.read, [one.notice_id for one in asked])
    waiting = [(one, told[one.notice_id]) for one in asked if one.notice_id in told and not is_over(told[one.notice_id])]
    addresses = await people.addresses(work.read, [row.person_id for _, row in waiting])
    keys = {person_id: keys_of(work.settings, address) for person_id, address in addresses.items()}
    blocked = await deliveries.blocked(work.read, [pair for by_channel in keys.values() for pair in by_channel.items()])
    for one, row in waiting:
        if (address := addresses.get(row.person_id)) is not None:
            ways = reach(work, row, address, by_mail=one.by_mail)
            if one.repeats:
                await keep_in_the_app(work, row, ways)
                continue
            with read_by(catalogue_for(address.locale)):  # a text message costs what its parts in this language cost
                await step_up(work, row, one, ways, keys={way: (key, blocked.get((way, key))) for way, key in keys[row.person_id].items()})


async def keep_in_the_app(work: Work, told: ClimbRow, ways: list[str]) -> None:
    """Says of each channel by which it would have left why it does not."""
    for channel in ways:
        if is_on(kind_of(told.kind), channel, chosen_of(told)):
            await add(work, told, NewDelivery(channel=channel, state="blocked", reason=REPEATED))
    show(work.session, told.person_id, told.sender_id, told.id)


async def step_up(work: Work, told: ClimbRow, asked: Climb, ways: list[str], *, keys: dict[str, tuple[str, str | None]]) -> None:
    """The next step for one notice. `keys`: of each channel the key of the address, and why it is not tried, if so."""
    kind, now = kind_of(told.kind), utcnow()
    chosen = chosen_of(told)
    tried = [Tried(*each) for each in zip(told.tried_channels, told.tried_states, told.tried_at, strict=True)]
    customs = habits_of(told)
    for _ in range(MOST_STEPS):
        step = plan(kind, now, habits=customs, chosen=chosen, reach=ways, tried=tried)
        states = [(channel, await prepare(work, told, kind, channel, keys.get(channel, ("", None)), asked.stop)) for channel in step.send]
        tried += [Tried(channel, state, now) for channel, state in states]
        if not (kind.climb and states and all(state != "queued" for _, state in states)):
            break
    await rest(work, told, asked, step, key=keys.get("email", ("", None))[0], arrived=any(is_alive(one.state) for one in tried))


async def rest(work: Work, told: ToldRow, asked: Climb, step: Plan, *, key: str, arrived: bool) -> None:
    """What a step leaves for later: the digest (to the address of this key), another look, a person who rings (`arrived`: whether a message did)."""
    if step.digest is not None and await add(work, told, NewDelivery(channel="email", state="queued", address_key=key, due_at=step.digest)):
        gather, delay = Gather(told.person_id, step.digest), step.digest - utcnow()
        name = f"digest:{told.person_id}:{step.digest.isoformat()}"
        is_new = await enqueue(work.session, "notice.digest", gather, dedupe=name, delay=delay) is not None
        if not is_new and delay < AT_WORK:  # the one there is may have looked already
            await enqueue(work.session, "notice.digest", gather, delay=delay + AT_WORK)
    if step.again is not None:
        # A step that comes a moment early plans the same moment again: it must not take itself for the job that waits for it.
        following = msgspec.structs.replace(asked, turn=asked.turn + 1)
        name = f"climb:{told.id}:{step.again.isoformat()}:{following.turn}"
        await enqueue(work.session, "notice.climb", following, dedupe=name, delay=step.again - utcnow())
    if step.ring and await add(work, told, NewDelivery(channel=CALL, state="queued", reason=UNOPENED if arrived else NOBODY_REACHED)):
        show(work.session, told.person_id, told.sender_id, told.id)


async def prepare(work: Work, told: ToldRow, kind: Kind, channel: str, address: tuple[str, str | None], stop: str) -> str:
    """Makes the row and the job for one channel; the state it starts in. `address`: its key, and why it is not tried, if so."""
    key, reason = address
    parts, cost = await cost_of(work, told, channel)
    if reason is None and cost and not await afford(work.session, work.settings, told.person_id, cost):
        reason = CAPPED
    state = "queued" if reason is None else "blocked"
    new = NewDelivery(channel=channel, state=state, reason=reason or "", address_key=key, parts=parts, cost_kobo=0 if reason else cost)
    made = await add(work, told, new)
    if made is None and cost and not reason:  # the same step runs a second time: its cost was counted the first time
        await deliveries.refund(work.session, today(), [scope for scope, _ in scopes_of(work.settings, told.person_id)], cost)
    if made is not None and state == "queued":
        await enqueue(work.session, f"notice.{channel}", Carry(made, stop), priority=1 if kind.urgent else 0)
    elif made is not None:
        show(work.session, told.person_id, told.sender_id, told.id)
    return state


async def add(work: Work, told: ToldRow, new: NewDelivery) -> UUID | None:
    """Stores a row and gives its id; None when this event was already told by this channel."""
    delivery_id = uuid7()
    return delivery_id if await deliveries.add(work.session, delivery_id, told, new) else None


async def cost_of(work: Work, told: ToldRow, channel: str) -> tuple[int, int]:
    """Parts of a text message, and kobo; WhatsApp is free while the person's window is open."""
    if channel in FREE:
        return 0, 0
    if channel == "whatsapp":
        return 1, 0 if await is_open(work, told.person_id) else work.settings.whatsapp_template_kobo
    parts = size_of(gsm_form(text_of(told, work.settings))).parts
    return parts, parts * work.settings.sms_part_kobo


async def is_open(work: Work, person_id: UUID) -> bool:
    """Whether the person wrote by WhatsApp within the last 24 hours."""
    heard = await habits.heard_at(work.read, person_id)
    return heard is not None and heard > utcnow() - WINDOW


def scopes_of(settings: Settings, who: UUID | str) -> Sequence[tuple[str, int]]:
    """Whose day is counted, with its cap in kobo; always in this order."""
    return ((FLEET, settings.spend_fleet_naira * 100), (str(who), settings.spend_person_naira * 100))


def today() -> date:
    """The day in Lagos."""
    return utcnow().astimezone(LAGOS).date()


async def afford(session: WriteSession, settings: Settings, who: UUID | str, kobo: int) -> bool:
    """Counts the cost under both caps, the fleet's and that of a person or a number, or under none; says so loudly once a day when the fleet's is met."""
    day = today()
    counted: list[str] = []
    for scope, cap in scopes_of(settings, who):
        if await deliveries.reserve(session, day, scope, kobo, cap=cap):
            counted.append(scope)
            continue
        if counted:
            await deliveries.refund(session, day, counted, kobo)
        if scope == FLEET:
            spent = await deliveries.alarm(session, day, FLEET)
            if spent is not None:
                await emit(session, SpendCapped(
                    aggregate_id=f"spend:{day}", version=1, day=day.isoformat(), spent_kobo=spent, cap_kobo=cap,
                ))  # fmt: skip
        return False
    return True
