"""What a text message costs: every kind of notice in every language, with the longest that people may write, is one part.

Counted here from the tables of 3GPP TS 23.038 and TS 23.040 as they are printed there, beside the program's own count.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import msgspec
import pytest

from nollycrewhub.domains.jobs.schemas import JobInput
from nollycrewhub.domains.notifications.rules import KINDS, MOVES, words
from nollycrewhub.domains.notifications.rules.words import Words
from nollycrewhub.domains.notifications.schemas import ToldRow
from nollycrewhub.domains.notifications.service.climbing import text_of
from nollycrewhub.domains.users.schemas import Name
from nollycrewhub.domains.users.service import accounts, bans, doubt, keys
from nollycrewhub.domains.users.service.keys import CONNECTED
from nollycrewhub.kit.gsm import BASIC, EXTENSION, gsm_form, size_of
from nollycrewhub.kit.ids import uuid7
from nollycrewhub.kit.time import utcnow
from nollycrewhub.kit.told import read_by
from nollycrewhub.kit.told import words as said_to
from nollycrewhub.platform.languages import catalogue_for
from nollycrewhub.platform.languages.known import OFFERED
from nollycrewhub.platform.settings import Settings, from_environ

DEFAULT_ALPHABET = (
    "@£$¥èéùìòÇ\nØø\rÅå" "Δ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ" " !\"#¤%&'()*+,-./" "0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNO" "PQRSTUVWXYZÄÖÑÜ§" "¿abcdefghijklmno" "pqrstuvwxyzäöñüà"
)  # fmt: skip
"""Table 6.2.1, its eight columns of sixteen, 0x00 to 0x7F; 0x1B leads to the extension."""
AFTER_ESCAPE = {0x0A: "\f", 0x14: "^", 0x28: "{", 0x29: "}", 0x2F: "\\", 0x3C: "[", 0x3D: "~", 0x3E: "]", 0x40: "|", 0x65: "€"}
ADDRESSES = ("https://nollycrewhub.com", "https://www.nollycrewhub.com.ng", "https://nollycrewhub-web-production.onrender.com")
TALK = "019363ab-6d71-7000-8000-000000000000"
LAST = 10**9
TAIL = 14
"""As many units of a title as are seen of the longest, at least: enough to know one's own application by."""


def longest(of: object) -> int:
    """How many characters a field may hold."""
    [info] = [msgspec.inspect.type_info(of)]
    assert isinstance(info, msgspec.inspect.StrType) and info.max_length
    return info.max_length


TITLE = longest(JobInput.__annotations__["title"])
NAME = longest(Name)


def written(pattern: str, length: int) -> str:
    """A text as long as may be, of whole characters."""
    return (pattern * length)[:length].strip().ljust(length, "m")


def texts(length: int) -> Iterator[str]:
    """What people write, as long as they may: five languages, dear characters, and some that become several."""
    for pattern in (
        "Gaffer for a village drama near Ado Ekiti, ", "Òṣèré bìnrin àgbà fún eré “Ọmọ Ẹkùn” ní Ìbàdàn, ", "Ɗan wasan ƙwaikwayo na Ƙofar Ɗan Agundi, ",
        "Onye ọkwọ ụgbọala maka ihe nkiri Ụmụnwaanyị, ", "Person wey go carry camera for Naija film o, ", "₦5,000 – ₦9,000… ", "[{€|~^}]\\ ",
        "½ ㎒ ﬃ ™ № ", "电影 🎬 кино ", "W",
    ):  # fmt: skip
        yield written(pattern, length)


def at(address: str) -> Settings:
    """A site of this address; nothing is asked of its servers."""
    database = "postgresql://nobody@127.0.0.1/none"
    return from_environ({"DATABASE_URL": database, "SESSION_URL": "redis://127.0.0.1/0", "PUBLIC_URL": address, "SHAPE": "test"})


def of_all_kinds(title: str, name: str) -> list[Words]:
    """Every notice that can be told, of this title and this name."""
    moves = [words.moved(title, LAST, after, before=before) for after in MOVES for before in ("applied", "declined")]
    return [
        *(one for one in moves if one is not None), words.received(title, LAST, name), words.received(title, LAST, ""),
        words.withdrawn(title, LAST), words.ended(title, LAST, 1, "Thu 24 Dec"), words.ended(title, LAST, 2000, "Thu 24 Dec"),
        words.closed(title, LAST), words.closed(title, LAST, title), words.held(title, LAST, title), words.released(title, LAST),
        words.matched(title, LAST, f"{name}, Federal Capital Territory"), words.asked(TALK, "direct", name), words.asked(TALK, "group", name),
        words.wrote(TALK, name), words.invited(TALK, name),
    ]  # fmt: skip


def stored(notice: Words) -> ToldRow:
    """A notice as the table has it: in English."""
    return ToldRow(
        id=uuid7(), kind=notice.kind, subject=str(notice.subject), body=str(notice.body), link=notice.link, created_at=utcnow(), read_at=None,
        confirmed_at=None, person_id=uuid7(), event_id=uuid7(), sender_id=None,
    )  # fmt: skip


