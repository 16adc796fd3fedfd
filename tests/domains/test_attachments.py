"""Files between people who write to each other: told by their content, for those people only, and gone with their message."""

import asyncio
import io
import os
import secrets
import time
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from PIL import Image

from nollycrewhub.domains.messages.service import files as attachments
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.db import Query
from nollycrewhub.platform.queue import Work
from nollycrewhub.platform.storage import Storage
from nollycrewhub.platform.worker import drain
from tests.domains.test_messages import Pair, handle_of, inbox, open_with, pair, turn  # noqa: F401 - pytest finds fixtures by name
from tests.domains.test_messages import join as join  # noqa: PLC0414
from tests.domains.test_own_data import picture
from tests.journeys.conftest import PASSWORD, Join, Member
from tests.unit.test_message_files import M4A, OPUS, PDF

ROWS = Query(int, "select count(*)::int from messages.attachment where owner_id = $1")


async def upload(member: Member, content: bytes, name: str = "a.bin", kind: str = "application/octet-stream") -> Any:
    """One file, as a client uploads it."""
    return await member.client.post("/api/messages/files", files={"file": (name, content, kind)})


async def uploaded(member: Member, content: bytes, name: str = "a.bin") -> dict[str, Any]:
    """One that was taken in."""
    answer = await upload(member, content, name)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()["file"]
    return found


async def send(member: Member, talk: str, *files: str, text: str = "", client_id: str = "") -> Any:
    """A message with files."""
    body = {"text": text, "files": list(files), "client_id": client_id or str(uuid4())}
    return await member.client.post(f"/api/messages/{talk}/messages", json=body)


def stored(process: Process) -> set[str]:
    """The names of all files of conversations in storage."""
    return {path.name for path in (Path(process.runtime.settings.media_folder) / attachments.FOLDER).glob("*")}


async def kept(process: Process, member: Member) -> int:
    """How many files of theirs the database knows."""
    return await process.runtime.db.read_session(primary=True).value(ROWS, UUID(member.person_id)) or 0


