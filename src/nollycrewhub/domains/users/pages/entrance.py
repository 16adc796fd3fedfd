"""Coming in: register, confirm, sign in, sign out, reset."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post

from nollycrewhub.domains.users import service
from nollycrewhub.domains.users.errors import CodeNeeded, CodeRefused, LinkRefused
from nollycrewhub.domains.users.rules import onward, safe_next
from nollycrewhub.domains.users.schemas import Challenge, Confirm, Login, NewPassword, Register
from nollycrewhub.domains.users.schemas.props import FormPage
from nollycrewhub.domains.users.service.signin import KNOWN_COOKIE, KNOWN_SECONDS
from nollycrewhub.kit.time import utcnow
from nollycrewhub.kit.told import told
from nollycrewhub.platform.context import HINT_COOKIE, HINT_SECONDS, AnyRequest, RequestContext
from nollycrewhub.platform.db import Database, ReadSession, WriteSession
from nollycrewhub.platform.errors import Problem
from nollycrewhub.platform.languages import COOKIE
from nollycrewhub.platform.passwords import PasswordPool
from nollycrewhub.platform.ratelimit import Limiter
from nollycrewhub.platform.security import whose
from nollycrewhub.platform.sessions import Sessions
from nollycrewhub.platform.settings import Settings
from nollycrewhub.web.forms import Form, read_form
from nollycrewhub.web.page import go, page
from nollycrewhub.web.pages.language import set_language

MONTH = 30 * 24 * 3600


class RegisterForm(msgspec.Struct):
    """One box for the address: people should not have to say which kind it is."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    address: Annotated[str, msgspec.Meta(min_length=3, max_length=254)]
    password: Annotated[str, msgspec.Meta(min_length=1, max_length=256)]


class SignInForm(msgspec.Struct):
    """The sign-in form."""

    email: Annotated[str, msgspec.Meta(min_length=3, max_length=254)]
    password: Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
    next: Annotated[str, msgspec.Meta(max_length=300)] = ""
    challenge: Challenge = ""
    code: Annotated[str, msgspec.Meta(max_length=40)] = ""


class NewPasswordForm(msgspec.Struct):
    """Just the new password: the link says whose."""

    password: Annotated[str, msgspec.Meta(min_length=1, max_length=256)]


class PasswordAsked(msgspec.Struct):
    """The button of a confirming link, and the password where it is asked for."""

    password: Annotated[str, msgspec.Meta(max_length=256)] = ""


class AddressForm(msgspec.Struct):
    """An address to send a code to."""

    address: Annotated[str, msgspec.Meta(min_length=3, max_length=254)]


async def way_on(request: AnyRequest) -> str:
    """Where the person was going before the form, which carries it along; nothing when that is no page of ours."""
    return onward((await request.form()).get("next"))


def again(template: str, title: str, form: Form[Any], error: Problem | None = None, **more: Any) -> Response[bytes]:
    """The form once more, with what was typed (but passwords) and what is wrong."""
    errors = dict(form.errors)
    if error is not None:
        errors[error.field or ""] = error.detail
    raw = {name: value for name, value in form.raw.items() if name != "password"}
    status = error.status if error is not None else 422
    response = page(template, FormPage(raw=raw, errors=errors, **more), title=title, status=status)
    for name, value in (error.headers if error is not None else {}).items():
        response.headers[name] = value
    return response


def has_google(settings: Settings) -> bool:
    """Whether the page offers sign-in with Google."""
    return bool(settings.google_client_id)


def set_session(response: Response[bytes], token: str, person_id: UUID, settings: Settings) -> Response[bytes]:
    """The session cookie, unreadable to scripts, and the hint that asks for the personal strip and opens what the phone keeps."""
    name = "__Host-session" if settings.is_secure else "session"
    response.set_cookie(key=name, value=token, max_age=MONTH, path="/", httponly=True, samesite="lax", secure=settings.is_secure)
    hint = whose(settings.secret, person_id)
    response.set_cookie(key=HINT_COOKIE, value=hint, max_age=HINT_SECONDS, path="/", samesite="lax", secure=settings.is_secure)
    return response


def set_known(response: Response[bytes], person_id: UUID, settings: Settings) -> Response[bytes]:
    """Marks the device as one its owner has come in on, so that strangers' guesses do not shut it out."""
    name = f"__Host-{KNOWN_COOKIE}" if settings.is_secure else KNOWN_COOKIE
    value = service.known_device(settings, person_id)
    response.set_cookie(key=name, value=value, max_age=KNOWN_SECONDS, path="/", httponly=True, samesite="lax", secure=settings.is_secure)
    return response


