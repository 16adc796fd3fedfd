"""What carriers carry, and what they answer."""

from typing import Literal

import msgspec

State = Literal["sent", "delivered", "bounced", "blocked", "failed"]


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """One message to one person.

    `reference` names it in its Message-ID; `stop` is the address that ends such mails (RFC 8058); `bounces` is where
    the world's mail servers send it back to.
    """

    to: str
    subject: str
    text: str
    kind: str = "notice"
    reference: str = ""
    stop: str = ""
    bounces: str = ""


class Sms(msgspec.Struct, frozen=True, kw_only=True):
    """One text message to one E.164 number."""

    to: str
    text: str
    kind: str = "notice"
    promotional: bool = False


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """One browser that wants pushes: where its push service is, and the keys that only the browser can read with."""

    endpoint: str
    p256dh: str
    auth: str


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What the provider said. `sent` is taken, no more; `blocked` is an address that must not be tried again."""

    state: State
    provider_id: str = ""
    reason: str = ""


class Away(Exception):
    """The provider took nothing: it cannot be reached, is busy, or is out of order. `after` is its own wish in seconds."""

    def __init__(self, reason: str, after: float = 0.0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.after = after


class WindowClosed(Exception):
    """Free text was not taken: the person last wrote longer ago than the provider allows, and only a template may go."""


class Unsure(Exception):
    """The connection broke after the message had left: it may have been taken, or not."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
