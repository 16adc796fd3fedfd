"""What is held about a person: all of it in their hands, all of it gone when they go; photos without their place."""

import base64
import io
import secrets
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from PIL import Image

from nollycrewhub.platform import audit
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.db import Base, Query
from nollycrewhub.platform.sessions import PERSON_PREFIX
from nollycrewhub.platform.settings import Settings
from nollycrewhub.platform.worker import drain
from tests.domains.test_people import browser
from tests.domains.test_talent_fields import FULL
from tests.journeys.conftest import PASSWORD, Join, Member
from tests.security.table import POINT

# What a job or the test itself has written since a member's last write is newer than that member's mark: such answers come from the
# primary, or a replica that is behind on a busy machine gives the one before.
AHEAD = {"x-nch-position": "1/ffffffffffff"}
NOT_GIVEN_OUT = {
    "users.person.password_hash": "a hash helps nobody but a thief",
    "users.secret.password_hash": "a hash helps nobody but a thief",
    "users.profile.search": "made of the other fields",
    "users.profile.search_text": "made of the other fields",
    "jobs.job.search": "made of the other fields",
    "jobs.job.search_title": "made of the other fields",
    "jobs.job.search_text": "made of the other fields",
    "jobs.asked.terms": "words of the post, which is given out",
    "jobs.review.phrases": "words of the post, which is given out",
    "jobs.review.decided_by": "an operator's id",
    "notifications.notice.about": "somebody else's id",
    "jobs.report.decided_by": "an operator's id",
    "messages.conversation.key": "made of the two ids",
    "messages.message.search": "made of the other fields",
    "messages.silent_text.search": "made of the other fields",
    "messages.silent_text.search_text": "made of the other fields",
    "messages.message.search_text": "made of the other fields",
    "messages.member.shown_n": "how far the other sees that one has read: it would tell of their block",
    "messages.report.decided_by": "an operator's id",
    "notifications.notice.sender_id": "somebody else's id",
    "notifications.spend.scope": "the owner's id; what each message cost is given out with it",
    "projects.script.owner_id": "the owner's id, given out with the account",
}
TABLES = Query(
    str,
    "select table_schema || '.' || table_name from information_schema.tables where table_type = 'BASE TABLE' "
    "and table_schema in ('users', 'jobs', 'notifications', 'messages', 'projects', 'platform') order by 1",
)


# Where in the document the rows of each table are; a table with a personal column that is in none of them fails.
PLACES = {
    "users.person": "users.account", "users.profile": "users.profile", "users.secret": "users.messages_sent",
    "jobs.job": "jobs.jobs", "jobs.application": "jobs.applications", "jobs.saved_search": "jobs.searches",
    "jobs.search_match": "jobs.matches", "jobs.review": "jobs.reviews", "jobs.report": "jobs.reports",
    "messages.conversation": "messages.conversations", "messages.member": "messages.conversations",
    "messages.message": "messages.messages", "messages.former_text": "messages.former_texts", "messages.silent_text": "messages.messages", "messages.block": "messages.blocks",
    "messages.attachment": "messages.files", "messages.report": "messages.reports", "messages.choice": "messages.choice",
    "notifications.notice": "notifications.notices", "notifications.delivery": "notifications.deliveries",
    "notifications.preference": "notifications.habits", "notifications.choice": "notifications.choices",
    "notifications.push_device": "notifications.devices", "notifications.chat_window": "notifications.chat_window",
    "notifications.blocked_address": "notifications.blocked_addresses", "notifications.spend": "notifications.spend",
    "notifications.alert_delivery": "notifications.alerts",
    "projects.project": "projects.projects.project", "projects.member": "projects.projects.membership",
    "projects.shooting_day": "projects.projects.days", "projects.script": "projects.scripts", "projects.scene": "projects.scripts.scenes",
}  # fmt: skip

TOLD_AS_OPERATOR = """
with told as (
    insert into notifications.alert (id, ref, subject, title, what, runbook, raised_at)
    values (gen_random_uuid(), 'canary:' || $1::uuid::text, 'canary', 'canary', 'canary', '', now()) returning id
)
insert into notifications.alert_delivery (id, alert_id, stage, channel, address_key, person_id, state)
select gen_random_uuid(), id, 'raised', 'email', 'canary', $1, 'sent' from told
"""


