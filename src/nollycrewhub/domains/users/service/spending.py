"""What codes by SMS may cost in a day: a cap of their own, so that notices never starve whoever signs in, and a flood of codes has its bound.

The day's money has three parts, and none takes from another (`rules.part_of`): what strangers can have sent to any number is
one, so numbers that are confirmed go on getting their codes however many others ask. And a neighbourhood asks for so many only.
Whoever asks by a number is refused before anything is looked up, with an account or without.
"""

from nollycrewhub.contracts.events import SpendCapped
from nollycrewhub.contracts.users import CodePart, money_for
from nollycrewhub.domains.users import repository
from nollycrewhub.domains.users.errors import CodesSpent
from nollycrewhub.kit.gsm import size_of
from nollycrewhub.kit.time import lagos_day, left_of_day, utcnow
from nollycrewhub.kit.told import told
from nollycrewhub.platform.db import WriteSession
from nollycrewhub.platform.errors import TooMany
from nollycrewhub.platform.events import emit
from nollycrewhub.platform.ratelimit import Limiter
from nollycrewhub.platform.settings import Settings

DAY = 86_400
# Thousands of people share one /24 of a mobile network, but few of them ask in the same hour: sixty at once is a whole crew that
# joins from one set. With what comes back meanwhile a neighbourhood has 119 in its first hour and 480 in its first day, 240 a day
# after that: a quarter of what joining may cost by one part each, half of it by two, so no single one spends it.
FROM_A_NEIGHBOURHOOD = {3600: 60, DAY: 240}
# A code that keeps the way back. While fewer are left none is sent, of one part neither: what a number is sent would show by whether
# it can still be paid, and with it whether the number has an account.
LARGEST = 2


async def admit(limiter: Limiter, neighbourhood: str) -> None:
    """Counts what is asked for by a number, sent or not; TooMany past a neighbourhood's limits."""
    for per, limit in FROM_A_NEIGHBOURHOOD.items():
        try:
            await limiter.check(f"codes:from:{neighbourhood}", limit=limit, per=per)
        except TooMany as refused:
            left = refused.retry_after
            said = told(
                "Many codes by SMS were asked for from your network. Please wait %(left)s seconds, or use an e-mail address.", left=left
            )
            raise TooMany(said, retry_after=left) from None


def spent_up() -> CodesSpent:
    """The refusal, until midnight in Lagos."""
    return CodesSpent(retry_after=max(60, int(left_of_day(utcnow()))))


async def refuse_when_spent(session: WriteSession, settings: Settings, part: CodePart) -> None:
    """Raises CodesSpent when that part of the day's money has nothing left for one more code."""
    spent, whole = await repository.spent_on_codes(session, lagos_day(), part=part)
    room, cap = LARGEST * settings.sms_part_kobo, cap_of(settings)
    if spent + room > money_for(part, cap) or whole + room > cap:
        raise spent_up()


async def count_code(session: WriteSession, settings: Settings, text: str, *, part: CodePart) -> None:
    """Counts a text message before it is queued, or raises CodesSpent. Operators are told by the one after which none can be paid."""
    day, cost, most = lagos_day(), size_of(text).parts * settings.sms_part_kobo, money_for(part, cap_of(settings))
    room = max(cost, LARGEST * settings.sms_part_kobo)
    spent = await repository.count_code(session, day, cost, room=room, part=part, most=most, cap=cap_of(settings))
    if spent is None:
        raise spent_up()
    if spent + LARGEST * settings.sms_part_kobo > most:
        await emit(session, SpendCapped(
            aggregate_id=f"spend-codes-{part}:{day}", version=1, day=day.isoformat(), spent_kobo=spent, cap_kobo=most, what=f"codes-{part}",
        ))  # fmt: skip


def cap_of(settings: Settings) -> int:
    """The cap in kobo."""
    return settings.spend_codes_naira * 100
