"""The sample data: whatever a filter offers is found in it, and the same seed makes the same."""

from collections import Counter
from datetime import UTC, datetime
from typing import get_args

import msgspec
import pytest

from nollycrewhub.cli.seeding.generating import Sample, generate, json_text
from nollycrewhub.cli.seeding.loading import COMPUTED
from nollycrewhub.domains.jobs.schemas import Experience, JobInput, Kind, Terms, Unit
from nollycrewhub.kit.crafts import CATEGORIES, ROLES
from nollycrewhub.kit.places import BY_CODE

BASE = datetime(2026, 11, 1, tzinfo=UTC)


def made() -> Sample:
    """A small sample."""
    return generate(users=600, jobs=2500, applications=800, seed=1, base=BASE, password_hash="none")


@pytest.fixture(scope="module")
def sample() -> Sample:
    """One for all tests."""
    return made()


def test_each_role_and_each_state_has_people_who_can_be_found(sample: Sample) -> None:
    listed = [profile for profile in sample.profiles if profile.listed]
    roles = Counter(role for profile in listed for role in profile.roles)
    assert set(roles) == set(ROLES)
    assert len(listed) / 100 < roles["agent"] < len(listed) / 20, "a few in a hundred"
    assert {profile.state for profile in listed} == set(BY_CODE)


def test_an_agent_has_no_craft_of_their_own_and_is_found_as_one(sample: Sample) -> None:
    for profile in sample.profiles:
        if "agent" in profile.roles:
            assert (profile.departments, profile.credits, profile.rate_kobo) == ([], [], None)
            assert "agent" in profile.search and "{" not in profile.bio


def test_each_kind_of_work_pay_and_place_has_listings(sample: Sample) -> None:
    for field, wanted in (
        ("kind", get_args(Kind)), ("pay_unit", get_args(Unit)), ("pay_terms", get_args(Terms)), ("experience", get_args(Experience)),
        ("state", BY_CODE), ("category", [category.slug for category in CATEGORIES]), ("status", ("open", "closed")),
    ):  # fmt: skip
        assert {getattr(job, field) for job in sample.jobs} == set(wanted), field
    assert {row["status"] for row in sample.applications} == {"applied", "reviewed", "shortlisted", "offered", "hired", "declined"}


def test_each_listing_is_one_that_could_be_posted(sample: Sample) -> None:
    for job in sample.jobs:
        pay = {"amount": job.pay_amount, "unit": job.pay_unit, "terms": job.pay_terms}
        names = ("title", "kind", "category", "company", "state", "town", "description", "skills", "languages", "experience", "wanted")
        msgspec.convert({**{name: getattr(job, name) for name in names}, "pay": pay}, JobInput)


def test_each_column_that_must_hold_something_does(sample: Sample) -> None:
    talks = sample.talks
    empty = {
        f"{column.table}.{column.name}"
        for rows in (sample.persons, sample.profiles, sample.jobs, talks.conversations, talks.members, talks.messages)
        for column in type(rows[0]).__table__.columns
        if not column.nullable and column.name not in COMPUTED and any(getattr(row, column.name) is None for row in rows)
    }
    assert empty == set()


def test_credits_can_be_stored_and_are_english(sample: Sample) -> None:
    roles = {credit["role"] for profile in sample.profiles for credit in msgspec.json.decode(json_text(profile.credits))}
    assert roles and roles <= {category.name for category in CATEGORIES}


def test_the_same_seed_makes_the_same(sample: Sample) -> None:
    again = made()
    assert [(job.id, job.title, job.poster_id) for job in again.jobs] == [(job.id, job.title, job.poster_id) for job in sample.jobs]
    assert [profile.bio for profile in again.profiles] == [profile.bio for profile in sample.profiles]
    assert again.applications == sample.applications


def test_a_newcomer_finds_an_inbox_that_lives(sample: Sample) -> None:
    talks, members, messages = sample.talks
    known = {person.email: person.id for person in sample.persons[:4]}
    for email in ("talent@example.com", "producer@example.com"):
        mine = {seat.conversation_id: seat for seat in members if seat.person_id == known[email]}
        assert Counter(seat.state for seat in mine.values())["asked"] == 1 and len(mine) >= 4
        assert any(seat.read_n < talk.last_n for talk in talks if (seat := mine.get(talk.id)) and seat.state == "in")
    assert {talk.kind for talk in talks} == {"direct", "application", "group"}
    assert len({talk.key for talk in talks}) == len(talks)
    for talk in talks:
        said = [message for message in messages if message.conversation_id == talk.id]
        seats = {seat.person_id: seat for seat in members if seat.conversation_id == talk.id}
        assert [message.n for message in said] == list(range(1, talk.last_n + 1))
        assert len({message.client_id for message in said}) == len(said)
        assert all(message.author_id in seats and message.sent_at < BASE for message in said)
        for person_id, seat in seats.items():
            unread = [message for message in said if message.n > seat.read_n]
            assert all(message.author_id != person_id for message in unread), "nobody has their own words unread"
        if talk.kind != "group":
            assert len(seats) == 2


def test_each_profile_can_be_stored(sample: Sample) -> None:
    for profile in sample.profiles:
        for value in (profile.credits, profile.languages, profile.visibility):
            assert msgspec.json.decode(json_text(value)) == value, "JSON knows plain texts, and none that wait for a reader's language"
