"""This domain's failures."""

from nollycrewhub.kit.told import told
from nollycrewhub.platform.errors import Forbidden, Invalid, NotFound


class NoSuchNotice(NotFound):
    """Not there, or somebody else's."""

    title = told("There is no such notice")


class NoSuchLink(NotFound):
    """Not made by us, or too old."""

    title = told("This link does not work any more")


class NotSigned(Forbidden):
    """A report from outside without the signature of who it says it is from."""

    title = told("This report is not signed")


class BadSubscription(Invalid):
    """A browser's subscription that cannot be used."""
