"""/me/profile: the whole profile as one form. Saving it unchanged changes nothing, whatever the API stored."""

from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.datastructures import UploadFile

from nollycrewhub.domains.users import service
from nollycrewhub.domains.users.rules import HIDEABLE, last_year
from nollycrewhub.domains.users.schemas import FIRST_YEAR, Credit, Language, ProfileRow, ProfileUpdate
from nollycrewhub.domains.users.schemas.props import ProfilePage
from nollycrewhub.domains.users.service.directory import photo_path
from nollycrewhub.kit.crafts import DEPARTMENTS, LANGUAGES, ROLE_NAMES
from nollycrewhub.kit.money import NotAnAmount, naira, parse_naira
from nollycrewhub.kit.places import STATES
from nollycrewhub.kit.time import lagos_day
from nollycrewhub.kit.told import told, what
from nollycrewhub.platform.context import AnyRequest
from nollycrewhub.platform.db import ReadSession, WriteSession
from nollycrewhub.platform.errors import Problem
from nollycrewhub.platform.sessions import Sessions, Viewer
from nollycrewhub.platform.storage import Storage
from nollycrewhub.web.forms import chosen_first, convert, joined, one_sign_a_line, split_by
from nollycrewhub.web.page import go, page

STATE_OPTIONS = [(state.code, state.name) for state in STATES]
DEPARTMENT_OPTIONS = list(DEPARTMENTS.items())
LANGUAGE_OPTIONS = list(LANGUAGES.items())
ROLE_OPTIONS: list[tuple[str, str]] = list(ROLE_NAMES.items())
LISTS = ("roles", "departments", "languages")
MOST_YEAR = 2100  # what reads as a year in a line; which years a credit may have is asked later
CREDIT_FORM = told("Write one credit a line: Title | what you did | year.")
# Where the form says something else than the API, about the field it shows.
SAID = {"rate_kobo": ("rate", told("That amount is too large.")), "name": ("name", told("Write your name, in at most 80 characters."))}


def is_year(text: str) -> bool:
    """Whether it reads as the year of a film."""
    return text.isascii() and text.isdecimal() and len(text) == 4 and FIRST_YEAR <= int(text) <= MOST_YEAR


def credit_line(credit: Credit) -> str:
    """`Title | role | year`, without what is not known at the end."""
    parts = [credit.title, credit.role, str(credit.year or "")]
    while len(parts) > 1 and not parts[-1]:
        parts.pop()
    if len(parts) == 2 and is_year(credit.role):
        parts.append("")
    return joined(parts, "|", " | ")


def credit_of(line: str) -> dict[str, Any]:
    """A line as a credit, `Title | 2019` too; ValueError says how to write it."""
    parts = split_by("|", line)
    if len(parts) == 2 and is_year(parts[1]):
        parts.insert(1, "")
    title, role, year = [*parts, "", ""][:3]
    if len(parts) > 3:
        raise ValueError(CREDIT_FORM)
    if year and not is_year(year):
        first, last = FIRST_YEAR, last_year(lagos_day())
        raise ValueError(
            told("Write one credit a line: Title | what you did | year. A year is from %(first)s to %(last)s.", first=first, last=last)
        )
    return {"title": title, "role": role, "year": int(year) if year else None}


def raw_of(row: ProfileRow) -> dict[str, Any]:
    """The stored profile as the form's fields."""
    languages = msgspec.json.decode(row.languages, type=list[Language])
    credits_ = msgspec.json.decode(row.credits, type=list[Credit])
    return {
        "name": row.name, "headline": row.headline, "bio": row.bio, "state": row.state, "town": row.town,
        "availability": row.availability, "available_from": row.available_from.isoformat() if row.available_from else "",
        "rate": naira(row.rate_kobo) if row.rate_kobo is not None else "",
        "rate_unit": row.rate_unit, "roles": row.roles, "departments": row.departments,
        "skills": joined(row.skills, ",", ", "), "languages": [language.code for language in languages],
        "levels": {language.code: language.level for language in languages},
        "credits": "\n".join(credit_line(credit) for credit in credits_),
        "links": "\n".join(row.links), "listed": row.listed, "visibility": msgspec.json.decode(row.visibility),
    }  # fmt: skip


