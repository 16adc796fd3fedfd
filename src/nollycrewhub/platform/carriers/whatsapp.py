"""WhatsApp by the Cloud API's shape: a template at any time, free text within 24 hours of the person's last message.

Source: Meta's Cloud API reference: POST /{phone_number_id}/messages; webhooks carry X-Hub-Signature-256. There is no
idempotency key; `biz_opaque_callback_data` comes back with every status, so a message is known even if its answer is lost.
"""

import hashlib
import hmac

import msgspec

from nollycrewhub.kit.told import told
from nollycrewhub.platform.carriers.asking import Provider, object_of
from nollycrewhub.platform.carriers.parcels import Away, Receipt, WindowClosed
from nollycrewhub.platform.db import WriteSession
from nollycrewhub.platform.settings import Settings

OUR_FAULT = (401, 403)
NOT_THERE = (131026, 131030, 131021)
"""Undeliverable, not on the list of a test number, or our own number."""
NOT_ON_IT = told("This number is not on WhatsApp.")
BUSY = (4, 80007, 130429, 131048, 131056)
WINDOW_CLOSED = 131047
"""Free text, and the person's last message is more than 24 hours old. Said at once, or later as the reason of a status `failed`."""
LONGEST = 4096


class Chat(msgspec.Struct, frozen=True, kw_only=True):
    """One message to one E.164 number: `text` when the window is open, else `params` for the template."""

    to: str
    text: str
    params: tuple[str, ...] = ()
    is_free: bool = False
    reference: str = ""


class CloudApi:
    """The live adapter."""

    def __init__(self, settings: Settings) -> None:
        self.url = f"{settings.whatsapp_api_url.rstrip('/')}/{settings.whatsapp_phone_id}/messages"
        self.token = settings.whatsapp_token
        self.template = settings.whatsapp_template
        self.provider = Provider("whatsapp")

    async def send_chat(self, chat: Chat, session: WriteSession) -> Receipt:
        """Hands one message over; WindowClosed when free text comes too late."""
        body = {
            "messaging_product": "whatsapp", "recipient_type": "individual", "to": chat.to.lstrip("+"),
            "biz_opaque_callback_data": chat.reference, **(self._free(chat) if chat.is_free else self._template(chat)),
        }  # fmt: skip
        answer = await self.provider.post(self.url, json=body, headers={"authorization": f"Bearer {self.token}"})
        said = object_of(answer)
        if answer.status_code in OUR_FAULT:
            raise Away(f"WhatsApp refuses our account ({answer.status_code})", 600.0)
        if answer.status_code >= 400:
            return refused(said, answer.status_code, is_free=chat.is_free)
        messages = said.get("messages")
        first = messages[0] if isinstance(messages, list) and messages else None
        return Receipt(state="sent", provider_id=str(first.get("id") or "") if isinstance(first, dict) else "")

    def _free(self, chat: Chat) -> dict[str, object]:
        return {"type": "text", "text": {"body": chat.text[:LONGEST]}}

    def _template(self, chat: Chat) -> dict[str, object]:
        params = [{"type": "text", "text": text} for text in chat.params]
        return {"type": "template", "template": {
            "name": self.template, "language": {"code": "en"}, "components": [{"type": "body", "parameters": params}],
        }}  # fmt: skip

    async def stop(self) -> None:
        """Closes connections."""
        await self.provider.stop()


def refused(said: dict[str, object], status: int, *, is_free: bool) -> Receipt:
    """What an error answer means for this message; Away when it means nothing about the number, WindowClosed for free text too late."""
    error = said.get("error")
    code = error.get("code") if isinstance(error, dict) else None
    if code == WINDOW_CLOSED and is_free:
        raise WindowClosed
    if code in BUSY:
        raise Away(f"WhatsApp is busy ({code})", 60.0)
    if code in NOT_THERE:
        return Receipt(state="blocked", reason=NOT_ON_IT)
    return Receipt(state="failed", reason=f"WhatsApp refused the message ({code or status}).")


def is_signed(body: bytes, given: str, secret: str) -> bool:
    """Whether a webhook is Meta's: X-Hub-Signature-256 is `sha256=` and HMAC-SHA256 of the body with the app's secret."""
    wanted = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return bool(secret) and hmac.compare_digest(wanted.encode(), given.strip().encode())
