"""One's own profile: read it, save it, change the photo."""

import asyncio
import io
from functools import partial
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from PIL import Image, ImageOps, UnidentifiedImageError

from nollycrewhub.contracts.events import ProfileUpdated
from nollycrewhub.domains.users import access, repository
from nollycrewhub.domains.users.errors import NoSuchPerson, PhotoRefused
from nollycrewhub.domains.users.models import Person, Profile
from nollycrewhub.domains.users.rules import clean_visibility, is_visible
from nollycrewhub.domains.users.schemas import ProfileRow, ProfileUpdate
from nollycrewhub.domains.users.service.accounts import clean_name
from nollycrewhub.kit.crafts import DEPARTMENTS, LANGUAGES
from nollycrewhub.kit.ids import token
from nollycrewhub.kit.places import BY_CODE, place
from nollycrewhub.kit.text import clean, fold
from nollycrewhub.kit.time import utcnow
from nollycrewhub.platform.db import ReadSession, WriteSession
from nollycrewhub.platform.errors import Invalid
from nollycrewhub.platform.events import emit
from nollycrewhub.platform.httpcache import touch
from nollycrewhub.platform.storage import Storage

MOST_PIXELS = 40_000_000
SIZES = {"l": 640, "s": 160}
QUALITY = 72


async def own_profile(read: ReadSession, person_id: UUID) -> ProfileRow:
    """The whole profile, for its owner."""
    return await access.own_profile(read, person_id)


def checked(given: ProfileUpdate) -> ProfileUpdate:
    """The update with clean text and known places, departments and languages; Invalid names the field."""
    if given.state and given.state not in BY_CODE:
        raise Invalid("Choose a state from the list.", field="state")
    unknown = [name for name in given.departments if name not in DEPARTMENTS]
    if unknown:
        raise Invalid(f"There is no department {unknown[0]}.", field="departments")
    if any(language.code not in LANGUAGES for language in given.languages):
        raise Invalid("Choose languages from the list.", field="languages")
    for link in given.links:
        if not is_link(link):
            raise Invalid("A link starts with https:// and names a site.", field="links")
    try:
        visibility = clean_visibility(given.visibility)
    except ValueError as error:
        raise Invalid(str(error), field="visibility") from error
    for field in ("headline", "bio", "town"):
        try:
            clean(getattr(given, field), lines=field == "bio")
        except ValueError as error:
            raise Invalid(str(error), field=field) from error
    for field, texts in {"skills": given.skills, "credits": [c.title + c.role for c in given.credits]}.items():
        for text in texts:
            try:
                clean(text)
            except ValueError as error:
                raise Invalid(str(error), field=field) from error
    return msgspec.structs.replace(given, visibility=visibility, skills=list(dict.fromkeys(s.strip() for s in given.skills)))


def is_link(text: str) -> bool:
    """Whether a text is a plain address of a site: no user in it, nothing that cannot be read."""
    try:
        clean(text)
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False


async def save_profile(session: WriteSession, person_id: UUID, given: ProfileUpdate, *, storage: Storage) -> None:
    """Stores the whole profile with its search document, and says so in an event."""
    update = checked(given)
    person, profile = await access.own_for_change(session, person_id)
    if update.visibility.get("photo", profile.visibility.get("photo")) != profile.visibility.get("photo"):
        await move_photo(session, profile, storage)
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
    await repository.set_search(session, person_id, search_text(person, profile))
    await emit(
        session,
        ProfileUpdated(
            aggregate_id=str(person_id), version=person.version, person_id=person_id, handle=person.handle,
            listed=profile.listed,
        ),
    )  # fmt: skip


def renew(session: WriteSession, person: Person) -> None:
    """What everyone sees of the person is overtaken."""
    touch(session, lists=("talent",), things=(f"person:{person.handle}",))


def search_text(person: Person, profile: Profile) -> str:
    """What the directory finds a person by: public fields only, folded, so search tells nothing that is hidden."""

    def shown(field: str, *texts: str) -> list[str]:
        return list(texts) if is_visible(field, profile.visibility, "stranger") else []

    parts = [
        person.name, profile.headline, *profile.roles, *(DEPARTMENTS.get(name, name) for name in profile.departments),
        *shown("skills", *profile.skills), *shown("town", profile.town),
        *shown("state", place("", profile.state)),
        *shown("languages", *(LANGUAGES.get(code, code) for code in profile.language_codes)),
        *shown("credits", *(f"{credit['title']} {credit['role']}" for credit in profile.credits)),
    ]  # fmt: skip
    return fold(" ".join(parts))


async def save_photo(session: WriteSession, person_id: UUID, content: bytes, *, storage: Storage) -> str:
    """Re-encodes a picture (which strips where it was taken), stores two sizes, and returns the new key."""
    pictures = await asyncio.to_thread(reencode, content)
    key = f"photos/{token(16)}"
    for size, picture in pictures.items():
        await storage.put(f"{key}-{size}.webp", picture)
    person, profile = await access.own_for_change(session, person_id)
    before, profile.photo_key = profile.photo_key, key
    profile.updated_at = utcnow()
    await session.flush()
    renew(session, person)
    if before:
        session.after_commit(partial(forget_photo, before, storage))
    return key


async def move_photo(session: WriteSession, profile: Profile, storage: Storage) -> None:
    """Gives a photo that fewer may see a new random name, so that who kept the old address finds nothing there."""
    before, key = profile.photo_key, f"photos/{token(16)}"
    if not before:
        return
    for size in SIZES:
        content = await storage.get(f"{before}-{size}.webp")
        if content is not None:
            await storage.put(f"{key}-{size}.webp", content)
    profile.photo_key = key
    session.after_commit(partial(forget_photo, before, storage))


async def forget_photo(key: str, storage: Storage) -> None:
    """Deletes a picture's files; done after the commit, so that a failed one leaves the picture there."""
    for size in SIZES:
        await storage.delete(f"{key}-{size}.webp")


async def photo(name: str, *, storage: Storage) -> bytes:
    """The stored picture of a public name; NoSuchPerson for anything else."""
    try:
        found = await storage.get(f"photos/{name}")
    except ValueError:
        found = None
    if found is None:
        raise NoSuchPerson
    return found


def reencode(content: bytes) -> dict[str, bytes]:
    """The picture as WebP in our sizes; PhotoRefused when it is none, or a bomb."""
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "WEBP")) as found:
            if found.width * found.height > MOST_PIXELS:
                raise PhotoRefused("That picture has too many pixels. Send one of at most 40 megapixels.", field="photo")
            upright = ImageOps.exif_transpose(found).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError, SyntaxError) as error:
        raise PhotoRefused(field="photo") from error
    out = {}
    for name, edge in SIZES.items():
        square = ImageOps.fit(upright, (edge, edge), method=Image.Resampling.LANCZOS, centering=(0.5, 0.35))
        buffer = io.BytesIO()
        square.save(buffer, "WEBP", quality=QUALITY, method=4)
        out[name] = buffer.getvalue()
    return out
