"""/signin/google: there and back, plain links and forms. A GET of ours stores nothing: the way back is in a signed cookie."""

import hmac
from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.params import QueryParameter

from nollycrewhub.domains.users import service
from nollycrewhub.domains.users.errors import CodeNeeded, CodeRefused
from nollycrewhub.domains.users.pages.entrance import in_own_language, set_known, set_session
from nollycrewhub.domains.users.rules import onward
from nollycrewhub.domains.users.schemas import Challenge, Login, PendingLink
from nollycrewhub.domains.users.schemas.props import FormPage
from nollycrewhub.kit.told import told
from nollycrewhub.platform import openid
from nollycrewhub.platform.context import AnyRequest, RequestContext
from nollycrewhub.platform.db import Database, ReadSession, WriteSession
from nollycrewhub.platform.errors import Gone, NotFound, Problem
from nollycrewhub.platform.once import Once
from nollycrewhub.platform.openid import Departure, Identity, IdentityProvider, IdentityRefused
from nollycrewhub.platform.passwords import PasswordPool
from nollycrewhub.platform.ports import Ports
from nollycrewhub.platform.ratelimit import Limiter
from nollycrewhub.platform.security import sign, unsign
from nollycrewhub.platform.sessions import Sessions
from nollycrewhub.platform.settings import Settings
from nollycrewhub.web.forms import read_form
from nollycrewhub.web.page import go, page

WAY_SECONDS = 600
WAY, LINK = "google-way", "google-link"


class LinkForm(msgspec.Struct):
    """The account's own password, and the code once one is needed: the cookie says which account."""

    password: Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
    challenge: Challenge = ""
    code: Annotated[str, msgspec.Meta(max_length=40)] = ""


class Way(msgspec.Struct):
    """What the browser carries there and back: readable by its owner, unforgeable, good for ten minutes and once."""

    departure: Departure
    next: str = ""
    connect: str = ""


def set_signed(response: Response[bytes], name: str, value: msgspec.Struct | None, settings: Settings) -> Response[bytes]:
    """A signed ten-minute cookie; None takes it away."""
    text = "" if value is None else sign(settings.secret, name, msgspec.json.encode(value).decode(), expires_in=WAY_SECONDS)
    response.set_cookie(
        key=f"__Host-{name}" if settings.is_secure else name, value=text, max_age=WAY_SECONDS if text else 0, path="/",
        httponly=True, samesite="lax", secure=settings.is_secure,
    )  # fmt: skip
    return response


def signed(context: RequestContext, name: str, settings: Settings) -> str:
    """The cookie's data, or nothing when it is not ours or ran out."""
    return unsign(settings.secret, name, context.cookies.get(f"__Host-{name}" if settings.is_secure else name, "")) or ""


def offered(ports: Ports) -> IdentityProvider:
    """The provider; where there is none, there is no such page."""
    found = ports.get(IdentityProvider)
    if not found.is_offered:
        raise NotFound(told("Sign-in with Google is not offered here. Sign in with your e-mail or phone and password."))
    return found


def return_to(settings: Settings) -> str:
    """Where the provider sends people back to; registered there, so never taken from a request."""
    return f"{settings.public_url}/signin/google/callback"


@get("/signin/google", access="public", include_in_schema=False)
async def leave(ports: Ports, settings: Settings, next: str = "") -> Response[bytes]:  # noqa: A002 - the query's own word
    """Off to Google. A link, since our content policy lets no form lead to another site."""
    way = Way(openid.departure(), onward(next))
    address = await offered(ports).address(way.departure, return_to=return_to(settings))
    return set_signed(go(address), WAY, way, settings)


