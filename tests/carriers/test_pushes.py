"""What became of a push: its browser says that it was shown and tapped, by the token in it, and nobody else can say so."""

import asyncio
import csv
import io
import secrets
from typing import Any

import httpx
import pytest

from nollycrewhub.domains.notifications.errors import NoSuchLink
from nollycrewhub.domains.notifications.schemas import PushReport
from nollycrewhub.domains.notifications.service import push_report
from nollycrewhub.domains.notifications.service.links import push_token, seen_link
from nollycrewhub.kit.ids import uuid7
from nollycrewhub.platform.access import STRANGER_WRITES
from tests.carriers.conftest import Person, Scene
from tests.carriers.test_oversight import told_of
from tests.simulators.providers import Browser

HTML = {"accept": "text/html"}
ADDRESS = "/api/notifications/pushes"


class Phone:
    """A browser that takes a person's pushes, and reports on them without being signed in."""

    def __init__(self, scene: Scene) -> None:
        self.browser = Browser(scene.push)
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=scene.process, client=(f"10.{secrets.randbelow(256)}.{secrets.randbelow(256)}.7", 4_000)),
            base_url=scene.process.runtime.settings.public_url,
        )  # fmt: skip
        scene.clients.append(self.client)

    @property
    def token(self) -> str:
        """What came in the newest push."""
        return str(self.browser.shown[-1]["token"])

    async def says(self, state: str, token: str = "") -> int:
        """Its worker tells; the status it gets."""
        return (await self.client.post(ADDRESS, json={"token": token or self.token, "state": state})).status_code


async def pushed(scene: Scene, person: Person, **more: Any) -> Phone:
    """A phone that was pushed one notice."""
    phone = Phone(scene)
    await scene.subscribe(person, phone.browser.subscription())
    await scene.tell(person, **more)
    return phone


async def truth(person: Person, path: str = "deliveries.csv") -> dict[str, str]:
    """The one row of the export."""
    [row] = csv.DictReader(io.StringIO((await person.client.get(f"/api/notifications/{path}")).text))
    return row


async def test_a_push_is_delivered_when_shown_and_opened_when_tapped_and_everybody_sees_it(scene: Scene) -> None:
    poster, ngozi = await scene.member(), await scene.member()
    phone = await pushed(scene, ngozi, sender=poster.id)
    assert await scene.states(ngozi) == [("push", "sent")] and (await truth(ngozi))["delivered_at"] == ""
    for number, state in enumerate(("delivered", "opened"), 1):
        heard = await told_of(scene, ngozi), await told_of(scene, poster)
        assert await phone.says(state) == 204
        assert await scene.states(ngozi) == [("push", state)]
        assert (await told_of(scene, ngozi), await told_of(scene, poster)) == (heard[0] + 1, heard[1] + 1), "open pages follow"
        for row in (await truth(ngozi), await truth(poster, "sent.csv")):
            assert row["state"] == state and row["delivered_at"] and bool(row["opened_at"]) == (number == 2)
        shown = (await ngozi.client.get("/me/notices", headers=HTML)).text
        assert f"Push: {state}" in " ".join(shown.split())
    await scene.sql(
        "update notifications.delivery set delivered_at = '2026-01-05', opened_at = '2026-02-07' where person_id = $1", ngozi.id
    )
    shown = (await ngozi.client.get("/me/notices", headers=HTML)).text
    assert "7 Feb" in shown and "5 Jan" not in shown, "opened says when it was opened"
    assert "Opened" in (await poster.client.get("/me/notices/sent", headers=HTML)).text
    await scene.climb(ngozi)
    assert await scene.states(ngozi) == [("push", "opened"), ("email", "sent")], "a tap is no word that somebody will come"


async def test_what_is_said_again_or_in_the_wrong_order_takes_nothing_back(scene: Scene) -> None:
    ngozi = await scene.member()
    phone = await pushed(scene, ngozi)
    assert await phone.says("opened") == 204
    before, heard = await truth(ngozi), await told_of(scene, ngozi)
    for state in ("delivered", "opened", "delivered", "opened"):
        assert await phone.says(state) == 204
    assert await truth(ngozi) == before and await told_of(scene, ngozi) == heard
    assert (before["state"], before["sent_at"] != "") == ("opened", True)


