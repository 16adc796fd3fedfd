"""The digest: one mail of all that waited for its hour.

One at a time for a person, and its mail has its name before it leaves: a job that is killed after the mail server's yes
sends the same notices again under the same Message-ID, and nothing else with them.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from nollycrewhub.contracts.jobs import Finds
from nollycrewhub.contracts.users import People
from nollycrewhub.domains.notifications import repository
from nollycrewhub.domains.notifications.repository import deliveries, habits
from nollycrewhub.domains.notifications.repository.deliveries import OVERTAKEN, SEEN_BEFORE
from nollycrewhub.domains.notifications.rules import KINDS, digest_mail, is_on, job_found
from nollycrewhub.domains.notifications.schemas import DeliveryRow, Gather, ToldRow
from nollycrewhub.domains.notifications.service.carrying import GONE, NO_ADDRESS, NOT_ANY_MORE, PATIENCE, STOPPED, pause_after, said
from nollycrewhub.domains.notifications.service.links import EVERY, address_key, bounce_of, reference, stop_link
from nollycrewhub.domains.notifications.service.settling import answered, given_up
from nollycrewhub.kit.time import utcnow
from nollycrewhub.kit.told import read_by, words
from nollycrewhub.platform.carriers import Away, Carriers, Mail, Receipt
from nollycrewhub.platform.languages import catalogue_for
from nollycrewhub.platform.queue import Work, enqueue

TURN = timedelta(seconds=60)
Waiting = list[tuple[DeliveryRow, ToldRow]]


async def gather(work: Work, asked: Gather) -> None:
    """Sends one person's digest; what was read in the app or stopped meanwhile is left out."""
    if not await deliveries.take_turn(work.session, asked.person_id):
        await enqueue(work.session, "notice.digest", asked, delay=TURN)
        return
    rows = await deliveries.due(work.read, asked.person_id, max(utcnow(), asked.at))
    begun = [row for row in rows if row.provider_id]
    if begun and len(begun) < len(rows):
        await enqueue(work.session, "notice.digest", asked, delay=TURN)
    left = await still_wanted(work, asked.person_id, begun or rows)
    people = work.ports.find(People)
    if people is None or not left:
        return
    address = await people.address(work.read, asked.person_id)
    refusal = GONE if address is None else await refusal_of(work, address.email or "")
    if address is None or refusal is not None:
        for row, _ in left:
            await given_up(work, row, refusal or GONE)
        return
    with read_by(catalogue_for(address.locale)):
        await send(work, asked, left, name=address.name, to=address.email or "")


async def still_wanted(work: Work, person_id: UUID, rows: Sequence[DeliveryRow]) -> Waiting:
    """Those of the waiting that are unread and whose kind was not stopped; the others are noted as not sent.

    What a saved search found is told of while that search tells by mail, and the listing is open.
    """
    all_told = {told.id: told for told in await repository.told_many(work.read, [row.notice_id for row in rows])}
    chosen: dict[str, dict[str, bool]] = {}
    for one in await habits.chosen(work.read, person_id):
        chosen.setdefault(one.kind, {})[one.channel] = one.is_on
    found = {told.id: job_found(told.kind, told.link) for told in all_told.values()}
    finds, jobs = work.ports.find(Finds), [job for job in found.values() if job is not None]
    still = await finds.still_told(work.read, person_id, jobs, by_mail=True) if finds is not None and jobs else frozenset(jobs)
    left: Waiting = []
    for row in rows:
        told = all_told.get(row.notice_id)
        if told is None:
            continue
        if told.overtaken_at is not None:
            await given_up(work, row, Receipt(state="blocked", reason=OVERTAKEN))
        elif told.read_at is not None:
            await given_up(work, row, Receipt(state="blocked", reason=SEEN_BEFORE))
        elif found[told.id] is not None and found[told.id] not in still:
            await given_up(work, row, Receipt(state="blocked", reason=NOT_ANY_MORE))
        elif row.kind not in KINDS or not is_on(KINDS[row.kind], "email", chosen.get(row.kind, {})):
            await given_up(work, row, Receipt(state="blocked", reason=STOPPED))
        else:
            left.append((row, told))
    return left


async def refusal_of(work: Work, email: str) -> Receipt | None:
    """Why no mail can go to this address; None when one can."""
    if not email:
        return Receipt(state="failed", reason=NO_ADDRESS)
    blocked = await deliveries.blocked(work.read, [("email", address_key(work.settings, "email", email))])
    return next((Receipt(state="blocked", reason=reason) for reason in blocked.values()), None)


async def send(work: Work, asked: Gather, left: Waiting, *, name: str, to: str) -> None:
    """Hands the mail over and notes for each notice in it what became of it."""
    mail = left[0][0].provider_id or reference(work.settings, left[0][0].id)
    async with work.apart() as session:
        await deliveries.name(session, [row.id for row, _ in left], mail)
    stop = f"{work.settings.public_url.rstrip('/')}/notices/stop/{stop_link(work.settings, asked.person_id, EVERY, 'email')}"
    found = [said(told) for _, told in left]
    subject, text = digest_mail(found, name=name, address=work.settings.public_url, stop=stop)
    try:
        receipt = await work.ports.get(Carriers).mail.send(Mail(
            to=to, subject=words(subject), text=words(text), kind="digest", reference=mail, stop=stop, bounces=bounce_of(work.settings, mail),
        ), work.session)  # fmt: skip
    except Away as error:
        await later(work, asked, [row for row, _ in left], error)
        return
    for row, _ in left:
        await answered(work, row, Receipt(state=receipt.state, reason=receipt.reason))


async def later(work: Work, asked: Gather, rows: Sequence[DeliveryRow], error: Away) -> None:
    """Tries again, spread at random; what has waited a day past its hour has failed."""
    old = [row for row in rows if row.due_at is not None and utcnow() - row.due_at > PATIENCE]
    for row in old:
        await given_up(work, row, Receipt(state="failed", reason=f"Tried for a day: {error.reason}."))
    young = [row for row in rows if row not in old]
    if young:
        await deliveries.tried(work.session, [row.id for row in young], f"Will be tried again: {error.reason}.")
        await enqueue(work.session, "notice.digest", asked, delay=pause_after(error, max(row.tries for row in young)))
