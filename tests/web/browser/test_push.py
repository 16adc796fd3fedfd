"""A push in a real browser: what the live carrier encrypts is what the service worker shows, and where a tap on it leads.

Chromium asks Google for a subscription, which this machine cannot reach. So the carrier's bytes go to the push service's
simulator, are read there with a browser's keys, and enter Chromium where its own push client would hand them over, by
DevTools (`ServiceWorker.deliverPushMessage`). What is not seen here is Chromium's subscription and its own decryption.
"""

import asyncio
import json
import threading
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import CDPSession, Page, Worker

from nollycrewhub.platform.carriers import PushMessage, Subscription
from nollycrewhub.platform.carriers.push import WebPush
from nollycrewhub.platform.settings import Settings
from tests.served import wait_until
from tests.simulators.providers import Browser, PushService, flat
from tests.web.browser.conftest import PATIENCE, SAMPLE_PASSWORD, Site, Visitor, join

SHOWN = """async () => (await (await navigator.serviceWorker.ready).getNotifications())
    .map(({ title, tag, data, body }) => ({ title, tag, data, body }))"""
TAP = """async (tag) => {
    self.opened = [];
    self.clients.openWindow = async (address) => void self.opened.push(address);  // a real one needs a finger
    const [notification] = await registration.getNotifications({ tag });
    self.dispatchEvent(new NotificationEvent("notificationclick", { notification }));
    return self.opened;
}"""
FORGE = """async () => {
    await registration.showNotification("Forged", { tag: "forged", data: "https://evil.example/me" });
}"""


