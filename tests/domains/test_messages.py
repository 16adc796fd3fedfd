"""People who write to each other, at the front door: once, in order, and only to whom they may."""

import secrets
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

from nollycrewhub.platform.app import Process
from nollycrewhub.platform.worker import drain
from tests.journeys.conftest import Join, Member
from tests.messaging import join_fast

Pair = tuple[Member, Member, str]


async def handle_of(member: Member, **profile: Any) -> str:
    """Their handle, once they are in the directory."""
    name = (await member.client.get("/api/profile")).json()["user"]["name"]
    saved = await member.client.put("/api/profile", json={"name": name, "listed": True, **profile})
    assert saved.status_code == 200, saved.text
    found: str = (await member.client.get("/api/profile")).json()["user"]["handle"]
    return found


async def open_with(member: Member, *handles: str, text: str = "Good morning.", **more: Any) -> Any:
    """A first message."""
    return await member.client.post("/api/messages", json={"to": list(handles), "text": text, "client_id": str(uuid4()), **more})


async def say(member: Member, talk: str, text: str, client_id: str = "") -> Any:
    """One more message."""
    return await member.client.post(f"/api/messages/{talk}/messages", json={"text": text, "client_id": client_id or str(uuid4())})


async def turn(member: Member, talk: str, to: str) -> int:
    """What one does with the conversation."""
    return (await member.client.post(f"/api/messages/{talk}/turn", json={"turn": to})).status_code


async def inbox(member: Member, box: str = "inbox") -> Any:
    """The inbox as the API tells it."""
    return (await member.client.get("/api/messages", params={"box": box})).json()


async def texts(member: Member, talk: str) -> list[str]:
    """What one reads in it."""
    return [row["text"] for row in (await member.client.get(f"/api/messages/{talk}/messages")).json()["messages"]]


@pytest.fixture
async def join(process: Process) -> AsyncIterator[Join]:
    """Makes members without the pages of the entrance: this file makes many."""
    async with join_fast(process) as run:
        yield run


@pytest.fixture
async def pair(process: Process, join: Join) -> Pair:
    """Two who have accepted each other."""
    ada, bola = await join("Ada Obi"), await join("Bola Ade")
    opened = await open_with(ada, await handle_of(bola))
    assert opened.status_code == 201, opened.text
    talk = opened.json()["message"]["conversation_id"]
    assert await turn(bola, talk, "accept") == 204
    return ada, bola, talk


async def test_a_stranger_writes_once_until_the_other_accepts(join: Join) -> None:
    ada, bola = await join("Ada Obi"), await join("Bola Ade")
    opened = await open_with(ada, await handle_of(bola), text="May I ask about your lamps?")
    assert opened.status_code == 201
    talk = opened.json()["message"]["conversation_id"]
    assert (await inbox(bola))["conversations"] == [] and (await inbox(bola))["unread"] == 0
    waiting = await inbox(bola, "requests")
    assert waiting["requests"] == 1 and [one["last_text"] for one in waiting["conversations"]] == ["May I ask about your lamps?"]
    refused = await say(ada, talk, "Hello?")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/waits-for-answer")
    assert (await say(bola, talk, "Yes")).status_code == 409
    assert await turn(bola, talk, "accept") == 204
    assert (await say(bola, talk, "Yes, two.")).status_code == 201
    assert (await say(ada, talk, "Thank you.")).status_code == 201
    assert await texts(ada, talk) == await texts(bola, talk) == ["May I ask about your lamps?", "Yes, two.", "Thank you."]


async def test_a_no_is_not_told_and_a_stranger_finds_nothing(join: Join) -> None:
    ada, bola, chidi = await join("Ada Obi"), await join("Bola Ade"), await join("Chidi Eze")
    talk = (await open_with(ada, await handle_of(bola))).json()["message"]["conversation_id"]
    before = (await ada.client.get(f"/api/messages/{talk}")).json()
    assert await turn(bola, talk, "decline") == 204
    assert (await ada.client.get(f"/api/messages/{talk}")).json() == before
    assert (await say(ada, talk, "Hello?")).json()["type"] == "/problems/waits-for-answer"
    assert (await bola.client.get(f"/api/messages/{talk}")).status_code == 404
    for path in ("", "/messages"):
        assert (await chidi.client.get(f"/api/messages/{talk}{path}")).status_code == 404
    assert (await say(chidi, talk, "Let me in")).status_code == 404
    assert await turn(chidi, talk, "accept") == 404


