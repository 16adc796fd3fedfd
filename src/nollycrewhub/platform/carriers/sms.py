"""SMS by Termii's HTTP API, or a simulator that speaks it.

Source: developer.termii.com, messaging API: POST /api/sms/send with {to, from, sms, type: plain, channel, api_key}; channel
`dnd` reaches numbers that have do-not-disturb on and is for transactional texts, `generic` is for the rest. It has no
idempotency key, so a call whose answer is lost is not made again here.
"""

import hashlib
import hmac
import re
from typing import Any

from nollycrewhub.kit.gsm import gsm_form
from nollycrewhub.platform.carriers.asking import Provider, object_of
from nollycrewhub.platform.carriers.parcels import Away, Receipt, Sms
from nollycrewhub.platform.db import WriteSession
from nollycrewhub.platform.settings import Settings

OUR_FAULT = (401, 402, 403, 404, 405)
OUR_FAULT_IN_WORDS = re.compile(r"(?i)sender ?(?:id|name)|balance|country|credit|api.?key|channel|route|device")
"""The key is wrong, the account is empty, the sender is not approved: nothing a number can help, and healed by an operator."""
NUMBERS_FAULT_IN_WORDS = re.compile(r"(?i)number|phone|recipient|msisdn|\bdnd\b")
REPORTS = (
    ("delivered", "delivered"),
    ("dnd active", "blocked"),
    ("rejected", "blocked"),
    ("failed", "failed"),
    ("expired", "failed"),
    ("sent", "sent"),
)


class Termii:
    """The live gateway."""

    def __init__(self, settings: Settings) -> None:
        self.url = f"{settings.sms_api_url.rstrip('/')}/api/sms/send"
        self.key = settings.sms_api_key
        self.sender = settings.sms_sender
        self.provider = Provider("sms")

    async def send_sms(self, sms: Sms, session: WriteSession) -> Receipt:
        """Hands one text to the gateway, in the SMS alphabet."""
        answer = await self.provider.post(self.url, json={
            "to": sms.to.lstrip("+"), "from": self.sender, "sms": gsm_form(sms.text), "type": "plain",
            "channel": "generic" if sms.promotional else "dnd", "api_key": self.key,
        })  # fmt: skip
        said = object_of(answer)
        if answer.status_code >= 400:
            return refused(said, answer.status_code)
        found = said.get("message_id") or said.get("message_id_str")
        return Receipt(state="sent", provider_id=str(found or ""))

    async def stop(self) -> None:
        """Closes connections."""
        await self.provider.stop()


def refused(said: dict[str, Any], status: int) -> Receipt:
    """What a no means for this message and its number; Away where it is about our account. Only a no that names the number blocks it."""
    words = str(said.get("message", ""))
    if status in OUR_FAULT or OUR_FAULT_IN_WORDS.search(words):
        raise Away(f"the gateway refuses our account ({status})", 600.0)
    if NUMBERS_FAULT_IN_WORDS.search(words):
        return Receipt(state="blocked", reason=f"The gateway refuses this number ({status}).")
    return Receipt(state="failed", reason=f"The gateway refuses this message ({status}).")


def is_signed(body: bytes, given: str, secret: str) -> bool:
    """Whether a delivery report is Termii's: X-Termii-Signature is HMAC-SHA512 of the body with the account's secret."""
    wanted = hmac.new(secret.encode(), body, hashlib.sha512).hexdigest()
    return bool(secret) and hmac.compare_digest(wanted.encode(), given.strip().lower().encode())


def state_of(status: str) -> str | None:
    """Our word for Termii's status text; None for one that says nothing new."""
    lowered = status.lower()
    return next((state for word, state in REPORTS if word in lowered), None)
