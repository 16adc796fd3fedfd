"""/api/auth, /api/profile and /api/users: parse, call one service function, answer."""

from datetime import date
from typing import Annotated, Any

import msgspec
from litestar import Response, delete, get, post, put
from litestar.enums import RequestEncodingType
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Body, Parameter, QueryParameter
from litestar.response import Stream

from nollycrewhub.domains.users import access, service
from nollycrewhub.domains.users.errors import PhotoRefused
from nollycrewhub.domains.users.schemas import (
    AccountRow,
    AddressOnly,
    CompactDirectory,
    Confirm,
    Confirmed,
    Credit,
    Deletion,
    Devices,
    Directory,
    Language,
    Login,
    Me,
    NewPassword,
    OneCompactPerson,
    OnePerson,
    OwnProfile,
    PasswordAgain,
    PasswordChange,
    PhotoForm,
    PhotoSaved,
    ProfileRow,
    ProfileUpdate,
    Register,
    Sent,
    SignedIn,
    User,
)
from nollycrewhub.kit.told import as_json
from nollycrewhub.platform.context import AnyRequest, RequestContext
from nollycrewhub.platform.db import Database, ReadSession, WriteSession
from nollycrewhub.platform.httpcache import shared
from nollycrewhub.platform.passwords import PasswordPool
from nollycrewhub.platform.ports import Ports
from nollycrewhub.platform.ratelimit import Limiter
from nollycrewhub.platform.sessions import Sessions, Viewer
from nollycrewhub.platform.settings import Settings
from nollycrewhub.platform.shape import Shape
from nollycrewhub.platform.storage import Storage


def user_of(row: AccountRow) -> User:
    """The account for its owner."""
    return User(id=row.id, handle=row.handle, name=row.name, email=row.email, phone=row.phone, operator=row.operator)


def profile_of(row: ProfileRow) -> OwnProfile:
    """The stored profile for its owner, its lists as lists."""
    fields = {name: getattr(row, name) for name in row.__struct_fields__}
    decoded = {
        "languages": msgspec.json.decode(row.languages, type=list[Language]),
        "credits": msgspec.json.decode(row.credits, type=list[Credit]),
        "visibility": msgspec.json.decode(row.visibility, type=dict[str, str]),
    }
    return OwnProfile(**{**fields, **decoded})


def answers(type_: Any, description: str) -> dict[int, ResponseSpec]:
    """What an answer that is written as bytes looks like, for the OpenAPI document."""
    return {200: ResponseSpec(type_, generate_examples=False, description=description)}


@post("/api/auth/register", access="public", summary="Make an account", status_code=202)
async def register(
    data: Register, write: WriteSession, passwords: PasswordPool, limiter: Limiter, settings: Settings,
    context: RequestContext,
) -> Sent:  # fmt: skip
    """The same answer whether or not the address has an account; the message sent differs."""
    context.wrote_for = await service.register(
        write, data, passwords=passwords, limiter=limiter, settings=settings, region=context.region,
        neighbourhood=service.caller_of(context).neighbourhood, language=context.language,
    )  # fmt: skip
    return Sent(message=service.SENT)


@post("/api/auth/confirm", access="public", summary="Confirm an address with the code sent to it", problems=(410,), status_code=200)
async def confirm(
    data: Confirm, write: WriteSession, passwords: PasswordPool, limiter: Limiter, settings: Settings, context: RequestContext
) -> Sent:  # fmt: skip
    """After this the account can sign in. A 422 on `password`: the address was used to join more than once; send the code again with the password chosen."""
    person = await service.confirm(write, data.address, data.code, data.password, passwords=passwords, limiter=limiter, settings=settings)
    context.wrote_for = person.id
    return Sent(message="Your address is confirmed. You can sign in now.")


@post("/api/auth/resend", access="public", summary="Send a new confirmation code", status_code=202)
async def resend(data: AddressOnly, write: WriteSession, limiter: Limiter, settings: Settings, context: RequestContext) -> Sent:
    """For an account whose address is not confirmed yet."""
    neighbourhood = service.caller_of(context).neighbourhood
    await service.resend(write, data.address, limiter=limiter, settings=settings, neighbourhood=neighbourhood)
    return Sent(message=service.CODE_SENT)


@post("/api/auth/login", access="public", summary="Sign in", problems=(401, 410), secret=True, status_code=200)
async def login(
    data: Login, db: Database, write: WriteSession, context: RequestContext, passwords: PasswordPool, limiter: Limiter,
    sessions: Sessions, settings: Settings,
) -> SignedIn:  # fmt: skip
    """The token goes into `Authorization: Bearer`. A repeat with the same Idempotency-Key is given the same token. A 403 `code-needed` holds a `challenge`: send it again with the code."""
    token, account = await service.sign_in(
        db.read_session(primary=True), write, data, caller=service.caller_of(context), passwords=passwords, limiter=limiter,
        sessions=sessions, settings=settings, wished=context.wished_token,
    )  # fmt: skip
    return SignedIn(token=token, user=user_of(account))


