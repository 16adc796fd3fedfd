"""Our own pages in Chromium, open on one conversation while everything breaks: what live.js tells them, and what they show."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx
from playwright.async_api import Browser, Page, Request, async_playwright

from nollycrewhub.domains.messages.service import PAGE
from nollycrewhub.platform.app import Process
from nollycrewhub.web.assets import manifest
from tests.conftest import FULL
from tests.journeys.conftest import Member
from tests.messaging import join_fast

FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
TRANSPORTS = ("socket", "events", "poll") if FULL else ("socket", "events")
PATIENCE = 100.0  # a line that was cut again and again is tried a minute later
FIRST = "Good morning."
# The built module's exports have names of one letter: `on` is the one that keeps who has heard.
WATCH = """async ([address, talk]) => {
    const on = Object.values(await import(address)).find((one) => /heard: ?\\[/.test(String(one)));
    window.told = [];
    window.shown = [];
    on("person:me", ({ kind, data }) => {
        if (kind === "message" && data.conversation === talk) told.push(data.n);
        else if (kind === "fresh" || kind === "gone") told.push(kind);
    });
    const list = document.querySelector("[data-list]");
    const look = () => shown.push([...list.querySelectorAll(".said .preserve")].map((one) => one.textContent.trim()));
    new MutationObserver(look).observe(list, { childList: true, subtree: true });
    look();
}"""


class Talk:
    """A conversation of two, written on at the front door whatever breaks, and what was said in it so far."""

    def __init__(self, url: str, talk_id: str, tokens: Sequence[str]) -> None:
        self.url, self.id, self.tokens = url, talk_id, tokens
        self.texts = [FIRST]
        self.repeated = 0

    async def write(self, over: asyncio.Event, pause: float) -> None:
        """Number after number, by one and the other in turn; each is sent again, as the outbox does it, until it is taken."""
        async with httpx.AsyncClient(base_url=self.url, timeout=5) as client:
            while not over.is_set():
                text = f"Number {len(self.texts)}"
                given = {"text": text, "client_id": str(uuid4())}
                headers = {"authorization": f"Bearer {self.tokens[len(self.texts) % 2]}"}
                while await self._status(client, given, headers) != 201:
                    self.repeated += 1
                    await asyncio.sleep(0.2)
                self.texts.append(text)
                await asyncio.sleep(pause)

    async def _status(self, client: httpx.AsyncClient, given: dict[str, str], headers: dict[str, str]) -> int:
        try:
            return (await client.post(f"/api/messages/{self.id}/messages", json=given, headers=headers)).status_code
        except httpx.TransportError:
            return 0

    async def fresh(self) -> list[str]:
        """All that was said, as a fresh fetch finds it."""
        found: list[str] = []
        async with httpx.AsyncClient(base_url=self.url, headers={"authorization": f"Bearer {self.tokens[0]}"}) as client:
            n = 0
            while rows := (await client.get(f"/api/messages/{self.id}/messages", params={"after": n, "limit": 100})).json()["messages"]:
                found += [row["text"] for row in rows]
                n = rows[-1]["n"]
        return found


async def begin_talk(process: Process, url: str) -> Talk:
    """Two who have accepted each other long ago, so that they may write as often as they like here."""
    async with join_fast(process) as join:
        ada, bola = await join("Ada Obi"), await join("Bola Ade")
        async with process.runtime.db.write_session() as session:
            ids = [ada.person_id, bola.person_id]
            await session.sql("update users.person set created_at = now() - interval '60 days' where id = any($1::uuid[])", ids)
            await session.commit()
        await bola.client.put("/api/profile", json={"name": "Bola Ade", "listed": True})
        handle = (await bola.client.get("/api/profile")).json()["user"]["handle"]
        opened = await ada.client.post("/api/messages", json={"to": [handle], "text": FIRST, "client_id": str(uuid4())})
        talk_id: str = opened.json()["message"]["conversation_id"]
        assert (await bola.client.post(f"/api/messages/{talk_id}/turn", json={"turn": "accept"})).status_code == 204
        return Talk(url, talk_id, [token_of(ada), token_of(bola)])


def token_of(member: Member) -> str:
    """What the browser's cookie holds."""
    found: str = member.client.cookies["session"]
    return found


class Screen:
    """A page that is open on the conversation, by one way of listening."""

    def __init__(self, page: Page, transport: str) -> None:
        self.page, self.transport = page, transport
        self.loads = self.breaks = 0
        page.on("load", self._loaded)
        page.on("websocket", lambda socket: socket.on("close", self._broke))
        page.on("requestfailed", self._failed)

    def _loaded(self, _: Page) -> None:
        self.loads += 1

    def _broke(self, _: object) -> None:
        self.breaks += 1

    def _failed(self, request: Request) -> None:
        self.breaks += "/live/" in request.url

    async def told(self) -> list[Any]:
        """The numbers live.js told, in order, and where it said to fetch afresh."""
        found: list[Any] = await self.page.evaluate("told")
        return found

    async def shown(self) -> list[list[str]]:
        """The texts on screen after each change."""
        found: list[list[str]] = await self.page.evaluate("shown")
        return found

    async def settle(self, last: str) -> None:
        """Until the newest message is on screen."""
        await self.page.wait_for_function("(last) => shown.at(-1).at(-1) === last", arg=last, timeout=PATIENCE * 1000)


@asynccontextmanager
async def screens(talk: Talk) -> AsyncIterator[list[Screen]]:
    """One page for each way of listening: the first person's by a socket, the other's where no socket gets through."""
    program = shutil.which("chromium")
    assert program, "chromium is missing: make tools"
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=program, args=FLAGS)
        found = [await open_on(browser, talk, transport, talk.tokens[min(place, 1)]) for place, transport in enumerate(TRANSPORTS)]
        yield found
        await browser.close()


