"""What each kind of notice says: pure text from an event's facts, kind and plain."""

from collections.abc import Sequence

import msgspec

from nollycrewhub.kit.gsm import ALONE, cut, gsm_form, size_of


class Words(msgspec.Struct, frozen=True):
    """Subject, body and the page a notice leads to."""

    kind: str
    subject: str
    body: str
    link: str


LEFT = "Somebody who has left NollyCrewHub since had applied."
LEFT_WRITER = "Somebody who has left NollyCrewHub since had written."
NOBODY = "Somebody"
MOVES = {
    "reviewed": ("Your application was read", "The poster of “{job}” has read your application."),
    "shortlisted": ("You are on the shortlist", "You are on the shortlist for “{job}”."),
    "offered": ("You have an offer", "You are offered “{job}”. Open it to see what happens next."),
    "hired": ("You are hired", "You are hired for “{job}”. Well done."),
    "declined": (
        "An answer to your application",
        "“{job}” went another way this time. Thank you for applying.",
    ),
    "applied": ("Your application is open again", "Your application for “{job}” is open again."),
}


RECONSIDERED = (
    "Your application is looked at again",
    "The poster of “{job}” has taken the answer back and looks at your application again. You need not do anything.",
)


def moved(job_title: str, job_id: int, after: str, *, before: str = "") -> Words | None:
    """What an applicant reads when an application moves; None for a move nobody needs to hear of."""
    if (before, after) == ("declined", "reviewed"):
        kind, found = "application.reconsidered", RECONSIDERED
    elif after in MOVES:
        kind, found = f"application.{after}", MOVES[after]
    else:
        return None
    subject, body = found
    return Words(kind, f"{subject}: {job_title}", body.format(job=job_title), f"/jobs/{job_id}/apply")


def received(job_title: str, job_id: int, applicant_name: str) -> Words:
    """What a poster reads when somebody applies."""
    return Words(
        "application.received",
        f"New application: {job_title}",
        f"{applicant_name or 'Somebody'} has applied for “{job_title}”.",
        f"/me/jobs/{job_id}",
    )


def withdrawn(job_title: str, job_id: int) -> Words:
    """What a poster reads when an applicant takes the application back."""
    return Words(
        "application.withdrawn",
        f"An application was withdrawn: {job_title}",
        f"One person has withdrawn from “{job_title}”.",
        f"/me/jobs/{job_id}",
    )


def ended(title: str, job_id: int, waiting: int, closes_on: str) -> Words:
    """What a poster reads when the last day to apply is over and people wait; `closes_on` is a day as people say it."""
    wait = "1 person waits" if waiting == 1 else f"{waiting:,} people wait"
    return Words(
        "job.ended",
        f"Applications have ended: {title}",
        f"Applications for “{title}” have ended. {wait} for your answer. The job closes by itself on {closes_on}, and whoever"
        " still waits then is told that it went another way.",
        f"/me/jobs/{job_id}",
    )


def closed(title: str, job_id: int, reason: str = "") -> Words:
    """What a poster reads when the listing is closed, and why if somebody else did it."""
    return Words(
        "job.closed",
        f"Closed: {title}",
        f"“{title}” takes no more applications. Everyone left has an answer.{f' Reason: {reason}' if reason else ''}",
        f"/me/jobs/{job_id}",
    )


def held(title: str, job_id: int, reason: str) -> Words:
    """What a poster reads when a listing waits for an operator."""
    return Words(
        "job.held",
        f"Waiting for a check: {title}",
        f"“{title}” is not public yet. Reason: {reason} A person will look at it; you can edit it meanwhile.",
        f"/me/jobs/{job_id}",
    )


def released(title: str, job_id: int) -> Words:
    """What a poster reads when an operator lets a listing through."""
    return Words("job.released", f"Public now: {title}", f"“{title}” was checked and is public.", f"/jobs/{job_id}")


def matched(title: str, job_id: int, location: str) -> Words:
    """What somebody reads whose saved search a new listing fits."""
    return Words("search.matched", f"New job: {title}", f"“{title}” in {location} fits a search you saved.", f"/jobs/{job_id}")


def talk_link(conversation_id: str) -> str:
    """Where a notice about a conversation leads; by it such a notice is known."""
    return f"/me/messages/{conversation_id}"


def asked(conversation_id: str, kind: str, name: str) -> Words:
    """What somebody reads to whom a person they do not know has written."""
    body = f"{name} asks you into a group." if kind == "group" else f"{name} would like to write to you."
    return Words("conversation.asked", "A message request", f"{body} It waits until you accept.", talk_link(conversation_id))


def wrote(conversation_id: str, name: str) -> Words:
    """What somebody reads when a conversation has something new in it; not a word of the message itself."""
    return Words("message.received", "A new message", f"{name} wrote to you.", talk_link(conversation_id))


def invited(project_id: str, name: str) -> Words:
    """What somebody reads who is asked into a project; not a word of its title, which a stranger may have written."""
    return Words("project.invited", "You are asked into a project", f"{name} asks you into a project.", f"/me/projects/{project_id}")


def as_mail(words: Words, *, name: str, address: str, why: str = "", stop: str = "") -> str:
    """The same notice as the text of a mail: why one gets it, and the link that ends such mails, at its foot."""
    foot = "".join(f"\n{line}\n" for line in (why, f"No more mails of this kind: {stop}" if stop else "") if line)
    return f"Hello {name},\n\n{words.body}\n\n{address.rstrip('/')}{words.link}\n\nNollyCrewHub\n{foot}"


def as_text(words: Words, *, link: str) -> str:
    """The same notice as one short text message, in the SMS alphabet: what it is, and the link that says the rest."""
    room = ALONE - len(link) - len("NollyCrewHub: . ")
    subject = gsm_form(words.subject)
    shown = subject if size_of(subject).units <= room else cut(subject, max(room - 3, 0)).rstrip() + "..."
    return f"NollyCrewHub: {shown}. {link}"


def digest_mail(all_words: Sequence[Words], *, name: str, address: str, stop: str) -> tuple[str, str]:
    """Subject and text of one mail that says several things."""
    home = address.rstrip("/")
    told = "\n\n".join(f"{words.body}\n{home}{words.link}" for words in all_words)
    count = len(all_words)
    subject = all_words[0].subject if count == 1 else f"{count} notices from NollyCrewHub"
    why = "You get this because you asked for your notices in one mail."
    return subject, f"Hello {name},\n\n{told}\n\nNollyCrewHub\n\n{why}\n\nNo more mails like this: {stop}\n"
