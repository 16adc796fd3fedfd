"""What became of messages, as tables: one's own, those one's decisions caused, and for operators all of a day with what it cost."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from nollycrewhub.contracts.users import CODE_QUARTERS, People, money_for
from nollycrewhub.domains.notifications.repository import alerts, deliveries, overview
from nollycrewhub.domains.notifications.rules import KINDS, as_text
from nollycrewhub.domains.notifications.rules.alerts import NOBODY_BY_MAIL, OPERATORS, TRIAL
from nollycrewhub.domains.notifications.rules.samples import SAMPLES
from nollycrewhub.domains.notifications.schemas import AlertLine, AlertRow, AlertsPage, SampleText, SendingPage
from nollycrewhub.domains.notifications.service.alerting import split
from nollycrewhub.domains.notifications.service.reading import TELLING
from nollycrewhub.kit.gsm import size_of
from nollycrewhub.kit.time import LAGOS, lagos_day
from nollycrewhub.platform.db import ReadSession
from nollycrewhub.platform.ports import Ports
from nollycrewhub.platform.settings import Settings

DAYS_OF_SPEND = 7
MOST_ROWS = 20_000
MOST_DECIDED = 5_000
CASES = 50
SHOWN_DIGITS = 4  # of a number
TIMES = ("created_at", "sent_at", "delivered_at", "opened_at", "confirmed_at")
OWN = ("notice_id", "kind", "channel", "state", "reason", "parts", "cost_kobo", "tries", *TIMES)
OF_ALL = ("id", "person_id", *OWN)
DECIDED = ("name", "kind", "subject", "channel", "state", "created_at", "sent_at", "delivered_at", "opened_at", "seen_at")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
LINK_LENGTH = 36


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """CSV (RFC 4180) with a line of names; times in ISO 8601, and no cell that a spreadsheet would take for a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(heads)
    writer.writerows([cell(value) for value in row] for row in rows)
    return out.getvalue()


def cell(value: object) -> str:
    """One cell."""
    text = "" if value is None else value.isoformat() if isinstance(value, datetime) else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


async def as_csv(read: ReadSession, person_id: UUID) -> str:
    """What became of one's own notices."""
    return table(OWN, ([getattr(row, name) for name in OWN] for row in await deliveries.of_person(read, person_id)))


async def decided_as_csv(read: ReadSession, ports: Ports, sender_id: UUID) -> str:
    """Whom one's own decisions told, by which channel, and how far it got; not why, nor at what cost: that is theirs and ours."""
    rows = await overview.decided(read, sender_id, TELLING, limit=MOST_DECIDED)
    people = ports.find(People)
    cards = await people.cards(read, list({row.person_id for row in rows})) if people and rows else {}
    names = {person_id: card.name for person_id, card in cards.items()}
    return table(DECIDED, ([names.get(row.person_id, ""), *(getattr(row, name) for name in DECIDED[1:])] for row in rows))


def span(day: date) -> tuple[datetime, datetime]:
    """A day in Lagos, from midnight to midnight."""
    start = datetime.combine(day, time(), LAGOS)
    return start, start + timedelta(days=1)


async def day_as_csv(read: ReadSession, day: date, *, after: UUID | None) -> tuple[str, UUID | None]:
    """Every message of a day in Lagos, in parts; and where the next part begins."""
    found = await overview.rows(read, *span(day), after=after, limit=MOST_ROWS + 1)
    shown = found[:MOST_ROWS]
    text = table(OF_ALL, ([getattr(row, name) for name in OF_ALL] for row in shown))
    return text, shown[-1].id if len(found) > MOST_ROWS else None


async def sending(read: ReadSession, ports: Ports, settings: Settings) -> SendingPage:
    """Today's messages by channel and state, what the week cost, and what each kind says in a text message."""
    today, people = lagos_day(), ports.find(People)
    since = today - timedelta(days=DAYS_OF_SPEND)
    link = f"{settings.public_url.rstrip('/')}/n/{'x' * LINK_LENGTH}"
    samples = []
    for kind in KINDS.values():
        text = as_text(SAMPLES[kind.name], link=link)
        size = size_of(text)
        samples.append(SampleText(kind.label, text, size.units, size.parts, size.parts * settings.sms_part_kobo))
    return SendingPage(
        day=today, counts=await overview.counts(read, *span(today)), spent=await overview.spent(read, since),
        cap_kobo=settings.spend_fleet_naira * 100, samples=samples, codes=await people.code_costs(read, since) if people is not None else [],
        codes_kobo={part: money_for(part, settings.spend_codes_naira * 100) for part in CODE_QUARTERS},
    )  # fmt: skip


async def alerts_page(read: ReadSession, ports: Ports, settings: Settings, *, confirmed: bool) -> AlertsPage:
    """Who is told when something is wrong, and what was told lately."""
    return AlertsPage(
        places=await told_by_settings(read, ports, settings), lines=await newest_alerts(read, limit=CASES),
        quiet_minutes=settings.alert_quiet_minutes, confirmed=confirmed,
    )  # fmt: skip


async def told_by_settings(read: ReadSession, ports: Ports, settings: Settings) -> list[tuple[str, str]]:
    """Each channel with whom it reaches; of a number the last digits, of a webhook the host."""
    mail, people = split(settings.alert_mail), ports.find(People)
    found = []
    if OPERATORS in mail and people is not None:
        addresses = await people.addresses(read, await people.operators(read))
        found = [("email", address.name) for address in addresses.values() if address.email]
    found += [("email", to) for to in mail if to not in (OPERATORS, NOBODY_BY_MAIL)]
    found += [("sms", f"the number that ends in {to[-SHOWN_DIGITS:]}") for to in split(settings.alert_sms)]
    if settings.alert_webhook_url:
        found.append(("webhook", urlsplit(settings.alert_webhook_url).hostname or settings.alert_webhook_url))
    return found


async def newest_alerts(read: ReadSession, *, limit: int) -> list[AlertLine]:
    """The newest cases with their messages."""
    return await lines_of(read, await alerts.newest(read, limit))


async def alert_named(read: ReadSession, ref: str) -> AlertLine | None:
    """The case of a name; None while nobody has taken it up."""
    found = await alerts.named(read, ref)
    return (await lines_of(read, [found]))[0] if found is not None else None


async def lines_of(read: ReadSession, found: Sequence[AlertRow]) -> list[AlertLine]:
    """Cases with their messages."""
    messages = await alerts.deliveries_of(read, [case.id for case in found]) if found else []
    return [
        AlertLine(case=case, messages=[one for one in messages if one.alert_id == case.id], is_trial=case.ref.startswith(TRIAL))
        for case in found
    ]
