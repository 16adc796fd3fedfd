"""Who may write how much, what leads where in a conversation, and what a link really is."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nollycrewhub.domains.messages.rules import limits
from nollycrewhub.domains.messages.rules.limits import level_of, may_ask, may_edit
from nollycrewhub.domains.messages.rules.links import first_warning, pieces
from nollycrewhub.domains.messages.rules.states import after_turn, may_send, reaches, shows_name, shows_presence, speaks_first
from nollycrewhub.domains.notifications.rules import asked, kind_of, wrote

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("days", "confirmed", "accepted", "upheld", "level"),
    [
        (400, False, 9, 0, limits.UNCONFIRMED),
        (400, True, 9, 1, limits.WATCHED),
        (1, True, 0, 0, limits.NEW),
        (1, True, 3, 0, limits.KNOWN),
        (8, True, 0, 0, limits.KNOWN),
        (31, True, 4, 0, limits.KNOWN),
        (31, True, 5, 0, limits.TRUSTED),
    ],
)
def test_trust_grows_with_time_and_with_every_yes(days: int, confirmed: bool, accepted: int, upheld: int, level: limits.Level) -> None:
    assert level_of(age=timedelta(days=days), is_confirmed=confirmed, accepted=accepted, upheld=upheld) == level


def test_first_messages_are_bounded() -> None:
    assert may_ask(limits.NEW, waiting=2, more=1)
    assert not may_ask(limits.NEW, waiting=2, more=2)
    assert not may_ask(limits.UNCONFIRMED, waiting=0, more=1)


def test_a_quarter_of_an_hour_to_put_it_right() -> None:
    assert may_edit(NOW - timedelta(minutes=15), is_deleted=False, now=NOW)
    assert not may_edit(NOW - timedelta(minutes=15, seconds=1), is_deleted=False, now=NOW)
    assert not may_edit(NOW, is_deleted=True, now=NOW)


def test_who_may_send() -> None:
    assert may_send("in", others=["asked"], kind="direct", has_written=False)
    assert not may_send("in", others=["asked"], kind="direct", has_written=True)
    assert may_send("in", others=["in"], kind="direct", has_written=True)
    assert may_send("in", others=["asked", "declined"], kind="group", has_written=True)
    assert not may_send("asked", others=["in"], kind="direct", has_written=False)


@pytest.mark.parametrize(
    ("state", "turn", "kind", "after"),
    [
        ("asked", "accept", "direct", "in"),
        ("asked", "decline", "group", "declined"),
        ("in", "leave", "group", "left"),
        ("in", "leave", "direct", None),
        ("in", "mute", "direct", "in"),
        ("left", "archive", "group", "left"),
        ("asked", "mute", "direct", None),
        ("in", "accept", "direct", None),
    ],
)
def test_where_a_turn_leads(state: str, turn: str, kind: str, after: str | None) -> None:
    assert after_turn(state, turn, kind=kind) == after


def test_names_and_presence_are_shown_to_those_who_said_yes() -> None:
    assert shows_name("in") and shows_name("left") and not shows_name("asked")
    assert shows_presence("talks", kind="direct", theirs="in", mine="in")
    assert not shows_presence("nobody", kind="direct", theirs="in", mine="in")
    assert not shows_presence("talks", kind="group", theirs="in", mine="in")
    assert not shows_presence("talks", kind="direct", theirs="in", mine="asked")


def test_one_message_reaches_whoever_is_asked() -> None:
    assert [reaches("in", n=n, from_n=0, until_n=None) for n in (1, 2, 99)] == [True] * 3
    assert [reaches("asked", n=n, from_n=7, until_n=None) for n in (8, 9)] == [True, False]
    assert not reaches("asked", n=8, from_n=7, until_n=7), "who is asked back sees what they saw then"
    assert not any(reaches(state, n=1, from_n=0, until_n=None) for state in ("declined", "left", "out", "lost"))


def test_the_message_that_speaks_first_is_the_same_after_a_no() -> None:
    for state in ("asked", "declined", "unheard", "refused", "lost"):
        assert [speaks_first(state, n=n, from_n=7, until_n=None) for n in (7, 8, 9)] == [False, True, False]
        assert not speaks_first(state, n=8, from_n=7, until_n=7), "who has been in it has read more than one"
    assert not any(speaks_first(state, n=8, from_n=7, until_n=None) for state in ("in", "absent", "left", "out"))


def test_one_line_says_what_is_first_to_be_said_of_its_links() -> None:
    assert first_warning("Call me.") == first_warning("See https://nollycrewhub.example/jobs now.") == ""
    warned = "See https://xn--80ak6aa92e.com/ and https://nollycrewhub.example."
    assert first_warning(warned) == next(piece.warning for piece in pieces(warned) if piece.warning) != ""


def warned(text: str) -> list[tuple[str, str]]:
    """Where links lead, and the warnings."""
    return [(piece.href, piece.warning) for piece in pieces(text) if piece.href]


def test_a_plain_link_is_a_link_and_its_full_stop_is_text() -> None:
    assert [tuple(piece) for piece in pieces("See https://example.com/a?b=1#c.")] == [
        ("See ", "", ""), ("https://example.com/a?b=1#c", "https://example.com/a?b=1#c", ""), (".", "", ""),
    ]  # fmt: skip
    assert warned("HTTPS://Example.com:8443/x") == [("https://example.com:8443/x", "")]


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)",
        "ftp://a.ng/",
        "http://",
        "http://[::1",
        "http://a.ng:99999999/",
        "https://localhost/x",
        "https://-bad-.x_y/",
        "https://..ng/",
    ],
)
def test_what_is_no_address_is_text(text: str) -> None:
    assert [tuple(piece) for piece in pieces(text)] == [(text, "", "")]


@pytest.mark.parametrize(
    ("link", "host", "word"),
    [
        ("https://раystack.com/pay", "xn--ystack-2nf1k.com", "Written plainly"),
        ("https://xn--ystack-2nf1k.com/", "xn--ystack-2nf1k.com", "Written plainly"),
        ("https://paystack.com@evil.example/", "evil.example", "no address"),
        ("https://paystack.com.evil.ng/", "paystack.com.evil.ng", "well-known"),
        ("https://paystack.com.evil.com/", "paystack.com.evil.com", "well-known"),
        ("https://paystack.secure.ng/", "paystack.secure.ng", "well-known"),
        ("https://gtbank.login.com.ng/", "gtbank.login.com.ng", "well-known"),
        ("https://paystack。com.evil.ng/", "paystack.com.evil.ng", "well-known"),
        ("https://g00gle.com/", "g00gle.com", "well-known"),
        ("https://login-paypa1.com/", "login-paypa1.com", "well-known"),
    ],
)
def test_what_imitates_is_warned_of(link: str, host: str, word: str) -> None:
    ((href, warning),) = warned(link)
    assert href.startswith(f"https://{host}/") and word in warning and host in warning


@pytest.mark.parametrize(
    "link",
    [
        "https://paystack.com/x",
        "https://docs.google.com/",
        "https://paystack.com.ng/",
        "https://www.gtbank.com/",
        "https://example.ng/a",
        "https://accounts.google.co.uk/",
        "https://paystack.ng/",
        "https://www.kuda.ng/",
        "https://app.paystack.co/",
        "https://com.ng/",
    ],
)
def test_what_is_what_it_says_is_not(link: str) -> None:
    assert warned(link)[0][1] == ""


@given(st.text(max_size=60).map(lambda text: f"{text} https://example.com/{text}"))
def test_no_word_is_lost(text: str) -> None:
    assert "".join(piece.text for piece in pieces(text)) == text


def test_a_notice_names_the_writer_and_not_a_word_of_the_message() -> None:
    assert wrote("7", "Ada").body == "Ada wrote to you."
    assert asked("7", "group", "Ada").body == "Ada asks you into a group. It waits until you accept."
    words = asked("7", "direct", "Ada")
    assert (words.kind, words.link, words.body) == (
        "conversation.asked",
        "/me/messages/7",
        "Ada would like to write to you. It waits until you accept.",
    )
    assert {kind_of(name).usual for name in ("conversation.asked", "message.received")} == {("push",)}, "by mail only who chooses so"