def rows_at(data: Any, place: str) -> list[dict[str, Any]]:
    """The rows at a place of the document: one, several, or those inside several."""
    found = [data]
    for name in place.split("."):
        inner = [one.get(name) for one in found if isinstance(one, dict)]
        found = [row for one in inner for row in (one if isinstance(one, list) else [one])]
    return [row for row in found if isinstance(row, dict)]


def not_given_out(data: Any) -> set[str]:
    """The personal columns that are in no row of their own table's place."""
    return {
        f"{table.fullname}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        if column.info["personal"] and not any(column.name in row for row in rows_at(data, PLACES.get(table.fullname, "nowhere")))
    }


async def talk_of(member: Member, other: Member, conversation: str) -> None:
    """Everything that can be kept of a conversation: words edited, a file, the other's words, a report."""
    path = f"/api/messages/{conversation}"
    await member.client.put(f"{path}/messages/1", json={"text": "canary second"})
    file = (await member.client.post("/api/messages/files", files={"file": ("canary.txt", b"words", "text/plain")})).json()["file"]
    sent = {"files": [file["id"]], "client_id": str(uuid4())}
    assert (await member.client.post(f"{path}/messages", json=sent)).status_code == 201
    await other.client.post(f"{path}/messages", json={"text": "words of the other", "client_id": str(uuid4())})
    await member.client.post(f"{path}/reports", json={"messages": [3], "reason": "other", "note": "canary report"})
    await other.client.post("/api/messages/blocks", json={"person_id": member.person_id})
    await member.client.put(f"{path}/messages/1", json={"text": "canary third"})


async def test_the_export_holds_every_personal_column(process: Process, join: Join) -> None:
    member, other = await join("Exported Person"), await join()
    job = await other.post_job()
    own = await member.post_job()
    await member.client.post("/api/jobs/searches", json={"q": "canarysearch"})
    await other.post_job(title="Gaffer canarysearch")
    answer = await member.client.post(f"/api/jobs/{job['id']}/applications", json={"note": "exported note"})
    await member.client.post(
        "/api/projects/scripts?title=Canaryscript",
        content=b"INT. KITCHEN - DAY\n\ncanarytext of the script",
        headers={"content-type": "text/plain"},
    )
    await other.client.post(f"/api/jobs/{own['id']}/applications", json={"note": "note of the other"})
    project = (await member.client.post("/api/projects", json={"title": "canary project"})).json()["project"]["id"]
    day = {"day": "2027-01-02", "name": "canary day"}
    assert (await member.client.post(f"/api/projects/{project}/days", json=day)).status_code == 201
    talk = {"application": answer.json()["application"]["id"], "text": "canary first", "client_id": str(uuid4())}
    said = (await member.client.post("/api/messages", json=talk)).json()["message"]
    await talk_of(member, other, said["conversation_id"])
    told = {"reason": "other", "note": "canary of a post"}
    assert (await member.client.post(f"/api/jobs/{job['id']}/reports", json=told)).status_code == 202
    await member.client.post("/api/messages/blocks", json={"person_id": other.person_id})
    await drain(process.runtime)
    await member.client.put("/api/profile", json={**FULL, "name": "Exported Person"})
    await member.client.post("/reset", data={"address": member.email})
    choice = {"digest": "daily", "choices": [{"kind": "job.closed", "channel": "sms", "on": True}]}
    assert (await member.client.put("/api/notifications/settings", json=choice)).status_code == 204
    browser = {"endpoint": f"http://127.0.0.1:1/{secrets.token_hex(8)}", "keys": {"p256dh": POINT, "auth": "A" * 22}}
    assert (await member.client.post("/api/notifications/browsers", json=browser)).status_code == 204
    async with process.runtime.db.write_session() as session:
        await session.sql("insert into notifications.chat_window (person_id, heard_at) values ($1, now())", UUID(member.person_id))
        await session.sql(
            "insert into notifications.blocked_address (channel, address_key, person_id, reason) values ('email', 'canary', $1, 'bounced')",
            UUID(member.person_id),
        )
        await session.sql(TOLD_AS_OPERATOR, UUID(member.person_id))
        await session.commit()
    assert (await member.client.post("/api/users/me/photo", files={"photo": ("a.jpg", picture("JPEG"), "image/jpeg")})).status_code == 200
    answer = await member.client.get("/api/users/me/export")
    assert "attachment" in answer.headers["content-disposition"]
    data = answer.json()
    assert sorted(not_given_out(data) ^ set(NOT_GIVEN_OUT)) == []
    assert "exported note" in answer.text and "note of the other" not in answer.text and "words of the other" not in answer.text
    assert "$argon2id$" not in answer.text and "code_hash" not in answer.text
    for value in (
        "canarybio",
        "Canarytown",
        "Canaryfilm",
        "https://canary.example/reel",
        "Canaryscript",
        "KITCHEN",
        "canarytext of the script",
        "canary first",
        "canary second",
        "canary third",
        "canary report",
        "canary of a post",
        member.email,
    ):
        assert value in answer.text