@post("/api/auth/logout", access="member", summary="Sign this device out", status_code=204)
async def logout(context: RequestContext, sessions: Sessions) -> None:
    """Ends the session that carried this request."""
    if context.token:
        await sessions.end(context.token)


@post("/api/auth/logout-everywhere", access="member", summary="Sign out on every device", status_code=204)
async def logout_everywhere(member: Viewer, sessions: Sessions) -> None:
    """Ends all sessions, this one too."""
    await service.end_everywhere(sessions, member.person_id)


@post("/api/auth/reset", access="public", summary="Ask for a code to set a new password", status_code=202)
async def ask_reset(data: AddressOnly, write: WriteSession, limiter: Limiter, settings: Settings, context: RequestContext) -> Sent:
    """The same answer whether or not the address has an account."""
    await service.send_reset(write, data.address, limiter=limiter, settings=settings, caller=service.caller_of(context))
    return Sent(message=service.CODE_SENT)


@post("/api/auth/reset/confirm", access="public", summary="Set a new password with a code", problems=(410,), status_code=200)
async def reset(
    data: NewPassword, write: WriteSession, passwords: PasswordPool, limiter: Limiter, settings: Settings,
    sessions: Sessions, context: RequestContext,
) -> Sent:  # fmt: skip
    """Signs every device out."""
    context.wrote_for = await service.reset(
        write, data.address, data.code, data.password, passwords=passwords, limiter=limiter, settings=settings,
        sessions=sessions, caller=service.caller_of(context),
    )  # fmt: skip
    return Sent(message="Your password is changed. Sign in with the new one.")


@post(
    "/api/auth/confirm-password", access="member", summary="Type the password again", problems=(429,), secret=True,
    status_code=200,
)  # fmt: skip
async def confirm_password(
    data: PasswordAgain, db: Database, member: Viewer, passwords: PasswordPool, sessions: Sessions, limiter: Limiter,
    context: RequestContext,
) -> Confirmed:  # fmt: skip
    """What operators need before decisions; holds for ten minutes, under a new token: the old one ends.

    So a repeat that still comes with the old token is a 401, as anything else sent with it; with the new one it keeps it.
    """
    token = await service.confirm_password(
        db.read_session(primary=True), member, data.password, passwords=passwords, sessions=sessions, limiter=limiter,
        wished=context.wished_token,
    )  # fmt: skip
    return Confirmed(token=token)


@post(
    "/api/auth/password", access="member", summary="Change my password", problems=(404, 409, 429), status_code=200,
)  # fmt: skip
async def change_password(
    data: PasswordChange, db: Database, write: WriteSession, member: Viewer, passwords: PasswordPool, sessions: Sessions,
    limiter: Limiter,
) -> Sent:  # fmt: skip
    """Ends every other device; the session that asked goes on."""
    await service.change_password(
        write, db.read_session(primary=True), member, data.present, data.password, passwords=passwords, limiter=limiter,
        sessions=sessions,
    )  # fmt: skip
    return Sent(message="Your password is changed, and every other device is signed out.")


@get("/api/auth/devices", access="member", summary="Where I am signed in")
async def list_devices(member: Viewer, sessions: Sessions) -> Devices:
    """At most twenty."""
    found = await sessions.listing(member.person_id)
    return Devices(devices=[service.device_out(device, member.session_key) for device in found])


@delete("/api/auth/devices/{key:str}", access="member", summary="Sign one of my devices out")
async def end_device(key: str, member: Viewer, sessions: Sessions) -> None:
    """Not found when it is not mine."""
    await service.end_device(sessions, member.person_id, key)


@get("/api/profile", access="member", summary="My account and profile", problems=(404,))
async def get_profile(read: ReadSession, member: Viewer) -> Me:
    """Everything, as its owner sees it."""
    account = await access.own_account(read, member.person_id)
    return Me(user=user_of(account), profile=profile_of(await service.own_profile(read, member.person_id)))


@put("/api/profile", access="member", summary="Save my profile", problems=(404,))
async def put_profile(data: ProfileUpdate, write: WriteSession, member: Viewer, storage: Storage, sessions: Sessions) -> Sent:
    """The whole profile; what is left out becomes empty."""
    await service.save_profile(write, member.person_id, data, storage=storage, sessions=sessions)
    return Sent(message="Your profile is saved.")


@post("/api/users/me/photo", access="member", summary="Change my photo", problems=(404,), status_code=200)
async def put_photo(
    data: Annotated[PhotoForm, Body(media_type=RequestEncodingType.MULTI_PART)],
    write: WriteSession, member: Viewer, storage: Storage,
) -> PhotoSaved:  # fmt: skip
    """A JPEG, PNG or WebP of at most 5 MB, in the field `photo`."""
    content = await data.photo.read(service.LARGEST_PHOTO + 1)
    if len(content) > service.LARGEST_PHOTO:
        raise PhotoRefused(field="photo")
    key = await service.save_photo(write, member.person_id, content, storage=storage)
    return PhotoSaved(photo=f"/media/{key}-l.webp")


