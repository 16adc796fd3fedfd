"""/jobs: the list with its search and filters. A filter that cannot be used is told beside its field, never a dead end."""

from collections.abc import Mapping

from litestar import Response, get

from nollycrewhub.domains.jobs import service
from nollycrewhub.domains.jobs.errors import BadFilter
from nollycrewhub.domains.jobs.pages.form import CATEGORY_OPTIONS, LANGUAGE_OPTIONS, STATE_OPTIONS, AnyRequest
from nollycrewhub.domains.jobs.rules.lists import lists_of_query
from nollycrewhub.domains.jobs.rules.search import FILTERS, PAGING
from nollycrewhub.domains.jobs.schemas.props import JobsPage
from nollycrewhub.kit.money import NotAnAmount, naira, parse_naira
from nollycrewhub.platform.db import ReadSession
from nollycrewhub.platform.httpcache import shared
from nollycrewhub.platform.settings import Settings
from nollycrewhub.web import parts
from nollycrewhub.web.page import page, query, site_card

IN_NAIRA = {"pay_from": "pay_min", "pay_to": "pay_max"}
"""What people type in naira, and the filter in kobo that every link carries."""
TYPED = {kobo: typed for typed, kobo in IN_NAIRA.items()}
SAID = {
    "since": "Write a date, for example 2026-12-24.",
    "pay_min": "Write an amount in naira, for example 150,000.",
    "cursor": "That page is of another search. This is the first page.",
}


def usable(given: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The filters of an address that can be used, and a sentence for each that cannot; best match without words is newest.

    What other sites hang on to a shared link (fbclid, utm_source) is left alone.
    """
    kept = {name: value for name, value in given.items() if value and (name in FILTERS or name in PAGING)}
    errors: dict[str, str] = {}
    for typed, kobo in IN_NAIRA.items():
        if text := given.get(typed, "").strip():
            kept.pop(kobo, None)
            try:
                kept[kobo] = str(parse_naira(text))
            except NotAnAmount as error:
                errors[typed] = str(error)
    while True:
        try:
            return service.canonical_page(kept), errors
        except BadFilter as error:
            name = error.field or ""
            was = kept.pop(name)
            if (name, was) != ("sort", "relevance"):
                errors[TYPED.get(name, name)] = SAID.get(name, error.detail)


def canonical_page(given: Mapping[str, str]) -> dict[str, str]:
    """The page's address in its one spelling; BadFilter where the page itself must say what is wrong."""
    kept, errors = usable(given)
    for name, sentence in errors.items():
        raise BadFilter(sentence, field=name)
    return kept


@get(
    "/jobs", access="public", tagged=True, include_in_schema=False,
    cached=shared("jobs-page", lists=("jobs",), canonical=canonical_page, narrow=lists_of_query, daily=True),
)  # fmt: skip
async def jobs_page(request: AnyRequest, read: ReadSession, settings: Settings) -> Response[bytes]:
    """Search, filters, cards; the same bytes for everyone."""
    given = dict(request.query_params.items())
    asked, errors = usable(given)
    found = await service.search_cards(read, asked)
    if (count := parts.fitting([f"{one.title} {one.company} {one.location} {one.salary}" for one in found.cards])) < len(found.cards):
        found = await service.search_cards(read, {**asked, "limit": str(count)})
    kept = {name: asked[name] for name in FILTERS if name in asked}
    saved = {name: value for name, value in kept.items() if name not in ("sort", "since", "open")}
    typed = {typed: naira(int(kept[kobo])).removeprefix("₦") for typed, kobo in IN_NAIRA.items() if kobo in kept}
    wrong = {name: given.get(name, "")[:80] for name in errors}
    props = JobsPage(
        jobs=found.cards, raw={**kept, **typed, **wrong}, kept=kept, errors=errors,
        next_href=query("/jobs", {**kept, "cursor": found.next}) if found.next else None,
        corrected=found.corrected, ranked_over=found.ranked_over, categories=CATEGORY_OPTIONS, states=STATE_OPTIONS,
        languages=LANGUAGE_OPTIONS, filtered=len([name for name in kept if name not in ("q", "sort")]),
        save_href=query("/me/searches", saved) if saved else None,
    )  # fmt: skip
    return page(
        "jobs/jobs.html", props, title="Jobs", public=True, robots="noindex" if "cursor" in asked or errors else "",
        status=422 if errors else 200,
        description="Casting calls and crew jobs across Nigeria. Free to apply.", canonical=query(f"{settings.public_url}/jobs", kept),
        card=site_card(settings.public_url),
    )  # fmt: skip
