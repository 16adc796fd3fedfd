"""Mail and SMS leave after the commit, as jobs. Live mail is SMTP; a laptop's lands in a readable mailbox."""

import email.message
from typing import Protocol
from urllib.parse import unquote, urlsplit

import aiosmtplib
import msgspec

from nollycrewhub.kit.ids import uuid7
from nollycrewhub.platform.db import WriteSession
from nollycrewhub.platform.queue import Rate, Work, enqueue, task
from nollycrewhub.platform.settings import Settings

SMTP_SECONDS = 10.0


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """One message to one person."""

    to: str
    subject: str
    text: str
    kind: str = "notice"


class Sms(msgspec.Struct, frozen=True, kw_only=True):
    """One text message to one E.164 number."""

    to: str
    text: str
    kind: str = "notice"


class Mailer(Protocol):
    """Whoever can deliver a mail."""

    async def send(self, mail: Mail, session: WriteSession) -> None:
        """Delivers, or raises what a retry may heal."""


class Mailbox:
    """The laptop's postman: puts messages where /dev/mail shows them."""

    INSERT = "insert into platform.mailbox (id, channel, recipient, subject, text) values ($1, $2, $3, $4, $5)"

    async def send(self, mail: Mail, session: WriteSession) -> None:
        """Stores the mail in this transaction."""
        await session.sql(self.INSERT, uuid7(), "mail", mail.to, mail.subject, mail.text)

    async def send_sms(self, sms: Sms, session: WriteSession) -> None:
        """Stores the text message in this transaction."""
        await session.sql(self.INSERT, uuid7(), "sms", sms.to, "", sms.text)


class Smtp:
    """The live postman: smtp:// (STARTTLS when offered), smtps:// (TLS from the start)."""

    def __init__(self, settings: Settings) -> None:
        self.url = urlsplit(settings.mail_url)
        self.sender = settings.mail_from

    async def send(self, mail: Mail, session: WriteSession) -> None:
        """Hands the mail to the server; raises aiosmtplib.SMTPException or OSError when it will not take it."""
        message = email.message.EmailMessage()
        message["From"] = self.sender
        message["To"] = mail.to
        message["Subject"] = mail.subject
        message.set_content(mail.text)
        await aiosmtplib.send(
            message,
            hostname=self.url.hostname or "localhost",
            port=self.url.port or (465 if self.url.scheme == "smtps" else 587),
            username=unquote(self.url.username) if self.url.username else None,
            password=unquote(self.url.password) if self.url.password else None,
            use_tls=self.url.scheme == "smtps",
            timeout=SMTP_SECONDS,
        )


def mailer(settings: Settings) -> Mailer:
    """SMTP where MAIL_URL is set; otherwise the mailbox, which production never gets (it refuses to start)."""
    return Smtp(settings) if settings.mail_url else Mailbox()


@task(
    "mail.send",
    payload=Mail,
    timeout=30,
    attempts=60,
    backoff=5.0,
    rate=Rate(100, 1.0),
    at_once=20,
    why="mail servers have bad hours and count what they are sent; a day of patience costs nothing",
)
async def send_mail_now(payload: Mail, work: Work) -> None:
    """Delivers one queued mail."""
    await mailer(work.settings).send(payload, work.session)


@task("sms.send", payload=Sms, timeout=30, attempts=8, backoff=5.0, why="gateways drop requests now and then")
async def send_sms_now(payload: Sms, work: Work) -> None:
    """Delivers one queued text message: on a laptop into the mailbox; the live gateway comes with notifications."""
    await Mailbox().send_sms(payload, work.session)


async def send_mail(session: WriteSession, mail: Mail) -> None:
    """Queues a mail in the session's transaction."""
    await enqueue(session, "mail.send", mail)


async def send_sms(session: WriteSession, sms: Sms) -> None:
    """Queues a text message in the session's transaction."""
    await enqueue(session, "sms.send", sms)


TASKS = (send_mail_now, send_sms_now)
