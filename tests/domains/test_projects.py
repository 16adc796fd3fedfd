"""Projects and what is said about them: whoever is in the project is in its conversations, and nobody else."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from nollycrewhub.domains.projects import service
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.worker import drain
from tests.domains.test_groups import befriend
from tests.domains.test_messages import handle_of, inbox, say, texts
from tests.domains.test_messages import join as join  # noqa: PLC0414 - pytest finds fixtures by name
from tests.journeys.conftest import Join, Member
from tests.unit.test_scene_rules import SCRIPT

Shoot = tuple[Member, Member, str]


async def begin(member: Member, title: str = "Ìyá Àgbà", script: str | None = None) -> str:
    """A project of theirs."""
    answer = await member.client.post("/api/projects", json={"title": title, "script_id": script})
    assert answer.status_code == 201, answer.text
    found: str = answer.json()["project"]["id"]
    return found


async def ask_in(owner: Member, project: str, other: Member) -> Any:
    """An invitation."""
    return await owner.client.post(f"/api/projects/{project}/members", json={"handle": await handle_of(other)})


async def turn(member: Member, project: str, to: str) -> int:
    """What somebody does with their place."""
    return (await member.client.post(f"/api/projects/{project}/turn", json={"turn": to})).status_code


async def talk_about(member: Member, kind: str, about: str, text: str = "Who brings the lamps?") -> Any:
    """A message about something of a project."""
    body = {"about": {"kind": kind, "id": about}, "text": text, "client_id": str(uuid4())}
    return await member.client.post("/api/messages", json=body)


async def script_of(process: Process, member: Member) -> str:
    """A script that has been read."""
    sent = await member.client.post("/api/projects/scripts?title=Iya", content=SCRIPT.encode(), headers={"content-type": "text/plain"})
    await drain(process.runtime)
    found: str = sent.json()["script"]["id"]
    return found


@pytest.fixture
async def shoot(process: Process, join: Join) -> Shoot:
    """Ada's project with Bola in it."""
    ada, bola = await join("Ada Obi"), await join("Bola Ade")
    project = await begin(ada, script=await script_of(process, ada))
    assert (await ask_in(ada, project, bola)).status_code == 204
    assert await turn(bola, project, "accept") == 204
    await drain(process.runtime)
    return ada, bola, project


@pytest.mark.parametrize("ends", ["put out", "project gone"])
async def test_an_invitation_that_is_taken_back_is_no_unread_notice(process: Process, join: Join, ends: str) -> None:
    ada, bola, chidi = await join("Ada Obi"), await join("Bola Ade"), await join("Chidi Eze")
    project = await begin(ada)
    for one in (bola, chidi):
        assert (await ask_in(ada, project, one)).status_code == 204
    assert await turn(chidi, project, "accept") == 204
    await drain(process.runtime)
    assert (await bola.client.get("/api/notifications/unread")).json()["unread"] == 1
    path = f"/api/projects/{project}" if ends == "project gone" else f"/api/projects/{project}/members/{bola.person_id}"
    assert (await ada.client.delete(path)).status_code == 204
    await drain(process.runtime)
    assert (await bola.client.get("/api/notifications/unread")).json()["unread"] == 0
    assert (await chidi.client.get("/api/notifications/unread")).json()["unread"] == 1, "theirs was answered, not taken back"


async def test_who_is_asked_sees_whose_it_is_until_they_accept(process: Process, join: Join) -> None:
    ada, bola, chidi = await join("Ada Obi"), await join("Bola Ade"), await join("Chidi Eze")
    project = await begin(ada)
    assert (await chidi.client.get(f"/api/projects/{project}")).status_code == 404
    assert (await ask_in(ada, project, bola)).status_code == (await ask_in(ada, project, bola)).status_code == 204
    await drain(process.runtime)
    notices = (await bola.client.get("/api/notifications")).json()["notices"]
    assert [(notice["kind"], notice["link"]) for notice in notices] == [("project.invited", f"/me/projects/{project}")]
    asked = (await bola.client.get(f"/api/projects/{project}")).json()
    assert (asked["project"]["state"], asked["owner"], asked["people"], asked["days"]) == ("asked", "Ada Obi", [], [])
    assert (await bola.client.get(f"/api/projects/{project}/scenes")).status_code == 404
    assert (await talk_about(bola, "project", project)).status_code == 404
    assert await turn(bola, project, "leave") == 409
    assert await turn(bola, project, "accept") == 204
    joined = (await bola.client.get(f"/api/projects/{project}")).json()
    assert [(one["name"], one["state"]) for one in joined["people"]] == [("Ada Obi", "in"), ("Bola Ade", "in")]


