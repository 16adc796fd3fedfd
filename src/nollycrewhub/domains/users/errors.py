"""This domain's failures, as sentences."""

from nollycrewhub.kit.told import told
from nollycrewhub.platform.errors import Conflict, Forbidden, Gone, Invalid, NotFound, SignInNeeded, TooMany


class WrongCredentials(SignInNeeded):
    """Nobody with that address and password; which of the two is wrong is not said."""

    type = "wrong-credentials"
    title = told("That e-mail or phone and password do not match")


class CodeNeeded(Forbidden):
    """Many wrong passwords were tried, by strangers or on this very device, so signing in needs the code sent to the owner.

    It says nothing of the password: right, wrong and nobody's are answered alike.
    """

    type = "code-needed"
    title = told(
        "Many wrong passwords were tried for this address, so signing in needs a code too. "
        "If your password is right, the code is on its way to you"
    )

    def __init__(self, detail: str = "", *, challenge: str) -> None:
        super().__init__(detail, field="code", extra={"challenge": challenge})
        self.challenge = challenge


class NotConfirmed(Forbidden):
    """The account exists, the password is right, the address was never confirmed."""

    type = "not-confirmed"
    title = told("Please confirm your address first. Ask for a new code if the first one is lost")


class Banned(Forbidden):
    """An operator has closed the account."""

    type = "account-closed"
    title = told("This account is closed. Write to us if you think that is a mistake")


class CodesSpent(TooMany):
    """What codes by SMS may cost in a day is spent; said to everybody who asks by a number, with an account or without."""

    title = told("So many codes went out by SMS today that no more do until midnight. Use an e-mail address, or come back tomorrow")


class CodeRefused(Gone):
    """A code or link that is wrong, used or too old."""

    type = "code-refused"
    title = told("That code is wrong or too old. Ask for a new one")


class LinkRefused(Gone):
    """A link that is not ours, was used, or is too old."""

    type = "link-refused"
    title = told("That link was used already or is too old. Ask for a new one")


class GoogleTaken(Conflict):
    """The account with that e-mail has another Google account, or the Google account another person."""

    type = "google-taken"
    title = told("That account is connected to another Google account. Sign in with your password")


class NoPassword(Conflict):
    """The account is opened by Google alone; what was asked needs a password."""

    type = "no-password"
    title = told("Your account has no password yet. Set one first by “Forgotten password” on the sign-in page")


class OperatorsAccount(Conflict):
    """Operators close each other's accounts from a shell only."""

    type = "operators-account"
    title = told("This is an operator's account. It can be closed by the command line only")


class NoSuchPerson(NotFound):
    """Not there, or not shown to you."""

    title = told("There is nobody here by that name")


class NoSuchDevice(NotFound):
    """Not signed in there, or somebody else's."""

    title = told("You are not signed in on that device")


class PhotoRefused(Invalid):
    """The picture cannot be read, or is too large."""

    type = "photo-refused"
    title = told("That picture cannot be used. Send a JPEG, PNG or WebP of at most 5 MB")
