"""Payloads and rows of people; `props` holds what the pages show."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar.datastructures import UploadFile

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
Address = Annotated[str, msgspec.Meta(min_length=3, max_length=254)]
Password = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
Code = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Challenge = Annotated[str, msgspec.Meta(max_length=200)]
Role = Literal["actor", "crew", "producer", "writer", "director", "agent"]
Availability = Literal["free", "ask", "busy"]
Unit = Literal["hour", "day", "week", "month", "project", "scene"]
Level = Literal["basic", "good", "fluent", "native"]
FIRST_YEAR = 1950  # of a credit


class Language(msgspec.Struct, forbid_unknown_fields=True):
    """A language and how well it is spoken."""

    code: Annotated[str, msgspec.Meta(max_length=8)]
    level: Level


class Credit(msgspec.Struct, forbid_unknown_fields=True):
    """A film one worked on."""

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
    role: Annotated[str, msgspec.Meta(max_length=80)] = ""
    year: Annotated[int, msgspec.Meta(ge=FIRST_YEAR)] | None = None


class Register(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """POST /api/auth/register: a password, and an e-mail or a phone number; both at once are refused, not half kept."""

    name: Name
    password: Password
    email: Address | None = None
    phone: Annotated[str, msgspec.Meta(max_length=30)] | None = None


class Login(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """POST /api/auth/login; `email` may also hold a phone number.

    `challenge` and `code` answer a `code-needed`: its challenge, and the code that was sent.
    """

    email: Address
    password: Password
    challenge: Challenge = ""
    code: Annotated[str, msgspec.Meta(max_length=40)] = ""


class SignInCode(msgspec.Struct, frozen=True):
    """The job that sends a sign-in code; for nobody where the password was wrong, so that both leave the same work.

    `unasked`: during a flood no password was looked at, and the message says so.
    """

    challenge: str
    person_id: UUID | None
    channel: str
    unasked: bool = False


class AskedCode(msgspec.Struct, frozen=True):
    """The job that sends a code to confirm an address or to set a new password, if the address has an account; `asked`: when."""

    email: str | None
    phone: str | None
    purpose: str
    onward: str
    asked: datetime


class Confirm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """POST /api/auth/confirm: the address, its six digits, and the chosen password if the address was used to join more than once."""

    address: Address
    code: Code
    password: Annotated[str, msgspec.Meta(max_length=256)] = ""


class AddressOnly(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """An address to send something to."""

    address: Address


class NewPassword(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """POST /api/auth/reset/confirm."""

    address: Address
    code: Code
    password: Password


class Deletion(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """DELETE /api/users/me: the own password, or nothing for an account that has none (and signed in just now)."""

    password: Annotated[str, msgspec.Meta(max_length=256)] = ""


class PendingLink(msgspec.Struct, kw_only=True):
    """A Google account waiting for the owner of the account with its e-mail to sign in; carried in a signed cookie."""

    subject: str
    email: str
    mark: str
    next: str


class PasswordAgain(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The own password, typed again."""

    password: Password