def parts_by_the_table(text: str) -> int:
    """How many messages a text takes: septets where all of it is in the alphabet, else code units of UCS-2."""
    if set(text) <= set(DEFAULT_ALPHABET.replace("\x1b", "")) | set(AFTER_ESCAPE.values()):
        units, alone, joined = sum(2 if c in AFTER_ESCAPE.values() else 1 for c in text), 160, 153
    else:
        units, alone, joined = len(text.encode("utf-16-be")) // 2, 70, 67
    return 1 if units <= alone else -(-units // joined)


def test_the_alphabet_is_the_standards() -> None:
    assert len(DEFAULT_ALPHABET) == 128 and DEFAULT_ALPHABET[0x1B] == "\x1b"
    assert set(DEFAULT_ALPHABET) - {"\x1b"} == BASIC
    assert set(AFTER_ESCAPE.values()) == EXTENSION


@pytest.mark.parametrize("language", OFFERED)
@pytest.mark.parametrize("address", ADDRESSES)
def test_every_kind_in_every_language_is_one_part_that_says_what_it_is(language: str, address: str) -> None:
    settings, seen = at(address), set()
    for title, name in zip(texts(TITLE), texts(NAME), strict=True):
        for notice in of_all_kinds(title, name):
            row = stored(notice)
            with read_by(catalogue_for(language)):
                text = text_of(row, settings)
            sent = gsm_form(text)  # as the carrier hands it over
            said, link = sent.removeprefix("NollyCrewHub: ").rsplit(" ", 1)
            assert sent == text, "what was counted is what is sent"
            assert parts_by_the_table(sent) == size_of(sent).parts == 1, (notice.kind, text)
            assert link.startswith(f"{address}/n/") and len(link) == len(address) + len("/n/") + 36
            whole = gsm_form(said_to(notice.subject, catalogue_for(language)))
            shown = said.removesuffix(".").removesuffix("...")
            assert whole.startswith(shown) and (whole == shown or said.endswith("...")), (notice.kind, text)
            sentence = gsm_form(said_to(empty(notice), catalogue_for(language)))
            assert whole == shown or size_of(shown).units >= len(sentence) + TAIL, (notice.kind, text)
            seen.add(notice.kind)
    assert seen == set(KINDS), "a kind that is not tried here"


def empty(notice: Words) -> str:
    """The sentence of a notice without the title in it."""
    [plain] = {str(one.subject): one.subject for one in of_all_kinds("", "") if one.kind == notice.kind}.values()
    return plain


def test_each_language_says_its_own_sentence() -> None:
    """Else the test above counts English five times."""
    title = written("Gaffer ", 20)
    for notice in of_all_kinds(title, "Ngozi Eze"):
        said = set()
        for language in OFFERED:
            with read_by(catalogue_for(language)):
                said.add(text_of(msgspec.structs.replace(stored(notice), id=UUID(TALK)), at(ADDRESSES[0])))
        assert len(said) >= len(OFFERED) - 1, notice.kind


ASKED = datetime(2026, 12, 28, 22, 59, tzinfo=UTC)
ONWARD = "?next=/" + "j" * (accounts.LONGEST_IN_SMS - 1)
CODES = {
    "a code": (1, lambda link: accounts.by_sms("123456", link, ASKED)),
    "a code with the way back": (2, lambda link: accounts.by_sms("123456", link + ONWARD, ASKED)),
    "a code to sign in": (1, lambda link: doubt.by_sms("12345678", link)),
    "a code to sign in, in a flood": (1, lambda link: doubt.unasked_by_sms("12345678", link)),
}
"""What an account sends besides notices, and the parts that each may take."""


@pytest.mark.parametrize("language", OFFERED)
@pytest.mark.parametrize("what", CODES)
def test_a_code_takes_no_more_parts_than_it_is_paid_for(language: str, what: str) -> None:
    most, made = CODES[what]
    settings = at(ADDRESSES[0])
    link = f"{settings.public_url}/{'signin' if 'sign in' in what else 'confirm'}/{accounts.link_of(settings, uuid7(), 'confirm')}"
    sent = accounts.as_sms(made(link), language)
    assert parts_by_the_table(sent) == size_of(sent).parts <= most, sent
    assert link in sent


REASON = "Your listing asked applicants for ₦5,000 before an audition, “for the form”. " * 8


@pytest.mark.parametrize("language", OFFERED)
@pytest.mark.parametrize("address", ADDRESSES)
def test_what_an_account_is_warned_of_takes_one_part(language: str, address: str) -> None:
    for warning in (
        CONNECTED, keys.CHANGED, keys.DISCONNECTED, bans.OPEN_AGAIN, accounts.taken(f"{address}/signin"), bans.closed_in_short("Spam."),
        bans.closed_in_short(REASON), bans.closed_in_short("[{€}]" * 100),
    ):  # fmt: skip
        sent = accounts.as_sms(warning, language)
        assert parts_by_the_table(sent) == size_of(sent).parts == 1, sent
    assert "asked applicants for NGN 5,000" in accounts.as_sms(bans.closed_in_short(REASON), language)