async def open_on(browser: Browser, talk: Talk, transport: str, token: str) -> Screen:
    """Opens the conversation, and watches it from then on."""
    context = await browser.new_context(base_url=talk.url)
    context.set_default_timeout(PATIENCE * 1000)
    await context.add_cookies([{"name": "session", "value": token, "url": talk.url}])
    await context.add_init_script(f"sessionStorage.setItem('live', '{transport}')")
    screen = Screen(await context.new_page(), transport)
    await screen.page.goto(f"/me/messages/{talk.id}", wait_until="load")
    await screen.page.evaluate(WATCH, [f"/assets/{manifest()['live.js']}", talk.id])
    return screen


def faults_of(told: Sequence[Any], texts: Sequence[str]) -> tuple[int, int]:
    """How many messages live.js told twice or late, and how many it passed over without the word to fetch afresh."""
    doubled = missing = 0
    last: int | None = None
    for one in told:
        if one == "fresh":
            last = None
        elif last is not None and one <= last:
            doubled += 1
        else:
            missing += one - last - 1 if last is not None else 0
            last = one
    if last is not None:
        missing += len(texts) - last
    return doubled, missing


def wrong_screens(shown: Sequence[Sequence[str]], texts: Sequence[str]) -> list[Sequence[str]]:
    """Every state of the screen that is no unbroken part of what was said, in its order, up to the newest.

    It goes back never, and passes something over only where so much was said while the line was away that the page is full.
    """
    places = {text: place for place, text in enumerate(texts)}
    wrong: list[Sequence[str]] = []
    newest = -1
    for one in shown:
        first = places.get(one[0], -1) if one else 0
        is_part = first >= 0 and list(one) == list(texts[first : first + len(one)])
        is_next = first <= newest + 1 or len(one) == PAGE
        if not is_part or not is_next or first + len(one) - 1 < newest:
            wrong.append(one)
        newest = max(newest, first + len(one) - 1)
    return wrong
