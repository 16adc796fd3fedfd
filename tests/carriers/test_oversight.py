"""What became of messages, shown and given out: to operators with what a day cost, to whoever decided, and one tap that stops it."""

import csv
import io
import re
from urllib.parse import urlsplit

from nollycrewhub.domains.notifications.rules.kinds import KINDS
from nollycrewhub.domains.notifications.rules.samples import SAMPLES
from nollycrewhub.domains.notifications.service import overseeing
from nollycrewhub.kit.gsm import size_of
from nollycrewhub.platform.db import Query
from tests.carriers.conftest import Person, Scene

HTML = {"accept": "text/html"}
TOLD = Query(int, "select count(*)::int from platform.live_message where channel = $1 and kind = 'notice-state'")


def rows_of(text: str) -> list[dict[str, str]]:
    """A table as its reader has it."""
    return list(csv.DictReader(io.StringIO(text)))


async def told_of(scene: Scene, person: Person) -> int:
    """How often a person's open pages were told of a new state."""
    return await scene.process.runtime.db.read_session(primary=True).value(TOLD, f"person:{person.id}") or 0


def test_every_kind_has_a_sample_that_fits_one_part() -> None:
    assert set(SAMPLES) == set(KINDS)
    for kind, words in SAMPLES.items():
        assert words.kind == kind and "{" not in words.body


def test_no_cell_is_a_formula() -> None:
    text = overseeing.table(("a", "b"), [("=1+1", "+2348031234567"), ("-5", None), ("@x", 7), ("Ọmọlará, “Gaffer”\n", "\tx")])
    found = rows_of(text)
    assert [one["a"] for one in found] == ["'=1+1", "'-5", "'@x", "Ọmọlará, “Gaffer”\n"]
    assert [one["b"] for one in found] == ["'+2348031234567", "", "7", "'\tx"]


async def test_operators_see_what_a_day_sent_and_cost(scene: Scene) -> None:
    operator, ngozi = await scene.member(operator=True), await scene.member(email=False)
    scene.whatsapp.poison = {ngozi.digits}
    await scene.tell(ngozi)
    await scene.sql(
        "insert into users.code_spend (day, kobo, joining_kobo, recovery_kobo, signing_in_kobo) "
        "values ((now() at time zone 'Africa/Lagos')::date, 4_321_00, 1_234_00, 2_100_00, 987_00) "
        "on conflict (day) do update set kobo = excluded.kobo, joining_kobo = excluded.joining_kobo, "
        "recovery_kobo = excluded.recovery_kobo, signing_in_kobo = excluded.signing_in_kobo"
    )
    shown = (await operator.client.get("/ops/sending", headers=HTML)).text
    assert "SMS" in shown and "not sent" in shown and "A day may cost ₦50,000" in shown
    assert shown.count("NollyCrewHub: ") == len(KINDS), "each kind's text"
    assert "₦10,000 for numbers that join, ₦5,000 for new passwords and ₦5,000 to sign in" in shown
    assert [one in shown for one in ("₦1,234", "₦2,100", "₦987")] == [True] * 3, "what codes cost by part"
    await scene.sql("delete from users.code_spend")
    assert "near Ulo" in shown and "Ụlọ" not in shown
    table = await operator.client.get("/ops/sending.csv")
    assert table.headers["content-disposition"].startswith('attachment; filename="sending-')
    own = [row for row in rows_of(table.text) if row["person_id"] == str(ngozi.id)]
    assert [(row["channel"], row["state"], row["parts"], row["cost_kobo"]) for row in own] == [
        ("whatsapp", "blocked", "1", "0"), ("sms", "sent", "1", "500"),
    ]  # fmt: skip
    assert all(row["created_at"] for row in own) and own[1]["sent_at"] and own[0]["reason"] == "This number is not on WhatsApp."
    assert rows_of((await operator.client.get("/ops/sending.csv?day=2020-01-01")).text) == []
    for wrong in ("yesterday", "9999-12-31", "0001-01-01"):
        assert (await operator.client.get(f"/ops/sending.csv?day={wrong}")).status_code == 422, wrong
    assert (await ngozi.client.get("/ops/sending.csv")).status_code in (403, 404)


