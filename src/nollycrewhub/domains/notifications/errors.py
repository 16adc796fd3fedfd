"""This domain's failures."""

from nollycrewhub.platform.errors import NotFound


class NoSuchNotice(NotFound):
    """Not there, or somebody else's."""

    title = "There is no such notice"