@get("/signin/google/callback", access="public", include_in_schema=False)
async def arrive(
    ports: Ports, settings: Settings, context: RequestContext, db: Database, write: WriteSession, sessions: Sessions,
    code: str = "", came_with: Annotated[str, QueryParameter(name="state")] = "", error: str = "",
) -> Response[bytes]:  # fmt: skip
    """Back from Google, in the browser that left and only once."""
    provider, raw = offered(ports), signed(context, WAY, settings)
    way = msgspec.json.decode(raw, type=Way) if raw else None
    if way is None or not hmac.compare_digest(way.departure.state.encode(), came_with.encode()):
        raise IdentityRefused
    if not await ports.get(Once).claim(WAY, came_with, seconds=2 * WAY_SECONDS):
        raise IdentityRefused
    if (error or not code) and way.connect:
        return set_signed(go(way.next), WAY, None, settings)
    if error or not code:
        props = FormPage(next=way.next, google=True, errors={"": told("You did not sign in with Google. Nothing has changed.")})
        return set_signed(page("users/signin.html", props, title=told("Sign in")), WAY, None, settings)
    identity = await provider.identity(way.departure, code=code, return_to=return_to(settings))
    if way.connect:
        return set_signed(await connected(way, identity, context, write), WAY, None, settings)
    arrived = await service.arrive(
        db.read_session(primary=True), write, identity, caller=service.caller_of(context), sessions=sessions, onward=way.next
    )
    if isinstance(arrived, PendingLink):
        return set_signed(set_signed(go("/signin/google/link"), LINK, arrived, settings), WAY, None, settings)
    context.wrote_for = arrived[1]
    return set_signed(
        await come_in(way.next, arrived, context, sessions, db.read_session(primary=True), write, settings=settings), WAY, None, settings
    )


async def connected(way: Way, identity: Identity, context: RequestContext, write: WriteSession) -> Response[bytes]:
    """What came back is connected to whoever left for it, if they are still the one who is signed in here."""
    viewer = await context.viewer()
    if viewer is None or str(viewer.person_id) != way.connect:
        raise IdentityRefused
    await service.connect_google(write, viewer.person_id, identity)
    return go(f"{way.next}?done=connected")


async def come_in(
    onward: str, arrived: tuple[str, Any], context: RequestContext, sessions: Sessions, read: ReadSession, write: WriteSession, *,
    settings: Settings,
) -> Response[bytes]:  # fmt: skip
    """The new session, in the place of whichever the browser had."""
    if before := context.cookies.get(context.session_cookie):
        await sessions.end(before)
    response = set_known(set_session(go(onward or "/me"), arrived[0], arrived[1], settings), arrived[1], settings)
    return await in_own_language(response, arrived[1], context, read, write, settings=settings)


def pending_of(context: RequestContext, settings: Settings) -> PendingLink:
    """What waits to be connected, from the cookie."""
    raw = signed(context, LINK, settings)
    if not raw:
        raise Gone(told("That took more than ten minutes. Please start again from the sign-in page."))
    return msgspec.json.decode(raw, type=PendingLink)


@get("/signin/google/link", access="public", include_in_schema=False)
async def link_page(ports: Ports, context: RequestContext, settings: Settings) -> Response[bytes]:
    """The account's own password, before Google may open it."""
    offered(ports)
    props = FormPage(raw={"email": pending_of(context, settings).email})
    return page("users/google_link.html", props, title=told("Connect Google"), robots="noindex")


@post("/signin/google/link", access="public", include_in_schema=False)
async def link(
    request: AnyRequest, ports: Ports, db: Database, write: WriteSession, context: RequestContext,
    passwords: PasswordPool, limiter: Limiter, sessions: Sessions, settings: Settings,
) -> Response[bytes]:  # fmt: skip
    """Connects the two and signs in; past the limits on guessing the code is asked for, as at the sign-in."""
    offered(ports)
    pending = pending_of(context, settings)
    form = await read_form(request, LinkForm)
    raw, errors, status = {"email": pending.email}, form.errors, 422
    if form.value is not None:
        typed = form.value
        given = Login(email=pending.email, password=typed.password, challenge=typed.challenge, code=typed.code)
        try:
            arrived = await service.link(
                db.read_session(primary=True), write, pending, given, caller=service.caller_of(context),
                passwords=passwords, limiter=limiter, sessions=sessions, once=ports.get(Once), settings=settings,
            )  # fmt: skip
        except CodeNeeded as error:
            raw["challenge"], errors, status = error.challenge, {"code": error.detail}, error.status
        except Problem as error:
            raw["challenge"] = "" if isinstance(error, CodeRefused) else typed.challenge
            errors, status = {"password": error.detail}, error.status
        else:
            context.wrote_for = arrived[1]
            return set_signed(
                await come_in(pending.next, arrived, context, sessions, db.read_session(primary=True), write, settings=settings),
                LINK,
                None,
                settings,
            )
    return page("users/google_link.html", FormPage(raw=raw, errors=errors), title=told("Connect Google"), status=status, robots="noindex")


PAGES = (leave, arrive, link_page, link)
