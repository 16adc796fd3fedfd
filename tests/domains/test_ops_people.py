"""/ops/people: whom an operator finds, what closing an account ends at once, and the trail it leaves."""

from nollycrewhub.platform.app import Process
from nollycrewhub.platform.db import Query
from nollycrewhub.platform.worker import drain
from tests.domains.test_people import browser, newest
from tests.domains.test_visibility import keep, picture
from tests.journeys.conftest import PASSWORD, Join, Member
from tests.journeys.conftest import join as join  # noqa: PLC0414 - pytest finds fixtures by name
from tests.sessions import let_the_password_lapse

TRAIL = Query(str, "select action || ' by ' || coalesce(actor::text, 'shell') from platform.audit where subject = $1 order by at, id")


async def handle_of(member: Member) -> str:
    """A member's handle."""
    handle: str = (await member.client.get("/api/profile")).json()["user"]["handle"]
    return handle


async def test_an_account_is_found_by_a_whole_address_only(join: Join) -> None:
    operator, member = await join("Op Erator", operator=True), await join("Looked Up")
    await keep(member, {"bio": "private"}, name="Looked Up")
    handle = await handle_of(member)
    for asked in (member.email, member.email.upper(), handle):
        page = await operator.client.get("/ops/people", params={"q": asked})
        assert (page.status_code, member.email in page.text, "Looked Up" in page.text) == (200, True, True), asked
        assert "Canarybio" not in page.text, "what is private in a profile is no operator's business"
        assert page.headers["cache-control"] == "private, no-store"
    for asked in ("", member.email[:-1], handle[:-1], "%", "0803 555 9999", "two words"):
        assert member.email not in (await operator.client.get("/ops/people", params={"q": asked})).text.replace(f'value="{asked}"', "")
    assert (await member.client.get("/ops/people", params={"q": handle})).status_code == 404


async def test_closing_ends_everything_at_once_and_opening_undoes_it(process: Process, join: Join) -> None:
    operator, member = await join("Op Erator", operator=True), await join("Closed Person")
    handle = await keep(member, {}, name="Closed Person")
    photo = (await member.client.post("/api/users/me/photo", files=picture())).json()["photo"]
    async with browser(process) as stranger:
        for path in (f"/talent/{handle}", f"/api/users/{handle}", photo):
            assert (await stranger.get(path)).status_code == 200
        assert handle in (await stranger.get("/talent?limit=100")).text
        done = await operator.client.post(f"/ops/people/{member.person_id}/ban", data={"reason": "Asked talent for money.", "q": handle})
        assert (done.status_code, done.headers["location"]) == (303, f"/ops/people?q={handle}")
        page = (await operator.client.get(done.headers["location"])).text
        assert "Asked talent for money." in page and "Open it again" in page
        assert (await member.client.get("/api/profile")).status_code == 401
        refused = await member.client.post("/signin", data={"email": member.email, "password": PASSWORD})
        assert (refused.status_code, "account is closed" in refused.text) == (403, True)
        for path in (f"/talent/{handle}", f"/api/users/{handle}", photo):
            assert (await stranger.get(path)).status_code == 404
        assert handle not in (await stranger.get("/talent?limit=100")).text
        await drain(process.runtime)
        assert "The reason: Asked talent for money." in await newest(stranger, member.email)
        assert (await operator.client.post(f"/ops/people/{member.person_id}/unban")).status_code == 303
        await drain(process.runtime)
        assert "open again" in await newest(stranger, member.email)
        assert (await member.client.post("/signin", data={"email": member.email, "password": PASSWORD})).status_code == 303
        assert (await stranger.get(f"/talent/{handle}")).status_code == 200
    found = await process.runtime.db.read_session(primary=True).rows(TRAIL, member.person_id)
    assert found == [f"person.banned by {operator.person_id}", f"person.unbanned by {operator.person_id}"]


async def test_what_is_refused_changes_nothing(process: Process, join: Join) -> None:
    operator, member = await join("Op Erator", operator=True), await join("Still Here")
    for reason in ("", "no", "x" * 501, "Hidden \u202e turn"):
        answer = await operator.client.post(f"/ops/people/{member.person_id}/ban", data={"reason": reason, "q": member.email})
        assert (answer.status_code, member.email in answer.text) == (422, True), "the page is shown again, with the person on it"
    own = await operator.client.post(f"/ops/people/{operator.person_id}/ban", data={"reason": "Myself, by mistake."})
    assert (own.status_code, "command line only" in own.text) == (409, True)
    session = await process.runtime.sessions.load(operator.client.cookies["session"])
    assert session is not None
    await let_the_password_lapse(process.runtime.sessions, session[0].session_key)
    for verb in ("ban", "unban"):
        late = await operator.client.post(f"/ops/people/{member.person_id}/{verb}", data={"reason": "Asked talent for money."})
        assert late.status_code == 403
    assert "Type it now" in (await operator.client.get("/ops/people", params={"q": member.email})).text
    assert (await member.client.get("/api/profile")).status_code == 200
    assert await process.runtime.db.read_session(primary=True).rows(TRAIL, member.person_id) == []
