"""Reactions to other domains' events: each tells one person one thing."""

from collections.abc import Sequence

from nollycrewhub.contracts.events import (
    AlertCleared,
    AlertRaised,
    ApplicationMoved,
    ApplicationReceived,
    ApplicationWithdrawn,
    ConversationOpened,
    ConversationRead,
    JobClosed,
    JobEnded,
    JobHeld,
    JobReleased,
    MessageReceived,
    PersonErased,
    ProjectInvited,
    ProjectUninvited,
    SearchMatched,
    SpendCapped,
)
from nollycrewhub.contracts.scaling import IncidentClosed, IncidentOpened
from nollycrewhub.domains.notifications import rules, service
from nollycrewhub.domains.notifications.rules import alerts
from nollycrewhub.domains.notifications.rules.words import answer_link, applicants_link, project_link
from nollycrewhub.kit.time import lagos_day, spoken_day
from nollycrewhub.platform.backlog import EventLagging, EventRecovered, QueueBacklog, QueueRelieved
from nollycrewhub.platform.events import all_on, felt_up_to, on
from nollycrewhub.platform.queue import Work

READ = "notifications.conversation_read"


@all_on(ApplicationReceived, consumer="notifications.application_received")
async def application_received(events: Sequence[ApplicationReceived], work: Work) -> None:
    """Each poster hears of an applicant."""
    known = await service.as_known(work, events)
    await service.tell_all(work, [
        service.Telling(
            event.poster_id, event.event_id, rules.received(event.job_title, event.job_id, event.applicant_name), about=event.applicant_id
        )
        for event in known
    ])  # fmt: skip


@on(ApplicationMoved, consumer="notifications.application_moved", together=True)
async def application_moved(event: ApplicationMoved, work: Work) -> None:
    """The applicant hears of an answer."""
    words = rules.moved(event.job_title, event.job_id, event.after, before=event.before)
    await service.overtake(work, event.applicant_id, answer_link(event.job_id), until=event.event_id)
    if words is not None:
        await service.tell(work, event.applicant_id, event_id=event.event_id, words=words, sender=event.poster_id)


@on(ApplicationWithdrawn, consumer="notifications.application_withdrawn", together=True)
async def application_withdrawn(event: ApplicationWithdrawn, work: Work) -> None:
    """The poster hears that somebody stepped back."""
    words = rules.withdrawn(event.job_title, event.job_id)
    await service.overtake(work, event.applicant_id, answer_link(event.job_id), until=event.event_id)
    await service.overtake(work, event.poster_id, applicants_link(event.job_id), until=event.event_id, about=event.applicant_id)
    await service.tell(work, event.poster_id, event_id=event.event_id, words=words, about=event.applicant_id)


@on(JobEnded, consumer="notifications.job_ended", together=True)
async def job_ended(event: JobEnded, work: Work) -> None:
    """The poster hears who waits, and until when."""
    words = rules.ended(event.title, event.job_id, event.waiting, spoken_day(event.closes_on, today=lagos_day(event.at)))
    await service.tell(work, event.poster_id, event_id=event.event_id, words=words)


@on(JobClosed, consumer="notifications.job_closed", together=True)
async def job_closed(event: JobClosed, work: Work) -> None:
    """The poster has it in writing."""
    words = rules.closed(event.title, event.job_id, event.reason)
    await service.tell(work, event.poster_id, event_id=event.event_id, words=words)


@on(JobHeld, consumer="notifications.job_held", together=True)
async def job_held(event: JobHeld, work: Work) -> None:
    """The poster hears why the listing is not public."""
    words = rules.held(event.title, event.job_id, event.reason)
    await service.tell(work, event.poster_id, event_id=event.event_id, words=words)


@on(JobReleased, consumer="notifications.job_released", together=True)
async def job_released(event: JobReleased, work: Work) -> None:
    """The poster hears that it is public."""
    words = rules.released(event.title, event.job_id)
    await service.tell(work, event.poster_id, event_id=event.event_id, words=words)


@on(SearchMatched, consumer="notifications.search_matched")
async def search_matched(event: SearchMatched, work: Work) -> None:
    """Everyone of the batch hears of the listing; nobody does when its poster has left meanwhile."""
    if not event.title:
        return
    words = rules.matched(event.title, event.job_id, event.location)
    await service.tell_of_match(work, event.people, event_id=event.event_id, words=words)


@on(ConversationOpened, consumer="notifications.conversation_opened", together=True)
async def conversation_opened(event: ConversationOpened, work: Work) -> None:
    """Whoever is asked hears that a first message waits; by mail only if they chose so."""
    name = await service.name_of(work, event.opener_id)
    for person_id in event.asked:
        words = rules.asked(str(event.conversation_id), event.kind, name)
        await service.tell(work, person_id, event_id=event.event_id, words=words, about=event.opener_id)