def stored_in(settings: Settings) -> dict[Path, bytes]:
    """Every file in storage."""
    return {path: path.read_bytes() for path in Path(settings.media_folder).rglob("*") if path.is_file()}


async def test_the_export_holds_every_file_as_it_was_sent(process: Process, settings: Settings, join: Join) -> None:
    before = stored_in(settings)
    member, other = await join(), await join()
    long = "“Ọ dàbọ̀,” she said — \\ and \x07 bells.\n" * 12_000  # past a piece, signs of two and three bytes across its end
    texts = [long.encode(), "Zoë and André.".encode("cp1252"), b"\xff" * 400_001]
    ids = []
    for text in texts:
        answer = await member.client.post("/api/projects/scripts?title=S", content=text, headers={"content-type": "text/plain"})
        ids.append(answer.json()["script"]["id"])
    await other.client.post("/api/projects/scripts?title=O", content=b"not the member's own", headers={"content-type": "text/plain"})
    await member.client.post("/api/users/me/photo", files={"photo": ("a.jpg", picture("JPEG"), "image/jpeg")})
    answer = await member.client.get("/api/users/me/export")
    data = answer.json()
    kept = {file["name"]: file for file in data["files"]["projects"]}
    assert list(kept) == [f"{name}.txt" for name in ids] == [f"{row['id']}.txt" for row in data["projects"]["scripts"]]
    assert kept[f"{ids[0]}.txt"]["text"] == long
    given = [kept[f"{name}.txt"].get("text", "").encode() or base64.b64decode(kept[f"{name}.txt"]["base64"]) for name in ids]
    assert given == texts and b"not the member's own" not in answer.content
    held = [*given, base64.b64decode(data["users"]["photo"]["base64"]), b"not the member's own"]
    new = {path: content for path, content in stored_in(settings).items() if path not in before and not path.name.endswith("-s.webp")}
    assert [path.name for path, content in new.items() if content not in held] == [], "what is in storage is in the export"


async def test_a_script_deleted_while_the_export_is_read_leaves_it_whole(process: Process, settings: Settings, join: Join) -> None:
    member = await join()
    for text in (b"first of two", b"second"):
        await member.client.post("/api/projects/scripts?title=S", content=text, headers={"content-type": "text/plain"})
    next(path for path, content in stored_in(settings).items() if content == b"first of two").unlink()
    files = (await member.client.get("/api/users/me/export")).json()["files"]["projects"]
    assert [file["text"] for file in files] == [None, "second"]


