"""Page props of people."""

from datetime import datetime
from typing import Any

import msgspec

from nollycrewhub.domains.users.schemas import DeviceOut, LookedUp, TalentSearch


class FormPage(msgspec.Struct, kw_only=True):
    """Props of every small form: what was typed, what is wrong, what was said before."""

    raw: dict[str, Any] = {}
    errors: dict[str, str] = {}
    message: str = ""
    next: str = ""
    link: str = ""
    google: bool = False
    asked: datetime | None = None


class MePage(msgspec.Struct, kw_only=True):
    """Props of /me."""

    name: str
    handle: str
    email: str | None
    phone: str | None
    operator: bool
    listed: bool
    headline: str
    photo: str | None
    missing: list[str]


class ProfilePage(msgspec.Struct, kw_only=True):
    """Props of the profile form."""

    raw: dict[str, Any]
    errors: dict[str, str]
    saved: bool
    states: list[tuple[str, str]]
    roles: list[tuple[str, str]]
    departments: list[tuple[str, str]]
    languages: list[tuple[str, str]]
    photo: str | None


class AccountPage(msgspec.Struct, kw_only=True):
    """Props of /me/account; `can_connect` when the password was typed within the last ten minutes."""

    email: str | None
    phone: str | None
    has_password: bool
    has_google: bool
    is_offered: bool
    can_connect: bool
    done: str = ""
    errors: dict[str, str] = {}


class PeoplePage(msgspec.Struct, kw_only=True):
    """Props of /ops/people."""

    asked: str
    found: LookedUp | None
    confirmed: bool
    error: str = ""


class DevicesPage(msgspec.Struct, kw_only=True):
    """Props of /me/devices."""

    devices: list[DeviceOut]


class TalentPage(msgspec.Struct, kw_only=True):
    """Props of /talent."""

    people: list[dict[str, Any]]
    corrected: str | None
    nameless: frozenset[str]
    search: TalentSearch
    raw: dict[str, str]
    errors: dict[str, str]
    kept: dict[str, str]
    next_href: str | None
    states: list[tuple[str, str]]
    departments: list[tuple[str, str]]
    languages: list[tuple[str, str]]
    filtered: int


class PersonPage(msgspec.Struct, kw_only=True):
    """Props of /talent/{handle} and of what members see there; `has_more` when some field is for members only.

    `person` is as much of somebody as fits one page: the part of this number, with the address of the next.
    """

    person: dict[str, Any]
    address: str
    number: int = 1
    next_href: str | None = None
    has_more: bool = False
    for_members: bool = False
    nameless: bool = False