async def test_the_badge_counts_what_the_inbox_shows(pair: Pair) -> None:
    ada, bola, talk = pair
    for text in ("one", "two", "three"):
        assert (await say(ada, talk, text)).status_code == 201
    found = await inbox(bola)
    assert found["unread"] == sum(one["unread"] for one in found["conversations"]) == 4
    assert '<span class="count">4</span>' in (await bola.client.get("/me/strip")).text
    assert (await ada.client.delete(f"/api/messages/{talk}/messages/3")).status_code == 204
    assert (await inbox(bola))["unread"] == 3
    assert (await bola.client.post(f"/api/messages/{talk}/read", json={"n": 2})).status_code == 204
    assert (await inbox(bola))["unread"] == 1
    assert (await bola.client.post(f"/api/messages/{talk}/read", json={"n": 1})).status_code == 204
    assert (await inbox(bola))["unread"] == 1, "marks go forward only"
    assert await turn(bola, talk, "mute") == 204
    assert (await inbox(bola))["unread"] == 0 and (await inbox(bola))["conversations"][0]["unread"] == 1
    people = (await ada.client.get(f"/api/messages/{talk}")).json()["people"]
    assert {one["id"]: one["read_n"] for one in people}[bola.person_id] == 2


async def test_what_is_archived_comes_back_with_something_new(pair: Pair) -> None:
    ada, bola, talk = pair
    assert await turn(bola, talk, "archive") == 204
    assert (await inbox(bola))["conversations"] == [] and len((await inbox(bola, "archived"))["conversations"]) == 1
    assert (await say(ada, talk, "Are you there?")).status_code == 201
    assert len((await inbox(bola))["conversations"]) == 1


async def test_edited_and_deleted_with_a_trace(process: Process, pair: Pair) -> None:
    ada, bola, talk = pair
    assert (await say(ada, talk, "Six lamps")).status_code == 201
    assert (await ada.client.put(f"/api/messages/{talk}/messages/2", json={"text": "Seven lamps"})).json()["message"][
        "text"
    ] == "Seven lamps"
    assert (await bola.client.put(f"/api/messages/{talk}/messages/2", json={"text": "No lamps"})).status_code == 404
    assert (await bola.client.delete(f"/api/messages/{talk}/messages/2")).status_code == 404
    page = (await bola.client.get(f"/me/messages/{talk}")).text
    assert "Seven lamps" in page and "· edited" in page and "Six lamps" not in page
    assert (await ada.client.delete(f"/api/messages/{talk}/messages/2")).status_code == 204
    assert "Seven lamps" not in (page := (await bola.client.get(f"/me/messages/{talk}")).text) and "This message was deleted." in page
    async with process.runtime.db.write_session() as session:
        await session.sql(
            "update messages.message set sent_at = sent_at - interval '16 minutes' where conversation_id = $1 and n = 1", talk
        )
        await session.commit()
    late = await ada.client.put(f"/api/messages/{talk}/messages/1", json={"text": "Good evening."})
    assert (late.status_code, late.json()["type"]) == (409, "/problems/too-late-to-edit")


async def test_a_block_is_silent_both_ways(pair: Pair) -> None:
    ada, bola, talk = pair
    assert (await bola.client.post("/api/messages/blocks", json={"person_id": ada.person_id})).status_code == 204
    assert (await say(ada, talk, "Do you hear me?")).status_code == 201
    assert await texts(ada, talk) == ["Good morning.", "Do you hear me?"]
    assert await texts(bola, talk) == ["Good morning."]
    assert (await inbox(bola))["unread"] == 1
    refused = await say(bola, talk, "No")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/you-blocked-them")
    assert (await bola.client.delete(f"/api/messages/blocks/{ada.person_id}")).status_code == 204
    assert await texts(bola, talk) == ["Good morning."], "what was said meanwhile stays unsaid"
    assert (await say(ada, talk, "And now?")).status_code == 201
    assert await texts(bola, talk) == ["Good morning.", "And now?"]


async def test_who_is_blocked_asks_in_vain(join: Join) -> None:
    ada, bola = await join("Ada Obi"), await join("Bola Ade")
    await bola.client.post("/api/messages/blocks", json={"person_id": ada.person_id})
    assert (await open_with(ada, await handle_of(bola))).status_code == 201
    assert (await inbox(bola, "requests"))["requests"] == 0 and (await inbox(bola))["conversations"] == []


