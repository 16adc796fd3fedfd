"""This domain's failures."""

from nollycrewhub.platform.errors import Invalid, NotFound, TooMany, UnsupportedMedia


class NoSuchScript(NotFound):
    """Not there, or somebody else's."""

    title = "There is no such script"


class NotPlainText(UnsupportedMedia):
    """Something else than text was sent."""

    title = "Send the script as plain text"


class EmptyScript(Invalid):
    """Nothing was in it."""

    title = "The script is empty"


class TooManyWaiting(TooMany):
    """One person's scripts that wait to be read."""

    title = "Your other scripts are still being read"