async def test_a_long_day_comes_in_parts(scene: Scene) -> None:
    operator, ngozi = await scene.member(operator=True), await scene.member()
    await scene.sql("delete from notifications.delivery")
    for kind in ("job.closed", "job.held", "job.released", "job.ended", "application.reviewed"):
        await scene.tell(ngozi, kind)
    overseeing.MOST_ROWS, before = 2, overseeing.MOST_ROWS
    try:
        found: list[str] = []
        address = "/ops/sending.csv"
        for _ in range(4):
            answer = await operator.client.get(address)
            found += [row["kind"] for row in rows_of(answer.text)]
            if "link" not in answer.headers:
                break
            [address] = re.findall(r"<([^>]+)>", answer.headers["link"])
    finally:
        overseeing.MOST_ROWS = before
    assert found == ["job.closed", "job.held", "job.released", "job.ended", "application.reviewed"]


async def test_whoever_decided_has_it_by_channel_and_hears_of_each_change(scene: Scene) -> None:
    poster, ngozi = await scene.member(), await scene.member(email=False)
    await scene.tell(ngozi, sender=poster.id)
    heard = await told_of(scene, poster)
    assert heard >= 1
    await scene.hook(ngozi, "whatsapp", scene.whatsapp.status(0, "delivered"))
    await scene.open(ngozi)
    assert await told_of(scene, poster) == heard + 2
    [row] = rows_of((await poster.client.get("/api/notifications/sent.csv")).text)
    assert (row["name"], row["channel"], row["state"]) == ("Ngozi Eze", "whatsapp", "delivered")
    assert row["sent_at"] and row["delivered_at"] and row["seen_at"] and "reason" not in row
    assert rows_of((await ngozi.client.get("/api/notifications/sent.csv")).text) == []
    shown = (await poster.client.get("/me/notices/sent", headers=HTML)).text
    assert 'data-live="person"' in shown and "/api/notifications/sent.csv" in shown


async def test_the_count_of_parts_stands_beside_a_text_message(scene: Scene) -> None:
    ngozi = await scene.member(email=False)
    scene.whatsapp.poison = {ngozi.digits}
    await scene.tell(ngozi)
    [notice] = (await ngozi.client.get("/api/notifications")).json()["notices"]
    assert [one["parts"] for one in notice["channels"]] == [1, size_of(scene.sms.taken[0]["sms"]).parts]
    assert "SMS: sent" in (shown := (await ngozi.client.get("/me/notices", headers=HTML)).text) and ", 1 part, ₦5" in shown


async def test_the_page_behind_a_text_message_stops_such_messages_in_one_tap(scene: Scene) -> None:
    ngozi, somebody = await scene.member(email=False), await scene.member()
    scene.whatsapp.poison = {ngozi.digits}
    await scene.tell(ngozi)
    somebody.client.headers.pop("authorization")
    shown = await somebody.client.get(urlsplit(scene.sms.taken[0]["sms"].rpartition(" ")[2]).path, headers=HTML)
    [whatsapp, sms] = re.findall(r'href="(/notices/stop/[^"]+)"', shown.text)
    for _ in range(2):
        assert (await somebody.client.get(sms, headers=HTML)).status_code == 200
        assert (await somebody.client.head(sms)).status_code == 200
    kinds = {one["kind"]: one["channels"] for one in (await ngozi.client.get("/api/notifications/settings")).json()["kinds"]}
    assert kinds["application.hired"]["sms"] is True, "a scanner that looks stops nothing"
    assert "Stopped" in (await somebody.client.post(sms)).text
    kinds = {one["kind"]: one["channels"] for one in (await ngozi.client.get("/api/notifications/settings")).json()["kinds"]}
    assert (kinds["application.hired"]["sms"], kinds["application.hired"]["whatsapp"], kinds["application.offered"]["sms"]) == (
        False,
        True,
        True,
    )
    assert whatsapp != sms
