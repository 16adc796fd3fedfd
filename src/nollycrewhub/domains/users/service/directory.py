"""The talent directory: everybody sees the same lines, made of public fields only."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from nollycrewhub.domains.users import access, repository
from nollycrewhub.domains.users.errors import NoSuchPerson
from nollycrewhub.domains.users.rules import REST, WHOLE, Audience, Spot, is_visible, label, visible
from nollycrewhub.domains.users.schemas import Credit, Language, ProfileRow, Talent, TalentRow, TalentSearch
from nollycrewhub.domains.users.service.finding import corrected
from nollycrewhub.kit import paging
from nollycrewhub.kit.crafts import DEPARTMENTS, LANGUAGES, ROLES
from nollycrewhub.kit.money import MOST_KOBO, UNITS, spoken_pay
from nollycrewhub.kit.places import BY_CODE, place
from nollycrewhub.kit.told import plain, told, what
from nollycrewhub.kit.words import words_of
from nollycrewhub.platform.db import ReadSession
from nollycrewhub.platform.errors import Invalid
from nollycrewhub.platform.storage import Storage

PAGE = 20
MOST_WORDS = 8
AVAILABILITIES = ("free", "ask", "busy")
CHOICES = {
    "role": ROLES,
    "department": tuple(DEPARTMENTS),
    "state": tuple(BY_CODE),
    "language": tuple(LANGUAGES),
    "availability": AVAILABILITIES,
    "rate_unit": tuple(UNITS),
}


FILTERS = frozenset({*TalentSearch.__struct_fields__, "view"})


class People(NamedTuple):
    """A page of the directory, the cursor of the next, and what was read instead of a misspelt word."""

    lines: list[dict[str, Any]]
    next: str | None
    corrected: str | None


def search_of(params: Mapping[str, str]) -> TalentSearch:
    """The directory's filters from the query; an unknown one is named instead of being ignored."""
    given = {name: value for name, value in params.items() if value != ""}
    unknown = next((name for name in given if name not in FILTERS), None)
    if unknown is not None:
        raise Invalid(f"There is no filter {unknown[:40]}.", field=unknown[:40])
    given.pop("view", None)
    try:
        return msgspec.convert(given, TalentSearch, strict=False)
    except msgspec.ValidationError as error:
        field = str(error).rpartition("`$.")[2].rstrip("`") or "query"
        raise Invalid(f"{field} has a value of the wrong kind.", field=field) from error


def checked(search: TalentSearch) -> TalentSearch:
    """The search with known values only; Invalid names the filter."""
    for field, choices in CHOICES.items():
        value = getattr(search, field)
        if value and value not in choices:
            raise Invalid(f"There is no {field} “{value[:40]}” to filter by.", field=field)
    if len(search.q) > 100:
        raise Invalid(told("Search with at most 100 characters."), field="q")
    if len(words_of(search.q)) > MOST_WORDS:
        raise Invalid(told("Search with at most %(most_words)s words.", most_words=MOST_WORDS), field="q")
    page_start(search)
    if search.max_rate is not None and not 0 <= search.max_rate <= MOST_KOBO:
        raise Invalid(f"A rate is from 0 to {MOST_KOBO} kobo.", field="max_rate")
    if not 1 <= search.limit <= paging.MOST:
        raise Invalid(f"limit is a number from 1 to {paging.MOST}.", field="limit")
    return search


def page_start(search: TalentSearch) -> Spot | None:
    """Where the page of a search begins; None for the first one, and Invalid for a cursor that is none of ours or of the other kind of list."""
    if not search.cursor:
        return None
    try:
        if not words_of(search.q):
            return Spot(REST, *paging.decode(search.cursor, datetime, UUID))
        spot = Spot(*paging.decode(search.cursor, int, datetime, UUID))
    except paging.BadCursor as error:
        raise Invalid(what(error), field="cursor") from error
    if not REST <= spot.part <= WHOLE:
        raise Invalid(told("That page address is not one of ours. Start again from the first page."), field="cursor")
    return spot


def canonical_page(given: Mapping[str, str]) -> dict[str, str]:
    """The directory's address in its one spelling; Invalid where the page itself must say what is wrong."""
    search = checked(search_of(given))
    spelt = {name: getattr(search, name) for name in TalentSearch.__struct_fields__}
    spelt["q"] = " ".join(search.q.split())
    if search.max_rate is None or search.rate_unit == "day":
        spelt["rate_unit"] = ""
    return {name: str(value) for name, value in spelt.items() if value not in ("", None) and (name, value) != ("limit", PAGE)}


def canonical_list(given: Mapping[str, str]) -> dict[str, str]:
    """The API's address: the page's, and the form that was asked for."""
    return {**canonical_page(given), **view_of(given)}


def canonical_one(given: Mapping[str, str]) -> dict[str, str]:
    """One person's address in its one spelling: nothing but the form that was asked for."""
    for name in given:
        if name != "view":
            raise Invalid(f"There is no filter {name[:40]} here.", field=name[:40])
    return view_of(given)


def view_of(given: Mapping[str, str]) -> dict[str, str]:
    """The form that was asked for, if any."""
    view = given.get("view", "")
    if view not in ("", "compact", "full"):
        raise Invalid("view is either compact or full.", field="view")
    return {"view": view} if view else {}


