"""The console's failures."""

from nollycrewhub.platform.errors import Conflict


class NothingToRetry(Conflict):
    """The job is gone, runs, or waits already."""

    title = "There is nothing to retry"


class NothingToCancel(Conflict):
    """The job is gone: it has finished, or somebody cancelled it."""

    title = "There is nothing to cancel"
