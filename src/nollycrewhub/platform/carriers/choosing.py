"""Which adapter each channel has in this process, by the settings: the live one, a laptop's mailbox, or none."""

from typing import Protocol

from nollycrewhub.platform.carriers.mailbox import Mailbox
from nollycrewhub.platform.carriers.parcels import Mail, Receipt, Sms, Subscription
from nollycrewhub.platform.carriers.push import PushMessage, WebPush
from nollycrewhub.platform.carriers.sms import Termii
from nollycrewhub.platform.carriers.smtp import Smtp
from nollycrewhub.platform.carriers.webhook import Heartbeat, Hook, Webhook
from nollycrewhub.platform.carriers.whatsapp import Chat, CloudApi
from nollycrewhub.platform.db import WriteSession
from nollycrewhub.platform.settings import Settings


class Mailer(Protocol):
    """Whoever can deliver a mail."""

    async def send(self, mail: Mail, session: WriteSession) -> Receipt:
        """Delivers; Away when later may heal it."""

    async def stop(self) -> None:
        """Closes connections."""


class Texter(Protocol):
    """Whoever can send a text message."""

    async def send_sms(self, sms: Sms, session: WriteSession) -> Receipt:
        """Sends; Away when later may heal it, Unsure when nobody knows."""

    async def stop(self) -> None:
        """Closes connections."""


class Chatter(Protocol):
    """Whoever can send by WhatsApp."""

    async def send_chat(self, chat: Chat, session: WriteSession) -> Receipt:
        """Sends; Away when later may heal it, Unsure when nobody knows."""

    async def stop(self) -> None:
        """Closes connections."""


class Pusher(Protocol):
    """Whoever can push to a browser."""

    public_key: str

    async def send_push(self, to: Subscription, message: PushMessage, session: WriteSession) -> Receipt:
        """Pushes; Away when later may heal it."""

    async def stop(self) -> None:
        """Closes connections."""


class Hooker(Protocol):
    """Whoever can call the operators' webhook."""

    async def send_hook(self, hook: Hook, session: WriteSession) -> Receipt:
        """Calls; Away when later may heal it, Unsure when nobody knows."""

    async def stop(self) -> None:
        """Closes connections."""


class Carriers:
    """The adapters of a process: four to people, and the operators' webhook. A channel that is None is off: its key is missing, and no laptop stands in."""

    def __init__(self, settings: Settings) -> None:
        box = None if settings.is_production else Mailbox()
        self.mail: Mailer = Smtp(settings) if settings.mail_url else Mailbox()  # production does not start without MAIL_URL
        self.sms: Texter | None = Termii(settings) if settings.sms_api_key else box
        self.whatsapp: Chatter | None = CloudApi(settings) if settings.whatsapp_token else box
        self.push: Pusher | None = WebPush(settings) if settings.vapid_private_key else box
        self.webhook: Hooker | None = Webhook(settings) if settings.alert_webhook_url else None
        self.heartbeat = Heartbeat(settings) if settings.alert_heartbeat_url else None

    @property
    def offered(self) -> tuple[str, ...]:
        """The channels that lead to people here."""
        found = {"email": self.mail, "push": self.push, "whatsapp": self.whatsapp, "sms": self.sms}
        return tuple(name for name, carrier in found.items() if carrier is not None)

    async def stop(self) -> None:
        """Closes all connections."""
        for carrier in (self.mail, self.sms, self.whatsapp, self.push, self.webhook, self.heartbeat):
            if carrier is not None:
                await carrier.stop()
