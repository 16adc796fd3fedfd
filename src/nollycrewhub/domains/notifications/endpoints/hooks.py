"""What providers report to us: delivery reports, answers, bounces. Each is believed by its signature, or not at all.

A report about a message we do not know, or that says nothing new, is answered like any other: a provider repeats what is
refused, and there is nothing to repeat.
"""

import hmac
from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.params import QueryParameter

from nollycrewhub.domains.notifications import service
from nollycrewhub.domains.notifications.errors import NotSigned
from nollycrewhub.kit.foreign import read_json
from nollycrewhub.platform.carriers import sms, whatsapp
from nollycrewhub.platform.context import AnyRequest
from nollycrewhub.platform.db import WriteSession
from nollycrewhub.platform.errors import BadRequest
from nollycrewhub.platform.settings import Settings

LARGEST = 300_000


def object_of(body: bytes) -> dict[str, Any]:
    """The JSON object of a signed report."""
    try:
        return read_json(body, dict[str, Any])
    except msgspec.DecodeError as error:
        raise BadRequest from error


@post("/api/notifications/hooks/sms", access="public", summary="Delivery reports of text messages", status_code=204, body_limit=LARGEST)
async def sms_hook(request: AnyRequest, write: WriteSession, settings: Settings) -> None:
    """Termii's; `X-Termii-Signature` is HMAC-SHA512 of the body with SMS_WEBHOOK_SECRET."""
    body = await request.body()
    if not sms.is_signed(body, request.headers.get("x-termii-signature", ""), settings.sms_webhook_secret):
        raise NotSigned
    await service.sms_report(write, object_of(body))


@get(
    "/api/notifications/hooks/whatsapp",
    access="public",
    summary="The question a new WhatsApp webhook is asked",
    problems=(403,),
    media_type="text/plain",
)
async def whatsapp_challenge(
    settings: Settings,
    mode: Annotated[str, QueryParameter(name="hub.mode")] = "",
    given: Annotated[str, QueryParameter(name="hub.verify_token")] = "",
    challenge: Annotated[str, QueryParameter(name="hub.challenge")] = "",
) -> Response[str]:
    """Gives the challenge back to whoever knows WHATSAPP_VERIFY_TOKEN."""
    wanted = settings.whatsapp_verify_token
    if not wanted or mode != "subscribe" or not hmac.compare_digest(given.encode(), wanted.encode()):
        raise NotSigned
    return Response(challenge if challenge.isascii() and challenge.isalnum() else "", media_type="text/plain")


@post("/api/notifications/hooks/whatsapp", access="public", summary="Statuses and answers on WhatsApp", status_code=204, body_limit=LARGEST)
async def whatsapp_hook(request: AnyRequest, write: WriteSession, settings: Settings) -> None:
    """Meta's; `X-Hub-Signature-256` is HMAC-SHA256 of the body with WHATSAPP_APP_SECRET."""
    body = await request.body()
    if not whatsapp.is_signed(body, request.headers.get("x-hub-signature-256", ""), settings.whatsapp_app_secret):
        raise NotSigned
    await service.whatsapp_report(write, settings, object_of(body))


@post("/api/notifications/hooks/mail", access="public", summary="Mails that came back", status_code=204, body_limit=LARGEST)
async def mail_hook(request: AnyRequest, write: WriteSession, settings: Settings) -> None:
    """A whole returned mail (message/rfc822), from a mail server that sends MAIL_WEBHOOK_SECRET in `X-Hook-Secret`."""
    given, wanted = request.headers.get("x-hook-secret", ""), settings.mail_webhook_secret
    if not wanted or not hmac.compare_digest(given.encode(), wanted.encode()):
        raise NotSigned
    await service.bounced(write, settings, await request.body())


@post(
    "/api/notifications/hooks/alertmanager", access="public", summary="Alerts of Prometheus' Alertmanager", status_code=204,
    body_limit=LARGEST,
)  # fmt: skip
async def alertmanager_hook(request: AnyRequest, write: WriteSession, settings: Settings) -> None:
    """The webhook of Alertmanager (version 4), whose bearer token is ALERTMANAGER_TOKEN; each alert is told to operators once."""
    given, wanted = request.headers.get("authorization", ""), settings.alertmanager_token
    if not wanted or not hmac.compare_digest(given.encode(), f"Bearer {wanted}".encode()):
        raise NotSigned
    await service.alertmanager_report(write, object_of(await request.body()))


HOOKS = (sms_hook, whatsapp_challenge, whatsapp_hook, mail_hook, alertmanager_hook)
