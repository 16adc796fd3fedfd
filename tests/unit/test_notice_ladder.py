"""Who hears what how and when: kinds, the ladder, quiet hours, digests, states, and texts in the SMS alphabet."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nollycrewhub.domains.notifications.rules import kinds, ladder, states, timing, words
from nollycrewhub.domains.notifications.rules.kinds import CALL, CHANNELS, KINDS, TABLE, NoSuchKind, kind_of
from nollycrewhub.domains.notifications.rules.ladder import Habits, Plan, Tried, plan
from nollycrewhub.domains.notifications.rules.states import BAD, GOOD, STATES, advance
from nollycrewhub.kit.gsm import BASIC, EXTENSION, gsm_form, size_of
from nollycrewhub.kit.time import LAGOS

NOON = datetime(2026, 12, 8, 12, 0, tzinfo=LAGOS)  # a Tuesday
NIGHT = datetime(2026, 12, 8, 23, 30, tzinfo=LAGOS)
HIRED, CLOSED, MATCHED = kind_of("application.hired"), kind_of("job.closed"), kind_of("search.matched")
USUAL = Habits()


def step(kind: kinds.Kind, now: datetime = NOON, *, habits: Habits = USUAL, reach: tuple[str, ...] = CHANNELS, **more: object) -> Plan:
    """A plan with nothing chosen and nothing tried, unless said."""
    given_: dict[str, object] = {"chosen": {}, "tried": [], **more}
    return plan(kind, now, habits=habits, reach=reach, **given_)  # type: ignore[arg-type]


def test_every_kind_says_whom_and_why_and_by_what() -> None:
    for kind in TABLE:
        assert kind.why.startswith("You get this because") and kind.why.endswith(".")
        assert kind.who and kind.label
        assert set(kind.usual) <= set(CHANNELS) and set(kind.at_night) <= set(CHANNELS)
        assert kind.climb >= 0 and (kind.climb or not kind.ring), "only a ladder ends in a call"
        assert kind.urgent or not set(kind.usual) - {"push", "email"}, "what is not urgent costs nothing until somebody asks for it"
    assert len(KINDS) == len(TABLE)


def test_a_kind_that_is_not_declared_stops_the_notice() -> None:
    with pytest.raises(NoSuchKind):
        kind_of("job.imagined")


def test_what_is_not_urgent_goes_by_all_free_ways_at_once() -> None:
    assert step(CLOSED) == Plan(send=("push", "email"))
    assert step(CLOSED, chosen={"push": False, "sms": True}) == Plan(send=("email", "sms"))
    assert step(CLOSED, reach=()) == Plan()


def test_the_ladder_takes_the_cheapest_first_and_climbs_while_nobody_confirms() -> None:
    hour = timedelta(minutes=HIRED.climb)
    now, tried = NOON, []
    for channel in CHANNELS:
        assert step(HIRED, now, tried=tried) == Plan(send=(channel,), again=now + hour)
        tried.append(Tried(channel, "sent", now))
        assert step(HIRED, now + hour / 2, tried=tried) == Plan(again=now + hour)
        now += hour
    assert step(HIRED, now, tried=tried) == Plan(ring=True)
    assert step(HIRED, now, tried=[*tried, Tried(CALL, "queued", now)]) == Plan()


def test_a_rung_that_broke_is_not_waited_for() -> None:
    assert step(HIRED, tried=[Tried("push", "blocked", NOON)]).send == ("email",)
    assert step(HIRED, tried=[Tried("push", "failed", NOON), Tried("email", "bounced", NOON)], reach=("push", "email")) == Plan(ring=True)


def test_quiet_hours_hold_what_rings_and_let_urgent_things_and_mail_pass() -> None:
    assert step(CLOSED, NIGHT) == Plan(send=("email",), again=datetime(2026, 12, 9, 7, 0, tzinfo=LAGOS))
    assert step(HIRED, NIGHT).send == ("push",)
    assert step(CLOSED, NIGHT, habits=Habits(quiet_from=0, quiet_until=0)) == Plan(send=("push", "email"))


def test_a_rung_that_must_wait_is_looked_at_when_it_may() -> None:
    slow = kinds.Kind(name="x", label="x", who="x", why="x", climb=30)
    assert step(slow, NIGHT, reach=("push",)) == Plan(again=datetime(2026, 12, 9, 7, 0, tzinfo=LAGOS))
    assert step(slow, NOON, tried=[Tried("push", "failed", NOON), Tried("email", "failed", NOON)]) == Plan(ring=False)


def test_no_promotional_sms_from_eight_to_eight() -> None:
    wants = {"sms": True, "push": False, "email": False}
    none_quiet = Habits(quiet_from=0, quiet_until=0)
    assert step(MATCHED, NIGHT, chosen=wants, habits=none_quiet).again == datetime(2026, 12, 9, 8, 0, tzinfo=LAGOS)
    assert step(MATCHED, NOON, chosen=wants, habits=none_quiet).send == ("sms",)
    late = Habits(quiet_from=6 * 60, quiet_until=9 * 60)
    assert step(MATCHED, NIGHT, chosen=wants, habits=late).again == datetime(2026, 12, 9, 9, 0, tzinfo=LAGOS)


LATE = Habits(quiet_from=22 * 60, quiet_until=6 * 60)


@pytest.mark.parametrize(
    ("moment", "leaves"),
    [
        (datetime(2026, 12, 8, 20, 59, tzinfo=UTC), None),  # 21:59 in Lagos
        (datetime(2026, 12, 8, 21, 0, tzinfo=UTC), datetime(2026, 12, 9, 5, 0, tzinfo=UTC)),
        (datetime(2026, 12, 8, 22, 59, tzinfo=UTC), datetime(2026, 12, 9, 5, 0, tzinfo=UTC)),  # a minute before midnight there
        (datetime(2026, 12, 8, 23, 0, tzinfo=UTC), datetime(2026, 12, 9, 5, 0, tzinfo=UTC)),  # midnight there, not yet here
        (datetime(2026, 12, 31, 23, 30, tzinfo=UTC), datetime(2027, 1, 1, 5, 0, tzinfo=UTC)),
        (datetime(2026, 12, 9, 4, 59, tzinfo=UTC), datetime(2026, 12, 9, 5, 0, tzinfo=UTC)),
        (datetime(2026, 12, 9, 5, 0, tzinfo=UTC), None),
        (datetime(2026, 12, 8, 16, 30, tzinfo=timezone(timedelta(hours=-5))), datetime(2026, 12, 9, 5, 0, tzinfo=UTC)),  # 22:30 in Lagos
    ],
)
def test_quiet_hours_pass_midnight_and_are_those_of_lagos_wherever_the_clock_is(moment: datetime, leaves: datetime | None) -> None:
    assert ladder.leaves_at(CLOSED, "push", moment, LATE) == (leaves or moment)
    assert ladder.leaves_at(CLOSED, "email", moment, LATE) == moment
    assert ladder.leaves_at(HIRED, "push", moment, LATE) == moment, "what is urgent does not wait"
    assert step(CLOSED, moment, habits=LATE, reach=("push",)) == (Plan(again=leaves) if leaves else Plan(send=("push",)))


@pytest.mark.parametrize(
    ("moment", "leaves"),
    [
        (datetime(2026, 12, 8, 18, 59, tzinfo=UTC), None),  # 19:59 in Lagos
        (datetime(2026, 12, 8, 19, 0, tzinfo=UTC), datetime(2026, 12, 9, 7, 0, tzinfo=UTC)),
        (datetime(2026, 12, 9, 6, 59, tzinfo=UTC), datetime(2026, 12, 9, 7, 0, tzinfo=UTC)),
        (datetime(2026, 12, 9, 7, 0, tzinfo=UTC), None),
    ],
)
def test_a_promotional_text_leaves_between_eight_and_twenty_whoever_sends_it_and_when(moment: datetime, leaves: datetime | None) -> None:
    """Asked when it is planned and again when it is handed over, so one that waited for its provider does not leave at night."""
    always = Habits(quiet_from=0, quiet_until=0)
    assert ladder.leaves_at(MATCHED, "sms", moment, always) == (leaves or moment)
    assert ladder.leaves_at(CLOSED, "sms", moment, always) == moment


@given(st.integers(0, 1439), st.integers(0, 1439), st.integers(0, 10**6), st.sampled_from(CHANNELS), st.booleans())
def test_what_may_leave_never_leaves_in_a_closed_span(start: int, end: int, minutes: int, channel: str, promotional: bool) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    at = timing.allowed_at(now, channel, quiet=(start, end), promotional=promotional)
    assert at >= now
    if channel == "sms" and promotional:
        assert not timing.is_within(timing.minute_of_day(at), timing.PROMOTION_FROM, timing.PROMOTION_UNTIL)
    else:
        assert not timing.is_within(timing.minute_of_day(at), start, end)


@pytest.mark.parametrize(
    ("moment", "digest", "due"),
    [
        (datetime(2026, 12, 8, 7, 59, tzinfo=LAGOS), "daily", datetime(2026, 12, 8, 8, 0, tzinfo=LAGOS)),
        (datetime(2026, 12, 8, 8, 0, tzinfo=LAGOS), "daily", datetime(2026, 12, 9, 8, 0, tzinfo=LAGOS)),
        (datetime(2026, 12, 8, 9, 0, tzinfo=LAGOS), "weekly", datetime(2026, 12, 14, 8, 0, tzinfo=LAGOS)),
        (datetime(2026, 12, 14, 7, 0, tzinfo=LAGOS), "weekly", datetime(2026, 12, 14, 8, 0, tzinfo=LAGOS)),
    ],
)
def test_a_digest_comes_at_its_hour(moment: datetime, digest: str, due: datetime) -> None:
    assert timing.next_digest(moment, digest, 8) == due


def test_a_digest_takes_the_mail_and_leaves_what_is_urgent() -> None:
    daily = Habits(digest="daily")
    assert step(CLOSED, habits=daily) == Plan(send=("push",), digest=datetime(2026, 12, 9, 8, 0, tzinfo=LAGOS))
    assert step(HIRED, habits=daily, reach=("email",)).send == ("email",)
    assert step(CLOSED, habits=daily, reach=("push",)).digest is None
    assert step(CLOSED, habits=daily, tried=[Tried("email", "queued", NOON)]).digest is None


@given(st.sampled_from(STATES), st.lists(st.sampled_from(STATES[1:]), max_size=6))
def test_reports_in_any_order_never_take_back_what_somebody_has(first: str, reports: list[str]) -> None:
    state = first
    for reported in reports:
        before, state = state, advance(state, reported)
        if before in GOOD[2:]:
            assert state in GOOD and GOOD.index(state) >= GOOD.index(before)
        assert advance(state, reported) == state, "the same report twice is one"
    if state in BAD:
        assert not ladder.is_alive(state)


def test_every_state_has_a_word() -> None:
    assert set(states.STATE_NAMES) == set(STATES)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("₦5,000", "NGN 5,000"),
        ("Ọmọlará Pictures", "Omolara Pictures"),
        ("Ẹgbẹ́ ọmọ ṣẹ̀ṣẹ̀", "Egbe omo sese"),
        ("Ụlọ ọrụ, ịhụnanya, ṅụọ", "Ulo oru, ihunanya, nuo"),
        ("Ɓarna, ɗaki, ƙasa, ƴanci", "Barna, daki, kasa, yanci"),
        ("“Well” – it’s…", '"Well" - it\'s...'),
        ("café à la", "café à la"),
        ("good 🎬 film", "good  film"),
        ("½ day, 1⁄4", "1/2 day, 1/4"),
        ("漢", "?"),
    ],
)
def test_every_text_has_a_form_in_the_sms_alphabet(text: str, plain: str) -> None:
    assert gsm_form(text) == plain


@given(st.text(max_size=60))
def test_the_form_is_in_the_alphabet_and_is_its_own_form(text: str) -> None:
    form = gsm_form(text)
    assert set(form) <= BASIC | EXTENSION
    assert gsm_form(form) == form
    assert size_of(form).is_gsm


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("a" * 160, (160, 1, True)), ("a" * 161, (161, 2, True)), ("a" * 306, (306, 2, True)), ("a" * 307, (307, 3, True)),
        ("€" * 80, (160, 1, True)), ("€" * 81, (162, 2, True)), ("a" * 152 + "€" + "a" * 153, (307, 3, True)),
        ("ọ" * 70, (70, 1, False)), ("ọ" * 71, (71, 2, False)), ("ọ" * 134, (134, 2, False)), ("ọ" * 135, (135, 3, False)),
        ("🎬" * 35, (70, 1, False)), ("🎬" * 36, (72, 2, False)), ("", (0, 1, True)),
    ],
)  # fmt: skip
def test_the_count_of_parts(text: str, size: tuple[int, int, bool]) -> None:
    assert tuple(size_of(text)) == size


def test_a_digest_says_everything_once() -> None:
    told = [words.released("Gaffer", 7), words.closed("Actor", 8)]
    subject, text = words.digest_mail(told, name="Ada", address="https://n.example/", stop="https://n.example/stop")
    assert subject == "2 notices from NollyCrewHub"
    assert "https://n.example/jobs/7" in text and "“Actor” takes no more" in text and text.endswith("https://n.example/stop\n")
    assert words.digest_mail(told[:1], name="Ada", address="x", stop="y")[0] == told[0].subject
