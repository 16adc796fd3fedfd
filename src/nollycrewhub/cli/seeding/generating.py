"""Makes the sample rows from a seed. No clock: every date hangs on the base moment that is given."""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from nollycrewhub.cli.seeding import names, texts
from nollycrewhub.cli.seeding.talking import Talks, conversations, made_id
from nollycrewhub.domains.jobs.models import Job
from nollycrewhub.domains.jobs.rules.indexing import vocabulary
from nollycrewhub.domains.jobs.service.listings import listing_of, refresh
from nollycrewhub.domains.users.models import Person, Profile
from nollycrewhub.domains.users.service.finding import documents, findable
from nollycrewhub.kit.crafts import CATEGORIES, LANGUAGES, SKILLS
from nollycrewhub.kit.places import STATES, State
from nollycrewhub.kit.text import handle
from nollycrewhub.kit.told import as_json

KNOWN_JOB = 12345
ACCOUNTS = (
    ("test@example.com", "Test Actor", ["actor"], False),
    ("talent@example.com", "Adaeze Nwosu", ["actor"], False),
    ("producer@example.com", "Ọmọlará Adéyẹmí", ["producer"], False),
    ("operator@example.com", "Operator", ["crew"], True),
)
AGENTS = (50, 17)  # one person in so many, from that one on; no draw, so that everybody else stays who they were
HOURLY = (12, 5)  # the same for listings paid by the hour
HOURS = 10  # of a day's pay
WEIGHTS = [12 if state.code == "LA" else 4 if state.code in ("EN", "AN", "DE", "KN", "FC", "OY", "RI", "ED") else 1 for state in STATES]


class Sample(NamedTuple):
    """Rows by table, in the order they are stored."""

    persons: list[Person]
    profiles: list[Profile]
    jobs: list[Job]
    applications: list[dict[str, Any]]
    words: set[str]
    talks: Talks


def generate(*, users: int, jobs: int, applications: int, seed: int, base: datetime, password_hash: str) -> Sample:
    """The whole sample."""
    rng = random.Random(seed)  # noqa: S311 - a repeatable sample, no secret
    base = base.astimezone(UTC)
    persons, profiles = people(rng, users, base, password_hash)
    listings, words = listed(rng, jobs, base, persons)
    answers = applied(rng, applications, listings, persons, base)
    return Sample(persons, profiles, listings, answers, words, conversations(seed, persons, listings, answers, base))


def people(rng: random.Random, count: int, base: datetime, password_hash: str) -> tuple[list[Person], list[Profile]]:
    """Accounts with profiles: the four known ones first, then all states in turn, then by weight."""
    persons, profiles, taken = [], [], set()
    for number in range(count):
        moment = base - timedelta(days=rng.randrange(1, 700), seconds=rng.randrange(86_400))
        state = STATES[number % len(STATES)] if number < len(STATES) * 3 else rng.choices(STATES, WEIGHTS)[0]
        email, name, roles, operator = ACCOUNTS[number] if number < len(ACCOUNTS) else ("", "", [], False)
        if not name:
            first, last = names.BY_STATE[state.code]
            name = f"{rng.choice(first.split())} {rng.choice(last.split())}"
            email = f"sample{number}@example.com"
        own = handle(name)
        while own in taken:
            own = f"{handle(name)}-{rng.randrange(1000, 999_999)}"
        taken.add(own)
        person = Person(
            id=made_id(rng, moment), handle=own, name=name, email=email, phone=None, password_hash=password_hash,
            google_sub=None, email_confirmed_at=moment, phone_confirmed_at=None, operator=operator, banned_at=None, banned_reason="",
            locale="en", locale_chosen=False, version=1, created_at=moment, updated_at=moment,
        )  # fmt: skip
        persons.append(person)
        profile = profile_of(rng, person, state, roles, moment)
        if number % AGENTS[0] == AGENTS[1]:
            make_agent(profile, number, state)
        profile.search_text, profile.search = documents(findable(person, profile))
        profiles.append(profile)
    return persons, profiles


