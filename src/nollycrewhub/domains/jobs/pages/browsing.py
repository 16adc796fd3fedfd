"""/jobs: the list with its search and filters. A filter that cannot be used is told beside its field, never a dead end."""

from litestar import Response, get

from nollycrewhub.domains.jobs import service
from nollycrewhub.domains.jobs.errors import BadFilter
from nollycrewhub.domains.jobs.pages.form import CATEGORY_OPTIONS, LANGUAGE_OPTIONS, STATE_OPTIONS
from nollycrewhub.domains.jobs.rules.lists import lists_of_query
from nollycrewhub.domains.jobs.rules.search import FILTERS, PAGING
from nollycrewhub.domains.jobs.schemas.props import JobsPage
from nollycrewhub.kit.money import naira
from nollycrewhub.kit.told import told
from nollycrewhub.platform.context import AnyRequest
from nollycrewhub.platform.db import ReadSession
from nollycrewhub.platform.httpcache import shared
from nollycrewhub.platform.settings import Settings
from nollycrewhub.web import parts
from nollycrewhub.web.filters import Filters
from nollycrewhub.web.page import page, query, site_card

FILTERS_OF_PAGE = Filters(
    {*FILTERS, *PAGING}, service.canonical_page, refusal=BadFilter, in_naira={"pay_from": "pay_min", "pay_to": "pay_max"},
    said={
        "since": told("Write a date, for example 2026-12-24."),
        "pay_min": told("Write an amount in naira, for example 150,000."),
        "cursor": told("That page is of another search. This is the first page."),
    },
    unsaid=(("sort", "relevance"),),  # best match without words is newest
)  # fmt: skip


@get(
    "/jobs", access="public", tagged=True, include_in_schema=False,
    cached=shared("jobs-page", by_language=True, lists=("jobs",), canonical=FILTERS_OF_PAGE.canonical_page, narrow=lists_of_query, daily=True),
)  # fmt: skip
async def jobs_page(request: AnyRequest, read: ReadSession, settings: Settings) -> Response[bytes]:
    """Search, filters, cards; the same bytes for everyone."""
    given = dict(request.query_params.items())
    asked, errors = FILTERS_OF_PAGE.usable(given)
    found = await service.search_cards(read, asked)
    if (count := parts.fitting([f"{one.title} {one.company} {one.location} {one.salary}" for one in found.cards])) < len(found.cards):
        found = await service.search_cards(read, {**asked, "limit": str(count)})
    kept = {name: asked[name] for name in FILTERS if name in asked}
    saved = {name: value for name, value in kept.items() if name not in ("sort", "since", "open")}
    typed = {typed: naira(int(kept[kobo])).removeprefix("₦") for typed, kobo in FILTERS_OF_PAGE.in_naira.items() if kobo in kept}
    wrong = {name: given.get(name, "")[:80] for name in errors}
    props = JobsPage(
        jobs=found.cards, raw={**kept, **typed, **wrong}, kept=kept, errors=errors,
        next_href=query("/jobs", {**kept, "cursor": found.next}) if found.next else None,
        corrected=found.corrected, ranked_over=found.ranked_over, categories=CATEGORY_OPTIONS, states=STATE_OPTIONS,
        languages=LANGUAGE_OPTIONS, filtered=len([name for name in kept if name not in ("q", "sort")]),
        save_href=query("/me/searches", saved) if saved else None,
    )  # fmt: skip
    return page(
        "jobs/jobs.html", props, title=told("Jobs"), public=True, robots="noindex" if "cursor" in asked or errors else "",
        status=422 if errors else 200,
        description=told("Casting calls and crew jobs across Nigeria. Free to apply."), canonical=query(f"{settings.public_url}/jobs", kept),
        card=site_card(settings.public_url),
    )  # fmt: skip
