"""Every kind of notice in one table: whom it is for, why they get it, how urgent it is, and by which ways it goes."""

import msgspec

from nollycrewhub.kit.told import told

CHANNELS = ("push", "email", "whatsapp", "sms")
"""The ways outside the app, the cheapest first: the order in which the ladder climbs."""
CALL = "call"
"""The last rung: a person rings."""
CHANNEL_NAMES: dict[str, str] = {
    "push": told("Push"),
    "email": told("E-mail"),
    "whatsapp": "WhatsApp",
    "sms": "SMS",
    CALL: told("A call by a person"),
}
FREE = ("push", "email")
EVERYWHERE = CHANNELS


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """One kind. `why` is the sentence under the message; `usual` the channels a person has until they choose.

    `climb` is how many minutes one channel is given before the next is tried; 0 sends by all at once and stops there.
    `at_night` are the channels that may be used in quiet hours; urgent kinds may use all. A promotional kind is never
    sent by SMS between 20:00 and 08:00 in Lagos. `ring` puts whoever cannot be reached on the list of people to ring.
    `most_a_day` is how often the same about the same leaves the app within 24 hours (0: as often as it happens), so that
    nobody can spend another's messages by going to and fro.
    """

    name: str
    label: str
    who: str
    why: str
    urgent: bool = False
    usual: tuple[str, ...] = FREE
    climb: int = 0
    ring: bool = False
    at_night: tuple[str, ...] = ("email",)
    promotional: bool = False
    tells_sender: bool = False
    most_a_day: int = 0


POSTER = "who posted the job"
APPLICANT = "who applied"
APPLIED = told("You get this because you applied to this job on NollyCrewHub.")
POSTED = told("You get this because you posted this job on NollyCrewHub.")
OFTEN = 2
TABLE = (
    Kind(name="application.received", label=told("Somebody applied to my job"), who=POSTER, why=POSTED, most_a_day=OFTEN),
    Kind(name="application.withdrawn", label=told("Somebody withdrew from my job"), who=POSTER, why=POSTED, most_a_day=OFTEN),
    Kind(name="application.reviewed", label=told("My application was read"), who=APPLICANT, why=APPLIED, most_a_day=OFTEN),
    Kind(name="application.shortlisted", label=told("I am on a shortlist"), who=APPLICANT, why=APPLIED, most_a_day=OFTEN, tells_sender=True),
    Kind(
        name="application.offered", label=told("I have an offer"), who=APPLICANT, why=APPLIED, most_a_day=OFTEN, urgent=True, usual=EVERYWHERE, climb=60,
        ring=True, tells_sender=True,
    ),
    Kind(
        name="application.hired", label=told("I am hired"), who=APPLICANT, why=APPLIED, most_a_day=OFTEN, urgent=True, usual=EVERYWHERE, climb=60,
        ring=True, tells_sender=True,
    ),
    Kind(name="application.declined", label=told("My application was declined"), who=APPLICANT, why=APPLIED, most_a_day=OFTEN),
    Kind(name="application.reconsidered", label=told("My application is looked at again"), who=APPLICANT, why=APPLIED, most_a_day=OFTEN),
    Kind(name="application.applied", label=told("My application is open again"), who=APPLICANT, why=APPLIED, most_a_day=OFTEN),
    Kind(name="job.ended", label=told("Applications for my job have ended"), who=POSTER, why=POSTED),
    Kind(name="job.closed", label=told("My job was closed"), who=POSTER, why=POSTED),
    Kind(name="job.held", label=told("My job waits for a check"), who=POSTER, why=POSTED),
    Kind(name="job.released", label=told("My job is public"), who=POSTER, why=POSTED),
    Kind(
        name="search.matched", label=told("A new job fits a search I saved"), who="who saved a search that fits",
        why=told("You get this because you saved a search on NollyCrewHub."), promotional=True,
    ),
    Kind(
        name="conversation.asked", label=told("Somebody I do not know wrote to me"), who="who is written to", usual=("push",),
        why=told("You get this because somebody wrote to you on NollyCrewHub."),
    ),
    Kind(
        name="message.received", label=told("A conversation has something new"), who="who is in the conversation", usual=("push",),
        why=told("You get this because somebody wrote to you on NollyCrewHub."),
    ),
    Kind(
        name="project.invited", label=told("Somebody asks me into a project"), who="who is asked",
        why=told("You get this because somebody asked you into a project on NollyCrewHub."), most_a_day=OFTEN,
    ),
)  # fmt: skip
KINDS = {kind.name: kind for kind in TABLE}


class NoSuchKind(KeyError):
    """A notice of a kind that the table does not declare."""


def kind_of(name: str) -> Kind:
    """The kind's declaration; NoSuchKind stops a notice that nobody could switch off."""
    try:
        return KINDS[name]
    except KeyError:
        raise NoSuchKind(name) from None