def profile_page(raw: dict[str, Any], errors: dict[str, str], *, saved: bool, photo: str | None) -> Response[bytes]:
    """The profile form."""
    props = ProfilePage(
        raw=raw, errors=errors, saved=saved, states=STATE_OPTIONS, roles=chosen_first(ROLE_OPTIONS, raw["roles"]),
        departments=chosen_first(DEPARTMENT_OPTIONS, raw["departments"]),
        languages=chosen_first(LANGUAGE_OPTIONS, raw["languages"]), photo=photo,
    )  # fmt: skip
    return page("users/profile.html", props, title=told("My profile"), status=422 if errors else 200)


@get("/me/profile", access="member", include_in_schema=False)
async def edit_profile(read: ReadSession, member: Viewer, saved: bool = False) -> Response[bytes]:
    """The form with what is stored."""
    row = await service.own_profile(read, member.person_id)
    return profile_page(raw_of(row), {}, saved=saved, photo=photo_path(row.photo_key, "s"))


def lines(text: str) -> list[str]:
    """Non-empty lines."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def update_of(raw: Mapping[str, Any]) -> tuple[ProfileUpdate | None, dict[str, str]]:
    """The form's fields as an update, or a sentence for each field that cannot be read."""
    errors: dict[str, str] = {}
    rate, credits_ = None, []
    try:
        rate = parse_naira(raw["rate"]) if raw.get("rate", "").strip() else None
    except NotAnAmount as error:
        errors["rate"] = what(error)
    try:
        credits_ = [credit_of(line) for line in lines(raw.get("credits", ""))]
    except ValueError as error:
        errors["credits"] = what(error)
    values = {
        **{name: raw[name] for name in ("name", "headline", "state", "town", "available_from") if raw.get(name)},
        "bio": one_sign_a_line(raw.get("bio", "")),
        "availability": raw.get("availability") or "ask", "rate_kobo": rate, "rate_unit": raw.get("rate_unit") or "day",
        "roles": raw["roles"], "departments": raw["departments"],
        "skills": [skill for skill in split_by(",", raw.get("skills", "")) if skill],
        "languages": [{"code": code, "level": raw.get(f"level-{code}") or "good"} for code in raw["languages"]],
        "credits": credits_, "links": lines(raw.get("links", "")), "listed": raw.get("listed") == "yes",
        "visibility": {name: raw[f"see-{name}"] for name in HIDEABLE if raw.get(f"see-{name}")},
    }  # fmt: skip
    form = convert(values, dict(raw), ProfileUpdate)
    errors.update(SAID.get(name, (name, sentence)) for name, sentence in form.errors.items())
    return (None if errors else form.value), errors


@post("/me/profile", access="member", include_in_schema=False)
async def save_profile(
    request: AnyRequest, read: ReadSession, write: WriteSession, member: Viewer, sessions: Sessions, storage: Storage
) -> Response[bytes]:  # fmt: skip
    """Saves, or shows the form again with what is wrong."""
    form = await request.form()
    raw: dict[str, Any] = {name: str(value) for name, value in form.items() if not isinstance(value, UploadFile)}
    for name in LISTS:
        raw[name] = [str(value) for value in form.getall(name, [])]
    update, errors = update_of(raw)
    if update is not None:
        try:
            await service.save_profile(write, member.person_id, update, storage=storage, sessions=sessions)
        except Problem as error:
            errors = {error.field or "": error.detail}
        else:
            return go("/me/profile?saved=true")
    raw["levels"] = {code: raw.get(f"level-{code}", "good") for code in raw["languages"]}
    raw["visibility"] = {name: raw.get(f"see-{name}", "public") for name in HIDEABLE}
    raw["listed"] = raw.get("listed") == "yes"
    stored = await service.own_profile(read, member.person_id)
    return profile_page(raw, errors, saved=False, photo=photo_path(stored.photo_key, "s"))


PAGES = (edit_profile, save_profile)
