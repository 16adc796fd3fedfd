"""Mail and SMS that other domains ask for (codes, letters) leave after the commit, as jobs.

What people are told of is the notifications domain's, which chooses the channel and keeps what became of it.
"""

from nollycrewhub.platform import log
from nollycrewhub.platform.carriers import Away, Carriers, Mail, Sms, Unsure
from nollycrewhub.platform.db import WriteSession
from nollycrewhub.platform.queue import Rate, Retry, Work, enqueue, task

LOG = log.logger("mail")


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
    """Delivers one queued mail; a refused address is told to the log alone, for there is nobody else to tell."""
    try:
        receipt = await work.ports.get(Carriers).mail.send(payload, work.session)
    except Away as error:
        if error.after:
            raise Retry(error.after) from error
        raise
    if receipt.state == "bounced":
        LOG.warning("a mail was refused for good", kind=payload.kind, reason=receipt.reason)


@task("sms.send", payload=Sms, timeout=30, attempts=8, backoff=5.0, why="gateways drop requests now and then; a code is of use for minutes")
async def send_sms_now(payload: Sms, work: Work) -> None:
    """Delivers one queued text message, once: where nobody can know whether it left, it is not sent again."""
    texter = work.ports.get(Carriers).sms
    if texter is None:
        LOG.error("a text message has no way out: SMS_API_KEY is not set", kind=payload.kind)
        return
    try:
        receipt = await texter.send_sms(payload, work.session)
    except Unsure as error:
        LOG.warning("nobody knows whether a text message left", kind=payload.kind, reason=error.reason)
        return
    if receipt.state == "blocked":
        LOG.warning("a text message was refused for good", kind=payload.kind, reason=receipt.reason)


async def send_mail(session: WriteSession, mail: Mail) -> None:
    """Queues a mail in the session's transaction."""
    await enqueue(session, "mail.send", mail)


async def send_sms(session: WriteSession, sms: Sms) -> None:
    """Queues a text message in the session's transaction."""
    await enqueue(session, "sms.send", sms)


TASKS = (send_mail_now, send_sms_now)
__all__ = ["TASKS", "Mail", "Sms", "send_mail", "send_sms"]