async def test_a_forged_token_is_refused_before_anything_is_looked_up(scene: Scene) -> None:
    ngozi = await scene.member()
    phone = await pushed(scene, ngozi)
    settings = scene.process.runtime.settings
    [row] = await scene.sql("select id, notice_id from notifications.delivery where person_id = $1", ngozi.id)
    good = phone.token
    assert good == push_token(settings, row["id"])
    turned = good[:-1] + ("A" if good[-1] != "A" else "B")
    another = push_token(settings, uuid7())[:21] + good[21:]
    for token in (
        turned,
        another,
        good[:-4],
        good + "AAAA",
        "A" * 36,
        seen_link(settings, row["id"]),
        seen_link(settings, row["notice_id"]),
    ):
        assert await phone.says("opened", token) == 404, token
        with pytest.raises(NoSuchLink):
            await push_report(None, settings, None, PushReport(token, "opened"))  # type: ignore[arg-type]  # neither database nor Valkey
    for body in (
        {"token": good},
        {"token": good, "state": "confirmed"},
        {"token": good, "state": "sent"},
        {"token": "x" * 61, "state": "opened"},
    ):
        assert (await phone.client.post(ADDRESS, json=body)).status_code == 422
    assert await scene.states(ngozi) == [("push", "sent")]
    assert await phone.says("delivered", push_token(settings, uuid7())) == 204, "a delivery that is gone says nothing to anybody"


async def test_the_token_of_one_push_says_nothing_of_another(scene: Scene) -> None:
    ngozi, tunde = await scene.member(), await scene.member()
    his, hers = await pushed(scene, tunde), await pushed(scene, ngozi)
    assert await his.says("opened") == 204
    assert (await scene.states(tunde), await scene.states(ngozi)) == ([("push", "opened")], [("push", "sent")])
    [mail] = await scene.sql("select id from notifications.delivery where person_id = $1", ngozi.id)
    await scene.sql("update notifications.delivery set channel = 'email' where id = $1", mail["id"])
    assert await hers.says("opened") == 204
    assert await scene.states(ngozi) == [("email", "sent")], "only of a push"


async def test_a_browser_that_is_gone_by_now_may_still_say_what_it_showed(scene: Scene) -> None:
    ngozi = await scene.member()
    phone = await pushed(scene, ngozi)
    first = phone.token
    phone.browser.is_gone = True
    await scene.tell(ngozi)
    assert ("push", "blocked") in await scene.states(ngozi)
    assert await scene.sql("select 1 from notifications.push_device where person_id = $1", ngozi.id) == []
    assert await phone.says("opened", first) == 204
    assert [state for state in await scene.states(ngozi) if state[0] == "push"] == [("push", "opened"), ("push", "blocked")]


async def test_what_is_said_before_the_push_service_has_answered_stands(scene: Scene) -> None:
    ngozi = await scene.member()
    phone = Phone(scene)
    await scene.subscribe(ngozi, phone.browser.subscription())
    scene.meanwhile(scene.push, lambda: phone.says("delivered"))
    await scene.tell(ngozi)
    assert await scene.states(ngozi) == [("push", "delivered")]


async def test_a_browser_that_has_it_is_not_said_to_be_tried_again(scene: Scene) -> None:
    """Its push service took the push and lost the answer; the browser has told by then."""
    ngozi = await scene.member()
    phone = Phone(scene)
    await scene.subscribe(ngozi, phone.browser.subscription())
    scene.push.faults.lose = True
    scene.meanwhile(scene.push, lambda: phone.says("delivered"))
    await scene.tell(ngozi)
    scene.push.faults.lose = False
    await scene.hurry("notice.push")
    [row] = await scene.rows(ngozi)
    assert (row["state"], row["reason"], len(scene.push.taken)) == ("delivered", "", 1)


async def test_reports_are_bounded_and_take_nothing_from_what_people_do_at_that_address(scene: Scene) -> None:
    ngozi = await scene.member()
    phone = await pushed(scene, ngozi)
    assert [await phone.says("delivered") for _ in range(21)] == [204] * 20 + [429]
    found: list[int] = []
    while 429 not in found and len(found) < 2 * STRANGER_WRITES:
        found += await asyncio.gather(*(phone.says("opened", "A" * 36) for _ in range(50)))
    assert set(found) == {404, 429}
    answer = await phone.client.post("/api/auth/login", json={"email": "nobody@far.example", "password": "three unusual words"})
    assert answer.status_code == 401, "a carrier's phones that report leave its people room to sign in"