class PasswordChange(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """POST /api/auth/password: the password of now, and the one from now on."""

    present: Password
    password: Password


class ProfileUpdate(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """PUT /api/profile: the whole profile; what is left out becomes empty."""

    name: Name
    headline: Annotated[str, msgspec.Meta(max_length=120)] = ""
    bio: Annotated[str, msgspec.Meta(max_length=4000)] = ""
    state: Annotated[str, msgspec.Meta(max_length=2)] = ""
    town: Annotated[str, msgspec.Meta(max_length=80)] = ""
    availability: Availability = "ask"
    available_from: date | None = None
    rate_kobo: Annotated[int, msgspec.Meta(ge=0, le=10**13)] | None = None
    rate_unit: Unit = "day"
    roles: Annotated[list[Role], msgspec.Meta(max_length=6)] = []
    departments: Annotated[list[Annotated[str, msgspec.Meta(max_length=40)]], msgspec.Meta(max_length=20)] = []
    skills: Annotated[list[Annotated[str, msgspec.Meta(min_length=1, max_length=60)]], msgspec.Meta(max_length=40)] = []
    languages: Annotated[list[Language], msgspec.Meta(max_length=20)] = []
    credits: Annotated[list[Credit], msgspec.Meta(max_length=100)] = []
    links: Annotated[list[Annotated[str, msgspec.Meta(max_length=300)]], msgspec.Meta(max_length=10)] = []
    listed: bool = False
    visibility: Annotated[dict[str, str], msgspec.Meta(max_length=20)] = {}


class User(msgspec.Struct, kw_only=True):
    """The account in answers to its owner."""

    id: UUID
    handle: str
    name: str
    email: str | None
    phone: str | None
    operator: bool


class SignedIn(msgspec.Struct, kw_only=True):
    """POST /api/auth/login's answer."""

    token: str
    user: User


class Confirmed(msgspec.Struct, kw_only=True):
    """POST /api/auth/confirm-password's answer: use this token from now on."""

    token: str


class Sent(msgspec.Struct, kw_only=True):
    """The same answer whether or not an account exists."""

    message: str


class DeviceOut(msgspec.Struct, kw_only=True):
    """One place a person is signed in."""

    key: str
    label: str
    region: str
    created: datetime
    seen: datetime
    current: bool


class Devices(msgspec.Struct, kw_only=True):
    """GET /api/auth/devices."""

    devices: list[DeviceOut]


class AccountRow(msgspec.Struct, frozen=True, kw_only=True):
    """What signing in needs."""

    id: UUID
    handle: str
    name: str
    email: str | None
    phone: str | None
    password_hash: str | None
    email_confirmed_at: datetime | None
    phone_confirmed_at: datetime | None
    operator: bool
    banned_at: datetime | None
    google_sub: str | None
    locale: str


class Spoken(msgspec.Struct, frozen=True, kw_only=True):
    """The language a person's messages are in, and whether they chose it or it was the one of the page they joined on."""

    locale: str
    locale_chosen: bool


class ProfileColumns(msgspec.Struct, frozen=True, kw_only=True):
    """The columns of a profile that every reading of it has, in the order the queries name them."""

    person_id: UUID
    handle: str
    name: str
    headline: str
    state: str
    town: str
    photo_key: str | None
    availability: str
    rate_kobo: int | None
    rate_unit: str
    roles: list[str]
    skills: list[str]
    updated_at: datetime


class WholeProfile(ProfileColumns, frozen=True, kw_only=True):
    """The columns that only a whole profile has."""

    bio: str
    available_from: date | None
    departments: list[str]
    links: list[str]
    listed: bool


class ProfileRow(WholeProfile, frozen=True, kw_only=True):
    """A whole profile as stored; json columns arrive as text."""

    languages: str
    credits: str
    visibility: str


class TalentRow(ProfileColumns, frozen=True, kw_only=True):
    """A line of the directory as stored."""

    language_codes: list[str]
    available_from: date | None
    visibility: str
    part: int


class RenewBatch(msgspec.Struct, frozen=True):
    """The payload of a job that renews search documents: of the people after this one."""

    after: UUID = UUID(int=0)


class PhotoRow(msgspec.Struct, frozen=True, kw_only=True):
    """Whose photo it is, and what decides who may see it."""

    person_id: UUID
    listed: bool
    visibility: str


class HandleRow(msgspec.Struct, frozen=True, kw_only=True):
    """An open account by its handle."""

    person_id: UUID
    handle: str
    listed: bool


class LookedUp(msgspec.Struct, frozen=True, kw_only=True):
    """An account as operators see it: how to reach its owner and whether it is open, and nothing of the profile."""

    id: UUID
    handle: str
    name: str
    email: str | None
    phone: str | None
    email_confirmed_at: datetime | None
    phone_confirmed_at: datetime | None
    operator: bool
    banned_at: datetime | None
    banned_reason: str
    created_at: datetime
    listed: bool


class Talent(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A line of the directory in full; hidden fields are absent. Who hides the name is called `Member` and a number."""

    id: UUID
    handle: str
    name: str
    roles: list[str] | None = None
    headline: str | None = None
    location: str | None = None
    photo: str | None = None
    availability: str | None = None
    available_from: date | None = None
    rate: str | None = None
    skills: list[str] | None = None
    languages: list[str] | None = None


class CompactTalent(msgspec.Struct, kw_only=True):
    """A line of the directory in the compact form."""

    id: UUID
    handle: str
    name: str
    role: str | None
    state: str | None
    rate: str | None
    photo: str | None


class Directory(msgspec.Struct, kw_only=True):
    """GET /api/users in full; `corrected` is how a misspelt search was read."""

    users: list[Talent]
    next: str | None
    corrected: str = ""


class CompactDirectory(msgspec.Struct, kw_only=True):
    """GET /api/users in the compact form."""

    users: list[CompactTalent]
    next: str | None
    corrected: str = ""


class SpokenLanguage(msgspec.Struct, kw_only=True):
    """A language with its name."""

    code: str
    name: str
    level: str


class Shown(msgspec.Struct, kw_only=True):
    """A person as somebody may see them; what they hide from that somebody is absent, and a hidden name `Member` and a number."""

    id: UUID
    handle: str
    name: str
    location: str | None
    headline: str = ""
    roles: list[str] = []
    departments: list[str] = []
    bio: str = ""
    state: str = ""
    town: str = ""
    photo: str | None = None
    availability: str = ""
    available_from: date | None = None
    rate: str | None = None
    skills: list[str] = []
    languages: list[SpokenLanguage] = []
    credits: list[Credit] = []
    links: list[str] = []


class OnePerson(msgspec.Struct, kw_only=True):
    """GET /api/users/{handle}."""

    user: Shown


class OneCompactPerson(msgspec.Struct, kw_only=True):
    """GET /api/users/{handle} in the compact form."""

    user: CompactTalent


class OwnProfile(WholeProfile, frozen=True, kw_only=True):
    """One's own profile, whole."""

    languages: list[Language]
    credits: list[Credit]
    visibility: dict[str, str]


class Me(msgspec.Struct, kw_only=True):
    """GET /api/profile."""

    user: User
    profile: OwnProfile


class PhotoForm(msgspec.Struct, forbid_unknown_fields=True):
    """The form of POST /api/users/me/photo."""

    photo: UploadFile


class PhotoSaved(msgspec.Struct, kw_only=True):
    """Where the new photo is."""

    photo: str


class TalentSearch(msgspec.Struct, kw_only=True):
    """The directory's filters, all optional. `max_rate` is kobo for one `rate_unit`, a day unless it says otherwise.

    `free_by` is a day by which somebody says to be free, or says to be free now.
    """

    q: str = ""
    role: str = ""
    department: str = ""
    state: str = ""
    language: str = ""
    availability: str = ""
    free_by: date | None = None
    max_rate: int | None = None
    rate_unit: str = ""
    limit: int = 20
    cursor: str | None = None
