"""Suggestions while typing: read by everyone, renewed from what a listing is now, not from what an event said it was."""

from collections import Counter
from collections.abc import Mapping

from nollycrewhub.domains.jobs.repository import suggesting as repository
from nollycrewhub.domains.jobs.rules.search import LONGEST_TEXT
from nollycrewhub.domains.jobs.rules.suggesting import between, folded, phrases
from nollycrewhub.domains.jobs.schemas import Suggestion
from nollycrewhub.kit.crafts import category_name
from nollycrewhub.platform.db import ReadSession, WriteSession
from nollycrewhub.platform.httpcache import touch

MOST_SUGGESTED = 8
BATCH = 200


def canonical_suggest(given: Mapping[str, str]) -> dict[str, str]:
    """The one spelling of what is typed: `Ṣọl` and `sol ` ask the same."""
    start = folded(given.get("q", "")[:LONGEST_TEXT])
    return {"q": start} if between(start) else {}


async def suggestions(read: ReadSession, typed: str) -> list[Suggestion]:
    """Terms that begin so, the most used first; none while fewer than two letters are typed."""
    stretch = between(typed[:LONGEST_TEXT])
    return await repository.starting(read, *stretch, limit=MOST_SUGGESTED) if stretch else []


async def renew_suggestions(session: WriteSession, job_ids: list[int]) -> None:
    """Makes the sums fit these listings as they are now. Doing it twice, or late, or in any order ends the same."""
    await repository.hold(session, job_ids)
    now = {
        job.id: phrases(job.title, category_name(job.category), job.town, job.skills) for job in await repository.open_now(session, job_ids)
    }
    before = await repository.before(session, job_ids)
    counts: Counter[tuple[str, int]] = Counter()
    labels: dict[str, str] = {}
    for job_id in job_ids:
        terms, old = now.get(job_id, {}), before.get(job_id, [])
        slot = job_id % repository.SLOTS
        counts.update((term, slot) for term in terms)
        counts.subtract((term, slot) for term in old)
        labels.update(terms)
        if list(terms) != old:
            await repository.store(session, job_id, list(terms))
    changes = {place: (labels.get(place[0], ""), count) for place, count in counts.items() if count}
    if changes:
        touch(session, lists=("suggest",))
    await repository.add(session, changes)


async def renew_next(session: WriteSession, after: int) -> int | None:
    """Renews a batch of listings after this one; where the next batch begins, None at the end."""
    job_ids = await repository.next_ids(session, after, limit=BATCH)
    if not job_ids:
        return None
    await renew_suggestions(session, job_ids)
    return job_ids[-1]
