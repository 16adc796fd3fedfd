"""One's own pages: /me, the photo, devices, privacy, the strip on top."""

from typing import Annotated

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body

from nollycrewhub.contracts.messages import Unread
from nollycrewhub.contracts.notifications import Unopened
from nollycrewhub.domains.users import access, service
from nollycrewhub.domains.users.errors import PhotoRefused
from nollycrewhub.domains.users.pages.entrance import clear_session, set_session
from nollycrewhub.domains.users.rules import onward, short_name
from nollycrewhub.domains.users.schemas.props import DevicesPage, FormPage, MePage
from nollycrewhub.domains.users.service.directory import photo_path
from nollycrewhub.kit.told import told
from nollycrewhub.platform.context import AnyRequest
from nollycrewhub.platform.db import Database, ReadSession, WriteSession
from nollycrewhub.platform.errors import Problem
from nollycrewhub.platform.live import standing
from nollycrewhub.platform.passwords import PasswordPool
from nollycrewhub.platform.ports import Ports
from nollycrewhub.platform.ratelimit import Limiter
from nollycrewhub.platform.sessions import Sessions, Viewer
from nollycrewhub.platform.settings import Settings
from nollycrewhub.platform.storage import Storage
from nollycrewhub.web.page import fragment, go, page


@get("/me", access="member", include_in_schema=False)
async def me_page(read: ReadSession, member: Viewer) -> Response[bytes]:
    """Where everything of one's own starts."""
    account = await access.own_account(read, member.person_id)
    profile = await service.own_profile(read, member.person_id)
    wanted = {
        told("a photo"): profile.photo_key, told("what you do"): profile.roles, told("your state"): profile.state,
        told("a few words about you"): profile.bio,
    }  # fmt: skip
    props = MePage(
        name=account.name, handle=account.handle, email=account.email, phone=account.phone, operator=account.operator,
        listed=profile.listed, headline=profile.headline, photo=photo_path(profile.photo_key, "s"),
        missing=[name for name, value in wanted.items() if not value],
    )  # fmt: skip
    return page("users/me.html", props, title=told("My page"))


@get("/me/strip", access="member", include_in_schema=False)
async def strip(read: ReadSession, member: Viewer, ports: Ports) -> Response[bytes]:
    """The personal corner of public pages, with as many messages and notices as their pages count; how far it knows is read first."""
    known = await standing(read, f"person:{member.person_id}")
    messages, notices = ports.find(Unread), ports.find(Unopened)
    raw = {
        "name": short_name(member.name), "operator": member.operator, "standing": known,
        "unread": await messages.unread(read, member.person_id) if messages is not None else None,
        "notices": await notices.unopened(read, member.person_id) if notices is not None else None,
    }  # fmt: skip
    return fragment("users/_strip.html", FormPage(raw=raw))


@post("/me/photo", access="member", include_in_schema=False)
async def save_photo(
    data: Annotated[dict[str, UploadFile], Body(media_type=RequestEncodingType.MULTI_PART)],
    write: WriteSession, member: Viewer, storage: Storage,
) -> Response[bytes]:  # fmt: skip
    """Stores a new photo."""
    upload = data.get("photo")
    content = await upload.read(service.LARGEST_PHOTO + 1) if isinstance(upload, UploadFile) else b""
    if not content or len(content) > service.LARGEST_PHOTO:
        raise PhotoRefused(field="photo")
    await service.save_photo(write, member.person_id, content, storage=storage)
    return go("/me/profile?saved=true")


@get("/me/devices", access="member", include_in_schema=False)
async def devices_page(member: Viewer, sessions: Sessions) -> Response[bytes]:
    """Where one is signed in."""
    found = await sessions.listing(member.person_id)
    return page(
        "users/devices.html", DevicesPage(devices=[service.device_out(d, member.session_key) for d in found]), title=told("My devices")
    )


@post("/me/devices/{key:str}/end", access="member", include_in_schema=False)
async def end_device(key: str, member: Viewer, sessions: Sessions) -> Response[bytes]:
    """Signs a device out."""
    await service.end_device(sessions, member.person_id, key)
    return go("/me/devices")


@post("/me/signout-everywhere", access="member", include_in_schema=False)
async def end_everywhere(member: Viewer, sessions: Sessions, settings: Settings) -> Response[bytes]:
    """Signs every device out, this one too."""
    await service.end_everywhere(sessions, member.person_id)
    return clear_session(go("/"), settings)


@get("/me/privacy", access="member", include_in_schema=False)
async def privacy_page(read: ReadSession, member: Viewer) -> Response[bytes]:
    """Take one's data, or delete the account."""
    account = await access.own_account(read, member.person_id)
    return page("users/privacy.html", FormPage(raw={"has_password": account.password_hash is not None}), title=told("My data"))


@post("/me/delete", access="member", include_in_schema=False)
async def erase(
    request: AnyRequest, write: WriteSession, db: Database, member: Viewer, ports: Ports,
    passwords: PasswordPool, limiter: Limiter, sessions: Sessions, storage: Storage, settings: Settings,
) -> Response[bytes]:  # fmt: skip
    """Deletes the account."""
    form = await request.form()
    try:
        await service.erase(
            write, db.read_session(primary=True), member, str(form.get("password", ""))[:256], ports=ports,
            passwords=passwords, limiter=limiter, sessions=sessions, storage=storage,
        )  # fmt: skip
    except Problem as error:
        props = FormPage(raw={"has_password": "password" in form}, errors={"password": error.detail})
        return page("users/privacy.html", props, title=told("My data"), status=error.status)
    return clear_session(page("users/goodbye.html", FormPage(), title=told("Your account is deleted")), settings)


@get("/me/confirm-password", access="member", include_in_schema=False)
async def confirm_password_page(next: str = "") -> Response[bytes]:  # noqa: A002 - the query's own word
    """The password again, before an operator's decision or a change of what opens the account."""
    return page("users/again.html", FormPage(next=onward(next)), title=told("Your password, please"))


@post("/me/confirm-password", access="member", include_in_schema=False)
async def confirm_password(
    request: AnyRequest, db: Database, member: Viewer, passwords: PasswordPool, sessions: Sessions, limiter: Limiter,
    settings: Settings,
) -> Response[bytes]:  # fmt: skip
    """Notes it for ten minutes, under a new session token, and goes on."""
    form = await request.form()
    target = onward(form.get("next"))
    try:
        token = await service.confirm_password(
            db.read_session(primary=True), member, str(form.get("password", ""))[:256], passwords=passwords,
            sessions=sessions, limiter=limiter,
        )  # fmt: skip
    except Problem as error:
        props = FormPage(next=target, errors={"password": error.detail})
        return page("users/again.html", props, title=told("Your password, please"), status=error.status)
    return set_session(go(target or ("/ops" if member.operator else "/me")), token, member.person_id, settings)


PAGES = (
    me_page, strip, save_photo, devices_page, end_device, end_everywhere, privacy_page,
    erase, confirm_password_page, confirm_password,
)  # fmt: skip
