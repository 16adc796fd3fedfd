"""Finding people by words: what is stored to find them by, and how a misspelt search is read."""

from collections.abc import Sequence
from uuid import UUID

from nollycrewhub.domains.users import repository
from nollycrewhub.domains.users.models import Person, Profile
from nollycrewhub.domains.users.rules import Findable, document, is_visible
from nollycrewhub.kit.crafts import DEPARTMENTS, LANGUAGES
from nollycrewhub.kit.jargon import our_words_near
from nollycrewhub.kit.places import place
from nollycrewhub.kit.spelling import nearest
from nollycrewhub.kit.words import spellings, words_of
from nollycrewhub.platform.db import ReadSession, WriteSession
from nollycrewhub.platform.httpcache import touch

BATCH = 500


def findable(person: Person, profile: Profile) -> Findable:
    """What of a person's rows the directory may look at."""
    return Findable(person.name, *(getattr(profile, field) for field in Findable._fields[1:]))


def documents(found: Findable) -> tuple[str, str]:
    """The words and the document a person is found by: of public fields only, so a search tells nothing that is hidden."""

    def shown(field: str, *texts: str) -> list[str]:
        return list(filter(None, texts)) if is_visible(field, found.visibility, "stranger") else []

    name = "".join(shown("name", found.name))
    craft = [*shown("headline", found.headline), *shown("roles", *found.roles)]
    rest = [
        *shown("departments", *(DEPARTMENTS.get(name, name) for name in found.departments)), *shown("skills", *found.skills),
        *shown("town", found.town), *shown("state", place("", found.state)),
        *shown("languages", *(LANGUAGES.get(code, code) for code in found.language_codes)),
        *shown("credits", *(text for credit in found.credits for text in (credit["title"], credit["role"]))),
    ]  # fmt: skip
    return " ".join(words_of(" ".join((name, *craft, *rest)))), document(name, craft, rest)


async def renew_next(session: WriteSession, after: UUID) -> UUID | None:
    """Stores a batch of people's documents as today's rules make them; where the next batch begins, None at the end."""
    found = await repository.next_findable(session, after, limit=BATCH)
    if not found:
        return None
    if await repository.set_search(session, {person_id: documents(one) for person_id, one in found.items()}):
        touch(session, lists=("talent",))
    return max(found)


async def corrected(read: ReadSession, words: Sequence[str]) -> tuple[list[str], str | None]:
    """The words, those that find nobody led to their nearest neighbours, and how the search reads then."""
    if not words:
        return [], None
    choices = spellings(words)
    known = await repository.known_words(read, [term for choice in choices for term in choice])
    mended = [
        word if known.intersection(choice) else await neighbour(read, word) or word for word, choice in zip(words, choices, strict=True)
    ]
    return mended, None if mended == list(words) else " ".join(mended)


async def neighbour(read: ReadSession, word: str) -> str | None:
    """The nearest word that finds somebody: one of the field's own, or one that a person shows."""
    ours = await repository.known_words(read, our_words_near(word))
    shown = [other for other in await repository.near_words(read, word) if other.isalnum()]
    return nearest(word, [*ours, *shown])
