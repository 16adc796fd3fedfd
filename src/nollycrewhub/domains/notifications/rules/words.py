"""What each kind of notice says: pure text from an event's facts, kind and plain."""

from collections.abc import Sequence

import msgspec

from nollycrewhub.kit.gsm import ALONE, cut, gsm_form, size_of
from nollycrewhub.kit.time import day_of
from nollycrewhub.kit.told import Told, counted, listed, retold, told
from nollycrewhub.kit.told import words as said_now


class Words(msgspec.Struct, frozen=True):
    """Subject, body and the page a notice leads to."""

    kind: str
    subject: str
    body: str
    link: str


MATCHED = "search.matched"
LEFT = told("Somebody who has left NollyCrewHub since had applied.")
LEFT_WRITER = told("Somebody who has left NollyCrewHub since had written.")
NOBODY = told("Somebody")


def move_words(job: str) -> dict[str, tuple[Told, Told]]:
    """Subject and body of each move that an applicant hears of."""
    return {
        "reviewed": (
            told("Your application was read: %(job)s", job=job), told("The poster of “%(job)s” has read your application.", job=job),
        ),
        "shortlisted": (
            told("You are on the shortlist: %(job)s", job=job), told("You are on the shortlist for “%(job)s”.", job=job),
        ),
        "offered": (
            told("You have an offer: %(job)s", job=job), told("You are offered “%(job)s”. Open it to see what happens next.", job=job),
        ),
        "hired": (told("You are hired: %(job)s", job=job), told("You are hired for “%(job)s”. Well done.", job=job)),
        "declined": (
            told("An answer to your application: %(job)s", job=job),
            told("“%(job)s” went another way this time. Thank you for applying.", job=job),
        ),
        "applied": (
            told("Your application is open again: %(job)s", job=job), told("Your application for “%(job)s” is open again.", job=job),
        ),
        "reconsidered": (
            told("Your application is looked at again: %(job)s", job=job),
            told(
                "The poster of “%(job)s” has taken the answer back and looks at your application again. You need not do anything.", job=job
            ),
        ),
    }  # fmt: skip


MOVES = tuple(after for after in move_words("") if after != "reconsidered")


def moved(job_title: str, job_id: int, after: str, *, before: str = "") -> Words | None:
    """What an applicant reads when an application moves; None for a move nobody needs to hear of."""
    told_as = "reconsidered" if (before, after) == ("declined", "reviewed") else after
    if after not in MOVES:
        return None
    subject, body = move_words(job_title)[told_as]
    return Words(f"application.{told_as}", subject, body, answer_link(job_id))


def answer_link(job_id: int) -> str:
    """Where an applicant's answers lead; by it they are known."""
    return f"/jobs/{job_id}/apply"


def applicants_link(job_id: int) -> str:
    """Where a poster's notices of applications lead."""
    return f"/me/jobs/{job_id}"


def received(job_title: str, job_id: int, applicant_name: str) -> Words:
    """What a poster reads when somebody applies."""
    return Words(
        "application.received", told("New application: %(job)s", job=job_title),
        told("%(name)s has applied for “%(job)s”.", name=applicant_name or NOBODY, job=job_title), applicants_link(job_id),
    )  # fmt: skip


def withdrawn(job_title: str, job_id: int) -> Words:
    """What a poster reads when an applicant takes the application back."""
    return Words(
        "application.withdrawn", told("An application was withdrawn: %(job)s", job=job_title),
        told("One person has withdrawn from “%(job)s”.", job=job_title), applicants_link(job_id),
    )  # fmt: skip


def ended(title: str, job_id: int, waiting: int, closes_on: str) -> Words:
    """What a poster reads when the last day to apply is over and people wait; `closes_on` is a day as people say it."""
    body = counted(
        "Applications for “%(job)s” have ended. %(number)s person waits for your answer. The job closes by itself on %(day)s, and whoever "
        "still waits then is told that it went another way.",
        "Applications for “%(job)s” have ended. %(number)s people wait for your answer. The job closes by itself on %(day)s, and whoever "
        "still waits then is told that it went another way.",
        waiting, job=title, day=closes_on,
    )  # fmt: skip
    return Words("job.ended", told("Applications have ended: %(job)s", job=title), body, f"/me/jobs/{job_id}")


def closed(title: str, job_id: int, reason: str = "") -> Words:
    """What a poster reads when the listing is closed, and why if somebody else did it."""
    body = told("“%(job)s” takes no more applications. Everyone left has an answer.", job=title)
    if reason:
        body = told("“%(job)s” takes no more applications. Everyone left has an answer. Reason: %(reason)s", job=title, reason=reason)
    return Words("job.closed", told("Closed: %(job)s", job=title), body, f"/me/jobs/{job_id}")


def held(title: str, job_id: int, reason: str) -> Words:
    """What a poster reads when a listing waits for an operator."""
    return Words(
        "job.held", told("Waiting for a check: %(job)s", job=title),
        told(
            "“%(job)s” is not public yet. Reason: %(reason)s A person will look at it; you can edit it meanwhile.", job=title, reason=reason
        ),
        f"/me/jobs/{job_id}",
    )  # fmt: skip


