"""Reactions to other domains' events: each is counted, once."""

from collections.abc import Sequence

from nollycrewhub.contracts import events
from nollycrewhub.domains.analytics import service
from nollycrewhub.kit.events import Event
from nollycrewhub.platform.events import Handler, all_on
from nollycrewhub.platform.queue import Work

COUNTED: tuple[type[Event], ...] = (
    events.JobCreated,
    events.JobUpdated,
    events.JobEnded,
    events.JobClosed,
    events.JobReopened,
    events.JobHeld,
    events.JobReleased,
    events.SearchMatched,
    events.ApplicationReceived,
    events.ApplicationMoved,
    events.ApplicationWithdrawn,
    events.ConversationOpened,
    events.ProjectStarted,
    events.ProjectInvited,
    events.ScriptUploaded,
    events.PersonRegistered,
    events.ProfileUpdated,
    events.PersonBanned,
    events.PersonErased,
)


def counting(event: type[Event]) -> Handler:
    """The consumer that counts one kind of event."""

    @all_on(event, consumer=f"analytics.{event.name.replace('.', '_')}")
    async def count(happened: Sequence[Event], work: Work) -> None:
        await service.count(work.session, happened)

    return count


HANDLERS = tuple(counting(event) for event in COUNTED)