async def test_poster_and_applicant_write_at_once(process: Process, join: Join) -> None:
    poster, ada, other = await join("Poster Person"), await join("Ada Obi"), await join("Other Person")
    job = await poster.post_job()
    applied = await ada.client.post(f"/api/jobs/{job['id']}/applications", json={"note": "I have two lamps."})
    application = applied.json()["application"]["id"]
    assert f"/me/messages/new?application={application}" in (await poster.client.get(f"/me/jobs/{job['id']}")).text
    assert f"/me/messages/new?application={application}" in (await ada.client.get(f"/jobs/{job['id']}/apply")).text
    form = (await ada.client.get(f"/me/messages/new?application={application}")).text
    assert "Write to Poster Person" in form
    body = {"application": application, "text": "May I bring an assistant?", "client_id": str(uuid4())}
    assert (await other.client.post("/api/messages", json=body)).status_code == 404
    sent = await ada.client.post("/me/messages/new", data=body)
    assert sent.status_code == 303, sent.text
    talk = sent.headers["location"].rpartition("/")[2].removesuffix("#end")
    assert (await say(poster, talk, "Yes, one.")).status_code == 201
    assert (await poster.client.get(f"/me/messages/new?application={application}")).headers["location"] == f"/me/messages/{talk}"
    assert f'href="/me/jobs/{job["id"]}"' in (await poster.client.get(f"/me/messages/{talk}")).text
    await drain(process.runtime)
    notices = (await ada.client.get("/api/notifications")).json()["notices"]
    assert [(one["kind"], one["link"]) for one in notices] == [("message.received", f"/me/messages/{talk}")]
    letters = (await ada.client.get("/dev/mail.json")).json()["letters"]
    assert not [one for one in letters if one["recipient"] == ada.email and "message" in one["subject"]]


async def test_a_group_asks_strangers_and_knows_its_people(pair: Pair, join: Join) -> None:
    ada, bola, _ = pair
    chidi, dayo = await join("Chidi Eze"), await join("Dayo Ojo")
    opened = await open_with(ada, await handle_of(bola), await handle_of(chidi), title="Unit two", text="Call time is 6.")
    assert opened.status_code == 201
    talk = opened.json()["message"]["conversation_id"]
    assert len((await inbox(bola))["conversations"]) == 2, "they know each other"
    assert (await inbox(chidi, "requests"))["requests"] == 1
    assert await turn(chidi, talk, "accept") == 204
    assert (await say(chidi, talk, "I am coming.")).status_code == 201
    added = await ada.client.post(f"/api/messages/{talk}/people", json={"people": [await handle_of(dayo)]})
    assert added.status_code == 204
    assert await turn(dayo, talk, "accept") == 204
    assert await texts(dayo, talk) == [], "who comes later reads what comes later"
    assert await turn(bola, talk, "leave") == 204
    assert (await say(ada, talk, "Bring boots.")).status_code == 201
    assert "Bring boots." not in await texts(bola, talk) and await texts(dayo, talk) == ["Bring boots."]
    assert (await say(bola, talk, "Me too")).status_code == 409


async def test_too_many_people_are_refused_with_a_reason(join: Join) -> None:
    ada = await join()
    for many in (100, 10_000):
        answer = await open_with(ada, *(f"handle-{n}" for n in range(many)), title="All")
        assert (answer.status_code, answer.json()["field"]) == (422, "to")
        assert "at most 100 people" in answer.json()["detail"]


async def test_requests_are_bounded_by_trust(join: Join) -> None:
    ada = await join("Eager Person")
    answers = [await open_with(ada, await handle_of(await join(f"Person {n}"))) for n in range(4)]
    assert [answer.status_code for answer in answers] == [201, 201, 201, 409]
    assert answers[3].json()["type"] == "/problems/too-many-requests-waiting"


async def test_script_is_text_and_a_link_says_where_it_leads(pair: Pair) -> None:
    ada, bola, talk = pair
    await say(ada, talk, "<script>alert(1)</script> https://раystack.com/pay and https://paystack.com@evil.example/x")
    page = (await bola.client.get(f"/me/messages/{talk}")).text
    assert "<script>alert" not in page and "&lt;script&gt;alert(1)" in page
    assert 'href="https://xn--ystack-2nf1k.com/pay"' in page and "Written plainly it is xn--" in page
    assert 'href="https://evil.example/x"' in page and "This leads to evil.example." in page
    for bad in ("", "   ", "x" * 4001, "a\u202eb"):
        assert (await say(ada, talk, bad)).status_code in (400, 422)


