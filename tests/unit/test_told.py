"""Sentences as values: what they are in English, in another language, in JSON and on a page."""

from datetime import date, datetime

import msgspec
import pytest
from markupsafe import Markup

from nollycrewhub.cli.seeding.generating import json_text
from nollycrewhub.kit import time
from nollycrewhub.kit.money import pay_of, spoken_pay
from nollycrewhub.kit.told import Calendar, Catalogue, Told, counted, listed, read_by, retold, told, told_about, what, words
from nollycrewhub.platform.errors import Invalid, document
from nollycrewhub.platform.live import frames

OTHER = Catalogue(
    "xx",
    {
        ("", "Sign in"): ("Wọlé",),
        ("", "Use at least %(least)s characters."): ("O kere ju %(least)s & sii.",),
        ("", "%(number)s job"): ("iṣẹ́ %(number)s", "àwọn iṣẹ́ %(number)s"),
        ("money", "%(sum)s a day"): ("%(sum)s lójoojúmọ́",),
        ("", "%(day)s, %(clock)s, Lagos"): ("%(clock)s, %(day)s",),
    },
    form=lambda number: int(number != 1),
    calendar=Calendar(tuple("abcdefg"), tuple("123456789XYZ"), "àárọ̀", "ọ̀sán"),
)


def test_a_sentence_is_its_english_for_programs() -> None:
    said = told("Use at least %(least)s characters.", least=8)
    assert said == "Use at least 8 characters." and f"{said}" == "Use at least 8 characters."
    assert {said: 1}["Use at least 8 characters."] == 1
    assert msgspec.json.encode({"detail": str(said)}) == b'{"detail":"Use at least 8 characters."}'
    assert told("100 %") == "100 %"


def test_whoever_reads_it_reads_their_language_and_values_are_escaped() -> None:
    said = told("Use at least %(least)s characters.", least="<b>")
    assert words(said, OTHER) == "O kere ju <b> & sii."
    with read_by(OTHER):
        assert Markup("%s") % said == "O kere ju &lt;b&gt; &amp; sii."
        assert words(told("Nobody translated this")) == "Nobody translated this"
        assert words("What people wrote") == "What people wrote"
    assert Markup("%s") % said == "Use at least &lt;b&gt; characters."


@pytest.mark.parametrize(
    ("number", "english", "other"), [(0, "0 jobs", "àwọn iṣẹ́ 0"), (1, "1 job", "iṣẹ́ 1"), (1200, "1,200 jobs", "àwọn iṣẹ́ 1,200")]
)
def test_a_number_chooses_the_form(number: int, english: str, other: str) -> None:
    said = counted("%(number)s job", "%(number)s jobs", number)
    assert (str(said), words(said, OTHER)) == (english, other)


def test_what_is_said_inside_is_said_in_the_same_language() -> None:
    moment = datetime(2026, 12, 12, 17, 5, tzinfo=time.UTC)
    said = time.spoken(moment, now=moment)
    assert (str(said), words(said, OTHER)) == ("Sat 12 Dec, 6.05 pm, Lagos", "6.05 ọ̀sán, f 12 Z")
    assert words(time.spoken_day(date(2027, 1, 4), today=date(2026, 1, 1)), OTHER) == "a 4 1 2027"
    assert words(listed([told("Sign in"), "Ada"]), OTHER) == "Wọlé, Ada"


def test_pay_that_was_stored_in_english_can_be_said() -> None:
    for unit in ("hour", "day", "week", "month", "project", "scene"):
        assert pay_of(str(spoken_pay(15_000_000, unit=unit))) == str(spoken_pay(15_000_000, unit=unit))
    assert words(pay_of("₦150,000 a day"), OTHER) == "₦150,000 lójoojúmọ́"
    assert pay_of("Unpaid") == "Unpaid" and pay_of("Something else") == "Something else"


@pytest.mark.parametrize("day", [date(2026, 12, 24), date(2027, 1, 4), date(2028, 2, 29), date(2031, 2, 28), date(2040, 10, 1)])
@pytest.mark.parametrize("today", [date(2026, 12, 1), date(2028, 2, 1), date(2031, 1, 1)])
def test_a_day_that_was_stored_in_english_can_be_said(day: date, today: date) -> None:
    made = time.spoken_day(day, today=today)
    assert time.day_of(str(made)) == made and words(time.day_of(str(made)), OTHER) == words(made, OTHER) != str(made)


@pytest.mark.parametrize(
    "text", ["", "Thu 24 Dec,", "Thu 31 Feb", "Thu 0 Dec", "Xyz 24 Dec", "Fri 24 Dec 2026", "Thu 24 Dec 0000", "a day"]
)
def test_what_is_no_day_stays_as_it_is(text: str) -> None:
    assert time.day_of(text) is text


STORED = (
    told("%(name)s has applied for “%(job)s”.", name="", job=""), told("100 % sure"), told_about("safety", "Reason: %(reason)s", reason=""),
    counted("%(number)s person waits for “%(job)s”.", "%(number)s people wait for “%(job)s”.", 2, job=""),
)  # fmt: skip


@pytest.mark.parametrize(
    "said",
    [
        told("%(name)s has applied for “%(job)s”.", name="Ada", job="Lead (m/f) “x”."), told("100 % sure"), told("%(name)s has applied for “%(job)s”.", name="", job="a\nb"),
        told_about("safety", "Reason: %(reason)s", reason="100 %"), counted("%(number)s person waits for “%(job)s”.", "%(number)s people wait for “%(job)s”.", 1, job="1 person"),
        counted("%(number)s person waits for “%(job)s”.", "%(number)s people wait for “%(job)s”.", 1200, job="Gaffer"),
    ],
)  # fmt: skip
def test_what_was_stored_in_english_is_found_again(said: Told) -> None:
    found = retold(str(said), STORED)
    assert isinstance(found, Told) and found == said
    assert (found.sentence, found.many, found.number, found.context, found.values) == (
        said.sentence,
        said.many,
        said.number,
        said.context,
        said.values,
    )


def test_what_somebody_wrote_stays_as_it_is() -> None:
    assert not isinstance(retold("Ada has not applied", STORED), Told)


def test_an_error_keeps_what_it_was_made_to_say() -> None:
    assert words(what(ValueError(told("Sign in"))), OTHER) == "Wọlé"
    assert what(ValueError()) == "" and what(ValueError(3)) == "3"


def test_a_context_is_another_entry() -> None:
    assert words(told_about("consent", "Sign in"), OTHER) == "Sign in"


def test_what_is_stored_or_sent_as_json_has_the_english_sentence() -> None:
    """Encoders know `str` and no kind of it; whoever encodes what domains hand over says it in English."""
    sentence = told("Use at least %(least)s characters.", least=8)
    assert msgspec.json.decode(document(Invalid(sentence), "1"))["detail"] == "Use at least 8 characters."
    assert b'"say":"Use at least 8 characters."' in frames.error("invalid", sentence, 1).text
    assert msgspec.json.decode(json_text([sentence])) == ["Use at least 8 characters."]
