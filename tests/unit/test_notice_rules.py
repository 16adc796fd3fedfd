"""What each notice says and where it leads."""

from datetime import date

import pytest

from nollycrewhub.domains.notifications import rules
from nollycrewhub.kit.time import spoken_day
from nollycrewhub.kit.told import Told, in_words
from tests.speaking import Wide

TITLE = "Gaffer for a village drama"
WIDE = Wide("yo")
CHRISTMAS_EVE = spoken_day(date(2026, 12, 24), today=date(2026, 12, 1))


@pytest.mark.parametrize("after", sorted(rules.MOVES))
def test_every_move_has_words_with_the_listing_in_them(after: str) -> None:
    words = rules.moved(TITLE, 7, after)
    assert words is not None
    assert words.kind == f"application.{after}"
    assert words.subject.endswith(TITLE)
    assert TITLE in words.body and "{" not in words.body
    assert words.link == "/jobs/7/apply"


def test_a_decline_that_is_taken_back_says_so() -> None:
    words = rules.moved(TITLE, 7, "reviewed", before="declined")
    assert words is not None
    assert (words.kind, words.link) == ("application.reconsidered", "/jobs/7/apply")
    assert TITLE in words.subject and "taken the answer back" in words.body
    assert rules.moved(TITLE, 7, "reviewed", before="applied") == rules.moved(TITLE, 7, "reviewed")


def test_a_withdrawal_is_no_news_to_who_withdrew() -> None:
    assert rules.moved(TITLE, 7, "withdrawn") is None


@pytest.mark.parametrize(
    ("words", "kind", "link", "inside"),
    [
        (rules.received(TITLE, 7, "Ada Obi"), "application.received", "/me/jobs/7", "Ada Obi has applied"),
        (rules.withdrawn(TITLE, 7), "application.withdrawn", "/me/jobs/7", "One person has withdrawn"),
        (
            rules.ended(TITLE, 7, 1, "Thu 24 Dec"),
            "job.ended",
            "/me/jobs/7",
            "have ended. 1 person waits for your answer. The job closes by",
        ),
        (
            rules.ended(TITLE, 7, 1200, "Thu 24 Dec"),
            "job.ended",
            "/me/jobs/7",
            "1,200 people wait for your answer. The job closes by itself on Thu",
        ),
        (rules.closed(TITLE, 7), "job.closed", "/me/jobs/7", "takes no more applications"),
        (rules.closed(TITLE, 7, "Asked for money."), "job.closed", "/me/jobs/7", "Reason: Asked for money."),
        (rules.held(TITLE, 7, "It asks for a fee."), "job.held", "/me/jobs/7", "Reason: It asks for a fee."),
        (rules.released(TITLE, 7), "job.released", "/jobs/7", "was checked and is public"),
    ],
)
def test_what_a_poster_reads(words: rules.Words, kind: str, link: str, inside: str) -> None:
    assert (words.kind, words.link) == (kind, link)
    assert TITLE in words.subject and TITLE in words.body
    assert inside in words.body


def test_a_title_with_braces_is_only_text() -> None:
    words = rules.moved("{0.__class__} {job}", 7, "hired")
    assert words is not None and "{0.__class__} {job}" in words.body


def test_the_mail_says_the_same_and_leads_to_the_page() -> None:
    text = rules.as_mail(rules.released(TITLE, 7), name="Ada", address="https://nollycrewhub.example/")
    assert text == f"Hello Ada,\n\n“{TITLE}” was checked and is public.\n\nhttps://nollycrewhub.example/jobs/7\n\nNollyCrewHub\n"


def test_a_match_names_the_place() -> None:
    words = rules.matched(TITLE, 7, "Enugu, Enugu State")
    assert (words.kind, words.link) == ("search.matched", "/jobs/7")
    assert TITLE in words.subject and "Enugu, Enugu State" in words.body


def test_a_mail_says_why_and_ends_with_the_link_that_stops_such_mails() -> None:
    text = rules.as_mail(rules.released(TITLE, 7), name="Ada", address="https://n.example", why="Because.", stop="https://n.example/stop")
    assert text.endswith("\nBecause.\n\nNo more mails of this kind: https://n.example/stop\n")


@pytest.mark.parametrize("words", [
    *(found for after in rules.MOVES if (found := rules.moved(TITLE, 7, after))), rules.moved(TITLE, 7, "reviewed", before="declined"),
    rules.received(TITLE, 7, "Ada Obi"), rules.withdrawn(TITLE, 7), rules.ended(TITLE, 7, 1, CHRISTMAS_EVE),
    rules.ended(TITLE, 7, 1200, CHRISTMAS_EVE), rules.closed(TITLE, 7), rules.closed(TITLE, 7, "Asked for money."), rules.held(TITLE, 7, "A fee."),
    rules.released(TITLE, 7), rules.matched(TITLE, 7, "Enugu"), rules.asked("c", "direct", "Ada"), rules.asked("c", "group", "Ada"),
    rules.wrote("c", "Ada"), rules.invited("p", "Ada"),
], ids=lambda words: words.kind)  # fmt: skip
def test_a_notice_that_was_stored_in_english_is_said_in_every_language(words: rules.Words) -> None:
    found = rules.retell(words.kind, str(words.subject), str(words.body), words.link)
    assert isinstance(found.subject, Told) and isinstance(found.body, Told) and found == words
    for stored, made in ((found.subject, words.subject), (found.body, words.body)):
        assert in_words(stored, WIDE) == in_words(made, WIDE) != str(made)
    mail = rules.as_mail(found, name="Ada", address="https://n.example", why=rules.kind_of(words.kind).why, stop="https://n.example/stop")
    assert "Ｈｅｌｌｏ Ada" in str(in_words(mail, WIDE)) and str(in_words(found.body, WIDE)) in str(in_words(mail, WIDE))


def test_what_an_operator_or_a_person_who_left_stands_for_is_kept_as_it_is() -> None:
    assert isinstance(rules.retell("application.received", "x", str(rules.LEFT), "/").body, Told)
    assert not isinstance(rules.retell("job.closed", "Ada\u2019s own words", "", "/").subject, Told)


def test_the_listing_a_search_found_is_named_by_its_notice_alone() -> None:
    found = rules.matched("Gaffer", 7, "Lagos")
    assert rules.job_found(found.kind, found.link) == 7
    assert rules.job_found("job.closed", "/jobs/7") is None
    assert rules.job_found(found.kind, "/me/jobs/7") is None