async def test_search_finds_any_spelling_and_only_ones_own(pair: Pair, join: Join) -> None:
    ada, bola, talk = pair
    word = f"ọmọlará{secrets.token_hex(3)}"
    await say(ada, talk, f"Ask {word} about the generator")
    plain = word.replace("ọ", "o").replace("á", "a")
    for q in (word, plain, plain[:9], f"generator {plain}"):
        hits = (await bola.client.get("/api/messages/search", params={"q": q})).json()["messages"]
        assert [hit["n"] for hit in hits] == [2], q
    nearly = (await bola.client.get("/api/messages/search", params={"q": "genrator"})).json()["messages"]
    assert [hit["n"] for hit in nearly] == [2]
    stranger = await join()
    assert (await stranger.client.get("/api/messages/search", params={"q": plain})).json()["messages"] == []
    assert plain not in (await stranger.client.get("/me/messages/search", params={"q": "generator"})).text


async def test_sync_gives_everything_that_changed_and_nothing_twice_in_peace(pair: Pair) -> None:
    ada, bola, talk = pair
    first = (await bola.client.get("/api/messages/sync")).json()
    assert [row["n"] for row in first["messages"]] == [1] and [one["id"] for one in first["conversations"]] == [talk]
    for text in ("two", "three", "four"):
        await say(ada, talk, text)
    await ada.client.delete(f"/api/messages/{talk}/messages/1")
    pages, since = [], first["since"]
    while True:
        page = (await bola.client.get("/api/messages/sync", params={"since": since, "limit": 2})).json()
        pages.append(page)
        since = page["since"]
        if not page["more"]:
            break
    found = {row["n"]: row for page in pages for row in page["messages"]}
    assert sorted(found) == [1, 2, 3, 4] and found[1]["is_deleted"] and found[1]["text"] == ""
    quiet = (await bola.client.get("/api/messages/sync", params={"since": since})).json()
    assert (quiet["messages"], quiet["conversations"], quiet["gone"]) == ([], [], [])
    for forged in ("x", "AAAA", since[:-3]):
        assert (await bola.client.get("/api/messages/sync", params={"since": forged})).status_code == 422


async def test_a_message_under_way_is_not_passed_over_by_sync(process: Process, pair: Pair) -> None:
    _, bola, talk = pair
    async with process.runtime.db.write_session() as slow:
        await slow.sql("update messages.message set text = 'late' where conversation_id = $1 and n = 1", talk)
        since = (await bola.client.get("/api/messages/sync")).json()["since"]
        await turn(bola, talk, "mute")
        since = (await bola.client.get("/api/messages/sync", params={"since": since})).json()["since"]
        await slow.commit()
    found = (await bola.client.get("/api/messages/sync", params={"since": since})).json()
    assert [row["text"] for row in found["messages"]] == ["late"]


async def test_pages_of_messages_lead_both_ways(pair: Pair) -> None:
    ada, bola, talk = pair
    for n in range(2, 8):
        await say(ada, talk, f"text {n}")
    newest = (await bola.client.get(f"/api/messages/{talk}/messages", params={"limit": 3})).json()
    assert ([row["n"] for row in newest["messages"]], newest["before"], newest["after"]) == ([5, 6, 7], 5, None)
    older = (await bola.client.get(f"/api/messages/{talk}/messages", params={"limit": 3, "before": 5})).json()
    assert ([row["n"] for row in older["messages"]], older["before"], older["after"]) == ([2, 3, 4], 2, 4)
    forward = (await bola.client.get(f"/api/messages/{talk}/messages", params={"limit": 3, "after": 4})).json()
    assert [row["n"] for row in forward["messages"]] == [5, 6, 7] and forward["after"] is None


