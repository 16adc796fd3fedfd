"""This domain's failures."""

from nollycrewhub.kit.told import told
from nollycrewhub.platform.errors import Conflict, Invalid, NotFound, TooMany, UnsupportedMedia


class NoSuchScript(NotFound):
    """Not there, or somebody else's."""

    title = told("There is no such script")


class NotPlainText(UnsupportedMedia):
    """Something else than text was sent."""

    title = told("Send the script as plain text")


class EmptyScript(Invalid):
    """Nothing was in it."""

    title = told("The script is empty")


class TooManyWaiting(TooMany):
    """One person's scripts that wait to be read."""

    title = told("Your other scripts are still being read")


class ReadAlready(Conflict):
    """Nothing of its reading is left to try again."""

    type = "read-already"
    title = told("The script has been read")


class NoSuchProject(NotFound):
    """Not there, or other people's."""

    type = "no-such-project"
    title = told("There is no such project")


class NoSuchDay(NotFound):
    """No shooting day of this project."""

    type = "no-such-day"
    title = told("There is no such shooting day")


class NobodyToInvite(NotFound):
    """No handle of somebody who may be asked, or nobody of that id in the project."""

    type = "nobody-to-invite"
    title = told("There is nobody there whom you can ask")


class NotTheOwner(Conflict):
    """A project is governed by one."""

    type = "not-the-owner"
    title = told("Only the owner of the project can do that")


class ProjectFull(Conflict):
    """As many people, invitations, days or projects as there may be."""

    type = "project-full"
    title = told("There is no room for more")


class CannotDoThat(Conflict):
    """One's place in the project does not lead there."""

    type = "no-such-turn"
    title = told("That cannot be done from where you stand in the project")


class BadProject(Invalid):
    """A field whose value makes no sense; `field` names it."""

    type = "bad-project"
    title = told("Something in the project needs correcting")