class Phone:
    """A page whose service worker takes pushes."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        visitor.context.grant_permissions(["notifications"], origin=visitor.site.url)
        self.page: Page = visitor.page
        self.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        self.cdp: CDPSession = visitor.context.new_cdp_session(self.page)
        self.registrations: list[str] = []
        self.cdp.on("ServiceWorker.workerRegistrationUpdated", self.noted)
        self.cdp.send("ServiceWorker.enable")
        for _ in range(100):
            if self.registrations:
                break
            self.page.wait_for_timeout(50)

    def noted(self, event: dict[str, Any]) -> None:
        """A registration of this site."""
        self.registrations += [one["registrationId"] for one in event["registrations"] if one["scopeURL"].startswith(self.visitor.site.url)]

    @property
    def worker(self) -> Worker:
        """The service worker."""
        return self.visitor.context.service_workers[0]

    def receive(self, data: str, tag: str) -> None:
        """What the browser's push client hands over, until the worker has it: DevTools lets a push fall without a word when the
        worker is just waking or going to sleep, which a push service would send again. The same tag is the same notification."""
        for _ in range(5):
            self.cdp.send("ServiceWorker.deliverPushMessage", {
                "origin": self.visitor.site.url, "registrationId": self.registrations[0], "data": data,
            })  # fmt: skip
            for _ in range(PATIENCE // 500):
                if any(one["tag"] == tag for one in self.shown()):
                    return
                self.page.wait_for_timeout(100)
        raise AssertionError(f"no notification {tag!r} after five pushes: {self.shown()}")

    def shown(self) -> list[dict[str, Any]]:
        """The notifications."""
        found: list[dict[str, Any]] = self.page.evaluate(SHOWN)
        return found


@pytest.fixture
def phone(site: Site, chromium: Chromium) -> Iterator[Phone]:
    """Signed in, on the page of notices."""
    visitor = Visitor(chromium, site)
    visitor.sign_in("talent@example.com", SAMPLE_PASSWORD)
    visitor.go("/me/notices")
    yield Phone(visitor)
    visitor.close()


def carried(settings: Settings, *messages: PushMessage) -> list[str]:
    """The texts that arrive at a browser when the live carrier sends these, read with its keys."""
    service = PushService()
    browser = Browser(service)
    given = browser.subscription()
    arrived: list[str] = []
    browser.show = lambda text: arrived.append(json.dumps(text))  # type: ignore[method-assign]
    live = msgspec.structs.replace(settings, vapid_private_key=flat(b"\x01" * 32), vapid_subject="mailto:ops@here.example")

    async def send() -> None:
        carrier = WebPush(live)
        to = Subscription(endpoint=given["endpoint"], **given["keys"])
        for message in messages:
            assert (await carrier.send_push(to, message, None)).state == "sent"  # type: ignore[arg-type]  # it needs no session
        await carrier.stop()

    thread = threading.Thread(target=lambda: asyncio.run(send()))
    thread.start()
    thread.join()
    service.stop()
    return arrived


def test_a_push_is_shown_with_its_title_and_again_in_its_place(phone: Phone, settings: Settings) -> None:
    hired = PushMessage(title="You are hired: Gaffer, Ọmọlará Pictures", link="/me/notices#1", topic="one")
    closed = PushMessage(title="Closed: Gaffer", link="/me/notices#2", topic="two")
    first, again, second = carried(settings, hired, hired, closed)
    for text, tag in ((first, "one"), (again, "one"), (second, "two")):
        phone.receive(text, tag)
    found = sorted(phone.shown(), key=lambda one: str(one["tag"]))
    assert [(one["title"], one["tag"], one["data"]["path"]) for one in found] == [
        ("You are hired: Gaffer, Ọmọlará Pictures", "one", "/me/notices#1"), ("Closed: Gaffer", "two", "/me/notices#2"),
    ]  # fmt: skip
    assert {one["body"] for one in found} == {""}, "a title, and nothing of what it is about"


def test_a_tap_leads_to_the_notice_and_nowhere_else(phone: Phone, settings: Settings) -> None:
    [text] = carried(settings, PushMessage(title="You have an offer", link="/me/notices#7", topic="seven"))
    phone.receive(text, "seven")
    assert phone.worker.evaluate(TAP, "seven") == [f"{phone.visitor.site.url}/me/notices#7"]
    phone.worker.evaluate(FORGE)
    assert phone.worker.evaluate(TAP, "forged") == ["/me/notices"]


def test_a_title_of_any_length_arrives_whole_enough_to_be_read(phone: Phone, settings: Settings) -> None:
    [text] = carried(settings, PushMessage(title="Ụ" * 5_000, link="/me/notices#9", topic="nine"))
    phone.receive(text, "nine")
    [one] = phone.shown()
    assert one["title"].startswith("ỤỤỤ") and one["data"]["path"] == "/me/notices#9"


def written_to(phone: Phone, chromium: Chromium) -> dict[str, Any]:
    """Somebody writes to the phone's person for the first time; the push of it, as it lies in the mailbox."""
    site = phone.visitor.site
    headers = {"origin": site.url}
    mine = phone.visitor.context.request
    quiet = {"quiet_from": 0, "quiet_until": 0, "choices": [{"kind": "conversation.asked", "channel": "push", "on": True}]}
    assert mine.put("/api/notifications/settings", data=quiet, headers=headers).ok
    to = mine.get("/api/profile").json()["user"]["handle"]
    writer = Visitor(chromium, site)
    join(site, writer, "Bola Eze", f"bola-{uuid4().hex[:8]}@example.com")
    opening = {"to": [to], "text": "Call time is 6.", "client_id": str(uuid4())}
    answer = writer.context.request.post("/api/messages", data=opening, headers=headers)
    assert answer.ok, answer.text()
    writer.close()

    def lying() -> dict[str, Any] | None:
        """The push of the newest notice, once it is there."""
        notices = mine.get("/api/notifications?limit=1").json()["notices"]
        letters = [one for one in httpx.get(f"{site.url}/dev/mail.json").json()["letters"] if one["channel"] == "push"]
        pushes = [json.loads(one["text"]) for one in letters]
        return next((one for one in pushes if notices and one["tag"] == notices[0]["id"].replace("-", "")), None)

    return dict(wait_until(lying, what="no push in the mailbox"))


def channels(phone: Phone, state: str) -> dict[str, Any]:
    """What the phone's person is told of their newest notice by push, once it is this."""

    def now() -> dict[str, Any] | None:
        [notice] = phone.visitor.context.request.get("/api/notifications?limit=1").json()["notices"]
        return next((one for one in notice["channels"] if (one["channel"], one["state"]) == ("push", state)), None)

    return dict(wait_until(now, what=f"the push never became {state}"))


@pytest.fixture
def taking(site: Site, chromium: Chromium) -> Iterator[Phone]:
    """Somebody of their own whose browser takes pushes, by the button of a laptop."""
    visitor = Visitor(chromium, site)
    join(site, visitor, "Ada Obi", f"ada-{uuid4().hex[:8]}@example.com")
    visitor.go("/me/notices/settings")
    found = Phone(visitor)
    with visitor.page.expect_navigation():
        visitor.page.get_by_role("button", name="Push to this browser").click()
    assert "Browsers that take pushes" in visitor.page.locator("main").inner_text()
    yield found
    visitor.close()


