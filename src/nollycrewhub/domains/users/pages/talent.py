"""/talent: the directory and a person's page, the same bytes for everybody."""

from typing import Any

import msgspec
from litestar import Response, get

from nollycrewhub.domains.users import service
from nollycrewhub.domains.users.errors import NoSuchPerson
from nollycrewhub.domains.users.pages.profile import DEPARTMENT_OPTIONS, LANGUAGE_OPTIONS, STATE_OPTIONS
from nollycrewhub.domains.users.rules import NAMELESS
from nollycrewhub.domains.users.schemas.props import PersonPage, TalentPage
from nollycrewhub.domains.users.service.directory import FILTERS
from nollycrewhub.kit.money import naira
from nollycrewhub.kit.told import told
from nollycrewhub.platform.context import AnyRequest
from nollycrewhub.platform.db import ReadSession
from nollycrewhub.platform.errors import Invalid
from nollycrewhub.platform.httpcache import shared
from nollycrewhub.platform.sessions import Viewer
from nollycrewhub.platform.settings import Settings
from nollycrewhub.platform.storage import Storage
from nollycrewhub.web import parts
from nollycrewhub.web.cards import Card, Unreadable, picture
from nollycrewhub.web.filters import Filters
from nollycrewhub.web.page import page, query, site_card

SITEMAP = '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
NARROWING = ("q", "role", "department", "state", "language", "availability", "free_by", "max_rate", "rate_unit")
FILTERS_OF_PAGE = Filters(
    FILTERS - {"view"}, service.canonical_page, refusal=Invalid, in_naira={"rate": "max_rate"},
    said={
        "cursor": told("That page is of another search. This is the first page."),
        "free_by": told("Write a date, for example 2026-12-24."),
    },
)  # fmt: skip


def nameless_of(people: list[dict[str, Any]]) -> frozenset[str]:
    """Handles of those whose name is hidden here: a figure stands for them instead of initials."""
    return frozenset(one["handle"] for one in people if one["handle"].startswith(NAMELESS) and one["name"].startswith("Member "))


def text_of(one: dict[str, Any]) -> str:
    """What a card holds of a person's own words."""
    return " ".join(one.get(name) or "" for name in ("name", "headline", "location", "rate", "handle"))


@get(
    "/talent", access="public", tagged=True, include_in_schema=False,
    cached=shared("talent-page", by_language=True, lists=("talent",), thing=service.WITHDRAWN, canonical=FILTERS_OF_PAGE.canonical_page, daily=True),
)  # fmt: skip
async def talent_page(request: AnyRequest, read: ReadSession, settings: Settings) -> Response[bytes]:
    """Search, filters, people."""
    given = dict(request.query_params.items())
    asked, errors = FILTERS_OF_PAGE.usable(given)
    search = service.search_of(asked)
    found = await service.directory(read, search, compact=False)
    if (count := parts.fitting([text_of(one) for one in found.lines])) < len(found.lines):
        found = await service.directory(read, msgspec.structs.replace(search, limit=count), compact=False)
    kept = {name: asked[name] for name in NARROWING if name in asked}
    rate = naira(search.max_rate).removeprefix("₦") if search.max_rate is not None else given.get("rate", "")[:80]
    props = TalentPage(
        people=found.lines, corrected=found.corrected, nameless=nameless_of(found.lines), search=search, raw={"rate": rate, "free_by": asked.get("free_by") or given.get("free_by", "")[:20]}, errors=errors, kept=kept,
        next_href=query("/talent", {**kept, "cursor": found.next}) if found.next else None, states=STATE_OPTIONS,
        departments=DEPARTMENT_OPTIONS, languages=LANGUAGE_OPTIONS,
        filtered=len([name for name in kept if name not in ("q", "rate_unit")]),
    )  # fmt: skip
    return page(
        "users/talent.html", props, title=told("Talent"), public=True, canonical=f"{settings.public_url}/talent",
        description=told("Actors and crew of Nollywood, in every state. Free to be listed, free to search."),
        card=site_card(settings.public_url), status=422 if errors else 200, robots="noindex" if errors else "",
    )  # fmt: skip


