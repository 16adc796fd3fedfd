"""What can be refused between people who write to each other, each with a sentence that says what to do instead.

NotFound: NoSuchConversation, NoSuchMessage, NoSuchFile, NoSuchReport, NobodyToWriteTo, NobodyToBlock, NobodyInIt
Conflict: Frozen, WaitsForAnswer, YouBlockedThem, TooManyRequests, TooManyFiles, TooLateToEdit, SameIdElsewhere, CannotTurn, ReportDecided,
    NotAGroup, OnlyTheOwner
Invalid: BadMessage, BadFile, BadPage
"""

from nollycrewhub.kit.told import told
from nollycrewhub.platform.errors import Conflict, Invalid, NotFound


class NoSuchConversation(NotFound):
    """Not there, or between other people."""

    type = "no-such-conversation"
    title = told("There is no such conversation")


class NoSuchMessage(NotFound):
    """Not there, not to be seen, or somebody else's where it must be one's own."""

    type = "no-such-message"
    title = told("There is no such message")


class NoSuchFile(NotFound):
    """Not there, or in a conversation of other people."""

    type = "no-such-file"
    title = told("There is no such file")


class NoSuchReport(NotFound):
    """Nothing of that id waits in the operators' queue."""

    type = "no-such-report"
    title = told("There is no such report")


class NobodyToWriteTo(NotFound):
    """No handle that may be written to, or no application of one's own."""

    type = "nobody-to-write-to"
    title = told("There is nobody there whom you can write to")


class NobodyToBlock(NotFound):
    """No open account of that id."""

    type = "nobody-to-block"
    title = told("There is nobody there to block")


class NobodyInIt(NotFound):
    """Not in the group, or not yet."""

    type = "nobody-in-it"
    title = told("That person is not in the group")


class Frozen(Conflict):
    """An operator has stopped it."""

    type = "conversation-frozen"
    title = told("An operator has stopped this conversation. It can be read, and nothing more can be sent")


class WaitsForAnswer(Conflict):
    """The other has not accepted yet, or one has not accepted oneself."""

    type = "waits-for-answer"
    title = told("Nothing more can be sent until the first message is accepted")


class YouBlockedThem(Conflict):
    """One's own block stands in the way."""

    type = "you-blocked-them"
    title = told("You have blocked this person. Unblock them first")


class TooManyRequests(Conflict):
    """As many first messages wait for an answer as this account may have."""

    type = "too-many-requests-waiting"
    title = told("Too many of your first messages wait for an answer")


class TooManyFiles(Conflict):
    """As much as this account may send in 24 hours."""

    type = "too-many-files"
    title = told("That is more than your account may send in a day")


class TooLateToEdit(Conflict):
    """Its time is over, or it is deleted."""

    type = "too-late-to-edit"
    title = told("This message can no longer be changed")


class SameIdElsewhere(Conflict):
    """A client's id names one message."""

    type = "same-id-elsewhere"
    title = told("That client id already names another message of yours")


class CannotTurn(Conflict):
    """The conversation's state does not lead there."""

    type = "cannot-turn"
    title = told("That cannot be done from where the conversation is")


class NotAGroup(Conflict):
    """A conversation of two stays one of two."""

    type = "not-a-group"
    title = told("Only a group takes in more people. Begin a group with them")


class OnlyTheOwner(Conflict):
    """A group is governed by one."""

    type = "only-the-owner"
    title = told("Only the owner of the group can do that")


class ReportDecided(Conflict):
    """Another operator was faster."""

    type = "report-decided"
    title = told("This report is already decided")


class BadMessage(Invalid):
    """A field whose value makes no sense; `field` names it."""

    type = "bad-message"
    title = told("Something in the message needs correcting")


class BadFile(Invalid):
    """Empty, too large, or of a kind that is not passed on."""

    type = "bad-file"
    title = told("This file cannot be sent")


class BadPage(Invalid):
    """A cursor we did not make."""

    type = "bad-page"
    title = told("That page address is not one of ours")
