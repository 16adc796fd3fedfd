"""What a phone keeps for itself: looked at, and made older, from inside its browser."""

from typing import Any, cast

from playwright.sync_api import BrowserContext, CDPSession, Page

from tests.served import wait_until

KEPT = """async () => {
    const found = {};
    for (const name of await caches.keys())
        found[name] = (await (await caches.open(name)).keys()).map(({ url }) => new URL(url).pathname + new URL(url).search);
    return found;
}"""
AGE = """async ([path, hours]) => {
    for (const name of await caches.keys()) {
        const cache = await caches.open(name), kept = await cache.match(path);
        if (!kept?.headers.has("x-kept")) continue;
        const headers = new Headers(kept.headers);
        headers.set("x-kept", Number(headers.get("x-kept")) - hours * 3_600_000);
        await cache.put(path, new Response(await kept.text(), { headers }));
        return true;
    }
    return false;
}"""
HAND_OVER = """async ([keys, size, whose]) => {
    const { active } = await navigator.serviceWorker.ready;
    for (const key of keys) active.postMessage({ key, html: "x".repeat(size), whose });
}"""
HINT = "document.cookie.match(/(?:^|; )signed_in=([^;]+)/)?.[1]"
LETTERS = """() => new Promise((done) => {
    const asked = indexedDB.open("outbox");
    asked.onupgradeneeded = () => asked.transaction.abort();
    asked.onerror = () => done([]);
    asked.onsuccess = () => {
        const all = asked.result.transaction("letters").objectStore("letters").getAll();
        all.onsuccess = () => { asked.result.close(); done(all.result.map(({ body, state }) => [body.text, state])); };
    };
})"""


def controlled(page: Page) -> Page:
    """The page, once the worker sees what it asks for."""
    wait_until(lambda: page.evaluate("!!navigator.serviceWorker.controller"), what="the worker never took over")
    return page


def kept(page: Page) -> dict[str, list[str]]:
    """The addresses of everything that is kept, by cache."""
    return cast("dict[str, list[str]]", page.evaluate(KEPT))


def own(page: Page) -> list[str]:
    """The kept pages of one's own, whoever's."""
    return [path for name, paths in kept(page).items() if name.startswith("own-") for path in paths]


def make_older(page: Page, path: str, *, hours: float) -> None:
    """Moves the moment at which a kept page came back."""
    assert page.evaluate(AGE, [path, hours]), f"{path} is not kept"


def letters(page: Page) -> list[list[str]]:
    """What waits to be sent, with its state, the oldest first."""
    return cast("list[list[str]]", page.evaluate(LETTERS))


class Worker:
    """The service worker of one browser, as its tools see it."""

    def __init__(self, context: BrowserContext, page: Page) -> None:
        self.line: CDPSession = context.new_cdp_session(page)
        self.registrations: list[dict[str, Any]] = []
        self.line.on("ServiceWorker.workerRegistrationUpdated", lambda event: self.registrations.extend(event["registrations"]))
        self.line.send("ServiceWorker.enable")

    def sync(self, page: Page, origin: str) -> None:
        """Tells it that the network is back, as the browser does when no page is open any more."""
        while not self.registrations:
            page.wait_for_timeout(50)
        registration = self.registrations[-1]["registrationId"]
        given = {"origin": origin, "registrationId": registration, "tag": "outbox", "lastChance": False}
        self.line.send("ServiceWorker.dispatchSyncEvent", given)
