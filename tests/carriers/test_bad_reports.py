"""Reports that are signed and make no sense: each is answered, changes nothing, and the next one that does make sense counts."""

import hashlib
import hmac
import json
from typing import Any

import pytest

from tests.carriers.conftest import Person, Scene
from tests.simulators.providers import SECRET

NUL = "\x00"
IDS: tuple[Any, ...] = (None, "", 7, 1.5, True, [], {}, [1], {"a": 1}, NUL, f"wamid.{NUL}", "x" * 10_000, "\ud800", "✓")
BODIES: tuple[bytes, ...] = (b"", b"[]", b"null", b"7", b'"x"', b"{", b"\xff\xfe", b'{"a":', b"{}", b'{"a":' + b"[" * 90_000)


def as_sms(body: bytes) -> dict[str, str]:
    """The signature of a report of the gateway."""
    return {"x-termii-signature": hmac.new(SECRET.encode(), body, hashlib.sha512).hexdigest(), "content-type": "application/json"}


def as_chat(body: bytes) -> dict[str, str]:
    """The signature of a webhook of the Cloud API."""
    return {
        "x-hub-signature-256": "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest(),
        "content-type": "application/json",
    }


async def told_by_both(scene: Scene) -> Person:
    """Somebody who was written to by WhatsApp and by SMS."""
    person = await scene.member(email=False)
    await scene.tell(person)
    await scene.climb(person)
    assert await scene.states(person) == [("whatsapp", "sent"), ("sms", "sent")]
    return person


async def test_reports_without_sense_change_nothing(scene: Scene) -> None:
    ngozi = await told_by_both(scene)
    for value in IDS:
        for body in (
            json.dumps({"message_id": value, "status": "DELIVERED"}).encode(),
            json.dumps({"message_id": value, "id": value, "status": value}).encode(),
        ):
            assert await scene.hook(ngozi, "sms", (body, as_sms(body))) in (204, 400), value
        for status in ({"id": value, "status": "read"}, {"id": value, "status": value, "biz_opaque_callback_data": value}):
            assert await scene.hook(ngozi, "whatsapp", scene.whatsapp.hook(statuses=[status])) in (204, 400), value
        for said in (
            {"from": value},
            {"from": value, "text": value, "context": value},
            {"from": ngozi.digits + "0", "text": {"body": value}},
        ):
            assert await scene.hook(ngozi, "whatsapp", scene.whatsapp.hook(messages=[said])) in (204, 400), value
        assert await scene.hook(ngozi, "whatsapp", scene.whatsapp.hook(statuses=value, messages=value)) in (204, 400), value
    assert await scene.states(ngozi) == [("whatsapp", "sent"), ("sms", "sent")]
    for channel, report in (("whatsapp", scene.whatsapp.status(0, "read")), ("sms", scene.sms.report(0, "Delivered"))):
        assert await scene.hook(ngozi, channel, report) == 204
    assert await scene.states(ngozi) == [("whatsapp", "opened"), ("sms", "delivered")]


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
async def test_bodies_that_are_no_report_are_refused_with_a_reason(scene: Scene, body: bytes) -> None:
    ngozi = await scene.member()
    for channel, headers in (("sms", as_sms(body)), ("whatsapp", as_chat(body))):
        answer = await ngozi.client.post(f"/api/notifications/hooks/{channel}", content=body, headers=headers)
        assert answer.status_code == (204 if body == b"{}" else 400), (channel, answer.text)
        assert body == b"{}" or answer.json()["title"]


async def test_mails_that_only_look_like_returned_ones_change_nothing(scene: Scene) -> None:
    ngozi = await scene.member()
    await scene.tell(ngozi)
    secret = {"x-hook-secret": SECRET, "content-type": "message/rfc822"}
    whole = scene.mail.returned(0)
    for raw in (
        b"", b"\x00" * 100, b"\xff" * 1_000, whole[:200], whole.replace(b"Status: 5.1.1", b"Status: 5" + b"9" * 500),
        whole.replace(b"Status: 5.1.1", b"Status: 5\x00.1"), whole.replace(b"Action: failed", b"Action: relayed"),
        whole.replace(b"message/delivery-status", b"text/plain"), whole.replace(b'boundary="b"', b'boundary="c"'),
    ):  # fmt: skip
        assert await scene.hook(ngozi, "mail", (raw, secret)) in (204, 400), raw[:80]
        assert await scene.states(ngozi) == [("email", "sent")], raw[:80]
    assert await scene.hook(ngozi, "mail", (whole, secret)) == 204
    assert (await scene.states(ngozi))[0] == ("email", "bounced")
