"""One made-up notice of each kind, for whoever wants to see what a kind says and what its text message costs."""

from nollycrewhub.domains.notifications.rules import words
from nollycrewhub.domains.notifications.rules.words import Words

TITLE, JOB, PLACE = "Gaffer for a village drama near Ụlọ", 7, "Enugu, Enugu State"
TALK = "019363ab-6d71-7000-8000-000000000000"


def of_moves() -> list[Words]:
    """What applicants read."""
    found = [words.moved(TITLE, JOB, after) for after in words.MOVES] + [words.moved(TITLE, JOB, "reviewed", before="declined")]
    return [one for one in found if one is not None]


SAMPLES = {
    one.kind: one
    for one in (
        *of_moves(),
        words.received(TITLE, JOB, "Ọmọlará Adébáyọ̀"),
        words.withdrawn(TITLE, JOB),
        words.ended(TITLE, JOB, 3, "Thu 24 Dec"),
        words.closed(TITLE, JOB, "It asked for ₦5,000."),
        words.held(TITLE, JOB, "It asks for a fee."),
        words.released(TITLE, JOB),
        words.matched(TITLE, JOB, PLACE),
        words.asked(TALK, "direct", "Ngozi Eze"),
        words.wrote(TALK, "Ngozi Eze"),
        words.invited(TALK, "Ngozi Eze"),
    )
}