def profile_of(rng: random.Random, person: Person, state: State, roles: list[str], moment: datetime) -> Profile:
    """A profile that fits the place and the craft."""
    category = rng.choice(CATEGORIES)
    town = rng.choice(state.towns)
    codes = list(dict.fromkeys(["en", *rng.sample(("pcm", *names.STATE_LANGUAGES[state.code]), k=rng.randrange(1, 3))]))
    own_roles = roles or (
        ["actor"] if category.kind == "casting" else [rng.choice(("crew", "crew", "crew", "producer", "writer", "director"))]
    )
    amount = rng.randrange(2, 60) * 500_000 if rng.random() < 0.7 else None
    year = rng.randrange(2008, 2026)
    credits_ = [{"title": film_title(rng), "role": category.name, "year": rng.randrange(year, 2027)} for _ in range(rng.randrange(0, 5))]
    return Profile(
        person_id=person.id, headline=category.name,
        bio=rng.choice(texts.BIOS).format(n=rng.randrange(2, 40), year=year, state=state.name, town=town, genre=rng.choice(texts.GENRES)),
        state=state.code, town=town, photo_key=None, availability=rng.choice(("free", "free", "ask", "busy")),
        available_from=None, rate_kobo=amount, rate_unit="day", skills=sorted(rng.sample(SKILLS, k=rng.randrange(1, 6))),
        roles=own_roles, departments=[category.department],
        languages=[{"code": code, "level": "native" if n else "fluent"} for n, code in enumerate(codes)],
        language_codes=codes, credits=credits_, links=[], listed=person.operator is False and rng.random() < 0.8,
        visibility={"rate": "members"} if rng.random() < 0.2 else {}, updated_at=moment,
    )  # fmt: skip


def make_agent(profile: Profile, number: int, state: State) -> None:
    """Turns a profile into that of somebody who speaks for others: no craft, no films and no day rate of their own."""
    profile.roles, profile.departments, profile.credits, profile.rate_kobo = ["agent"], [], [], None
    profile.headline = texts.AGENT_HEADLINES[number % len(texts.AGENT_HEADLINES)]
    profile.bio = texts.AGENT_BIOS[number % len(texts.AGENT_BIOS)].format(n=4 + number % 31, state=state.name)


def film_title(rng: random.Random) -> str:
    """An invented film."""
    return f"{rng.choice(names.FIRST_TITLE.split('|'))} {rng.choice(names.LAST_TITLE.split('|'))}"