async def in_own_language(
    response: Response[bytes], person_id: UUID, context: RequestContext, read: ReadSession, write: WriteSession, *, settings: Settings
) -> Response[bytes]:  # fmt: skip
    """The device keeps the language that the person chose on whichever; one chosen here before signing in becomes theirs."""
    chosen = await service.settle_language(read, write, person_id, chosen_here=context.cookies.get(COOKIE, ""))
    return set_language(response, chosen, settings) if chosen else response


def clear_session(response: Response[bytes], settings: Settings) -> Response[bytes]:
    """Takes both cookies away, and has the browser forget what it keeps: pages, messages that wait, its place for pushes."""
    response.headers["clear-site-data"] = '"storage"'
    for name in ("__Host-session" if settings.is_secure else "session", HINT_COOKIE):
        response.set_cookie(key=name, value="", max_age=0, path="/", samesite="lax", secure=settings.is_secure)
    return response


@get("/register", access="public", include_in_schema=False)
async def register_page(settings: Settings, next: str = "") -> Response[bytes]:  # noqa: A002 - the query's own word
    """An empty form; the same bytes for everyone on the same way."""
    return page("users/register.html", FormPage(next=onward(next), google=has_google(settings)), title=told("Join"), public=True)


@post("/register", access="public", include_in_schema=False)
async def register(
    request: AnyRequest, write: WriteSession, passwords: PasswordPool, limiter: Limiter, settings: Settings,
    context: RequestContext,
) -> Response[bytes]:  # fmt: skip
    """Makes the account, and leads to the page where the code is typed."""
    form, target = await read_form(request, RegisterForm), await way_on(request)
    if form.value is None:
        return again("users/register.html", told("Join"), form, next=target, google=has_google(settings))
    typed = form.value
    is_mail = "@" in typed.address
    given = Register(
        name=typed.name, password=typed.password, email=typed.address if is_mail else None,
        phone=None if is_mail else typed.address,
    )  # fmt: skip
    try:
        context.wrote_for = await service.register(
            write,
            given,
            passwords=passwords,
            limiter=limiter,
            settings=settings,
            region=context.region,
            neighbourhood=service.caller_of(context).neighbourhood,
            language=context.language,
            onward=target,
        )
    except Problem as error:
        if error.field in ("email", "phone"):
            error.field = "address"
        return again("users/register.html", told("Join"), form, error, next=target, google=has_google(settings))
    message = told("A message is on its way to %(address)s.", address=typed.address)
    props = FormPage(raw={"address": typed.address}, message=message, next=target, asked=utcnow())
    return page("users/confirm.html", props, title=told("Confirm your address"))


@get("/confirm", access="public", include_in_schema=False)
async def confirm_page(next: str = "") -> Response[bytes]:  # noqa: A002 - the query's own word
    """Where the six digits are typed."""
    return page("users/confirm.html", FormPage(next=onward(next)), title=told("Confirm your address"), public=True)


@post("/confirm", access="public", include_in_schema=False)
async def confirm(
    request: AnyRequest, write: WriteSession, passwords: PasswordPool, limiter: Limiter, settings: Settings,
    context: RequestContext,
) -> Response[bytes]:  # fmt: skip
    """Confirms, and leads to sign-in."""
    form, target = await read_form(request, Confirm), await way_on(request)
    if form.value is None:
        return again("users/confirm.html", told("Confirm your address"), form, next=target)
    try:
        person = await service.confirm(
            write, form.value.address, form.value.code, form.value.password, passwords=passwords, limiter=limiter, settings=settings
        )
    except Problem as error:
        error.field = error.field or "code"
        return again("users/confirm.html", told("Confirm your address"), form, error, next=target)
    context.wrote_for = person.id
    props = FormPage(raw={"email": form.value.address}, message=told("Your address is confirmed. Sign in now."), next=target)
    return page("users/signin.html", props, title=told("Sign in"))


@post("/confirm/resend", access="public", include_in_schema=False)
async def resend(
    request: AnyRequest, write: WriteSession, limiter: Limiter, settings: Settings, context: RequestContext
) -> Response[bytes]:  # fmt: skip
    """A new code."""
    form, target = await read_form(request, AddressForm), await way_on(request)
    if form.value is None:
        return again("users/confirm.html", told("Confirm your address"), form, next=target)
    try:
        neighbourhood = service.caller_of(context).neighbourhood
        await service.resend(
            write, form.value.address, limiter=limiter, settings=settings, neighbourhood=neighbourhood, onward=target
        )  # fmt: skip
    except Problem as error:
        return again("users/confirm.html", told("Confirm your address"), form, error, next=target)
    props = FormPage(raw={"address": form.value.address}, message=service.CODE_SENT, next=target)
    return page("users/confirm.html", props, title=told("Confirm your address"))


