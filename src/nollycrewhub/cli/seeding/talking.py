"""Some conversations of the sample's known accounts, so that a newcomer finds an inbox that lives. No draw of the other rows changes."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from nollycrewhub.cli.seeding import texts
from nollycrewhub.domains.jobs.models import Job
from nollycrewhub.domains.messages.models import Conversation, Member, Message
from nollycrewhub.domains.messages.service.opening import key_of_pair
from nollycrewhub.domains.users.models import Person
from nollycrewhub.kit.text import fold

FEWEST = 12  # people, below which a sample has no conversations
TALENT, PRODUCER = 1, 2


class Talks(NamedTuple):
    """Rows by table, in the order they are stored."""

    conversations: list[Conversation]
    members: list[Member]
    messages: list[Message]


class Seat(NamedTuple):
    """Somebody in a conversation, who has left so many of the newest messages unread."""

    person: Person
    unread: int = 0
    state: str = "in"
    archived: bool = False


def made_id(rng: random.Random, moment: datetime) -> UUID:
    """A UUIDv7 of a given moment and random bits of the seed."""
    value = (int(moment.timestamp() * 1000) & 0xFFFF_FFFF_FFFF) << 80 | 0x7 << 76
    return UUID(int=value | rng.getrandbits(12) << 64 | 0b10 << 62 | rng.getrandbits(62))


def conversations(
    seed: int, persons: Sequence[Person], jobs: Sequence[Job], applications: Sequence[dict[str, Any]], base: datetime
) -> Talks:  # fmt: skip
    """An application's, one of two each, a group and a request, of the producer and the talent whose password everybody knows."""
    found = Talks([], [], [])
    if len(persons) < FEWEST:
        return found
    rng = random.Random(f"talks of {seed}")  # noqa: S311 - a repeatable sample, no secret
    talent, producer, others = persons[TALENT], persons[PRODUCER], persons[4:FEWEST]
    applied = next((row for row in applications if row["applicant_id"] == talent.id), None)
    job = next((job for job in jobs if applied is not None and job.id == applied["job_id"]), None)
    if applied is not None and job is not None and job.poster_id == producer.id:
        about = ("application", f"application:{applied['id']}", str(applied["id"]), job.title)
        add(found, rng, about, (Seat(producer), Seat(talent, unread=1)), texts.TALK_OF_A_JOB, base - timedelta(hours=5))
    for number, (one, other, lines) in enumerate((
        (others[0], talent, texts.TALK_OF_A_READING), (producer, others[1], texts.TALK_OF_A_GENERATOR), (talent, others[2], texts.TALK_OF_A_BUS),
    )):  # fmt: skip
        seats = (Seat(one, unread=2 if one is producer else 0), Seat(other, unread=2 if other is talent else 0, archived=number == 2))
        add(found, rng, direct(one, other), seats, lines, base - timedelta(hours=9 + 30 * number))
    unit = (Seat(producer), Seat(talent, unread=3), *(Seat(one) for one in others[3:6]))
    add(
        found,
        rng,
        ("group", f"group:{made_id(rng, base)}", "", "Second unit, Enugu"),
        unit,
        texts.TALK_OF_A_UNIT,
        base - timedelta(hours=2),
    )
    for asker, asked, lines in ((others[6], talent, texts.TALK_OF_A_STRANGER), (others[7], producer, texts.TALK_OF_AN_EDITOR)):
        add(found, rng, direct(asker, asked), (Seat(asker), Seat(asked, unread=1, state="asked")), lines, base - timedelta(hours=7))
    return found


def direct(one: Person, other: Person) -> tuple[str, str, str, str]:
    """Kind, key, thing and title of a conversation of two."""
    return "direct", key_of_pair(one.id, other.id), "", ""


def add(
    found: Talks, rng: random.Random, about: tuple[str, str, str, str], seats: Sequence[Seat], lines: Sequence[tuple[int, str]], last: datetime
) -> None:  # fmt: skip
    """One conversation; each line is who says it (by seat) and what, a quarter of an hour apart."""
    kind, key, about_id, title = about
    start = last - timedelta(minutes=15 * len(lines))
    talk = Conversation(
        id=made_id(rng, start), kind=kind, key=key, about_id=about_id, title=title, created_by=seats[0].person.id, created_at=start,
        owner_id=seats[0].person.id if kind == "group" else None, project_id=None, last_n=len(lines), frozen_at=None, changed=0,
    )  # fmt: skip
    found.conversations.append(talk)
    for place, seat in enumerate(seats):
        found.members.append(Member(
            conversation_id=talk.id, person_id=seat.person.id, state=seat.state, asked_by=seats[0].person.id if seat.state == "asked" else None,
            from_n=0, until_n=None, read_n=len(lines) - seat.unread, muted=False, unmuted_n=0, archived=seat.archived, since=start + timedelta(seconds=place),
            changed=0,
        ))  # fmt: skip
    for n, (place, text) in enumerate(lines, start=1):
        said = start + timedelta(minutes=15 * n)
        found.messages.append(Message(
            conversation_id=talk.id, n=n, author_id=seats[place].person.id, client_id=made_id(rng, said), text=text, silent=False, sent_at=said,
            edited_at=None, deleted_at=None, search_text=fold(text), changed=0,
        ))  # fmt: skip
