"""The console's failures."""

from nollycrewhub.platform.errors import Conflict, Invalid, NotFound


class NothingToRetry(Conflict):
    """The job is gone, runs, or waits already."""

    title = "There is nothing to retry"


class NothingToCancel(Conflict):
    """The job is gone: it has finished, or somebody cancelled it."""

    title = "There is nothing to cancel"


class NoSuchIncident(NotFound):
    """Nobody opened it."""

    title = "There is no such incident"


class NoSuchEvent(NotFound):
    """Somebody took it out of the calendar."""

    title = "There is no such event"


class ChangedMeanwhile(Conflict):
    """Two operators changed one event; the second one has not seen what the first one wrote."""

    title = "Somebody was faster"


class TooManyEvents(Conflict):
    """The scaler reads the whole calendar at each look, so it has a bound."""

    title = "The calendar is full"


class WrongEntry(Invalid):
    """An entry of the calendar cannot be one; `errors` has a sentence for each field."""

    title = "The event needs correcting"

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__(next(iter(errors.values())), field=next(iter(errors)))
        self.errors = errors
