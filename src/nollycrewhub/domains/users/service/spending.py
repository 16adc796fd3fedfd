"""What codes by SMS may cost in a day: a cap of their own, so that notices never starve whoever signs in, and a flood of codes has its bound.

Whoever asks by a number is refused at the cap before anything is looked up, with an account or without.
"""

from nollycrewhub.contracts.events import SpendCapped
from nollycrewhub.domains.users import repository
from nollycrewhub.domains.users.errors import CodesSpent
from nollycrewhub.kit.gsm import size_of
from nollycrewhub.kit.time import lagos_day, left_of_day, utcnow
from nollycrewhub.platform.db import WriteSession
from nollycrewhub.platform.events import emit
from nollycrewhub.platform.settings import Settings


def spent_up() -> CodesSpent:
    """The refusal, until midnight in Lagos."""
    return CodesSpent(retry_after=max(60, int(left_of_day(utcnow()))))


async def refuse_when_spent(session: WriteSession, settings: Settings, phone: str | None) -> None:
    """Raises CodesSpent when the day has no money left for one more part, where it would go to a number."""
    if phone is not None and await repository.spent_on_codes(session, lagos_day()) + settings.sms_part_kobo > cap_of(settings):
        raise spent_up()


async def count_code(session: WriteSession, settings: Settings, text: str) -> None:
    """Counts a text message before it is queued, or raises CodesSpent. Operators are told by the one after which none can be paid."""
    day, cost = lagos_day(), size_of(text).parts * settings.sms_part_kobo
    spent = await repository.count_code(session, day, cost, cap=cap_of(settings))
    if spent is None:
        raise spent_up()
    last = cap_of(settings) - settings.sms_part_kobo
    if spent > last >= spent - cost:
        await emit(session, SpendCapped(
            aggregate_id=f"spend-codes:{day}", version=1, day=day.isoformat(), spent_kobo=spent, cap_kobo=cap_of(settings), what="codes",
        ))  # fmt: skip


def cap_of(settings: Settings) -> int:
    """The cap in kobo."""
    return settings.spend_codes_naira * 100