async def test_a_report_shows_an_operator_those_messages_only(pair: Pair, join: Join) -> None:
    ada, bola, talk = pair
    operator = await join("Olu Operator", operator=True)
    mark = secrets.token_hex(6)
    await say(ada, talk, f"pay me first {mark}")
    await say(ada, talk, f"private {mark}")
    await ada.client.put(f"/api/messages/{talk}/messages/2", json={"text": f"only joking {mark}"})
    body = {"messages": [2], "reason": "money", "note": "Wants a fee."}
    assert (await bola.client.post(f"/api/messages/{talk}/reports", json={**body, "messages": [99]})).status_code == 404
    assert (await ada.client.post(f"/api/messages/{talk}/reports", json=body)).status_code == 422, "nobody reports themselves"
    made = await bola.client.post(f"/api/messages/{talk}/reports", json=body)
    assert made.status_code == 202
    page = (await operator.client.get("/ops/reports")).text
    assert f"pay me first {mark}" in page and f"only joking {mark}" in page and f"private {mark}" not in page
    assert (await operator.client.get(f"/me/messages/{talk}")).status_code == 404
    assert (await bola.client.get("/ops/reports")).status_code == 404
    decided = await operator.client.post(f"/ops/reports/{made.json()['id']}", data={"decision": "freeze", "note": "Asks for money."})
    assert decided.status_code == 303
    assert (await say(ada, talk, "Hello")).json()["type"] == "/problems/conversation-frozen"
    assert "An operator has stopped this conversation" in (await ada.client.get(f"/me/messages/{talk}")).text
    again = await operator.client.post(f"/api/messages/reports/{made.json()['id']}/decide", json={"decision": "dismiss", "note": "No."})
    assert (again.status_code, again.json()["type"]) == (409, "/problems/report-decided")


async def test_a_report_can_close_the_account(pair: Pair, join: Join) -> None:
    ada, bola, talk = pair
    operator = await join("Olu Operator", operator=True)
    by_form = await bola.client.post(f"/me/messages/{talk}/report", data={"messages": ["1"], "reason": "spam"})
    assert (by_form.status_code, by_form.headers["location"]) == (303, f"/me/messages/{talk}?reported=true")
    made = await bola.client.post(f"/api/messages/{talk}/reports", json={"messages": [1], "reason": "pretending"})
    body = {"decision": "close-account", "note": "Pretends to be a company."}
    assert (await operator.client.post(f"/api/messages/reports/{made.json()['id']}/decide", json=body)).status_code == 204
    assert (await ada.client.get("/api/messages")).status_code == 401
    assert "Somebody who has left" in (await bola.client.get(f"/me/messages/{talk}")).text


async def test_when_one_was_here_is_shown_by_choice(pair: Pair) -> None:
    ada, bola, talk = pair
    await say(bola, talk, "I am here.")
    assert "Here a moment ago" in (await ada.client.get(f"/me/messages/{talk}")).text
    assert (await bola.client.put("/api/messages/choices", json={"presence": "nobody"})).json() == {"presence": "nobody"}
    assert "Here a moment ago" not in (await ada.client.get(f"/me/messages/{talk}")).text
    people = (await ada.client.get(f"/api/messages/{talk}")).json()["people"]
    assert {one["id"]: one["seen_at"] for one in people}[bola.person_id] is None


async def test_the_pages_work_without_a_script(pair: Pair) -> None:
    ada, bola, talk = pair
    sent = await ada.client.post(f"/me/messages/{talk}", data={"text": "By form", "client_id": str(uuid4())})
    assert (sent.status_code, sent.headers["location"]) == (303, f"/me/messages/{talk}#end")
    page = (await bola.client.get("/me/messages")).text
    assert "By form" in page and "2 new" in page and page.count("Ada Obi") >= 1
    read = await bola.client.post(f"/me/messages/{talk}/read", data={"n": "2"})
    assert read.status_code == 303 and (await inbox(bola))["unread"] == 0
    empty = await ada.client.post(f"/me/messages/{talk}", data={"text": " "})
    assert empty.status_code == 422 and "Write something first." in empty.text
    edited = await ada.client.post(f"/me/messages/{talk}", data={"text": "By form, better", "edit": "2"})
    assert edited.status_code == 303 and await texts(bola, talk) == ["Good morning.", "By form, better"]
    assert (await ada.client.post(f"/me/messages/{talk}/delete/2")).status_code == 303
    for path in (
        "/me/messages/new",
        "/me/messages/choices",
        "/me/messages/search?q=form",
        "/me/messages?box=archived",
        f"/me/messages/{talk}/list",
    ):
        assert (await ada.client.get(path)).status_code == 200, path
    for name in ("mute", "unmute", "archive"):
        assert (await bola.client.post(f"/me/messages/{talk}/turn/{name}")).status_code == 303
    assert (await bola.client.post(f"/me/messages/{talk}/turn/fly")).status_code == 422