def pieces_of(person: dict[str, Any]) -> list[parts.Piece]:
    """All that a person may write at length, in the order in which it takes its place on the first page."""
    credits_ = [f"{one['title']}, {one['role']} ({one['year']})" for one in person.get("credits", [])]
    return [
        *parts.words("bio", person.get("bio", "")), *parts.entries("skills", person.get("skills", [])),
        *parts.entries("languages", [one["name"] for one in person.get("languages", [])]),
        *parts.entries("links", [link * 2 for link in person.get("links", [])]), *parts.entries("credits", credits_),
    ]  # fmt: skip


def part_of(person: dict[str, Any], path: str, asked: str) -> tuple[dict[str, Any], parts.Part]:
    """As much of a person as fits a page; NoSuchPerson where there is no such part."""
    part = parts.part(pieces_of(person), path, asked)
    if part is None:
        raise NoSuchPerson
    lists: dict[str, Any] = {
        name: part.entries(name, person[name]) for name in ("skills", "languages", "links", "credits") if name in person
    }
    bio = {"bio": part.text("bio")} if "bio" in person else {}
    return {**person, **bio, **lists}, part


@get(
    "/talent/{handle:str}", access="public", tagged=True, include_in_schema=False,
    cached=shared("person-page", by_language=True, thing="person:{handle}", canonical=parts.one_part, daily=True),
)  # fmt: skip
async def person_page(handle: str, read: ReadSession, settings: Settings, part: str = "") -> Response[bytes]:
    """One person, as everybody may see them."""
    whole, has_more = await service.public_person(read, handle)
    person, shown = part_of(whole, f"/talent/{handle}", part)
    address = f"{settings.public_url}/talent/{handle}"
    props = PersonPage(
        person=person, address=address, number=shown.number, next_href=shown.next_href, has_more=has_more,
        nameless=bool(nameless_of([person])),
    )  # fmt: skip
    return page(
        "users/person.html", props, title=person["name"], public=True, description=person.get("headline", ""),
        canonical=query(address, parts.one_part({"part": part})), card=card_of(person, settings),
    )  # fmt: skip


def card_of(person: dict[str, Any], settings: Settings) -> str:
    """The address of the person's picture, which changes with the photo; the site's where everybody may not see one."""
    photo = person.get("photo")
    return (
        query(f"{settings.public_url}/cards/talent/{person['handle']}", {"v": photo.rpartition("/")[2][:8]})
        if photo
        else site_card(settings.public_url)
    )


@get(
    "/cards/talent/{handle:str}",
    access="public",
    tagged=True,
    include_in_schema=False,
    cached=shared("person-card", thing="person:{handle}"),
)
async def person_card(handle: str, read: ReadSession, storage: Storage) -> Response[bytes]:
    """The person as a picture, made of what everybody may see, the photo first of all."""
    person, photo = await service.pictured(read, handle, storage=storage)
    kicker = ", ".join(role.capitalize() for role in person.get("roles", [])) or "Talent"
    card = Card(kicker=kicker, title=person["name"], line=person.get("headline", ""), foot=person["location"] or "", photo=photo)
    try:
        return await picture(card)
    except Unreadable as error:
        raise NoSuchPerson from error


@get("/talent/{handle:str}/member", access="member", include_in_schema=False)
async def member_page(handle: str, read: ReadSession, settings: Settings, member: Viewer, part: str = "") -> Response[bytes]:
    """The same person with what they show to members; a page of the reader's own, stored nowhere."""
    whole = await service.person_page(read, handle, member.person_id)
    person, shown = part_of(whole, f"/talent/{handle}/member", part)
    props = PersonPage(
        person=person, address=f"{settings.public_url}/talent/{handle}", number=shown.number, next_href=shown.next_href,
        for_members=True, nameless=bool(nameless_of([person])),
    )  # fmt: skip
    return page("users/person.html", props, title=person["name"], robots="noindex")


@get("/sitemap-talent.xml", access="public", tagged=True, include_in_schema=False)
async def sitemap(read: ReadSession, settings: Settings) -> Response[bytes]:
    """Everybody listed, for search engines."""
    entries = "".join(f"<url><loc>{settings.public_url}/talent/{handle}</loc></url>\n" for handle in await service.sitemap_handles(read))
    body = f"{SITEMAP}{entries}</urlset>\n".encode()
    return Response(body, media_type="application/xml", headers={"cache-control": "public, no-cache"})


PAGES = (talent_page, person_page, person_card, member_page, sitemap)
