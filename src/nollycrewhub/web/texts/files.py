"""The languages' files: read, brought up to date with the source, and written so that a change of one sentence is a change of one entry."""

from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

from nollycrewhub.platform.languages import LANGUAGES
from nollycrewhub.platform.languages.known import LOCALE

NAME = "nollycrewhub.po"
DRAFT = "draft"
SAME = LOCALE / "same.txt"
HEADER = """\
# {name}: the sentences of NollyCrewHub.
# How they are translated and reviewed is in docs/mechanisms/languages.md.
msgid ""
msgstr ""
"Language: {code}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plurals}\\n"

"""


def path_of(code: str, folder: Path = LOCALE) -> Path:
    """Where a language's entries are."""
    return folder / code / "LC_MESSAGES" / NAME


def header(code: str) -> str:
    """How a language's file begins."""
    language = LANGUAGES[code]
    return HEADER.format(name=language.name, code=code, plurals=language.plurals)


def parsed(content: bytes, code: str) -> Catalog:
    """A language's entries. A file that gettext's own tools would refuse is refused."""
    return read_po(BytesIO(content), locale=code, abort_invalid=True)


def read(code: str, folder: Path = LOCALE) -> Catalog:
    """A language's entries, none of them where there is no file yet."""
    path = path_of(code, folder)
    return parsed(path.read_bytes() if path.exists() else header(code).encode(), code)


def entries(catalog: Catalog) -> list[Message]:
    """The messages but for the header."""
    return [message for message in catalog if message.id]


def forms(message: Message) -> tuple[str, ...]:
    """What an entry says: one form, or one for each kind of number."""
    said = message.string or ""
    return (said,) if isinstance(said, str) else tuple(said)


def is_said(message: Message) -> bool:
    """Whether an entry has been translated at all."""
    return any(forms(message))


def key(message: Message) -> tuple[str, str]:
    """Context and English sentence."""
    return message.context or "", message.id if isinstance(message.id, str) else message.id[0]


def update(catalog: Catalog, source: Catalog) -> None:
    """Takes in new sentences and lets go of old ones; what was translated without a mark is a draft."""
    catalog.update(source, no_fuzzy_matching=True)
    catalog.obsolete.clear()
    for message in entries(catalog):
        if is_said(message) and not message.user_comments:
            message.user_comments = [DRAFT]


def written(catalog: Catalog, code: str) -> bytes:
    """The file of a language, in the order of the source's files."""
    file = BytesIO()
    write_po(file, catalog, width=120, omit_header=True, sort_by_file=True, include_lineno=False, ignore_obsolete=True)
    return header(code).encode() + file.getvalue()


def same_in_english(path: Path = SAME) -> set[tuple[str, str]]:
    """The allow-list of entries that are right though they equal the English: language (`*` for all) and sentence."""
    lines = (line.split("|", 1) for line in path.read_text().splitlines() if line and not line.startswith("#"))
    return {(code.strip(), sentence.strip()) for code, sentence in lines}