async def test_a_no_is_not_told_and_stays_a_no(join: Join) -> None:
    ada, bola = await join("Ada Obi"), await join("Bola Ade")
    project = await begin(ada)
    await ask_in(ada, project, bola)
    before = (await ada.client.get(f"/api/projects/{project}")).json()
    assert await turn(bola, project, "decline") == 204
    assert (await bola.client.get(f"/api/projects/{project}")).status_code == 404
    assert (await ada.client.get(f"/api/projects/{project}")).json() == before
    assert (await ask_in(ada, project, bola)).status_code == 204
    assert (await ada.client.delete(f"/api/projects/{project}/members/{bola.person_id}")).status_code == 204
    assert (await ask_in(ada, project, bola)).status_code == 204
    assert (await bola.client.get("/api/projects")).json()["projects"] == []


async def test_only_its_owner_changes_it(shoot: Shoot) -> None:
    ada, bola, project = shoot
    path, day = f"/api/projects/{project}", {"day": "2027-01-02", "name": "Night shoot"}
    for method, more, body in (
        ("PUT", "", {"title": "Mine"}), ("POST", "/members", {"handle": "x"}), ("POST", "/days", day), ("DELETE", "", None),
        ("DELETE", f"/members/{ada.person_id}", None),
    ):  # fmt: skip
        refused = await bola.client.request(method, path + more, json=body)
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/not-the-owner"), more
    assert await turn(ada, project, "leave") == 409
    whole = (await bola.client.get(path)).json()
    assert (whole["project"]["title"], whole["days"], len(whole["people"])) == ("Ìyá Àgbà", [], 2)
    for wrong in ({"day": "1999-01-02"}, {"day": "2027-01-02", "name": "..."}):
        assert (await ada.client.post(path + "/days", json=wrong)).json()["type"] == "/problems/bad-project"
    stolen = await bola.client.post("/api/projects", json={"title": "Theirs", "script_id": whole["project"]["script_id"]})
    assert (stolen.status_code, stolen.json()["field"]) == (422, "script_id")


async def test_everybody_in_it_is_in_its_conversations(process: Process, shoot: Shoot, join: Join) -> None:
    (ada, bola, project), chidi = shoot, await join("Chidi Eze")
    script = (await ada.client.get(f"/api/projects/{project}")).json()["project"]["script_id"]
    day = (await ada.client.post(f"/api/projects/{project}/days", json={"day": "2027-01-02", "name": "Day 1"})).json()["day"]["id"]
    scene = f"{project}:{script}:2"
    talks = {}
    for kind, about in (("project", project), ("scene", scene), ("day", day)):
        opened = await talk_about(bola, kind, about)
        assert opened.status_code == 201, opened.text
        talks[kind] = opened.json()["message"]["conversation_id"]
        again = await talk_about(ada, kind, about.upper() if kind != "scene" else f"{project}:{script}:02", "I do.")
        assert again.json()["message"]["conversation_id"] == talks[kind], "each thing has one conversation"
        assert await texts(bola, talks[kind]) == ["Who brings the lamps?", "I do."]
        assert (await talk_about(chidi, kind, about)).status_code == 404
        assert (await chidi.client.get(f"/api/messages/{talks[kind]}")).status_code == 404
    titles = {one["kind"]: one["title"] for one in (await inbox(ada))["conversations"]}
    assert titles == {"project": "Ìyá Àgbà", "scene": titles["scene"], "day": "Ìyá Àgbà: Day 1: Sat 2 Jan 2027"}
    assert titles["scene"].startswith("Ìyá Àgbà: ") and len(titles["scene"]) > 15
    found = (await bola.client.get(f"/api/messages/{talks['scene']}")).json()
    assert found["link"] == f"/me/projects/{project}"
    for wrong in ("nothing", str(uuid4()), f"{project}:{script}:9999", f"{project}:{uuid4()}:2", f"{project}:{script}:²"):
        assert (await talk_about(ada, "scene", wrong)).status_code == 404, wrong