async def test_the_export_holds_the_photo_the_devices_and_ones_lines_of_the_trail(process: Process, join: Join) -> None:
    member, operator = await join(), await join(operator=True)
    assert (await member.client.get("/api/users/me/export")).json()["users"]["photo"] is None
    kept = (await member.client.post("/api/users/me/photo", files={"photo": ("a.jpg", picture("JPEG"), "image/jpeg")})).json()["photo"]
    changed = {"present": PASSWORD, "password": "four quite new words"}
    assert (await member.client.post("/api/auth/password", json=changed)).status_code == 200
    async with process.runtime.db.write_session() as session:
        await audit.record(session, UUID(operator.person_id), "person.unbanned", subject=member.person_id)
        await audit.record(session, UUID(operator.person_id), "person.unbanned", subject=operator.person_id)
        await session.commit()
    data = (await member.client.get("/api/users/me/export", headers=AHEAD)).json()
    photo = data["users"]["photo"]
    assert (photo["type"], base64.b64decode(photo["base64"])) == ("image/webp", (await member.client.get(kept)).content)
    listed = (await member.client.get("/api/auth/devices")).json()["devices"]
    assert data["platform"]["devices"] == [{name: one[name] for name in ("label", "region", "created", "seen")} for one in listed]
    assert len(listed) == 1 and listed[0]["label"]
    lines = [(line["action"], line["subject"], line["by"]) for line in data["platform"]["audit"]]
    assert lines == [("password.changed", member.person_id, "you"), ("person.unbanned", member.person_id, "an operator")]
    assert operator.person_id not in str(data)


def test_a_column_under_a_common_name_elsewhere_is_still_missed() -> None:
    """What the check is for: `note` of a report does not stand for `note` of an application."""
    data = {"messages": {"reports": [{"note": "x"}]}, "jobs": {"applications": [{"applicant_id": "x"}]}}
    assert "jobs.application.note" in not_given_out(data)
    assert "messages.report.note" not in not_given_out(data)


async def test_after_deletion_no_table_knows_the_person(process: Process, join: Join) -> None:
    name = f"Gone{secrets.token_hex(4)}"
    poster, member = await join(), await join(name)
    await member.client.put("/api/profile", json={**FULL, "name": name, "bio": f"{name} bio"})
    job = await poster.post_job()
    own = await member.post_job(title=f"{name} wants a gaffer")
    applied = await member.client.post(f"/api/jobs/{job['id']}/applications", json={"note": f"{name} note"})
    talk = {"application": applied.json()["application"]["id"], "text": f"{name} says", "client_id": str(uuid4())}
    said = (await member.client.post("/api/messages", json=talk)).json()["message"]["conversation_id"]
    await member.client.put(f"/api/messages/{said}/messages/1", json={"text": f"{name} says better"})
    named = {"file": (f"{name}.txt", name.encode(), "text/plain")}
    file = (await member.client.post("/api/messages/files", files=named)).json()["file"]
    sent = {"files": [file["id"]], "client_id": str(uuid4())}
    assert (await member.client.post(f"/api/messages/{said}/messages", json=sent)).status_code == 201
    told = {"reason": "money", "note": f"{name} reports"}
    assert (await member.client.post(f"/api/jobs/{job['id']}/reports", json=told)).status_code == 202
    group = {"to": [(await poster.client.get("/api/profile")).json()["user"]["handle"]], "title": f"{name} group", "text": name}
    await member.client.post("/api/messages", json={**group, "client_id": str(uuid4())})
    project = (await member.client.post("/api/projects", json={"title": f"{name} project"})).json()["project"]["id"]
    day = {"day": "2027-01-02", "name": f"{name} day"}
    assert (await member.client.post(f"/api/projects/{project}/days", json=day)).status_code == 201
    script = f"INT. {name} - DAY".encode()
    await member.client.post(f"/api/projects/scripts?title={name}", content=script, headers={"content-type": "text/plain"})
    await poster.client.post(f"/api/jobs/{own['id']}/applications", json={"note": "hello"})
    await drain(process.runtime)
    handle = (await member.client.get("/api/profile")).json()["user"]["handle"]
    poster.client.headers.update(AHEAD)
    assert (await member.client.request("DELETE", "/api/users/me", json={"password": PASSWORD})).status_code == 204
    await drain(process.runtime)
    read = process.runtime.db.read_session(primary=True)
    left = []
    for table in await read.rows(TABLES):
        if table == "platform.mailbox":  # a laptop's stand-in for letters that have left the house
            continue
        for what in (name, handle, member.email):
            left += await read.rows(Query(str, f"select '{table}: ' || t::text from {table} t where t::text ilike $1"), f"%{what}%")
    assert left == []
    kept = await read.rows(Query(int, "select count(*)::int from jobs.report where job_id = $1 and reporter_id is null"), job["id"])
    assert kept == [1], "the report stays, without who made it"
    notices = (await poster.client.get("/api/notifications")).json()["notices"]
    assert {notice["body"] for notice in notices} == {
        "Somebody who has left NollyCrewHub since had applied.", "Somebody who has left NollyCrewHub since had written.",
        "“Gaffer, Enugu State” went another way this time. Thank you for applying.",
    }  # fmt: skip
    assert "This message was deleted." in (await poster.client.get(f"/me/messages/{said}")).text
    assert (await poster.client.get(f"/jobs/{own['id']}")).status_code == 404
    sessions = process.runtime.sessions.client
    assert [key async for key in sessions.scan_iter(f"{PERSON_PREFIX}{member.person_id}:devices")] == []
    async with browser(process) as stranger:
        assert (await stranger.get(f"/talent/{handle}", headers=AHEAD)).status_code == 404