def test_a_push_that_is_shown_and_tapped_is_delivered_and_opened_also_when_nobody_is_signed_in(taking: Phone, chromium: Chromium) -> None:
    push = written_to(taking, chromium)
    assert channels(taking, "sent")["delivered_at"] is None
    page = taking.visitor.go("/me/notices")
    taking.receive(json.dumps(push), push["tag"])
    assert channels(taking, "delivered")["opened_at"] is None
    page.get_by_text("Push delivered").wait_for()
    kept = taking.visitor.context.cookies()
    taking.visitor.context.clear_cookies()
    taking.visitor.page.goto("/offline")
    assert taking.worker.evaluate(TAP, push["tag"]) == [f"{taking.visitor.site.url}{push['link']}"]
    taking.visitor.page.wait_for_timeout(500)
    taking.visitor.context.add_cookies(kept)  # type: ignore[arg-type]  # as they were given
    found = channels(taking, "opened")
    assert found["sent_at"] <= found["delivered_at"] <= found["opened_at"]


def test_a_laptops_push_is_handed_to_the_browser_by_hand(taking: Phone, chromium: Chromium) -> None:
    push = written_to(taking, chromium)
    page = taking.visitor.go("/dev/mail")
    page.get_by_role("button", name="Hand it to this browser").first.click()
    channels(taking, "delivered")
    [shown] = taking.shown()
    assert (shown["title"], shown["tag"], shown["data"]) == (
        "A message request",
        push["tag"],
        {"path": push["link"], "token": push["token"]},
    )


def test_what_the_worker_cannot_tell_is_shown_all_the_same(phone: Phone) -> None:
    """A token of nobody's, and none at all, from a server of before."""
    for number, text in enumerate(({"token": "A" * 36}, {})):
        phone.receive(json.dumps({"title": "Well", "link": "/me/notices", "tag": f"odd-{number}", **text}), f"odd-{number}")
    assert phone.worker.evaluate(TAP, "odd-0") == [f"{phone.visitor.site.url}/me/notices"]


MOVE = """async ([was, now, isGiven]) => {
    const { publicKey } = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"]);
    const flat = (raw) => btoa(String.fromCharCode(...new Uint8Array(raw))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
    const keys = { p256dh: flat(await crypto.subtle.exportKey("raw", publicKey)), auth: flat(crypto.getRandomValues(new Uint8Array(16))) };
    const made = { toJSON: () => ({ endpoint: now, keys }), unsubscribe: async () => (self.left = now) };
    self.asked ??= [];
    PushManager.prototype.subscribe = async (options) => (self.asked.push(options), made);  // a real one asks Google
    const newSubscription = isGiven ? made : null;
    const event = new ExtendableEvent("pushsubscriptionchange");
    self.dispatchEvent(Object.assign(event, { oldSubscription: { endpoint: was }, newSubscription }));
}"""


def places(phone: Phone) -> list[str]:
    """The browsers that take pushes, as the settings list them."""
    phone.visitor.go("/me/notices/settings")
    return phone.page.locator("form[action$='/forget']").all_inner_texts()


@pytest.mark.parametrize("is_given", [False, True])
def test_a_browser_that_moves_its_place_for_pushes_by_itself_is_told_there(taking: Phone, is_given: bool) -> None:
    """Some browsers say where they have moved to, others are asked to subscribe anew."""
    before, after = (f"http://127.0.0.1/dev/push/{uuid4()}" for _ in range(2))
    taking.worker.evaluate(MOVE, ["http://127.0.0.1/dev/push/nobodys", before, is_given])
    wait_until(lambda: len(places(taking)) == 2, what="nobody was told")
    taking.worker.evaluate(MOVE, [before, after, is_given])
    post, headers = taking.visitor.context.request.post, {"origin": taking.visitor.site.url}

    def forgotten(endpoint: str) -> bool:
        return post("/api/notifications/browsers/forget", data={"endpoint": endpoint}, headers=headers).status == 204

    wait_until(lambda: forgotten(after), what="the new place was not told")
    taking.page.wait_for_timeout(500)
    assert not forgotten(before), "the former place is still told"
    assert taking.worker.evaluate("self.asked.length") == (0 if is_given else 2)


def test_a_browser_that_moves_while_nobody_is_signed_in_takes_no_pushes(taking: Phone) -> None:
    kept = taking.visitor.context.cookies()
    taking.visitor.context.clear_cookies()
    taking.worker.evaluate(MOVE, ["http://127.0.0.1/dev/push/nobodys", "http://127.0.0.1/dev/push/new", True])
    wait_until(lambda: taking.worker.evaluate("self.left"), what="it takes pushes that nobody sends")
    taking.visitor.context.add_cookies(kept)  # type: ignore[arg-type]  # as they were given
    assert len(places(taking)) == 1