async def test_who_comes_is_in_and_who_goes_has_lost_it(process: Process, shoot: Shoot, join: Join) -> None:
    (ada, bola, project), chidi = shoot, await join("Chidi Eze")
    talk = (await talk_about(ada, "project", project)).json()["message"]["conversation_id"]
    await ask_in(ada, project, chidi)
    assert await turn(chidi, project, "accept") == 204
    await drain(process.runtime)
    assert (await say(ada, talk, "Welcome, Chidi.")).status_code == 201
    assert await texts(chidi, talk) == ["Welcome, Chidi."], "who comes later reads what comes later"
    assert (await chidi.client.post(f"/api/messages/{talk}/turn", json={"turn": "leave"})).status_code == 409
    since = (await bola.client.get("/api/messages/sync")).json()["since"]
    assert await turn(bola, project, "leave") == 204
    await drain(process.runtime)
    assert (await bola.client.get(f"/api/messages/{talk}")).status_code == 404
    assert (await bola.client.get("/api/messages/sync", params={"since": since})).json()["gone"] == [talk]
    assert (await say(bola, talk, "Am I still here?")).status_code == 404
    assert (await ada.client.delete(f"/api/projects/{project}/members/{chidi.person_id}")).status_code == 204
    await drain(process.runtime)
    assert (await chidi.client.get(f"/api/messages/{talk}")).status_code == 404
    assert await texts(ada, talk) == ["Who brings the lamps?", "Welcome, Chidi."]


async def test_a_title_is_everywhere_and_an_end_is_the_end(process: Process, shoot: Shoot) -> None:
    ada, bola, project = shoot
    talk = (await talk_about(bola, "project", project)).json()["message"]["conversation_id"]
    assert (await ada.client.put(f"/api/projects/{project}", json={"title": "Ọmọ Àgbà"})).status_code == 204
    await drain(process.runtime)
    assert (await inbox(bola))["conversations"][0]["title"] == "Ọmọ Àgbà"
    assert (await ada.client.delete(f"/api/projects/{project}")).status_code == 204
    await drain(process.runtime)
    for member in (ada, bola):
        assert (await member.client.get(f"/api/messages/{talk}")).status_code == 404
        assert (await member.client.get(f"/api/projects/{project}")).status_code == 404
    assert len((await ada.client.get("/api/projects/scripts")).json()["scripts"]) == 1, "the script stays"


async def test_who_has_blocked_the_owner_is_not_asked_and_nobody_is_told(process: Process, join: Join) -> None:
    ada, bola = await join("Ada Obi"), await join("Bola Ade")
    project = await begin(ada)
    assert (await bola.client.post("/api/messages/blocks", json={"person_id": ada.person_id})).status_code == 204
    assert (await ask_in(ada, project, bola)).status_code == 204
    await drain(process.runtime)
    assert (await bola.client.get("/api/projects")).json()["projects"] == []
    assert (await bola.client.get("/api/notifications")).json()["notices"] == []
    people = (await ada.client.get(f"/api/projects/{project}")).json()["people"]
    assert [one["state"] for one in people] == ["in", "asked"]


