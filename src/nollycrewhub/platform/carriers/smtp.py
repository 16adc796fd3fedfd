"""Mail by SMTP: a few connections kept open, and what a server's answer means for the address.

smtp:// takes STARTTLS when offered, smtps:// is TLS from the start. The Message-ID is made of the reference, so a mail that
is sent again after a kill is recognised as the same by those who look.
"""

import email.message
import email.policy
import email.utils
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import unquote, urlsplit

import aiosmtplib

from nollycrewhub.platform import tracing
from nollycrewhub.platform.breaker import Breaker
from nollycrewhub.platform.bulkhead import Bulkhead
from nollycrewhub.platform.carriers.asking import PAUSE
from nollycrewhub.platform.carriers.parcels import Away, Mail, Receipt, State
from nollycrewhub.platform.db import WriteSession
from nollycrewhub.platform.errors import Unavailable
from nollycrewhub.platform.settings import Settings

SMTP_SECONDS = 10.0
IDLE_SECONDS = 20.0
AT_ONCE = 20
NEVER = range(500, 600)
# A stop link is longer than the usual line, and folding would write it as an encoded word, which mail programs do not open.
LONG_LINES = email.policy.SMTP.clone(max_line_length=900)
ONE_CLICK = "List-Unsubscribe=One-Click"


class Refused(Exception):
    """The server will never take this mail: there is no such address (`bounced`), or it wants none like it."""

    def __init__(self, reason: str, state: State) -> None:
        super().__init__(reason)
        self.state = state


class Later(Exception):
    """The server takes mail, and none for this address just now."""


class Smtp:
    """The live postman."""

    def __init__(self, settings: Settings) -> None:
        self.url = urlsplit(settings.mail_url)
        self.sender = settings.mail_from
        self.host = email.utils.parseaddr(settings.mail_from)[1].rpartition("@")[2] or "localhost"
        self.idle: deque[tuple[float, aiosmtplib.SMTP]] = deque()
        self.opened = 0
        self.bulkhead = Bulkhead("carrier-mail", at_once=AT_ONCE, wait=SMTP_SECONDS, breaker=Breaker(failures=5, pause=PAUSE))

    def message(self, mail: Mail) -> email.message.EmailMessage:
        """The mail as the wire has it."""
        made = email.message.EmailMessage(policy=LONG_LINES)
        made["From"] = self.sender
        made["To"] = mail.to
        made["Subject"] = mail.subject
        made["Date"] = email.utils.localtime()
        if mail.reference:
            made["Message-ID"] = f"<{mail.reference}@{self.host}>"
            made["Auto-Submitted"] = "auto-generated"
        if mail.stop:
            made["List-Unsubscribe"] = f"<{mail.stop}>"
            made["List-Unsubscribe-Post"] = ONE_CLICK
        made.set_content(mail.text)
        return made

    async def send(self, mail: Mail, session: WriteSession) -> Receipt:
        """Hands the mail to the server; Away when it will not take it now."""
        try:
            async with self.bulkhead.call(OSError, aiosmtplib.SMTPException):
                with tracing.inner("smtp send", "client"):
                    return await self._sent(mail)
        except Unavailable as error:
            raise Away("the mail server is left alone for a moment", error.retry_after or 0.0) from error
        except Refused as error:
            return Receipt(state=error.state, reason=str(error))
        except Later as error:
            raise Away(str(error)) from error
        except (OSError, aiosmtplib.SMTPException) as error:
            raise Away(f"the mail server cannot be reached ({type(error).__name__})") from error

    async def _sent(self, mail: Mail) -> Receipt:
        sender = mail.bounces or email.utils.parseaddr(self.sender)[1]
        async with self._line() as line:
            try:
                _, said = await line.sendmail(sender, [mail.to], self.message(mail).as_bytes())
            except aiosmtplib.SMTPRecipientsRefused as error:
                await line.rset()
                answers = [answer for answer in error.recipients if answer.code in NEVER]
                if answers:
                    raise Refused(f"The mail server refuses this address ({answers[0].code}).", "bounced") from error
                raise Later("the mail server asks to try this address later") from error
            except aiosmtplib.SMTPDataError as error:
                if error.code not in NEVER:
                    raise
                raise Refused(f"The mail server refuses this mail ({error.code}).", "failed") from error
        return Receipt(state="sent", provider_id=said.rpartition(" ")[2][:80])

    @asynccontextmanager
    async def _line(self) -> AsyncIterator[aiosmtplib.SMTP]:
        """A connection that is ready; it goes back when it is still good."""
        line = await self._kept() or await self._new()
        try:
            yield line
        except (Refused, Later):
            self.idle.append((time.monotonic(), line))
            raise
        except BaseException:
            line.close()
            raise
        self.idle.append((time.monotonic(), line))

    async def _kept(self) -> aiosmtplib.SMTP | None:
        while self.idle:
            since, line = self.idle.pop()
            if line.is_connected and time.monotonic() - since < IDLE_SECONDS:
                with suppress(OSError, aiosmtplib.SMTPException):
                    await line.noop()
                    return line
            line.close()
        return None

    async def _new(self) -> aiosmtplib.SMTP:
        line = aiosmtplib.SMTP(
            hostname=self.url.hostname or "localhost",
            port=self.url.port or (465 if self.url.scheme == "smtps" else 587),
            username=unquote(self.url.username) if self.url.username else None,
            password=unquote(self.url.password) if self.url.password else None,
            use_tls=self.url.scheme == "smtps",
            timeout=SMTP_SECONDS,
        )
        await line.connect()
        self.opened += 1
        return line

    async def stop(self) -> None:
        """Closes connections."""
        while self.idle:
            self.idle.pop()[1].close()
