"""/me/account: the password, and Google. Plain forms; leaving for Google is a link, since our policy lets no form lead there."""

from litestar import Response, get, post

from nollycrewhub.domains.users import access, service
from nollycrewhub.domains.users.pages.entrance import has_google
from nollycrewhub.domains.users.pages.google import WAY, Way, offered, return_to, set_signed
from nollycrewhub.domains.users.schemas.props import AccountPage
from nollycrewhub.kit.time import utcnow
from nollycrewhub.kit.told import told
from nollycrewhub.platform import openid
from nollycrewhub.platform.context import AnyRequest
from nollycrewhub.platform.db import Database, ReadSession, WriteSession
from nollycrewhub.platform.errors import Problem
from nollycrewhub.platform.passwords import PasswordPool
from nollycrewhub.platform.ports import Ports
from nollycrewhub.platform.ratelimit import Limiter
from nollycrewhub.platform.sessions import Sessions, Viewer
from nollycrewhub.platform.settings import Settings
from nollycrewhub.web.page import go, page

HOME = "/me/account"
DONE = {
    "password": told("Your password is changed, and every other device is signed out."),
    "connected": told("Google can open your account now."),
    "disconnected": told("Google opens your account no longer."),
}


async def shown(
    read: ReadSession, member: Viewer, settings: Settings, *, done: str = "", errors: dict[str, str] | None = None, status: int = 200
) -> Response[bytes]:  # fmt: skip
    """The page, with what was done or what is wrong."""
    account = await access.own_account(read, member.person_id)
    props = AccountPage(
        email=account.email, phone=account.phone, has_password=account.password_hash is not None,
        has_google=account.google_sub is not None, is_offered=has_google(settings),
        can_connect=member.has_confirmed(utcnow().timestamp()), done=DONE.get(done, ""), errors=errors or {},
    )  # fmt: skip
    return page("users/account.html", props, title=told("My account"), status=status)


@get(HOME, access="member", include_in_schema=False)
async def account_page(read: ReadSession, member: Viewer, settings: Settings, done: str = "") -> Response[bytes]:
    """How one comes in, and what can be changed about it."""
    return await shown(read, member, settings, done=done)


@post("/me/account/password", access="member", include_in_schema=False)
async def change_password(
    request: AnyRequest, db: Database, write: WriteSession, member: Viewer, passwords: PasswordPool, limiter: Limiter,
    sessions: Sessions, settings: Settings,
) -> Response[bytes]:  # fmt: skip
    """Sets it, and signs every other device out."""
    form, read = await request.form(), db.read_session(primary=True)
    try:
        await service.change_password(
            write, read, member, str(form.get("present", ""))[:256], str(form.get("password", ""))[:257], passwords=passwords,
            limiter=limiter, sessions=sessions,
        )  # fmt: skip
    except Problem as error:
        return await shown(read, member, settings, errors={error.field or "present": error.detail}, status=error.status)
    return go(f"{HOME}?done=password")


@post("/me/account/google/disconnect", access="member", include_in_schema=False)
async def disconnect(
    request: AnyRequest, db: Database, write: WriteSession, member: Viewer, passwords: PasswordPool, limiter: Limiter,
    settings: Settings,
) -> Response[bytes]:  # fmt: skip
    """After the password; without one, the page says what to do first."""
    form, read = await request.form(), db.read_session(primary=True)
    try:
        await service.disconnect_google(
            write, read, member.person_id, str(form.get("google-password", ""))[:256], passwords=passwords, limiter=limiter
        )
    except Problem as error:
        return await shown(read, member, settings, errors={"google": error.detail}, status=error.status)
    return go(f"{HOME}?done=disconnected")


@get("/me/account/google", access="member", include_in_schema=False)
async def leave(ports: Ports, settings: Settings, member: Viewer) -> Response[bytes]:
    """Off to Google, to connect what comes back to this account; only with a password typed lately."""
    provider = offered(ports)
    if not member.has_confirmed(utcnow().timestamp()):
        return go(f"/me/confirm-password?next={HOME}")
    way = Way(openid.departure(), HOME, connect=str(member.person_id))
    address = await provider.address(way.departure, return_to=return_to(settings))
    return set_signed(go(address), WAY, way, settings)


PAGES = (account_page, change_password, disconnect, leave)
