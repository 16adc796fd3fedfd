"""An inbox counts what is new in what it shows, also where it was kept, or a conversation was read meanwhile."""

from collections.abc import Callable

from playwright.sync_api import Browser, Route, expect

from tests.served import wait_until
from tests.web.browser.conftest import SAMPLE_PASSWORD, Site, Visitor
from tests.web.browser.phone import controlled, make_older, own
from tests.web.browser.test_messages import talk_begun, write
from tests.web.browser.test_messages import two as two  # noqa: PLC0414 - pytest finds fixtures by name
from tests.web.browser.test_offline import shown

INBOX = "caches.match('/me/messages').then((kept) => kept?.text())"


def kept_inbox(visitor: Visitor) -> str:
    """The text of the inbox that this phone keeps."""
    return str(visitor.page.evaluate(INBOX))


def test_a_kept_inbox_calls_nothing_new_that_was_read_on_this_phone(site: Site, two: list[Visitor]) -> None:
    ada, bola = two
    talk = talk_begun(site, two, "Kept", words="Are you there?")
    controlled(bola.page)
    bola.go("/me")
    write(ada, "Call time is 6.")
    wait_until(lambda: "is-new" in (bola.go("/me/messages"), bola.page.locator(".talks").inner_html())[1], what="it is not new")
    wait_until(lambda: "is-new" in kept_inbox(bola), what="the inbox was not kept")
    bola.go("/me")
    make_older(bola.page, "/me/messages", hours=3)
    bola.context.set_offline(True)
    bola.go("/me/messages")
    expect(bola.page.locator(".talks .count")).to_have_count(1)
    for counts in ("#strip .count", ".tabs .count"):
        expect(bola.page.locator(counts)).to_have_count(0)
    bola.go("/me")  # the inbox would be fetched anew by itself
    bola.context.set_offline(False)
    bola.go(talk)
    wait_until(lambda: "is-new" not in kept_inbox(bola), what="it is still called new")
    assert "/me/messages" in own(bola.page), "it was let go instead"
    bola.context.set_offline(True)
    bola.go("/me/messages")
    expect(bola.page.locator(".talks", has_text="Call time is 6.")).to_be_visible()
    for counts in (".talks .count", ".talks .is-new", "#strip .count", ".tabs .count"):
        expect(bola.page.locator(counts)).to_have_count(0)
    assert shown(bola.page).startswith("You are offline. Kept on this phone 3 hours ago."), shown(bola.page)
    bola.picture("kept-inbox-read")


def test_the_tabs_of_an_open_inbox_count_what_its_list_says(site: Site, two: list[Visitor]) -> None:
    ada, bola = two
    talk = talk_begun(site, two, "Tabs", words="Are you there?")
    bola.go("/me/messages")
    tab = bola.page.locator(".tabs .count")
    expect(tab).to_have_count(0)
    write(ada, "Call time is 6.")
    expect(tab).to_have_text("1")
    read = f"{talk.replace('/me/', '/api/')}/read"
    assert bola.context.request.post(read, data={"n": 2}, headers={"origin": site.url}).ok
    expect(bola.page.locator(".talks .count")).to_have_count(0)
    expect(tab).to_have_count(0)


def test_who_is_blocked_while_a_page_renews_itself_is_not_forgotten(site: Site, two: list[Visitor], chromium: Browser) -> None:
    """The answer that was on its way says where the page stands as if nobody had been blocked: all of it is asked for after it."""
    ada, bola = two
    talk_begun(site, two, "Race", words="Are you there?")
    other = Visitor(chromium, site)
    other.sign_in("producer@example.com", SAMPLE_PASSWORD)
    person = other.context.request.get("/api/profile").json()["user"]["id"]
    other.close()
    bola.page.wait_for_timeout(1500)  # until it renews itself no more
    asked: list[str] = []
    held: list[Callable[[], None]] = []

    def hold(route: Route) -> None:
        asked.append(route.request.url.partition("since=")[2])
        if held:
            return route.continue_()
        answer = route.fetch()
        return held.append(lambda: route.fulfill(response=answer))

    bola.page.route("**/list?since=*", hold)
    write(ada, "This is on its way.")
    wait_until(lambda: (bola.page.wait_for_timeout(50), held)[1], what="the page never renewed itself")
    assert asked == [asked[0]] and asked[0], "it asks for what is other than it has it"
    assert bola.context.request.post("/api/messages/blocks", data={"person_id": person}, headers={"origin": site.url}).ok
    bola.page.wait_for_timeout(1500)  # until the page has heard of it
    held[0]()
    expect(bola.page.locator(".said", has_text="This is on its way.")).to_have_count(1)
    wait_until(lambda: (bola.page.wait_for_timeout(50), "" in asked)[1], what="the page stays as it was before the block")
