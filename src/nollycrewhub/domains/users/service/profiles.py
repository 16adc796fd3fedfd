"""One's own profile: read it, save it, change the photo."""

import asyncio
import re
import secrets
import unicodedata
from collections.abc import Awaitable, Callable
from functools import partial
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from PIL import Image, ImageOps

from nollycrewhub.contracts.events import ProfileUpdated
from nollycrewhub.domains.users import access, repository
from nollycrewhub.domains.users.errors import NoSuchPerson, PhotoRefused
from nollycrewhub.domains.users.models import Person, Profile
from nollycrewhub.domains.users.rules import NAMELESS, clean_visibility, hides_more, is_narrower, last_year, photo_setting
from nollycrewhub.domains.users.schemas import FIRST_YEAR, Credit, Language, ProfileRow, ProfileUpdate
from nollycrewhub.domains.users.service.accounts import clean_name, free_handle
from nollycrewhub.domains.users.service.finding import documents, findable
from nollycrewhub.kit.crafts import DEPARTMENTS, LANGUAGES
from nollycrewhub.kit.ids import token
from nollycrewhub.kit.places import BY_CODE
from nollycrewhub.kit.text import clean, letters
from nollycrewhub.kit.time import lagos_day, utcnow
from nollycrewhub.kit.told import told, what
from nollycrewhub.platform import pictures
from nollycrewhub.platform.db import ReadSession, WriteSession
from nollycrewhub.platform.errors import Invalid
from nollycrewhub.platform.events import emit
from nollycrewhub.platform.httpcache import touch
from nollycrewhub.platform.sessions import Sessions, Viewer
from nollycrewhub.platform.storage import Storage

SIZES = {"l": 640, "s": 160}
QUALITY = 72
# A site's name as a browser reads it: with a dot, and no number at its end, which would make it an address.
HOST = re.compile(r"[\w-]+(?:\.[\w-]+)*\.(?P<end>[^\W\d][\w-]*)\.?$")
NOT_THE_WEB = frozenset(("localhost", "local", "internal", "lan", "home", "onion", "invalid"))
WITHDRAWN = "talent:withdrawn"


async def own_profile(read: ReadSession, person_id: UUID) -> ProfileRow:
    """The whole profile, for its owner."""
    return await access.own_profile(read, person_id)


def checked(given: ProfileUpdate) -> ProfileUpdate:
    """The update with clean text and known places, departments and languages; Invalid names the field."""
    if given.state and given.state not in BY_CODE:
        raise Invalid(told("Choose a state from the list."), field="state")
    unknown = [name for name in given.departments if name not in DEPARTMENTS]
    if unknown:
        raise Invalid(f"There is no department {unknown[0]}.", field="departments")
    if any(language.code not in LANGUAGES for language in given.languages):
        raise Invalid(told("Choose languages from the list."), field="languages")
    for link in given.links:
        if not is_link(link):
            raise Invalid(told("A link starts with https:// or http:// and names a site, for example https://reel.example."), field="links")
    try:
        visibility = clean_visibility(given.visibility)
    except ValueError as error:
        raise Invalid(what(error), field="visibility") from error
    for field in ("headline", "bio", "town"):
        cleaned(getattr(given, field), field, lines=field == "bio")
    by_code: dict[str, Language] = {}
    for language in given.languages:
        by_code.setdefault(language.code, language)
    return msgspec.structs.replace(
        given, visibility=visibility, languages=list(by_code.values()), skills=list(dict.fromkeys(filter(letters, (cleaned(skill, "skills") for skill in given.skills)))),
        credits=[clean_credit(credit) for credit in given.credits], links=[link.strip() for link in given.links],
    )  # fmt: skip


def cleaned(text: str, field: str, *, lines: bool = False) -> str:
    """Trimmed text; Invalid names the field whose text cannot be seen."""
    try:
        return clean(text, lines=lines)
    except ValueError as error:
        raise Invalid(what(error), field=field) from error


def clean_credit(credit: Credit) -> Credit:
    """A credit as it is stored; Invalid when no letter of its title is left, or its year is too far."""
    title = cleaned(credit.title, "credits")
    if not letters(title):
        raise Invalid(told("Every credit has a title."), field="credits")
    latest = last_year(lagos_day())
    if credit.year is not None and credit.year > latest:
        raise Invalid(
            told("The year of a credit is from %(first_year)s to %(latest)s.", first_year=FIRST_YEAR, latest=latest), field="credits"
        )
    return Credit(title=title, role=cleaned(credit.role, "credits"), year=credit.year)


def is_link(text: str) -> bool:
    """Whether a text is a plain address of a site on the web: no user or number in its place, nothing that cannot be read."""
    try:
        clean(text)
        parts = urlsplit(text)
        named = HOST.match(unicodedata.normalize("NFKC", parts.hostname or ""))
        is_site = named is not None and named["end"].lower() not in NOT_THE_WEB
        return parts.scheme in ("http", "https") and is_site and "@" not in parts.netloc
    except ValueError:
        return False


