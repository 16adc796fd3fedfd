"""The worker process: claims jobs, runs each in one transaction, counts kills, and goes quietly when told to."""

from nollycrewhub.platform.worker.alone import modest, read_in_already, run_held
from nollycrewhub.platform.worker.draining import drain, next_job
from nollycrewhub.platform.worker.loop import Worker, patient
from nollycrewhub.platform.worker.ticking import tasks_of

__all__ = ["Worker", "drain", "modest", "next_job", "patient", "read_in_already", "run_held", "tasks_of"]
