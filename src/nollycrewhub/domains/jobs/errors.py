"""What can be refused in the job market, each with a sentence that says what to do instead.

NotFound: NoSuchJob, NoSuchApplication, NoSuchReview, NoSuchReport, NoSuchSearch
Conflict: AlreadyApplied, NotTakingApplications, OwnListing, CannotMove, CannotChange, AlreadyDecided, AlreadyReported,
    TooManySearches
Invalid: BadFilter, BadField
"""

from nollycrewhub.kit.told import told
from nollycrewhub.platform.errors import Conflict, Invalid, NotFound


class NoSuchJob(NotFound):
    """Not there, a draft, held, or somebody else's."""

    type = "no-such-job"
    title = told("There is no such listing")


class NoSuchApplication(NotFound):
    """Not there, or between other people."""

    type = "no-such-application"
    title = told("There is no such application")


class NoSuchReview(NotFound):
    """Nothing of that id waits in the operators' queue."""

    type = "no-such-review"
    title = told("There is no such held post")


class NoSuchReport(NotFound):
    """Nobody has reported it, or it is decided."""

    type = "no-such-report-of-a-post"
    title = told("Nothing reported waits there")


class NoSuchSearch(NotFound):
    """Not there, or somebody else's."""

    type = "no-such-search"
    title = told("There is no such saved search")


class TooManySearches(Conflict):
    """One person keeps a bounded number."""

    type = "too-many-searches"
    title = told("You have saved as many searches as one person can")


class AlreadyApplied(Conflict):
    """One person applies once to one listing."""

    type = "already-applied"
    title = told("You have already applied to this one")


class NotTakingApplications(Conflict):
    """Closed, or past its deadline."""

    type = "not-taking-applications"
    title = told("This listing no longer takes applications")


class OwnListing(Conflict):
    """Posters do not apply to themselves."""

    type = "own-listing"
    title = told("This is your own listing")


class CannotMove(Conflict):
    """The application's state does not lead there."""

    type = "cannot-move"
    title = told("The application cannot go there from where it is")


class CannotChange(Conflict):
    """The listing's state does not lead there."""

    type = "cannot-change"
    title = told("The listing cannot do that from where it is")


class AlreadyDecided(Conflict):
    """Another operator was faster."""

    type = "already-decided"
    title = told("This held post is already decided")


class AlreadyReported(Conflict):
    """One open report for each person and post."""

    type = "already-reported"
    title = told("You have reported this post; an operator will read it")


class BadFilter(Invalid):
    """A filter that is unknown or cannot be read; `field` names it."""

    type = "bad-filter"
    title = told("That filter cannot be used")


class BadField(Invalid):
    """A field whose value makes no sense with the others; `field` names it."""

    type = "bad-field"
    title = told("Something in the listing needs correcting")