@get("/media/photos/{name:str}", access="public", include_in_schema=False)
async def photo(name: str, read: ReadSession, storage: Storage, context: RequestContext) -> Response[bytes]:
    """A stored picture. A public one may be kept for ever, since its name is random and ends with it; others are kept by nobody."""
    content, tag = await service.photo(read, name, context.viewer, storage=storage)
    kept = {"cache-control": "public, max-age=31536000, immutable", "cdn-cache-control": "max-age=900", "cache-tag": tag}
    return Response(content, media_type="image/webp", headers=kept if tag else {"cache-control": "private, no-store"})


@get(
    "/api/users/me/export",
    access="member",
    summary="All data about me",
    responses=answers(dict[str, dict[str, Any]], "One part per domain, one of the platform, and the files themselves"),
)
async def export(read: ReadSession, member: Viewer, ports: Ports) -> Stream:
    """A JSON file with one part per domain, the photo in base64, and under `platform` the devices and one's lines of the trail.

    Under `files` are the scripts as they were sent, each with its id as its name: in `text`, or in `base64` where it is no UTF-8.
    """
    return Stream(
        await service.export(read, member.person_id, ports=ports), media_type="application/json",
        headers={"content-disposition": 'attachment; filename="nollycrewhub-my-data.json"'},
    )  # fmt: skip


@delete("/api/users/me", access="member", summary="Delete my account", problems=(404, 429))
async def erase(
    data: Deletion, write: WriteSession, db: Database, member: Viewer, ports: Ports, passwords: PasswordPool,
    limiter: Limiter, sessions: Sessions, storage: Storage,
) -> None:  # fmt: skip
    """Needs the password (or, where there is none, a sign-in of the last ten minutes); there is no way back."""
    await service.erase(
        write, db.read_session(primary=True), member, data.password, ports=ports, passwords=passwords, limiter=limiter,
        sessions=sessions, storage=storage,
    )  # fmt: skip


@get(
    "/api/users", access="public", tagged=True, summary="The talent directory",
    responses=answers(Directory | CompactDirectory, "A page of people"),
    cached=shared("talent", lists=("talent",), thing=service.WITHDRAWN, canonical=service.canonical_list, by_device=True),
)  # fmt: skip
async def list_users(
    request: AnyRequest, read: ReadSession, shaped: Shape,
    q: str = "", role: str = "", department: str = "", in_state: Annotated[str, QueryParameter(name="state")] = "", language: str = "", availability: str = "", free_by: date | None = None,
    max_rate: int | None = None, rate_unit: str = "", limit: Annotated[int, Parameter(description="1 to 100")] = 20,
    cursor: str | None = None, view: str | None = None,
) -> Response[bytes]:  # fmt: skip
    """People who opted in: with words whom all of them fit, by name, then by craft, then the rest; the newest profile first. `max_rate` in kobo for one `rate_unit` (a day unless it says otherwise), of those who charge by it. `free_by` finds who says to be free by a day, or now."""
    found = await service.directory(read, service.search_of(request.query_params), compact=shaped.compact)
    correction = {"corrected": found.corrected} if found.corrected else {}
    body = as_json({"users": found.lines, "next": found.next, **correction})
    return Response(body, media_type="application/json", headers=shaped.headers)


@get(
    "/api/users/{handle:str}",
    access="public",
    tagged=True,
    summary="One person of the directory",
    responses=answers(OnePerson | OneCompactPerson, "The person"),
    cached=shared("person", thing="person:{handle}", canonical=service.canonical_one, by_device=True),
)
async def get_user(
    handle: str, request: AnyRequest, read: ReadSession, shaped: Shape, view: str = ""
) -> Response[bytes]:  # fmt: skip
    """What everybody may see: in full, or `view=compact` as a line of the directory."""
    service.canonical_one(request.query_params)
    found = await service.compact_person(read, handle) if shaped.compact else await service.person_page(read, handle, None)
    return Response(as_json({"user": found}), media_type="application/json", headers=shaped.headers)


@get(
    "/api/users/{handle:str}/member", access="member", summary="One person, as members see them",
    responses=answers(OnePerson, "The person"),
)  # fmt: skip
async def get_user_as_member(handle: str, read: ReadSession, member: Viewer) -> dict[str, Any]:
    """What everybody may see and what the person shows to members; one's own page whole."""
    return {"user": await service.person_page(read, handle, member.person_id)}


ENDPOINTS = (
    register, confirm, resend, login, logout, logout_everywhere, ask_reset, reset, confirm_password, change_password,
    list_devices,
    end_device, get_profile, put_profile, put_photo, photo, export, erase, list_users, get_user, get_user_as_member,
)  # fmt: skip
