"""Whoever goes from a project keeps nothing of its conversations, by whichever door they look, their own words and files not either."""

from uuid import uuid4

from nollycrewhub.platform.app import Process
from nollycrewhub.platform.worker import drain
from tests.domains.test_attachments import send, uploaded
from tests.domains.test_messages import inbox
from tests.domains.test_messages import join as join  # noqa: PLC0414 - pytest finds fixtures by name
from tests.domains.test_projects import Shoot, talk_about, turn
from tests.domains.test_projects import shoot as shoot  # noqa: PLC0414
from tests.domains.test_through_a_block import found


async def test_who_goes_from_a_project_keeps_nothing_of_what_was_said_there(process: Process, shoot: Shoot) -> None:
    ada, bola, project = shoot
    talk = (await talk_about(ada, "project", project, "The lamps are in the van.")).json()["message"]["conversation_id"]
    files = []
    for member, name in ((ada, "budget.bin"), (bola, "route.bin")):
        files.append(await uploaded(member, b"Six lamps", name))
        assert (await send(member, talk, files[-1]["id"], text=f"Lamps: {name}")).status_code == 201
    assert len(await found(bola, "lamps")) == 3 and (await bola.client.get(files[0]["url"])).status_code == 200
    assert await turn(bola, project, "leave") == 204
    await drain(process.runtime)
    for one in files:
        assert (await bola.client.get(one["url"])).status_code == 404
    assert await found(bola, "lamps") == [] and (await inbox(bola))["conversations"] == []
    assert (await bola.client.get("/api/messages/sync")).json()["messages"] == []
    here = f"/api/messages/{talk}"
    report = {"messages": [1], "reason": "spam"}
    answers = [
        await bola.client.get(f"{here}/messages"), await bola.client.get(f"/me/messages/{talk}/list"),
        await bola.client.put(f"{here}/messages/3", json={"text": "Lamps"}), await bola.client.delete(f"{here}/messages/3"),
        await bola.client.post(f"{here}/read", json={"n": 3}), await bola.client.post(f"{here}/reports", json=report),
        await bola.client.post(f"{here}/turn", json={"turn": "unarchive"}),
        await bola.client.post(f"{here}/messages", json={"text": "Lamps", "client_id": str(uuid4())}),
        await talk_about(bola, "project", project, "Lamps"),
    ]  # fmt: skip
    assert [one.status_code for one in answers] == [404] * len(answers)
