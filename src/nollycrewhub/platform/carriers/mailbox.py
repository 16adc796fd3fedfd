"""The laptop's postman for every channel: what would leave the house lies in /dev/mail instead. Production has none."""

from nollycrewhub.kit.gsm import gsm_form, size_of
from nollycrewhub.kit.ids import uuid7
from nollycrewhub.platform.carriers.parcels import Mail, Receipt, Sms, Subscription
from nollycrewhub.platform.carriers.push import PushMessage, text_of
from nollycrewhub.platform.carriers.whatsapp import Chat
from nollycrewhub.platform.db import WriteSession


class Mailbox:
    """Puts messages where /dev/mail shows them, in the session's transaction."""

    INSERT = "insert into platform.mailbox (id, channel, recipient, subject, text) values ($1, $2, $3, $4, $5)"
    public_key = ""  # it knows no push service, so no browser subscribes by it

    async def _keep(self, session: WriteSession, channel: str, to: str, subject: str, text: str) -> Receipt:
        kept = uuid7()
        await session.sql(self.INSERT, kept, channel, to, subject, text)
        return Receipt(state="delivered", provider_id=f"mailbox-{kept}")

    async def send(self, mail: Mail, session: WriteSession) -> Receipt:
        """A mail."""
        return await self._keep(session, "mail", mail.to, mail.subject, mail.text)

    async def send_sms(self, sms: Sms, session: WriteSession) -> Receipt:
        """A text message in the SMS alphabet, with the number of parts it would be paid for."""
        text = gsm_form(sms.text)
        parts = size_of(text).parts
        return await self._keep(session, "sms", sms.to, f"{parts} part" if parts == 1 else f"{parts} parts", text)

    async def send_chat(self, chat: Chat, session: WriteSession) -> Receipt:
        """A WhatsApp message."""
        return await self._keep(session, "whatsapp", chat.to, "free text" if chat.is_free else "template", chat.text)

    async def send_push(self, to: Subscription, message: PushMessage, session: WriteSession) -> Receipt:
        """A push: what its browser's worker would read. It has arrived when a browser says so (/dev/push.js)."""
        kept = await self._keep(session, "push", to.endpoint, message.title, text_of(message).decode())
        return Receipt(state="sent", provider_id=kept.provider_id)

    async def stop(self) -> None:
        """Nothing is open."""