@on(MessageReceived, consumer="notifications.message_received", together=True)
async def message_received(event: MessageReceived, work: Work) -> None:
    """The first unread message of a conversation is a notice; the ones after it are not, and none that was read before this is heard."""
    name = await service.name_of(work, event.author_id) if event.first_for else ""
    for person_id in event.first_for:
        if await felt_up_to(work.session, READ, f"{event.conversation_id}:{person_id}") >= event.n:
            continue
        words = rules.wrote(str(event.conversation_id), name)
        await service.tell(work, person_id, event_id=event.event_id, words=words, about=event.author_id)


@on(ConversationRead, consumer=READ)
async def conversation_read(event: ConversationRead, work: Work) -> None:
    """What told of the conversation until then is read with it."""
    await service.read_with_talk(work.session, event.person_id, event.conversation_id, until=event.event_id)


@on(ProjectInvited, consumer="notifications.project_invited", together=True)
async def project_invited(event: ProjectInvited, work: Work) -> None:
    """Whoever is asked into a project hears by whom."""
    words = rules.invited(str(event.project_id), await service.name_of(work, event.inviter_id))
    await service.tell(work, event.person_id, event_id=event.event_id, words=words, about=event.inviter_id)


@on(ProjectUninvited, consumer="notifications.project_uninvited", together=True)
async def project_uninvited(event: ProjectUninvited, work: Work) -> None:
    """The invitation leads nowhere now, and is nothing new."""
    await service.overtake(work, event.person_id, project_link(str(event.project_id)), until=event.event_id, read=True)


@on(PersonErased, consumer="notifications.person_erased")
async def person_erased(event: PersonErased, work: Work) -> None:
    """Forgets the person; notices that came after the erasure of the row are gone too."""
    await service.erase_person(work.session, event.person_id)


@on(IncidentOpened, consumer="notifications.incident_opened")
async def incident_opened(event: IncidentOpened, work: Work) -> None:
    """Operators hear of it by every channel of theirs; so of everything below."""
    await service.raise_alert(work, alerts.incident(event.incident, event.action, event.what), at=event.at)


@on(IncidentClosed, consumer="notifications.incident_closed")
async def incident_closed(event: IncidentClosed, work: Work) -> None:
    """And that it is over."""
    await service.clear_alert(work, alerts.incident(event.incident, event.action, event.what), at=event.at)


@on(QueueBacklog, consumer="notifications.queue_backlog")
async def queue_backlog(event: QueueBacklog, work: Work) -> None:
    """It is said each minute for as long as it lasts; operators hear of its beginning."""
    if event.since is not None:
        found = alerts.backlog(
            event.queue, event.since, waiting=event.waiting, threshold=event.threshold, oldest=event.oldest_seconds,
            longest=event.longest_seconds,
        )  # fmt: skip
        await service.raise_alert(work, found, at=event.since)


@on(QueueRelieved, consumer="notifications.queue_relieved")
async def queue_relieved(event: QueueRelieved, work: Work) -> None:
    """The queue is as short as usual."""
    await service.clear_alert(work, alerts.backlog(event.queue, event.since), at=event.at)


@on(EventLagging, consumer="notifications.event_lagging")
async def event_lagging(event: EventLagging, work: Work) -> None:
    """As with a backlog."""
    if event.since is not None:
        found = alerts.lagging(event.consumer, event.since, waiting=event.waiting, oldest=event.oldest_seconds)
        await service.raise_alert(work, found, at=event.since)


@on(EventRecovered, consumer="notifications.event_recovered")
async def event_recovered(event: EventRecovered, work: Work) -> None:
    """The consumer keeps up again."""
    await service.clear_alert(work, alerts.lagging(event.consumer, event.since), at=event.at)


@on(SpendCapped, consumer="notifications.spend_capped")
async def spend_capped(event: SpendCapped, work: Work) -> None:
    """Told by mail and webhook; there is no money left for a text message."""
    await service.raise_alert(work, alerts.spent_up(event.day, event.spent_kobo, event.cap_kobo, what=event.what), at=event.at)


@on(AlertRaised, consumer="notifications.alert_raised")
async def alert_raised(event: AlertRaised, work: Work) -> None:
    """What Alertmanager says."""
    await service.raise_alert(work, as_case(event), at=event.at)


@on(AlertCleared, consumer="notifications.alert_cleared")
async def alert_cleared(event: AlertCleared, work: Work) -> None:
    """What Alertmanager says is over."""
    await service.clear_alert(work, as_case(event), at=event.at)


def as_case(event: AlertRaised | AlertCleared) -> alerts.Alert:
    """The case that an event from outside names."""
    return alerts.Alert(ref=event.ref, subject=event.subject, title=event.title, what=event.what, runbook=event.runbook)


HANDLERS = (
    application_received,
    application_moved,
    application_withdrawn,
    job_ended,
    job_closed,
    job_held,
    job_released,
    search_matched,
    conversation_opened,
    message_received,
    conversation_read,
    project_invited,
    project_uninvited,
    person_erased,
    incident_opened,
    incident_closed,
    queue_backlog,
    queue_relieved,
    event_lagging,
    event_recovered,
    spend_capped,
    alert_raised,
    alert_cleared,
)
