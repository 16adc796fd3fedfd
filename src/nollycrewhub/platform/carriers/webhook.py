"""A webhook of the operators' own: JSON to one address, signed so that its owner can tell it from anybody else's.

`X-Alert-Signature` is `sha256=` and HMAC-SHA256 of `X-Alert-Timestamp`, a dot and the body, with ALERT_WEBHOOK_SECRET: an old
message cannot be sent again under a new time. `X-Alert-Id` names the message and is the same each time it is sent.
"""

import hashlib
import hmac
import time

import msgspec

from nollycrewhub.platform.carriers.asking import Provider, wish_of
from nollycrewhub.platform.carriers.parcels import Away, Receipt
from nollycrewhub.platform.db import WriteSession
from nollycrewhub.platform.settings import Settings


class Hook(msgspec.Struct, frozen=True, kw_only=True):
    """One message to the webhook."""

    id: str
    body: bytes


class Webhook:
    """The live adapter; a laptop has none."""

    def __init__(self, settings: Settings) -> None:
        self.url = settings.alert_webhook_url
        self.secret = settings.alert_webhook_secret
        self.provider = Provider("webhook")

    async def send_hook(self, hook: Hook, session: WriteSession) -> Receipt:
        """Hands it over; Away for every answer that is no yes, for an operator can mend each of them."""
        moment = str(int(time.time()))
        answer = await self.provider.post(self.url, content=hook.body, headers={
            "content-type": "application/json", "x-alert-id": hook.id, "x-alert-timestamp": moment,
            "x-alert-signature": signature(self.secret, moment, hook.body),
        })  # fmt: skip
        if not answer.is_success:
            raise Away(f"the webhook answered {answer.status_code}", wish_of(answer))
        return Receipt(state="sent")

    async def stop(self) -> None:
        """Closes connections."""
        await self.provider.stop()


class Heartbeat:
    """Calls whoever alarms when we do not: the address is all there is, and a secret of its own."""

    def __init__(self, settings: Settings) -> None:
        self.url = settings.alert_heartbeat_url
        self.provider = Provider("heartbeat")

    async def beat(self) -> None:
        """Once; Away or Unsure where it may not have been heard."""
        answer = await self.provider.post(self.url)
        if not answer.is_success:
            raise Away(f"the heartbeat's address answered {answer.status_code}")

    async def stop(self) -> None:
        """Closes connections."""
        await self.provider.stop()


def signature(secret: str, moment: str, body: bytes) -> str:
    """What a receiver makes for itself and compares."""
    return "sha256=" + hmac.new(secret.encode(), moment.encode() + b"." + body, hashlib.sha256).hexdigest()