@get("/confirm/{link:str}", access="public", include_in_schema=False)
async def confirm_link_page(
    link: str, read: ReadSession, settings: Settings, next: str = ""  # noqa: A002 - the query's own word
) -> Response[bytes]:  # fmt: skip
    """Where the link in the message leads: one button. Opening it confirms nothing, since mail scanners open links too."""
    asked = await service.asked_by_link(read, settings, link, "confirm")
    props = FormPage(link=link, next=onward(next), asked=asked)
    return page("users/confirm_link.html", props, title=told("Confirm your address"), robots="noindex")


@post("/confirm/{link:str}", access="public", include_in_schema=False)
async def confirm_link(
    link: str, request: AnyRequest, write: WriteSession, passwords: PasswordPool, limiter: Limiter, settings: Settings,
    context: RequestContext,
) -> Response[bytes]:  # fmt: skip
    """Confirms, and leads to sign-in; asks for the password where the address was used to join more than once."""
    form, target = await read_form(request, PasswordAsked), await way_on(request)
    typed = form.value.password if form.value is not None else ""
    try:
        person = await service.confirm_by_link(write, link, typed, passwords=passwords, limiter=limiter, settings=settings)
    except LinkRefused as error:
        props = FormPage(errors={"code": error.detail}, next=target)
        return page("users/confirm.html", props, title=told("Confirm your address"), status=error.status)
    except Problem as error:
        return again("users/confirm_link.html", told("Confirm your address"), form, error, link=link, next=target)
    context.wrote_for = person.id
    props = FormPage(raw={"email": person.email or person.phone}, message=told("Your address is confirmed. Sign in now."), next=target)
    return page("users/signin.html", props, title=told("Sign in"))


@get("/signin", access="public", include_in_schema=False)
async def sign_in_page(settings: Settings, next: str = "") -> Response[bytes]:  # noqa: A002 - the query's own word
    """The form; `next` is where to go afterwards, on this site only."""
    return page("users/signin.html", FormPage(next=onward(next), google=has_google(settings)), title=told("Sign in"), public=True)


@get("/signin/{link:str}", access="public", include_in_schema=False)
async def sign_in_link_page(link: str) -> Response[bytes]:
    """Where the link in a sign-in message leads: the form, which counts no stranger's tries. Whose it is shows with the password."""
    return page("users/signin.html", FormPage(raw={"link": link[:100]}), title=told("Sign in"), robots="noindex")


@post("/signin", access="public", include_in_schema=False)
async def sign_in(
    request: AnyRequest, db: Database, write: WriteSession, context: RequestContext, passwords: PasswordPool,
    limiter: Limiter, sessions: Sessions, settings: Settings,
) -> Response[bytes]:  # fmt: skip
    """Signs in with a new session; a planted cookie is never taken over."""
    form = await read_form(request, SignInForm)
    target = onward(form.raw.get("next"))
    if form.value is None:
        return again("users/signin.html", told("Sign in"), form, next=target, google=has_google(settings))
    typed = form.value
    given = Login(email=typed.email, password=typed.password, challenge=typed.challenge, code=typed.code)
    try:
        token, account = await service.sign_in(
            db.read_session(primary=True), write, given, caller=service.caller_of(context), passwords=passwords,
            limiter=limiter, sessions=sessions, settings=settings,
        )  # fmt: skip
    except CodeNeeded as error:
        form.raw["challenge"] = error.challenge
        return again("users/signin.html", told("Sign in with a code"), form, error, next=target)
    except CodeRefused as error:
        form.raw.pop("challenge", None)
        return again("users/signin.html", told("Sign in"), form, error, next=target, google=has_google(settings))
    except Problem as error:
        return again("users/signin.html", told("Sign in"), form, error, next=target, google=has_google(settings))
    if before := context.cookies.get(context.session_cookie):
        await sessions.end(before)
    response = set_known(set_session(go(safe_next(target)), token, account.id, settings), account.id, settings)
    return await in_own_language(response, account.id, context, db.read_session(primary=True), write, settings=settings)


@post("/signout", access="public", include_in_schema=False)
async def sign_out(context: RequestContext, sessions: Sessions, settings: Settings) -> Response[bytes]:
    """Signs this device out; signed out already is fine."""
    if context.token:
        await sessions.end(context.token)
    return clear_session(go("/"), settings)