async def test_a_photo_goes_to_the_two_alone_and_without_where_it_was_taken(pair: Pair, join: Join) -> None:  # noqa: F811
    (ada, bola, talk), chidi = pair, await join("Chidi Eze")
    file = await uploaded(ada, picture("JPEG"), "../../lamps.exe")
    assert (file["kind"], file["name"], file["type"]) == ("photo", "lamps.webp", "image/webp")
    assert (await bola.client.get(file["url"])).status_code == 404, "it is in no message yet"
    sent = await send(ada, talk, file["id"], text="The lamps")
    assert sent.status_code == 201 and sent.json()["message"]["files"] == [file]
    for path, edge in ((file["url"], (900, 700)), (file["small"], (file["width"], file["height"]))):
        answer = await bola.client.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
        assert answer.headers["cache-control"] == "private, no-cache" and answer.headers["x-content-type-options"] == "nosniff"
        shown = Image.open(io.BytesIO(answer.content))
        assert (shown.size, dict(shown.getexif()), "xmp" in shown.info) == (edge, {}, False)
        assert b"Canary" not in answer.content
        again = await bola.client.get(path, headers={"if-none-match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b""), "it is not fetched twice"
        assert (await chidi.client.get(path)).status_code == 404
    assert max(file["width"], file["height"]) == 360
    assert (await inbox(bola))["conversations"][0]["last_file"] == "photo"


async def test_what_it_is_goes_by_its_content(pair: Pair) -> None:  # noqa: F811
    ada, _, _ = pair
    for content, name, kind, called in (
        (PDF, "call sheet.jpg", "pdf", "call sheet.pdf"), (OPUS, "note.pdf", "voice", "note.ogg"), (M4A, "", "voice", "voice.m4a"),
        (b"INT. KITCHEN - DAY", "Ìyá.fountain", "file", "Ìyá.fountain"), (b"<svg onload='alert(1)'/>", "a.svg", "file", "a.svg"),
    ):  # fmt: skip
        file = await uploaded(ada, content, name or "x")
        assert (file["kind"], file["size"], file["small"]) == (kind, len(content), None), name
        assert file["name"] == called or (not name and file["name"] == "x.m4a")
        answer = await ada.client.get(file["url"])
        assert answer.content == content and answer.headers["content-type"] == file["type"]
        assert answer.headers["content-disposition"].startswith("inline" if kind == "voice" else "attachment")
        if kind == "file":
            assert file["type"] == "application/octet-stream", "nothing of it runs in our pages"


async def test_what_is_refused_is_refused_in_a_sentence_and_leaves_nothing(process: Process, pair: Pair) -> None:  # noqa: F811
    ada, _, talk = pair
    before = stored(process)
    heic = b"\0\0\0\x18ftypheic" + b"\0" * 40
    for content, name in (
        (b"", "a.txt"), (b"MZ\x90\0", "a.txt"), (b"\x7fELF", "a.pdf"), (b"PK\x03\x04....classes.dex", "a.docx"), (b"plain words", "a.APK"),
        (heic, "a.heic"), (b"II*\0....", "a.cr2"), (picture("JPEG")[:400], "a.jpg"), (b"a" * 10_000_001, "a.txt"),
    ):  # fmt: skip
        answer = await upload(ada, content, name)
        assert (answer.status_code, answer.json()["type"], answer.json()["field"]) == (422, "/problems/bad-file", "file"), name
        assert answer.json()["detail"].endswith(".")
    theirs = (await uploaded(pair[1], b"of the other"))["id"]
    for ids in ([str(uuid4())], [theirs], [theirs, theirs]):
        answer = await send(ada, talk, *ids)
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/bad-file")
    assert (await send(ada, talk)).json()["detail"] == "Write something first."
    assert len(stored(process) - before) == 1 and await kept(process, ada) == 0
    assert [row["text"] for row in (await ada.client.get(f"/api/messages/{talk}/messages")).json()["messages"]] == ["Good morning."]


async def test_sent_again_is_sent_once_and_a_file_hangs_on_one_message(pair: Pair) -> None:  # noqa: F811
    ada, _, talk = pair
    first, second = await uploaded(ada, b"one", "one.txt"), await uploaded(ada, b"two", "two.txt")
    client_id = str(uuid4())
    answers = [await send(ada, talk, second["id"], first["id"], client_id=client_id) for _ in range(2)]
    assert [file["name"] for file in answers[0].json()["message"]["files"]] == ["two.txt", "one.txt"]
    assert answers[0].json() == answers[1].json()
    assert (await send(ada, talk, first["id"])).status_code == 422


async def test_a_deleted_message_takes_its_files(process: Process, pair: Pair) -> None:  # noqa: F811
    ada, bola, talk = pair
    before, file = stored(process), await uploaded(ada, picture("PNG"))
    n = (await send(ada, talk, file["id"], text="look")).json()["message"]["n"]
    assert len(stored(process) - before) == 2
    since = (await bola.client.get("/api/messages/sync")).json()["since"]
    assert (await ada.client.delete(f"/api/messages/{talk}/messages/{n}")).status_code == 204
    for member in (ada, bola):
        assert (await member.client.get(file["url"])).status_code == 404
    changed = (await bola.client.get("/api/messages/sync", params={"since": since})).json()["messages"]
    assert [(row["n"], row["is_deleted"], row["files"]) for row in changed] == [(n, True, [])]
    await drain(process.runtime)
    assert stored(process) == before and await kept(process, ada) == 0


async def test_a_reported_file_stays_for_the_operator_until_it_is_decided(process: Process, pair: Pair, join: Join) -> None:  # noqa: F811
    (ada, bola, talk), operator = pair, await join("Ops", operator=True)
    before = stored(process)
    shown, other = await uploaded(ada, b"pay N5,000 here", "fee.txt"), await uploaded(ada, b"something else")
    n = (await send(ada, talk, shown["id"])).json()["message"]["n"]
    await send(ada, talk, other["id"])
    told = await bola.client.post(f"/api/messages/{talk}/reports", json={"messages": [n], "reason": "money"})
    assert told.status_code == 202
    assert (await ada.client.delete(f"/api/messages/{talk}/messages/{n}")).status_code == 204
    await drain(process.runtime)
    assert (await bola.client.get(shown["url"])).status_code == 404
    assert (await operator.client.get(shown["url"])).content == b"pay N5,000 here"
    assert (await operator.client.get(other["url"])).status_code == 404, "an operator sees what is reported, and nothing beside it"
    listed = (await operator.client.get("/api/messages/reports")).json()["reports"]
    files = [one["messages"][0]["files"] for one in listed if one["report"]["id"] == told.json()["id"]]
    assert [file["name"] for file in files[0]] == ["fee.txt"]
    assert "fee.txt" in (await operator.client.get("/ops/reports")).text
    decided = {"decision": "freeze", "note": "It is not fine."}
    assert (await operator.client.post(f"/api/messages/reports/{told.json()['id']}/decide", json=decided)).status_code == 204
    await drain(process.runtime)
    assert (await operator.client.get(shown["url"])).status_code == 404
    assert len(stored(process) - before) == 1


async def test_nobody_is_shown_a_strangers_file(pair: Pair, join: Join) -> None:  # noqa: F811
    (ada, bola, _), chidi = pair, await join("Chidi Eze")
    group = (await open_with(ada, await handle_of(bola), title="Second unit")).json()["message"]["conversation_id"]
    added = await ada.client.post(f"/api/messages/{group}/people", json={"people": [await handle_of(chidi)]})
    assert added.is_success
    file = await uploaded(ada, picture("JPEG"))  # the one message that who is asked may read
    assert (await send(ada, group, file["id"])).status_code == 201
    page = (await chidi.client.get(f"/me/messages/{group}")).text
    assert "<img" not in page.partition('class="talk"')[2].partition("</ol>")[0] and "It is shown when you accept." in page
    assert (await chidi.client.get(file["url"])).status_code == 404
    assert await turn(chidi, group, "accept") == 204
    assert (await chidi.client.get(file["small"])).status_code == 200


async def test_what_is_written_to_who_has_blocked_is_their_own_file(pair: Pair) -> None:  # noqa: F811
    ada, bola, talk = pair
    await bola.client.post("/api/messages/blocks", json={"person_id": ada.person_id})
    file = await uploaded(ada, b"are you there?")
    assert (await send(ada, talk, file["id"])).status_code == 201
    assert (await ada.client.get(file["url"])).status_code == 200
    assert (await bola.client.get(file["url"])).status_code == 404


async def test_a_day_has_a_measure_by_trust(process: Process, join: Join) -> None:
    ada = await join("Ada Obi")
    for _ in range(20):
        await uploaded(ada, b"x")
    refused = await upload(ada, b"x")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/too-many-files")
    assert refused.json()["detail"].startswith("Your account may send 20 files and 50 MB in 24 hours")
    bola = await join("Bola Ade")
    for _ in range(5):
        await uploaded(bola, secrets.token_bytes(9_900_000))
    assert (await upload(bola, b"x" * 600_000)).json()["type"] == "/problems/too-many-files"
    answers = await asyncio.gather(*(upload(bola, b"x" * 300_000) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409], "side by side they are counted one after another"
    assert await kept(process, bola) == 6


async def test_sound_comes_in_the_parts_a_phone_asks_for(pair: Pair) -> None:  # noqa: F811
    ada, _, _ = pair
    file = await uploaded(ada, OPUS)
    for asked, status, content, told in (
        ("bytes=0-1", 206, OPUS[:2], f"bytes 0-1/{len(OPUS)}"), ("bytes=10-", 206, OPUS[10:], f"bytes 10-{len(OPUS) - 1}/{len(OPUS)}"),
        ("bytes=-4", 206, OPUS[-4:], f"bytes {len(OPUS) - 4}-{len(OPUS) - 1}/{len(OPUS)}"), ("bytes=0-1,4-5", 200, OPUS, None),
        ("bytes=9999999-", 200, OPUS, None), ("pages=1-2", 200, OPUS, None),
    ):  # fmt: skip
        answer = await ada.client.get(file["url"], headers={"range": asked, "accept-encoding": "gzip"})
        assert (answer.status_code, answer.content, answer.headers.get("content-range")) == (status, content, told), asked


async def test_storage_that_refuses_leaves_no_trace(process: Process, pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    ada, bola, talk = pair
    before = stored(process)
    put = Storage.put

    async def half(self: Storage, key: str, content: bytes) -> None:
        if key.endswith("-s.webp"):
            raise OSError(28, "No space left on device")
        await put(self, key, content)

    with monkeypatch.context() as patch:
        patch.setattr(Storage, "put", half)
        assert (await upload(ada, picture("JPEG"))).status_code == 503
        form = {"conversation": talk, "words": "two", "client_id": str(uuid4())}
        files = [("file", ("a.txt", b"one", "text/plain")), ("file", ("b.jpg", picture("JPEG"), "image/jpeg"))]
        assert (await ada.client.post("/me/messages/files", data=form, files=files)).status_code == 503
    assert stored(process) == before and await kept(process, ada) == 0
    assert (await inbox(bola))["unread"] == 1
    assert (await ada.client.post("/me/messages/files", data=form, files=files)).status_code == 303


async def test_what_nobody_sent_and_what_nobody_knows_is_pruned(process: Process, pair: Pair) -> None:  # noqa: F811
    ada, _, talk = pair
    sent, unsent, fresh = await uploaded(ada, b"sent"), await uploaded(ada, picture("JPEG")), await uploaded(ada, b"fresh")
    assert (await send(ada, talk, sent["id"])).status_code == 201
    storage, folder = process.runtime.storage, Path(process.runtime.settings.media_folder) / attachments.FOLDER
    orphan = f"{attachments.FOLDER}/{'o' * 32}"
    for end in (attachments.WHOLE, attachments.SMALL):
        await storage.put(orphan + end, b"its process died before the commit")
    (folder / f"{'p' * 32}.bin.part").write_bytes(b"half")
    async with process.runtime.db.write_session() as session:
        day = "update messages.attachment set created_at = now() - interval '25 hours' where id = any($1::uuid[])"
        await session.sql(day, [UUID(sent["id"]), UUID(unsent["id"])])
        await session.commit()
    for path in folder.iterdir():
        os.utime(path, times=(time.time() - attachments.LEAVE_ALONE - 60,) * 2)
    runtime = process.runtime
    async with runtime.db.write_session() as session:
        await attachments.prune(Work(session, runtime.db.read_session(primary=True), runtime.db, runtime.ports, runtime.settings))
        await session.commit()
    await drain(runtime)
    assert [(await ada.client.get(file["url"])).status_code for file in (sent, unsent, fresh)] == [200, 404, 200]
    assert not any(name.startswith(("o" * 32, "p" * 32)) for name in stored(process))


async def test_the_page_sends_files_without_a_script(process: Process, pair: Pair) -> None:  # noqa: F811
    ada, bola, talk = pair
    page = (await ada.client.get(f"/me/messages/{talk}")).text
    assert 'enctype="multipart/form-data"' in page and 'action="/me/messages/files"' in page
    form = {"conversation": talk, "words": "The place\r\nand the plan", "client_id": str(uuid4())}
    files = [
        ("file", ("a.jpg", picture("JPEG"), "image/jpeg")),
        ("file", ("plan.pdf", PDF, "application/pdf")),
        ("file", ("v.ogg", OPUS, "x/y")),
    ]
    for _ in range(2):
        sent = await ada.client.post("/me/messages/files", data=form, files=files)
        assert (sent.status_code, sent.headers["location"]) == (303, f"/me/messages/{talk}#end")
    assert await kept(process, ada) == 3, "pressed twice, it is sent once"
    read = (await bola.client.get(f"/me/messages/{talk}")).text
    assert 'width="360" height="280"' in read and 'loading="lazy"' in read and 'preload="none"' in read
    assert "plan.pdf" in read and "The place\nand the plan" in read
    empty = await ada.client.post("/me/messages/files", data=form | {"client_id": str(uuid4())}, files=[("file", ("", b"", "x/y"))])
    assert empty.status_code == 422 and "Choose one to 6 files." in empty.text and "and the plan</textarea>" in empty.text
    stranger = await bola.client.post("/me/messages/files", data=form | {"conversation": str(uuid4())}, files=files)
    assert stranger.status_code == 404 and await kept(process, bola) == 0


async def test_who_leaves_takes_their_files_along(process: Process, pair: Pair) -> None:  # noqa: F811
    ada, bola, talk = pair
    await set_password(process, ada)
    before = stored(process)
    file = await uploaded(ada, b"words of mine", "mine.txt")
    assert (await send(ada, talk, file["id"])).status_code == 201
    data = (await ada.client.get("/api/users/me/export")).json()
    assert [row["name"] for row in data["messages"]["files"]] == ["mine.txt"]
    assert data["files"]["messages"] == [{"name": f"{file['id']} mine.txt", "text": "words of mine"}]
    assert (await ada.client.request("DELETE", "/api/users/me", json={"password": PASSWORD})).status_code == 204
    await drain(process.runtime)
    assert (await bola.client.get(file["url"])).status_code == 404
    assert stored(process) == before


async def set_password(process: Process, member: Member) -> None:
    """A password for somebody who was made without one."""
    hashed = await process.runtime.passwords.hash(PASSWORD)
    async with process.runtime.db.write_session() as session:
        await session.sql("update users.person set password_hash = $2 where id = $1", UUID(member.person_id), hashed)
        await session.commit()
