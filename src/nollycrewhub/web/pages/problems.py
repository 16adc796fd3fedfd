"""`/problems/{type}`: where the `type` of every refusal leads. Made from the classes that refuse, so none can be left out."""

from functools import cache
from inspect import getdoc

import msgspec
from litestar import Response, get

from nollycrewhub.platform import errors
from nollycrewhub.platform.settings import Settings
from nollycrewhub.web.page import page

OURS = "A mistake of ours, or a part of the site that failed in a way we did not foresee. It is noted with the number of the request."
# What a program or a person does about it; the sentence in `detail` says more of the one case.
TO_DO = {
    400: "Look at the body and at what Content-Type says of it, and send it again as that.",
    401: "Sign in, and send the request again with the token: Authorization: Bearer, or the session's cookie.",
    403: "Do what the detail says first. Sending the same again is answered the same.",
    404: "Check the address. What belongs to somebody else is answered as if it were not there.",
    405: "Use one of the methods that the Allow header names.",
    409: "Read how things stand now, and ask for something that can be done from there.",
    410: "Ask for a new link or code; this one stays used.",
    413: "Send less. The detail names the limit.",
    415: "Send the content type that the reference names for this address.",
    422: "Correct the field that `field` names, as the detail says, and send it again.",
    429: "Wait as many seconds as Retry-After says, then try again.",
    500: "Try again later. If it goes on, tell us the request's number (`request_id`).",
    503: "Wait as many seconds as Retry-After says, then send the same again, with the same Idempotency-Key.",
}


class Explained(msgspec.Struct, frozen=True):
    """Props of one type's page, and of a line in the list."""

    type: str
    status: int
    title: str
    meaning: str
    to_do: str


class Explanations(msgspec.Struct):
    """Props of the list."""

    found: list[Explained]


@cache
def explained() -> dict[str, Explained]:
    """Every type that this process can answer with."""
    found = {}
    for kind in errors.kinds():
        meaning = OURS if kind is errors.Problem else (getdoc(kind) or kind.title)
        found[kind.type] = Explained(kind.type, kind.status, kind.title, " ".join(meaning.split()), TO_DO[kind.status])
    return dict(sorted(found.items()))


@get("/problems", access="public", tagged=True, include_in_schema=False)
async def problems(settings: Settings) -> Response[bytes]:
    """All of them."""
    props = Explanations(sorted(explained().values(), key=lambda one: (one.status, one.type)))
    return page(
        "pages/problems.html", props, title="How the API says no", public=True, canonical=f"{settings.public_url}/problems",
        description="Every type of refusal that the NollyCrewHub API answers with, and what to do about it.",
    )  # fmt: skip


@get("/problems/{kind:str}", access="public", tagged=True, include_in_schema=False)
async def problem(kind: str, settings: Settings) -> Response[bytes]:
    """What one type means, and what to do."""
    found = explained().get(kind)
    if found is None:
        raise errors.NotFound("There is no such type of refusal.")
    return page(
        "pages/problem.html", found, title=found.title, public=True, canonical=f"{settings.public_url}/problems/{kind}",
        description=found.to_do,
    )  # fmt: skip


PAGES = (problems, problem)