@get("/reset", access="public", include_in_schema=False)
async def reset_page(next: str = "") -> Response[bytes]:  # noqa: A002 - the query's own word
    """Ask for a code."""
    return page("users/reset.html", FormPage(next=onward(next)), title=told("Forgotten password"), public=True)


@post("/reset", access="public", include_in_schema=False)
async def ask_reset(
    request: AnyRequest, write: WriteSession, limiter: Limiter, settings: Settings, context: RequestContext
) -> Response[bytes]:  # fmt: skip
    """Sends the code, and shows where to type it."""
    form, target = await read_form(request, AddressForm), await way_on(request)
    if form.value is None:
        return again("users/reset.html", told("Forgotten password"), form, next=target)
    try:
        caller = service.caller_of(context)
        await service.send_reset(write, form.value.address, limiter=limiter, settings=settings, caller=caller, onward=target)
    except Problem as error:
        return again("users/reset.html", told("Forgotten password"), form, error, next=target)
    props = FormPage(raw={"address": form.value.address}, message=service.CODE_SENT, next=target)
    return page("users/reset_confirm.html", props, title=told("Set a new password"))


@get("/reset/confirm", access="public", include_in_schema=False)
async def reset_confirm_page() -> Response[bytes]:
    """Type the code and a new password."""
    return page("users/reset_confirm.html", FormPage(), title=told("Set a new password"), public=True)


@post("/reset/confirm", access="public", include_in_schema=False)
async def reset(
    request: AnyRequest, write: WriteSession, passwords: PasswordPool, limiter: Limiter, settings: Settings,
    sessions: Sessions, context: RequestContext,
) -> Response[bytes]:  # fmt: skip
    """Sets the password, signs every device out, and leads to sign-in."""
    form, target = await read_form(request, NewPassword), await way_on(request)
    if form.value is None:
        return again("users/reset_confirm.html", told("Set a new password"), form, next=target)
    given = form.value
    try:
        context.wrote_for = await service.reset(
            write, given.address, given.code, given.password, passwords=passwords, limiter=limiter, settings=settings,
            sessions=sessions, caller=service.caller_of(context),
        )  # fmt: skip
    except Problem as error:
        error.field = error.field or "code"
        return again("users/reset_confirm.html", told("Set a new password"), form, error, next=target)
    props = FormPage(raw={"email": given.address}, message=told("Your password is changed. Sign in with the new one."), next=target)
    return set_known(clear_session(page("users/signin.html", props, title=told("Sign in")), settings), context.wrote_for, settings)


@get("/reset/{link:str}", access="public", include_in_schema=False)
async def reset_link_page(link: str, settings: Settings, next: str = "") -> Response[bytes]:  # noqa: A002 - the query's own word
    """Where the link in the message leads: the new password, and nothing else to type."""
    service.secret_of(settings, link, "reset")
    return page("users/reset_link.html", FormPage(link=link, next=onward(next)), title=told("Set a new password"), robots="noindex")


@post("/reset/{link:str}", access="public", include_in_schema=False)
async def reset_by_link(
    link: str, request: AnyRequest, write: WriteSession, passwords: PasswordPool, limiter: Limiter, settings: Settings,
    sessions: Sessions, context: RequestContext,
) -> Response[bytes]:  # fmt: skip
    """Sets the password, signs every device out, and leads to sign-in."""
    form, target = await read_form(request, NewPasswordForm), await way_on(request)
    if form.value is None:
        return again("users/reset_link.html", told("Set a new password"), form, link=link, next=target)
    try:
        person = await service.reset_by_link(
            write, link, form.value.password, passwords=passwords, limiter=limiter, settings=settings, sessions=sessions,
            caller=service.caller_of(context),
        )  # fmt: skip
    except LinkRefused as error:
        props = FormPage(errors={"address": error.detail}, next=target)
        return page("users/reset.html", props, title=told("Forgotten password"), status=error.status)
    except Problem as error:
        return again("users/reset_link.html", told("Set a new password"), form, error, link=link, next=target)
    context.wrote_for = person.id
    message = told("Your password is changed. Sign in with the new one.")
    props = FormPage(raw={"email": person.email or person.phone}, message=message, next=target)
    return set_known(clear_session(page("users/signin.html", props, title=told("Sign in")), settings), person.id, settings)


PAGES = (
    register_page, register, confirm_page, confirm, resend, confirm_link_page, confirm_link, sign_in_page, sign_in_link_page, sign_in,
    sign_out, reset_page, ask_reset, reset_confirm_page, reset, reset_link_page, reset_by_link,
)  # fmt: skip
