"""Turns a template and its typed props into an answer. One environment, autoescaped, strict about what is missing."""

from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined
from litestar import Response
from markupsafe import Markup

from nollycrewhub.kit import time
from nollycrewhub.kit.money import naira, spoken_pay
from nollycrewhub.kit.places import state_name
from nollycrewhub.web.assets import asset

PACKAGE = Path(__file__).parents[1]
HTML = "text/html"  # Litestar adds the charset to text types
PUBLIC_HEADERS = {"cache-control": "public, no-cache", "cdn-cache-control": "max-age=900"}
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
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,  # else each page looks at the dates of a dozen files
    )
    made.filters.update(
        naira=naira, spoken=time.spoken, day=day, state_name=state_name, plural=plural, initials=initials, has_come=has_come,
        iso=lambda when: when.isoformat(), pay=lambda amount, unit="day", terms="paid": spoken_pay(amount, unit=unit, terms=terms),
    )  # fmt: skip
    made.globals.update(asset=asset, query=query)
    return made


def section_of(template: str) -> str:
    """Which entry of the main navigation a page belongs to."""
    return next((section for start, section in SECTIONS.items() if template.startswith(start)), "")


def render(template: str, props: msgspec.Struct | None, **more: Any) -> bytes:
    """The template's bytes."""
    values: dict[str, Any] = {
        "p": props, "props": props, "page_title": "NollyCrewHub", "description": "", "canonical": "", "robots": "",
        "json_ld": None, "is_public": False, "card": "", "section": section_of(template), **more,
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
    """A whole page. Public ones are the same bytes for everyone and may be shared; all others are stored nowhere.

    `card` is the whole address of the picture that other sites show beside a link to it.
    """
    body = render(
        template, props, page_title=title, is_public=public, description=description, canonical=canonical,
        robots=robots, card=card, json_ld=embedded(json_ld) if json_ld else None,
    )  # fmt: skip
    shared = public and status == 200
    return Response(body, media_type=HTML, status_code=status, headers=PUBLIC_HEADERS if shared else PRIVATE_HEADERS)


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
    text = msgspec.json.encode(data).decode()
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))  # nosec B704 # noqa: S704 - escaped above