def listed(rng: random.Random, count: int, base: datetime, persons: list[Person]) -> tuple[list[Job], set[str]]:
    """Listings with ids from 1; 12345 is the known one of the producer."""
    posters = persons[: max(len(persons) // 10, 5)]
    found, words = [], set[str]()
    for number in range(1, count + 1):
        job = known_job(persons[2], base) if number == KNOWN_JOB else job_of(rng, number, base, rng.choice(posters))
        refresh(job)
        words.update(vocabulary(listing_of(job)))
        found.append(job)
    if count < KNOWN_JOB:
        job = known_job(persons[2], base)
        refresh(job)
        words.update(vocabulary(listing_of(job)))
        found.append(job)
    return found, words


def known_job(poster: Person, base: datetime) -> Job:
    """The listing that the plan's load test asks for by number."""
    return Job(
        id=KNOWN_JOB, poster_id=poster.id, title="Lead actress, Igbo-speaking", kind="casting", category="lead-actor",
        company="Ọmọlará Pictures", state="EN", town="Enugu", pay_amount=15_000_000, pay_currency="NGN", pay_unit="day",
        pay_terms="paid", skills=["Singing"], languages=["ig", "en"], experience="some", wanted=1, starts_on=None,
        ends_on=None, deadline=None, status="open", held_reason="", closed_at=None, version=1,
        description="We are shooting a village drama near Enugu. You carry most scenes, speak Igbo as at home and are easy "
        "with long takes. Feeding, transport and a room are on us. Nobody pays anything to apply.",
        created_at=base - timedelta(days=4), posted_at=base - timedelta(days=4), updated_at=base - timedelta(days=4),
    )  # fmt: skip


def job_of(rng: random.Random, number: int, base: datetime, poster: Person) -> Job:
    """One invented listing."""
    category, state = rng.choice(CATEGORIES), rng.choices(STATES, WEIGHTS)[0]
    town, house, genre = rng.choice(state.towns), rng.choice(names.HOUSES), rng.choice(texts.GENRES)
    code = rng.choice(("en", "pcm", *names.STATE_LANGUAGES[state.code]))
    fields = {
        "name": category.name, "language": LANGUAGES[code], "genre": genre,
        "town": town, "low": rng.randrange(18, 40), "high": rng.randrange(41, 65), "weeks": rng.randrange(2, 9), "company": house,
    }  # fmt: skip
    article = "an" if genre[0] in "aeiou" else "a"
    fields |= {"a_genre": f"{article} {genre}", "a_genre_start": f"{article.capitalize()} {genre}"}
    titles, lines = (texts.CAST_TITLES, texts.CAST_LINES) if category.kind == "casting" else (texts.CREW_TITLES, texts.CREW_LINES)
    text = " ".join(part.format(**fields) for part in (rng.choice(texts.OPENINGS), *rng.sample(lines, 2), *rng.sample(texts.CLOSINGS, 2)))
    terms = rng.choices(("paid", "unpaid", "deferred"), (88, 8, 4))[0]
    posted = base - timedelta(seconds=int(rng.random() ** 2 * 120 * 86_400))
    starts = posted.date() + timedelta(days=rng.randrange(7, 60)) if rng.random() < 0.7 else None
    deadline = base.date() + timedelta(days=rng.randrange(1, 60)) if rng.random() < 0.6 else None
    status = "open" if rng.random() < 0.85 else "closed"
    job = Job(
        id=number, poster_id=poster.id, title=rng.choice(titles).format(**fields), kind=category.kind,
        category=category.slug, company=house, state=state.code, town=town,
        pay_amount=rng.randrange(1, 80) * 500_000 if terms == "paid" else None, pay_currency="NGN",
        pay_unit=rng.choices(("day", "week", "month", "project"), (6, 2, 1, 2))[0], pay_terms=terms, description=text,
        skills=sorted(rng.sample(SKILLS, k=rng.randrange(0, 4))), languages=[code],
        experience=rng.choice(("any", "beginner", "some", "expert")), wanted=rng.choice((1, 1, 1, 2, 4, 20)),
        starts_on=starts, ends_on=ends(rng, starts), deadline=deadline, status=status, held_reason="", version=1,
        created_at=posted, posted_at=posted, updated_at=posted, closed_at=posted if status == "closed" else None,
    )  # fmt: skip
    if job.pay_unit == "day" and number % HOURLY[0] == HOURLY[1]:
        job.pay_unit, job.pay_amount = "hour", job.pay_amount and job.pay_amount // HOURS
    return job


def ends(rng: random.Random, starts: date | None) -> date | None:
    """A last day after the first."""
    return starts + timedelta(days=rng.randrange(3, 40)) if starts else None


def applied(rng: random.Random, count: int, jobs: list[Job], persons: list[Person], base: datetime) -> list[dict[str, Any]]:
    """Applications: one a person and listing, nobody to their own, all answered where the listing is closed."""
    known = next(job for job in jobs if job.id == KNOWN_JOB)
    pairs: dict[tuple[int, UUID], dict[str, Any]] = {}
    while len(pairs) < count:
        job = known if len(pairs) < min(12, count) else rng.choice(jobs)
        person = persons[1] if not pairs else rng.choice(persons)
        if job.poster_id == person.id or (job.id, person.id) in pairs:
            continue
        waiting = rng.choices(("applied", "reviewed", "shortlisted", "offered"), (70, 18, 9, 3))[0]
        status = waiting if job.status == "open" else rng.choice(("declined", "declined", "declined", "hired"))
        start = job.posted_at or base
        moment = start + (base - start) * rng.random()
        pairs[job.id, person.id] = {
            "id": made_id(rng, moment), "job_id": job.id, "applicant_id": person.id, "note": rng.choice(texts.NOTES),
            "rate_kobo": rng.randrange(2, 60) * 500_000 if rng.random() < 0.4 else None, "rate_unit": "day",
            "status": status, "created_at": moment, "moved_at": moment, "version": 1 if status == "applied" else 2,
        }  # fmt: skip
    return list(pairs.values())


def json_text(value: object) -> str:
    """A jsonb value for COPY."""
    return as_json(value).decode()