def released(title: str, job_id: int) -> Words:
    """What a poster reads when an operator lets a listing through."""
    return Words(
        "job.released", told("Public now: %(job)s", job=title), told("“%(job)s” was checked and is public.", job=title), f"/jobs/{job_id}"
    )


def matched(title: str, job_id: int, location: str) -> Words:
    """What somebody reads whose saved search a listing newly fits."""
    return Words(
        MATCHED, told("New job: %(job)s", job=title),
        told("“%(job)s” in %(place)s fits a search you saved.", job=title, place=location), f"/jobs/{job_id}",
    )  # fmt: skip


def job_found(kind: str, link: str) -> int | None:
    """The listing that a notice says a saved search found; None where it says something else."""
    number = link.removeprefix("/jobs/")
    return int(number) if kind == MATCHED and number.isdecimal() else None


def talk_link(conversation_id: str) -> str:
    """Where a notice about a conversation leads; by it such a notice is known."""
    return f"/me/messages/{conversation_id}"


def asked(conversation_id: str, kind: str, name: str) -> Words:
    """What somebody reads to whom a person they do not know has written."""
    body = told("%(name)s would like to write to you. It waits until you accept.", name=name)
    if kind == "group":
        body = told("%(name)s asks you into a group. It waits until you accept.", name=name)
    return Words("conversation.asked", told("A message request"), body, talk_link(conversation_id))


def wrote(conversation_id: str, name: str) -> Words:
    """What somebody reads when a conversation has something new in it; not a word of the message itself."""
    return Words("message.received", told("A new message"), told("%(name)s wrote to you.", name=name), talk_link(conversation_id))


def invited(project_id: str, name: str) -> Words:
    """What somebody reads who is asked into a project; not a word of its title, which a stranger may have written."""
    body = told("%(name)s asks you into a project.", name=name)
    return Words("project.invited", told("You are asked into a project"), body, project_link(project_id))


def project_link(project_id: str) -> str:
    """Where an invitation into a project leads; by it the notice is known."""
    return f"/me/projects/{project_id}"


EVERY = tuple(filter(None, (
    *(moved("", 0, after) for after in MOVES), moved("", 0, "reviewed", before="declined"), received("", 0, ""), withdrawn("", 0),
    ended("", 0, 2, ""), closed("", 0), closed("", 0, "-"), held("", 0, ""), released("", 0), matched("", 0, ""), asked("", "direct", ""),
    asked("", "group", ""), wrote("", ""), invited("", ""),
)))  # fmt: skip


def retell(kind: str, subject: str, body: str, link: str) -> Words:
    """A notice that was stored in English, as something that can be said in other languages too."""
    subjects = [one.subject for one in EVERY if one.kind == kind and isinstance(one.subject, Told)]
    bodies = [one.body for one in EVERY if one.kind == kind and isinstance(one.body, Told)]
    return Words(kind, retold(subject, subjects), retold(body, [*bodies, LEFT, LEFT_WRITER], values_of={"day": day_of}), link)


def as_mail(words: Words, *, name: str, address: str, why: str = "", stop: str = "") -> str:
    """The same notice as the text of a mail: why one gets it, and the link that ends such mails, at its foot."""
    no_more = told("No more mails of this kind: %(link)s", link=stop) if stop else ""
    parts = [told("Hello %(name)s,", name=name), words.body, f"{address.rstrip('/')}{words.link}", "NollyCrewHub", why, no_more]
    return listed([listed([part for part in parts if part], "\n\n"), ""], "\n")


def as_text(words: Words, *, link: str) -> str:
    """The same notice as one short text message for whoever reads now, in the SMS alphabet: what it is, and the link that says the rest."""
    room = ALONE - len(link) - len("NollyCrewHub: . ")
    subject = gsm_form(said_now(words.subject))
    shown = subject if size_of(subject).units <= room else cut(subject, max(room - 3, 0)).rstrip() + "..."
    return f"NollyCrewHub: {shown}. {link}"


def as_chat(words: Words, *, link: str, why: str) -> str:
    """The same notice as a message of a chat."""
    foot = listed([why, told("Answer STOP to hear no more here.")], " ")
    return listed([words.body, link, foot], "\n\n")


def digest_mail(all_words: Sequence[Words], *, name: str, address: str, stop: str) -> tuple[str, str]:
    """Subject and text of one mail that says several things."""
    home = address.rstrip("/")
    count = len(all_words)
    subject = (
        all_words[0].subject
        if count == 1
        else counted("%(number)s notice from NollyCrewHub", "%(number)s notices from NollyCrewHub", count)
    )
    parts = [
        told("Hello %(name)s,", name=name), *(listed([words.body, f"{home}{words.link}"], "\n") for words in all_words), "NollyCrewHub",
        told("You get this because you asked for your notices in one mail."), told("No more mails like this: %(link)s", link=stop),
    ]  # fmt: skip
    return subject, listed([listed(parts, "\n\n"), ""], "\n")