async def save_profile(
    session: WriteSession, person_id: UUID, given: ProfileUpdate, *, storage: Storage, sessions: Sessions
) -> None:  # fmt: skip
    """Stores the whole profile with its search document, says so in an event, and has every device show the name."""
    update = checked(given)
    person, profile = await access.own_for_change(session, person_id)
    withdraws = hides_more(update.visibility, profile.visibility) or (profile.listed and not update.listed)
    renew(session, person, at_once=withdraws)
    await hide_face_and_name(session, person, profile, update, storage=storage)
    person.name = clean_name(update.name)
    person.version += 1
    person.updated_at = profile.updated_at = utcnow()
    for field in ("headline", "bio", "town"):
        setattr(profile, field, clean(getattr(update, field), lines=field == "bio"))
    for field in ("state", "availability", "available_from", "rate_kobo", "rate_unit", "skills", "links", "listed", "visibility"):
        setattr(profile, field, getattr(update, field))
    profile.roles = list(dict.fromkeys(update.roles))
    profile.departments = list(dict.fromkeys(update.departments))
    profile.languages = msgspec.to_builtins(update.languages)
    profile.language_codes = [language.code for language in update.languages]
    profile.credits = msgspec.to_builtins(update.credits)
    await session.flush()
    renew(session, person)
    await repository.set_search(session, {person_id: documents(findable(person, profile))})
    session.after_commit(partial(sessions.rename, person_id, person.name))
    await emit(
        session,
        ProfileUpdated(
            aggregate_id=str(person_id), version=person.version, person_id=person_id, handle=person.handle,
            listed=profile.listed, state=profile.state,
        ),
    )  # fmt: skip


async def hide_face_and_name(
    session: WriteSession, person: Person, profile: Profile, update: ProfileUpdate, *, storage: Storage
) -> None:  # fmt: skip
    """New addresses for what fewer people may see from now on: old ones told the name, or still led to the photo."""
    before, after = profile.visibility.get("name", "public"), update.visibility.get("name", "public")
    if is_narrower(after, before):
        person.handle = await nameless_handle(session)
    elif after == "public" and before != "public":
        person.handle = await free_handle(session, clean_name(update.name))
    could_see = photo_setting(profile.visibility, is_listed=profile.listed)
    if is_narrower(photo_setting(update.visibility, is_listed=update.listed), could_see):
        await move_photo(session, profile, storage)


async def nameless_handle(session: WriteSession) -> str:
    """A handle that tells nothing of who it is."""
    while True:
        wanted = f"{NAMELESS}{secrets.randbelow(90_000_000) + 10_000_000}"
        if not await repository.handles_like(session, wanted):
            return wanted


def renew(session: WriteSession, person: Person, *, photo: str | None = None, at_once: bool = False) -> None:
    """What everyone sees of the person is overtaken; and the photo with this key, where it is gone or hidden.

    `at_once` is for what must not be shown a moment longer: no list is then answered from an overtaken copy.
    """
    touch(session, lists=("talent",), things=(f"person:{person.handle}", *((WITHDRAWN,) if at_once else ()), *photo_things(photo)))


def photo_things(key: str | None) -> tuple[str, ...]:
    """The name by which the edge knows a public photo."""
    return (f"photo:{key.partition('/')[2]}",) if key else ()


async def save_photo(session: WriteSession, person_id: UUID, content: bytes, *, storage: Storage) -> str:
    """Re-encodes a picture (which strips where it was taken), stores two sizes, and returns the new key."""
    made = await asyncio.to_thread(reencode, content)
    key = f"photos/{token(16)}"
    for size, picture in made.items():
        await storage.put(f"{key}-{size}.webp", picture)
    person, profile = await access.own_for_change(session, person_id)
    before, profile.photo_key = profile.photo_key, key
    profile.updated_at = utcnow()
    await session.flush()
    renew(session, person, photo=before)
    if before:
        session.after_commit(partial(forget_photo, before, storage))
    return key


async def move_photo(session: WriteSession, profile: Profile, storage: Storage) -> None:
    """Gives a photo that fewer may see a new random name: who kept the old address finds nothing there, nor at the edge."""
    before, key = profile.photo_key, f"photos/{token(16)}"
    if not before:
        return
    for size in SIZES:
        content = await storage.get(f"{before}-{size}.webp")
        if content is not None:
            await storage.put(f"{key}-{size}.webp", content)
    profile.photo_key = key
    touch(session, things=photo_things(before))
    session.after_commit(partial(forget_photo, before, storage))


def largest(key: str) -> str:
    """The stored file of a photo's largest size."""
    return f"{key}-{next(iter(SIZES))}.webp"


async def forget_photo(key: str, storage: Storage) -> None:
    """Deletes a picture's files; done after the commit, so that a failed one leaves the picture there."""
    for size in SIZES:
        await storage.delete(f"{key}-{size}.webp")


async def photo(read: ReadSession, name: str, viewer: Callable[[], Awaitable[Viewer | None]], *, storage: Storage) -> tuple[bytes, str]:
    """A stored picture and the tag to purge it by, which is empty for one that not everybody may see; NoSuchPerson for nobody's."""
    key = name.rpartition("-")[0]
    row, setting = await access.photo_row(read, f"photos/{key}")
    if setting != "public":
        found = await viewer()
        access.check_photo(row, setting, found.person_id if found else None)
    try:
        content = await storage.get(f"photos/{name}")
    except ValueError:
        content = None
    if content is None:
        raise NoSuchPerson
    return content, f"photo-{key}" if setting == "public" else ""


def reencode(content: bytes) -> dict[str, bytes]:
    """The picture as WebP in our sizes; PhotoRefused when it is none, or a bomb."""
    try:
        upright = pictures.upright(content)
    except pictures.TooManyPixels:
        raise PhotoRefused(told("That picture has too many pixels. Send one of at most 40 megapixels."), field="photo") from None
    except pictures.NotAPicture as error:
        raise PhotoRefused(field="photo") from error
    squares = {
        name: ImageOps.fit(upright, (edge, edge), method=Image.Resampling.LANCZOS, centering=(0.5, 0.35)) for name, edge in SIZES.items()
    }
    return {name: pictures.as_webp(square, quality=QUALITY) for name, square in squares.items()}
