"""Who hears which event: the one table. A consumer's name is `<domain>.<handler>`."""

HEARERS: dict[str, tuple[str, ...]] = {
    "job.created": (),
    "job.updated": (),
    "job.closed": ("notifications.job_closed",),
    "job.reopened": (),
    "job.held": ("notifications.job_held",),
    "job.released": ("notifications.job_released",),
    "application.received": ("notifications.application_received",),
    "application.moved": ("notifications.application_moved",),
    "application.withdrawn": ("notifications.application_withdrawn",),
    "person.registered": (),
    "profile.updated": (),
    "queue.backlog": (),
    "person.erased": ("jobs.person_erased", "projects.person_erased", "notifications.person_erased"),
}