async def directory(read: ReadSession, search: TalentSearch, *, compact: bool) -> People:
    """One page of people: with words whom they fit best, without the newest profile first."""
    wanted = checked(search)
    words, correction = await corrected(read, words_of(wanted.q))
    rows = await repository.talent(read, wanted, words, page_start(wanted))
    shown = rows[: wanted.limit]
    following = None
    if len(rows) > wanted.limit:
        last = shown[-1]
        following = paging.encode(*((last.part,) if words else ()), last.updated_at, last.person_id)
    return People([line(row, compact=compact) for row in shown], following, correction)


def short(row: TalentRow | ProfileRow) -> dict[str, Any]:
    """The compact form of a person, as everybody may see it: name, first role, state, rate and the small photo."""
    settings = msgspec.json.decode(row.visibility, type=dict[str, str])

    def shows(field: str) -> bool:
        return is_visible(field, settings, "stranger")

    return {
        "id": str(row.person_id), "handle": row.handle, "name": label(row.name, row.handle, settings, "stranger"),
        "role": row.roles[0] if row.roles and shows("roles") else None, "state": row.state if row.state and shows("state") else None,
        "rate": spoken_pay(row.rate_kobo, unit=row.rate_unit) if row.rate_kobo and shows("rate") else None,
        "photo": photo_path(row.photo_key, "s") if shows("photo") else None,
    }  # fmt: skip


def line(row: TalentRow, *, compact: bool) -> dict[str, Any]:
    """One line of the directory."""
    brief = short(row)
    if compact:
        return brief
    settings = msgspec.json.decode(row.visibility, type=dict[str, str])

    def shows(field: str) -> bool:
        return is_visible(field, settings, "stranger")

    talent = Talent(
        id=row.person_id, handle=row.handle, name=brief["name"], roles=row.roles if shows("roles") else None,
        headline=row.headline if shows("headline") else None,
        location=place(row.town if shows("town") else "", brief["state"] or "") or None, photo=brief["photo"],
        availability=row.availability if shows("availability") else None,
        available_from=row.available_from if shows("available_from") else None, rate=brief["rate"],
        skills=row.skills if shows("skills") else None,
        languages=row.language_codes if shows("languages") else None,
    )  # fmt: skip
    found: dict[str, Any] = msgspec.to_builtins(talent, builtin_types=(date,), enc_hook=plain)
    return {**found, **{name: brief[name] for name in ("name", "rate") if name in found}}


def photo_path(key: str | None, size: str) -> str | None:
    """Where the browser finds a photo."""
    return f"/media/{key}-{size}.webp" if key else None


async def person_page(read: ReadSession, handle: str, viewer_id: UUID | None) -> dict[str, Any]:
    """A person as this viewer may see them; NoSuchPerson when not at all."""
    row, audience = await access.shown_profile(read, handle, viewer_id)
    return person(row, audience)


async def compact_person(read: ReadSession, handle: str) -> dict[str, Any]:
    """A person as everybody may see them, in the compact form; NoSuchPerson when not at all."""
    row, _ = await access.shown_profile(read, handle, None)
    return short(row)


async def public_person(read: ReadSession, handle: str) -> tuple[dict[str, Any], bool]:
    """A person as everybody may see them, and whether members see more."""
    row, audience = await access.shown_profile(read, handle, None)
    settings = msgspec.json.decode(row.visibility, type=dict[str, str])
    return person(row, audience), "members" in settings.values()


async def pictured(read: ReadSession, handle: str, *, storage: Storage) -> tuple[dict[str, Any], bytes]:
    """A person as everybody may see them, with the photo; NoSuchPerson where everybody may not see one."""
    row, audience = await access.shown_profile(read, handle, None)
    shown = person(row, audience)
    content = await storage.get(f"{row.photo_key}-l.webp") if shown.get("photo") else None
    if content is None:
        raise NoSuchPerson
    return shown, content


def person(row: ProfileRow, audience: Audience) -> dict[str, Any]:
    """The fields an audience sees, spoken."""
    settings = msgspec.json.decode(row.visibility, type=dict[str, str])
    hideable = {
        "headline": row.headline,
        "roles": row.roles,
        "departments": [DEPARTMENTS.get(name, name) for name in row.departments],
        "bio": row.bio,
        "state": row.state,
        "town": row.town,
        "photo": photo_path(row.photo_key, "l"),
        "availability": row.availability,
        "available_from": row.available_from,
        "rate": spoken_pay(row.rate_kobo, unit=row.rate_unit) if row.rate_kobo else None,
        "skills": row.skills,
        "languages": [
            {"code": found.code, "name": LANGUAGES.get(found.code, found.code), "level": found.level}
            for found in msgspec.json.decode(row.languages, type=list[Language])
        ],
        "credits": msgspec.to_builtins(msgspec.json.decode(row.credits, type=list[Credit])),
        "links": row.links,
    }
    shown = visible(hideable, settings, audience)
    return {
        "id": str(row.person_id), "handle": row.handle, "name": label(row.name, row.handle, settings, audience),
        "location": place(shown.get("town", ""), shown.get("state", "")) or None, **shown,
    }  # fmt: skip


async def sitemap_handles(read: ReadSession) -> list[str]:
    """Everybody listed."""
    return await repository.listed_handles(read)
