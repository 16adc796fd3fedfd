"""Who is taken into a group at once, who is asked, and who is not told that they are kept apart."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from nollycrewhub.domains.messages.rules.groups import may_govern, next_owner, places

PEOPLE = [UUID(int=n) for n in range(1, 7)]
ASKER, PRESENT = PEOPLE[0], PEOPLE[1:3]
FRESH = PEOPLE[3:]
SUBSETS = st.sets(st.sampled_from(PEOPLE))
BLOCKS = st.sets(st.tuples(st.sampled_from(PEOPLE), st.sampled_from(PEOPLE)).filter(lambda pair: pair[0] != pair[1]))


@given(SUBSETS, SUBSETS, BLOCKS)
def test_nobody_is_put_beside_whom_they_have_blocked_without_a_yes(
    known: set[UUID], back: set[UUID], blocks: set[tuple[UUID, UUID]]
) -> None:
    found = places(ASKER, FRESH, present=PRESENT, known=known, back=back, blocks=blocks)
    assert set(found) == set(FRESH)
    seated = {ASKER, *PRESENT, *(one for one in FRESH if found[one] in ("in", "asked"))}
    for one, state in found.items():
        if one in seated:
            assert (one, ASKER) not in blocks and not any((other, one) in blocks for other in PRESENT)
        else:
            would_be_in = one in known and one not in back
            assert state == ("absent" if (one, ASKER) in blocks and would_be_in else "")
        if state == "in":
            assert one in known and one not in back and not any((one, other) in blocks for other in seated)
    if not blocks:
        assert all(state == ("in" if one in known - back else "asked") for one, state in found.items())


def test_the_longest_standing_comes_after_the_owner() -> None:
    inside = dict.fromkeys(PEOPLE)
    assert next_owner(inside, PEOPLE[0]) == PEOPLE[1] and next_owner(inside, PEOPLE[3]) == PEOPLE[0]
    assert next_owner({PEOPLE[0]: None}, PEOPLE[0]) is None
    assert may_govern(PEOPLE[0], PEOPLE[0]) and not may_govern(None, PEOPLE[0]) and not may_govern(PEOPLE[1], PEOPLE[0])
