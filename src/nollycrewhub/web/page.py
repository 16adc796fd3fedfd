"""Turns a template and its typed props into an answer. One environment, autoescaped, strict about what is missing.

What a template says it says to the reader of the request: `_("…")` is a sentence of the catalogue as text, `{% trans %}` one with
markup in it. Both look it up when they are written, so that one compiled template serves all languages.
"""

from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import msgspec
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined
from litestar import Response
from markupsafe import Markup

from nollycrewhub.kit import time
from nollycrewhub.kit.crafts import LEVEL_NAMES, ROLE_NAMES
from nollycrewhub.kit.money import UNITS, naira, pay_of, spoken_pay
from nollycrewhub.kit.places import state_name
from nollycrewhub.kit.told import ENGLISH, READER, Told, as_json, counted, listed, told, told_about
from nollycrewhub.platform.languages import LANGUAGES, offered
from nollycrewhub.web.assets import asset
from nollycrewhub.web.compiled import Compiled

PACKAGE = Path(__file__).parents[1]
HTML = "text/html"  # Litestar adds the charset to text types
VARY = "Accept-Language, Cookie"
PUBLIC_HEADERS = {"cache-control": "public, no-cache", "cdn-cache-control": "max-age=900", "vary": VARY}
# An edge that does not look at Vary has one copy for an address: the English one, and passes on who reads another language.
OTHER_LANGUAGES = {"cache-control": "public, no-cache", "cdn-cache-control": "no-store", "vary": VARY}
PRIVATE_HEADERS = {"cache-control": "private, no-store"}
SECTIONS = {
    "jobs/jobs": "jobs",
    "jobs/job.": "jobs",
    "jobs/apply.": "jobs",
    "jobs/form": "post",
    "users/talent": "talent",
    "users/person": "talent",
}


def query(path: str, fields: dict[str, Any]) -> str:
    """A link with its non-empty parameters in a fixed order, so equal searches have equal addresses."""
    kept = sorted((name, str(value)) for name, value in fields.items() if value not in (None, "", [], False))
    return f"{path}?{urlencode(kept)}" if kept else path


class Choice(NamedTuple):
    """One language in the menu."""

    code: str
    name: str
    tag: str
    is_draft: bool
    is_current: bool


def menu() -> list[Choice]:
    """The languages that are offered, each in its own words; none while there is one only."""
    found = offered()
    current = READER.get().language
    return [
        Choice(code, LANGUAGES[code].name, LANGUAGES[code].tag, each.is_draft, code == current)
        for code, each in found.items()
        if len(found) > 1
    ]


def said(sentence: str) -> str:
    """A sentence that may hold markup, for `{% trans %}`."""
    return READER.get().text(sentence)


def said_counted(one: str, many: str, number: int) -> str:
    """The same with a plural."""
    return READER.get().counted(one, many, number)


def said_about(context: str, sentence: str) -> str:
    """The same in a context."""
    return READER.get().text(sentence, context)


def said_counted_about(context: str, one: str, many: str, number: int) -> str:
    """The same with a plural in a context."""
    return READER.get().counted(one, many, number, context)


def plural(count: int, one: str, many: str) -> str:
    """`1 job`, `2 jobs`, `1,200 jobs`."""
    return f"{count:,} {one if count == 1 else many}"


def day(when: date) -> str:
    """`Fri 12 Dec`."""
    return time.spoken_day(when.astimezone(time.LAGOS).date() if isinstance(when, datetime) else when)


def has_come(when: date) -> bool:
    """Whether it is that day in Lagos, or later."""
    return when <= time.lagos_day()


def initials(name: str) -> str:
    """Up to two first letters."""
    words = [word for word in name.split() if word[0].isalnum()]
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()


@cache
def environment() -> Environment:
    """All templates: ours, and each domain's under its own name."""
    folders = [PACKAGE / "web" / "templates", *sorted((PACKAGE / "domains").glob("*/templates")), PACKAGE / "scaling" / "templates"]
    made = Environment(
        loader=ChoiceLoader([FileSystemLoader(folder) for folder in folders]),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=Compiled(),
        auto_reload=False,  # else each page looks at the dates of a dozen files
    )
    made.policies["ext.i18n.trimmed"] = True
    made.filters.update(
        naira=naira, spoken=time.spoken, day=day, state_name=state_name, plural=plural, initials=initials, has_come=has_come, pay_of=pay_of,
        listed=listed, as_said=Told, role_name=lambda role: ROLE_NAMES.get(role, role), level_name=lambda level: LEVEL_NAMES.get(level, level),
        iso=lambda when: when.isoformat(), pay=lambda amount, unit="day", terms="paid": spoken_pay(amount, unit=unit, terms=terms),
    )  # fmt: skip
    made.install_gettext_callables(  # type: ignore[attr-defined]  # the extension's own
        said, said_counted, newstyle=False, pgettext=said_about, npgettext=said_counted_about
    )
    made.globals.update(
        asset=asset, query=query, _=told, about=told_about, counted=counted, menu=menu, units=tuple(UNITS.items()),
        roles=tuple(ROLE_NAMES.items()), levels=tuple(LEVEL_NAMES.items()),
    )  # fmt: skip
    return made


def section_of(template: str) -> str:
    """Which entry of the main navigation a page belongs to."""
    return next((section for start, section in SECTIONS.items() if template.startswith(start)), "")


def render(template: str, props: msgspec.Struct | None, **more: Any) -> bytes:
    """The template's bytes."""
    values: dict[str, Any] = {
        "p": props, "props": props, "page_title": "NollyCrewHub", "description": "", "canonical": "", "robots": "",
        "json_ld": None, "is_public": False, "card": "", "section": section_of(template),
        "language": LANGUAGES[READER.get().language].tag, **more,
    }  # fmt: skip
    return environment().get_template(template).render(values).encode()


def page(
    template: str,
    props: msgspec.Struct | None,
    *,
    title: str,
    public: bool = False,
    status: int = 200,
    description: str = "",
    canonical: str = "",
    robots: str = "",
    card: str = "",
    json_ld: dict[str, Any] | None = None,
) -> Response[bytes]:
    """A whole page. Public ones are the same bytes for everyone and may be shared; all others are stored by nobody but the person's phone.

    `card` is the whole address of the picture that other sites show beside a link to it.
    """
    body = render(
        template, props, page_title=title, is_public=public, description=description, canonical=canonical,
        robots=robots, card=card, json_ld=embedded(json_ld) if json_ld else None,
    )  # fmt: skip
    headers = PRIVATE_HEADERS
    if public and status == 200:
        headers = PUBLIC_HEADERS if READER.get().language == ENGLISH.language else OTHER_LANGUAGES
    spoken = {"content-language": LANGUAGES[READER.get().language].tag}
    return Response(body, media_type=HTML, status_code=status, headers={**headers, **spoken})


def site_card(public_url: str) -> str:
    """The picture of the site itself, for pages that have none of their own."""
    return f"{public_url}{asset('card-home.png')}"


def fragment(template: str, props: msgspec.Struct | None, *, status: int = 200) -> Response[bytes]:
    """A piece of a page for htmx; private and stored nowhere."""
    return Response(render(template, props), media_type=HTML, status_code=status, headers=PRIVATE_HEADERS)


def go(path: str) -> Response[bytes]:
    """On to another page after a form, by GET."""
    return Response(b"", status_code=303, headers={"location": path})


def embedded(data: dict[str, Any]) -> Any:
    """JSON that is safe inside a script element."""
    text = as_json(data).decode()
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))  # nosec B704 # noqa: S704 - escaped above
