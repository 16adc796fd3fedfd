"""`/dev/gallery`: every component in every state, to look at and for axe to judge; laptop and test shapes only."""

import msgspec
from litestar import Response, get

from nollycrewhub.kit.crafts import DEPARTMENTS, LANGUAGES
from nollycrewhub.kit.places import STATES
from nollycrewhub.web.page import page


class Gallery(msgspec.Struct):
    """Props of the gallery: lists as the real forms use them."""

    states: list[tuple[str, str]]
    departments: list[tuple[str, str]]
    languages: list[tuple[str, str]]
    errors: dict[str, str]


@get("/dev/gallery", access="public", include_in_schema=False)
async def gallery() -> Response[bytes]:
    """All components; the people and companies in it are invented."""
    props = Gallery(
        states=[(state.code, state.name) for state in STATES],
        departments=list(DEPARTMENTS.items()),
        languages=list(LANGUAGES.items())[:6],
        errors={"g-mail": "Write an e-mail address, for example ada@example.com.", "g-pay": "Write an amount, for example 150,000."},
    )
    return page("dev/gallery.html", props, title="Components", robots="noindex")
