"""Who hears which event: the one table. A consumer's name is `<domain>.<handler>`."""

HEARERS: dict[str, tuple[str, ...]] = {
    "job.created": ("analytics.job_created", "jobs.suggest_created", "jobs.match_created"),
    "job.updated": ("analytics.job_updated", "jobs.suggest_updated"),
    "job.ended": ("notifications.job_ended", "jobs.suggest_ended"),
    "job.closed": ("notifications.job_closed", "analytics.job_closed", "jobs.suggest_closed"),
    "job.reopened": ("analytics.job_reopened", "jobs.suggest_reopened", "jobs.match_reopened"),
    "job.held": ("notifications.job_held", "analytics.job_held", "jobs.suggest_held"),
    "job.released": ("notifications.job_released", "analytics.job_released", "jobs.suggest_released", "jobs.match_released"),
    "search.matched": ("notifications.search_matched",),
    "application.received": ("notifications.application_received", "analytics.application_received"),
    "application.moved": ("notifications.application_moved", "analytics.application_moved"),
    "application.withdrawn": ("notifications.application_withdrawn", "analytics.application_withdrawn"),
    "conversation.opened": ("notifications.conversation_opened",),
    "message.received": ("notifications.message_received",),
    "person.registered": ("analytics.person_registered",),
    "profile.updated": ("analytics.profile_updated",),
    "person.banned": ("jobs.person_banned",),
    "queue.backlog": (),
    "event.lagging": (),
    "spend.capped": (),
    "person.erased": ("jobs.person_erased", "projects.person_erased", "notifications.person_erased", "messages.person_erased"),
}