async def test_who_may_be_asked(process: Process, join: Join) -> None:
    ada, bola = await join("Ada Obi"), await join("Bola Ade")
    project, handle = await begin(ada), await handle_of(bola, listed=False)
    invite = f"/api/projects/{project}/members"
    for wrong in ("nobody-at-all", handle):
        assert (await ada.client.post(invite, json={"handle": wrong})).json()["type"] == "/problems/nobody-to-invite"
    await befriend(ada, bola)
    await handle_of(bola, listed=False)
    assert (await ada.client.post(invite, json={"handle": f"@{handle}"})).status_code == 204, "they write with each other"
    async with process.runtime.db.write_session() as session:
        await session.sql("update users.person set email_confirmed_at = null where id = $1", UUID(ada.person_id))
        await session.commit()
    assert "Confirm your e-mail" in (await ada.client.post(invite, json={"handle": handle})).text


async def test_a_project_goes_on_without_its_owner(process: Process, shoot: Shoot) -> None:
    ada, bola, project = shoot
    talk = (await talk_about(ada, "project", project)).json()["message"]["conversation_id"]
    alone = await begin(ada, "Nobody else's")
    async with process.runtime.db.write_session() as session:
        await service.erase_person(session, UUID(ada.person_id))
        await session.commit()
    await drain(process.runtime)
    whole = (await bola.client.get(f"/api/projects/{project}")).json()
    assert (whole["project"]["owner_id"], whole["project"]["script_id"]) == (bola.person_id, None)
    assert (await ada.client.get(f"/api/messages/{talk}")).status_code == 404
    assert (await say(bola, talk, "Alone now")).status_code == 201
    async with process.runtime.db.write_session() as session:
        assert await session.sql("select 1 from projects.project where id = $1", UUID(alone)) == []


async def test_the_pages_work_without_a_script(process: Process, join: Join) -> None:
    ada, bola = await join("Ada Obi"), await join("Bola Ade")
    assert "Begin a project" in (await ada.client.get("/me/projects")).text
    assert "letters or digits" in (await ada.client.post("/me/projects", data={"title": "..."})).text
    made = await ada.client.post("/me/projects", data={"title": "Ìyá Àgbà"})
    page = made.headers["location"]
    assert (made.status_code, page.startswith("/me/projects/")) == (303, True)
    sent = await ada.client.post(page + "/script", files={"script": ("iya.txt", SCRIPT.encode(), "text/plain")})
    assert sent.status_code == 303
    assert "is being read" in (await ada.client.get(page)).text
    await drain(process.runtime)
    assert (await ada.client.post(page + "/members", data={"handle": await handle_of(bola)})).status_code == 303
    wrong = await ada.client.post(page + "/days", data={"day": "soon", "name": "Day 1"})
    assert wrong.status_code == 422 and "Write a date" in wrong.text and 'value="Day 1"' in wrong.text
    assert (await ada.client.post(page + "/days", data={"day": "2027-01-02", "name": "Day 1"})).status_code == 303
    assert "You are asked in" in (await bola.client.get("/me/projects")).text
    assert "Nobody is told of a no." in (await bola.client.get(page)).text
    assert (await bola.client.post(page + "/turn/accept")).status_code == 303
    shown = (await bola.client.get(page)).text
    assert "Sat 2 Jan 2027: Day 1" in shown and "Rename" not in shown and "KITCHEN" in shown.upper()
    link = next(part.split('"')[0] for part in shown.replace("&amp;", "&").split('href="') if "about=scene" in part)
    write = (await bola.client.get(link)).text
    assert "Everybody in the project reads it." in write
    about = write.partition('name="project" value="')[2].partition('"')[0]
    opened = await bola.client.post("/me/messages/new", data={"project": about, "text": "Which lamp?", "client_id": str(uuid4())})
    assert opened.status_code == 303
    assert (await ada.client.get(link)).headers["location"] == opened.headers["location"].partition("#")[0]
    talk = (await ada.client.get(opened.headers["location"].partition("#")[0])).text
    assert "Which lamp?" in talk and "To the project" in talk and "Bola Ade" in talk
    assert (await ada.client.post(page + f"/members/{bola.person_id}/out")).status_code == 303
    assert (await ada.client.post(page + "/delete")).status_code == 303
    assert (await ada.client.get(page)).status_code == 404