async def test_an_unlisted_person_is_not_written_to(join: Join) -> None:
    ada, bola = await join("Ada Obi"), await join("Hidden Person")
    handle = await handle_of(bola, listed=False)
    for name in (handle, "nobody-at-all"):
        answer = await open_with(ada, name)
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/nobody-to-write-to")
        assert (await ada.client.get(f"/me/messages/new?to={name}")).status_code == 404


async def test_who_leaves_the_directory_is_still_written_to_by_whom_they_talk_with(pair: Pair, join: Join) -> None:
    one, other, talk = pair
    handle = await handle_of(other)
    hidden = await other.client.put("/api/profile", json={"name": "Ada Obi", "listed": False})
    assert hidden.status_code == 200
    again = await open_with(one, handle, text="And one more thing.")
    assert (again.status_code, again.json()["message"]["conversation_id"]) == (201, talk), again.text
    assert (await open_with(await join(), handle)).status_code == 404


async def told(member: Member) -> tuple[int, list[tuple[str, bool]]]:
    """The notices' own figure, and each with whether it is read."""
    found = (await member.client.get("/api/notifications")).json()
    return found["unread"], [(notice["kind"], notice["read_at"] is not None) for notice in found["notices"]]


async def read_all(member: Member, talk: str, n: int) -> None:
    """What was on the screen is read."""
    assert (await member.client.post(f"/api/messages/{talk}/read", json={"n": n})).status_code == 204


async def test_a_notice_is_read_with_its_conversation(process: Process, join: Join) -> None:
    ada, bola = await join("Ada Obi"), await join("Bola Ade")
    talk = (await open_with(ada, await handle_of(bola))).json()["message"]["conversation_id"]
    await drain(process.runtime)
    assert await told(bola) == (1, [("conversation.asked", False)])
    assert await turn(bola, talk, "accept") == 204
    await drain(process.runtime)
    assert await told(bola) == (0, [("conversation.asked", True)])
    await read_all(bola, talk, 1)
    for text in ("one", "two"):
        await say(ada, talk, text)
    await drain(process.runtime)
    await read_all(bola, talk, 2)
    await drain(process.runtime)
    assert (await told(bola))[0] == 1 and (await inbox(bola))["unread"] == 1, "something in it is unread, so both say so"
    await read_all(bola, talk, 3)
    await drain(process.runtime)
    assert await told(bola) == (0, [("message.received", True), ("conversation.asked", True)]) and (await inbox(bola))["unread"] == 0
    await say(ada, talk, "three")
    await drain(process.runtime)
    assert (await told(bola))[0] == (await inbox(bola))["unread"] == 1


async def test_what_was_read_before_it_was_told_is_told_no_more(process: Process, pair: Pair) -> None:
    ada, bola, talk = pair
    await read_all(bola, talk, 1)
    await drain(process.runtime)
    before = await told(bola)
    await say(ada, talk, "Seen at once")
    await read_all(bola, talk, 2)
    await reversed_events(process)
    await drain(process.runtime)
    assert await told(bola) == before, "heard the other way round"
    await say(ada, talk, "And this")
    await read_all(bola, talk, 3)
    await drain(process.runtime)
    assert (await told(bola))[0] == before[0], "and in order"


async def reversed_events(process: Process) -> None:
    """Has the queue begin with what was stored last."""
    async with process.runtime.db.write_session() as session:
        await session.sql(
            "update platform.pgqueuer set priority = priority + 100 where entrypoint = 'event:notifications.conversation_read'"
        )
        await session.commit()


async def test_a_blocked_ones_words_in_a_group_keep_no_notice_away(process: Process, pair: Pair, join: Join) -> None:
    (ada, bola, _), chidi = pair, await join("Chidi Eze")
    talk = (await open_with(ada, await handle_of(bola), await handle_of(chidi), title="Unit", text="Come")).json()["message"][
        "conversation_id"
    ]
    assert await turn(chidi, talk, "accept") == 204
    assert (await bola.client.post("/api/messages/blocks", json={"person_id": chidi.person_id})).status_code == 204
    await read_all(bola, talk, 1)
    await say(chidi, talk, "Bola does not see this")
    await drain(process.runtime)
    before = (await told(bola))[1]
    await say(ada, talk, "Bola sees this")
    await drain(process.runtime)
    assert len((await told(bola))[1]) == len(before) + 1