def picture(kind: str) -> bytes:
    """A picture that says where and by whom it was taken."""
    image = Image.new("RGB", (900, 700), (200, 120, 40))
    exif = Image.Exif()
    exif[0x010F] = "CanaryPhone"
    exif[0x8825] = {1: "N", 2: (6.0, 27.0, 14.0), 3: "E", 4: (3.0, 23.0, 40.0)}
    out = io.BytesIO()
    image.save(out, kind, exif=exif, xmp=b"<x:xmpmeta>CanaryXmp</x:xmpmeta>")
    return out.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
async def test_a_photo_is_made_anew_without_where_it_was_taken(process: Process, join: Join, kind: str) -> None:
    member = await join()
    given = picture(kind)
    assert b"CanaryPhone" in given and Image.open(io.BytesIO(given)).getexif().get_ifd(0x8825)
    answer = await member.client.post("/api/users/me/photo", files={"photo": ("a.bin", given, "application/octet-stream")})
    assert answer.status_code == 200, answer.text
    large = answer.json()["photo"]
    for path, edge in ((large, 640), (large.replace("-l.webp", "-s.webp"), 160)):
        stored = await member.client.get(path)
        assert (stored.headers["content-type"], stored.headers["cache-control"]) == ("image/webp", "private, no-store")
        shown = Image.open(io.BytesIO(stored.content))
        assert (shown.size, dict(shown.getexif()), "xmp" in shown.info, "exif" in shown.info) == ((edge, edge), {}, False, False)
        assert b"Canary" not in stored.content
    again = await member.client.post("/api/users/me/photo", files={"photo": ("b.bin", given, "image/jpeg")})
    assert again.json()["photo"] != large
    assert (await member.client.get(large)).status_code == 404, "the picture before is gone"


async def test_what_is_no_photo_is_refused_and_changes_nothing(process: Process, join: Join) -> None:
    member = await join()
    kept = (await member.client.post("/api/users/me/photo", files={"photo": ("a.jpg", picture("JPEG"), "image/jpeg")})).json()["photo"]
    bomb, gif = io.BytesIO(), io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(bomb, "PNG")
    Image.new("P", (40, 40)).save(gif, "GIF")
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
    for content in (b"", b"not a picture", svg, gif.getvalue(), bomb.getvalue(), picture("JPEG")[:400], picture("JPEG") + b"x" * 5_000_001):
        answer = await member.client.post("/api/users/me/photo", files={"photo": ("a.jpg", content, "image/jpeg")})
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/photo-refused")
    assert (await member.client.get(kept)).status_code == 200


async def test_roles_change_at_will_and_the_directory_follows(process: Process, join: Join) -> None:
    member = await join("Role Changer")
    for roles in (["actor"], ["crew", "producer", "writer", "director", "agent", "actor"], ["director"], []):
        profile = {**FULL, "name": "Role Changer", "roles": roles, "departments": ["camera"] if "crew" in roles else []}
        assert (await member.client.put("/api/profile", json=profile)).status_code == 200
        for role in ("actor", "crew", "producer", "writer", "director", "agent"):
            found = (await member.client.get(f"/api/users?q=role+changer&role={role}")).json()["users"]
            assert bool(found) is (role in roles), (role, roles)
    assert (await member.client.put("/api/profile", json={**FULL, "roles": ["king"]})).status_code == 422
