"""Operators hear that something is wrong, by every channel of the settings, once; and that it is over."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import msgspec
import pytest

from nollycrewhub.cli import alerts
from nollycrewhub.contracts.events import SpendCapped
from nollycrewhub.contracts.scaling import IncidentClosed, IncidentOpened
from nollycrewhub.domains.notifications.tasks import prune
from nollycrewhub.kit.events import Event
from nollycrewhub.kit.gsm import size_of
from nollycrewhub.platform import backlog
from nollycrewhub.platform.carriers import Away, Carriers
from nollycrewhub.platform.carriers.webhook import Webhook
from nollycrewhub.platform.events import emit
from nollycrewhub.platform.queue import Retry
from nollycrewhub.platform.settings import Settings
from nollycrewhub.services import monolith
from tests.carriers.conftest import Person, Scene, Sims
from tests.simulators.providers import SECRET

NUMBER, ADDRESS, TOKEN = "+2348031234567", "rota@far.example", "token-of-the-alertmanager"
PILE = "insert into platform.pgqueuer (priority, entrypoint, payload, status) select 0, 'elsewhere.work', '{}', 'queued' from generate_series(1, 1001)"
STATES = "select stage, channel, state, reason, cost_kobo from notifications.alert_delivery order by id"
FIRST = 1_000_000  # such numbers are no incident's of another test
HTML = {"accept": "text/html"}
AN_HOUR = "update notifications.alert set told_at = told_at - interval '61 minutes'"


def ref(number: int) -> str:
    """The name of the case that an incident is."""
    return f"incident:{FIRST + number}"


def incident(kind: type[IncidentOpened] | type[IncidentClosed], number: int, *, action: str = "investigate_issues") -> Event:
    """What the scaler tells of an incident."""
    return kind(aggregate_id=ref(number), version=1 + (kind is IncidentClosed), incident=FIRST + number, action=action, what="7.0 % fail")


class Rota(Scene):
    """The program with somebody to tell: one operator, an address, a number and a webhook."""

    ada: Person
    incidents = 0

    async def emit(self, event: Event) -> None:
        """It happens, and what it causes."""
        await self.say(event)
        await self.drain()

    async def say(self, event: Event) -> None:
        """It happens."""
        db = self.process.runtime.db
        async with db.write_session() as session:
            await emit(session, event)
            await db.commit(session)

    async def opened(self, number: int, *, action: str = "investigate_issues") -> None:
        """The scaler opens an incident."""
        await self.emit(incident(IncidentOpened, number, action=action))

    async def closed(self, number: int, *, action: str = "investigate_issues") -> None:
        """And closes it."""
        await self.emit(incident(IncidentClosed, number, action=action))

    async def states(self) -> list[tuple[str, str, str]]:  # type: ignore[override]
        """Each message that was to be sent, and what became of it."""
        return [(row["stage"], row["channel"], row["state"]) for row in await self.sql(STATES)]

    def counted(self) -> tuple[int, int, int]:
        """Mails, texts and calls that arrived."""
        return len(self.mail.letters), len(self.sms.taken), len(self.hooks.taken)

    async def alertmanager(self, body: object, token: str = TOKEN) -> int:
        """Alertmanager calls."""
        headers = {"authorization": f"Bearer {token}"}
        transport = httpx.ASGITransport(app=self.process)
        async with httpx.AsyncClient(transport=transport, base_url=self.process.runtime.settings.public_url) as client:
            answer = await client.post("/api/notifications/hooks/alertmanager", json=body, headers=headers)
        await self.drain()
        return answer.status_code


@pytest.fixture
async def rota(settings: Settings, sims: Sims) -> AsyncIterator[Rota]:
    """Everybody is told; texts may cost as much as they like."""
    given = msgspec.structs.replace(
        sims.settings(settings), alert_mail=f"operators,{ADDRESS}", alert_sms=NUMBER, alert_webhook_url=f"{sims.hooks.url}/alerts",
        alert_webhook_secret=SECRET, alertmanager_token=TOKEN,
    )  # fmt: skip
    process = monolith.create_app(given)
    await process.runtime.start()
    found = Rota(process, sims)
    await found.sql("delete from platform.pgqueuer")
    await found.sql("delete from notifications.spend")
    await found.sql("delete from notifications.alert")
    await found.sql("delete from platform.alarm")
    await found.sql("update users.person set operator = false")
    found.ada = await found.member(operator=True)
    yield found
    await found.sql("delete from notifications.alert")
    await found.sql("delete from platform.alarm")
    for client in found.clients:
        await client.aclose()
    await process.runtime.stop()


async def test_an_incident_is_told_once_by_every_channel_and_so_is_its_end(rota: Rota) -> None:
    await rota.opened(7)
    assert sorted(letter["to"][0] for letter in rota.mail.letters) == sorted([rota.ada.email, ADDRESS])
    text = rota.mail.letters[0]["text"]
    assert "Too many requests fail, and more processes do not help" in text
    assert "docs/runbooks/error-burn.md" in text
    (sms,) = rota.sms.taken
    assert (sms["to"], size_of(sms["sms"]).parts) == (NUMBER.removeprefix("+"), 1)
    assert "7.0 % fail" in sms["sms"]
    (call,) = rota.hooks.taken
    assert (call["stage"], call["ref"], call["what"], call["cleared_at"]) == ("raised", ref(7), "7.0 % fail", None)
    await rota.opened(7)
    assert rota.counted() == (2, 1, 1), "said twice, told once"
    await rota.closed(7)
    assert rota.counted() == (4, 2, 2)
    assert "Over: " in rota.mail.letters[-1]["text"]
    assert rota.sms.taken[-1]["sms"].startswith("NollyCrewHub: OVER: ")
    assert rota.hooks.taken[-1]["stage"] == "cleared" and rota.hooks.taken[-1]["cleared_at"]
    await rota.closed(7)
    await rota.opened(7)
    assert rota.counted() == (4, 2, 2)
    assert {state for _, _, state in await rota.states()} == {"sent"}


async def test_an_end_that_comes_before_the_beginning_tells_nobody(rota: Rota) -> None:
    await rota.closed(8)
    await rota.opened(8)
    assert rota.counted() == (0, 0, 0)


async def test_a_repeat_waits_for_the_quiet_period_and_is_told_if_it_is_not_over_by_then(rota: Rota) -> None:
    await rota.opened(1)
    await rota.closed(1)
    before = rota.counted()
    for number in (2, 3):
        await rota.opened(number)
        await rota.closed(number)
    await rota.opened(4)
    assert rota.counted() == before, "it comes and goes"
    await rota.hurry("alert.tell")
    assert rota.counted() == before, "not before its time"
    await rota.opened(50, action="actuator_away")
    assert rota.counted() == (before[0] + 2, before[1] + 1, before[2] + 1), "another matter is told at once"
    await rota.sql(AN_HOUR)
    await rota.hurry("alert.tell")
    assert rota.counted() == (before[0] + 4, before[1] + 2, before[2] + 2)
    assert rota.hooks.taken[-1]["ref"] == ref(4)


async def test_a_pile_of_jobs_is_told_and_so_is_that_it_is_gone(rota: Rota) -> None:
    async def watch() -> None:
        db = rota.process.runtime.db
        async with db.write_session() as session:
            await backlog.watch.run(rota.work(session))
            await db.commit(session)
        await rota.drain()

    await rota.sql(PILE)
    for _ in range(3):
        await watch()
    assert [call["title"] for call in rota.hooks.taken] == ["Too many jobs wait in elsewhere.work"]
    assert rota.hooks.taken[0]["what"].startswith("1,001 jobs wait in elsewhere.work, the oldest for ")
    await rota.sql("delete from platform.pgqueuer where entrypoint = 'elsewhere.work'")
    for _ in range(2):
        await watch()
    assert [(call["stage"], call["subject"]) for call in rota.hooks.taken] == [
        ("raised", "queue:elsewhere.work"), ("cleared", "queue:elsewhere.work"),
    ]  # fmt: skip
    assert await rota.sql("select 1 from platform.alarm") == []


async def test_what_a_text_may_cost_holds_for_operators_too(rota: Rota) -> None:
    for place in range(20):
        await rota.opened(100 + place, action=f"matter-{place}")
    assert len(rota.sms.taken) == 20, "a hundred naira are twenty parts"
    await rota.opened(200, action="one-more")
    assert len(rota.sms.taken) == 20
    assert rota.hooks.taken[-1]["ref"] == ref(200), "the others do not cost anything"
    (row,) = await rota.sql(f"select * from ({STATES}) as d where state = 'blocked'")
    assert (row["channel"], row["cost_kobo"], row["reason"]) == ("sms", 0, "Not sent: what a day may cost is spent.")
    calls = len(rota.hooks.taken)
    await rota.emit(SpendCapped(aggregate_id="spend:2026-12-01", version=1, day="2026-12-01", spent_kobo=5_000_000, cap_kobo=5_000_000))
    assert "50,000" in rota.hooks.taken[calls]["what"]


async def test_a_number_that_is_refused_costs_nothing(rota: Rota) -> None:
    rota.sms.poison.add(NUMBER.removeprefix("+"))
    await rota.opened(1)
    assert ("raised", "sms", "failed") in await rota.states()
    assert [row["kobo"] for row in await rota.sql("select kobo from notifications.spend")] == [0, 0]
    await rota.closed(1)
    assert ("cleared", "sms", "sent") not in await rota.states(), "who has not heard of it need not hear of its end"


@pytest.mark.parametrize("fault", ["refuse", "delay", "lose"])
async def test_a_webhook_that_misbehaves_is_called_again_under_the_same_name(rota: Rota, fault: str) -> None:
    webhook = rota.process.runtime.ports.get(Carriers).webhook
    assert isinstance(webhook, Webhook)
    webhook.provider.client.timeout = httpx.Timeout(0.3)
    setattr(rota.hooks.faults, fault, {"refuse": 500, "delay": 0.6, "lose": True}[fault])
    await rota.say(incident(IncidentOpened, 9))
    with pytest.raises(Away):
        await rota.drain()
    assert (len(rota.mail.letters), len(rota.sms.taken)) == (2, 1), "the others do not wait for it"
    assert ("raised", "webhook", "queued") in await rota.states()
    rota.hooks.faults = type(rota.hooks.faults)()
    await rota.drain()
    assert ("raised", "webhook", "sent") in await rota.states()
    assert len({call["id"] for call in rota.hooks.taken}) == 1
    rota.hooks.faults.refuse, rota.hooks.faults.retry_after = 429, "77"
    await rota.say(incident(IncidentClosed, 9))
    with pytest.raises(Retry) as wish:
        await rota.drain()
    assert wish.value.after == 77


async def test_a_worker_that_dies_in_between_does_not_double_anything(rota: Rota) -> None:
    await rota.say(incident(IncidentOpened, 5))
    payload = await rota.job("event:notifications.incident_opened")
    await rota.run("event:notifications.incident_opened", payload)
    await rota.run("event:notifications.incident_opened", payload)
    await rota.sql(
        "delete from platform.pgqueuer where entrypoint = 'alert.email' and id <> (select min(id) from platform.pgqueuer where entrypoint = 'alert.email')"
    )
    for name, simulator in (("alert.sms", rota.sms), ("alert.webhook", rota.hooks), ("alert.email", rota.mail)):
        payload = await rota.killed_with_it(name, simulator)
        await rota.run(name, payload)
        await rota.run(name, payload)
    assert len(rota.sms.taken) == 1, "the gateway cannot tell a second one from the first"
    assert [call["id"] for call in rota.hooks.taken] == [rota.hooks.taken[0]["id"]] * 2
    names = [next(line for line in letter["text"].splitlines() if line.lower().startswith("message-id:")) for letter in rota.mail.letters]
    assert len(names) == 2 and len(set(names)) == 1, "a mail program shows it once"
    found = await rota.sql(STATES)
    assert [row["reason"] for row in found if row["channel"] == "sms"] == [
        "Nobody knows whether the gateway took it; it is not sent twice."
    ]


async def test_alertmanager_has_a_way_in(rota: Rota) -> None:
    one = {
        "status": "firing", "fingerprint": "ab12", "startsAt": "2026-11-30T10:00:00Z", "labels": {"alertname": "PrimaryIsOut", "severity": "page"},
        "annotations": {"summary": "The primary\r\nis away.", "runbook_url": "https://runbooks.example/PrimaryIsOut"},
    }  # fmt: skip
    assert await rota.alertmanager({"alerts": [one]}, token="token-of-somebody-else") == 403
    assert rota.counted() == (0, 0, 0)
    assert await rota.alertmanager({"version": "4", "alerts": [one, {"status": "firing"}, {"status": "odd"}, 7]}) == 204
    assert [call["title"] for call in rota.hooks.taken] == ["PrimaryIsOut", "unnamed"]
    assert (rota.hooks.taken[0]["what"], rota.hooks.taken[0]["runbook"]) == (
        "The primary is away.",
        "https://runbooks.example/PrimaryIsOut",
    )
    assert await rota.alertmanager({"alerts": [one]}) == 204
    assert len(rota.hooks.taken) == 2, "Alertmanager repeats itself every few hours"
    assert await rota.alertmanager({"alerts": [{**one, "status": "resolved"}]}) == 204
    assert [call["stage"] for call in rota.hooks.taken] == ["raised", "raised", "cleared"]
    assert await rota.alertmanager({"alerts": "none"}) == 204
    assert await rota.alertmanager(["no object"]) == 400


async def test_an_operator_tries_all_channels_and_reads_what_became_of_it(rota: Rota) -> None:
    page = (await rota.ada.client.get("/ops/alerts", headers=HTML)).text
    for words in ("Nobody was told anything yet", ADDRESS, "ends in 4567", "127.0.0.1", "Try all channels"):
        assert words in page, words
    for _ in range(2):
        assert (await rota.ada.client.post("/ops/alerts/try")).status_code == 303
        await rota.drain()
    assert rota.counted() == (4, 2, 2), "a second trial waits for no quiet period"
    assert "Nothing is wrong." in rota.mail.letters[-1]["text"] and "Nothing is wrong." in rota.sms.taken[-1]["sms"]
    assert (rota.hooks.taken[-1]["stage"], rota.hooks.taken[-1]["title"]) == ("raised", "A trial of the channels")
    page = (await rota.ada.client.get("/ops/alerts", headers=HTML)).text
    assert (page.count("A trial of the channels"), page.count(">sent<"), page.count(">Open<")) == (2, 8, 0)
    trail = await rota.sql("select actor from platform.audit where action = 'alert.try' order by id desc limit 2")
    assert [row["actor"] for row in trail] == [rota.ada.id] * 2


async def test_the_page_tells_an_open_case_from_one_that_is_over(rota: Rota) -> None:
    await rota.opened(21)
    page = (await rota.ada.client.get("/ops/alerts", headers=HTML)).text
    assert ("Too many requests fail" in page, page.count(">Open<"), page.count(">Over<")) == (True, 1, 0)
    await rota.closed(21)
    await rota.opened(22)
    page = (await rota.ada.client.get("/ops/alerts", headers=HTML)).text
    assert (page.count(">Open<"), page.count(">Over<"), page.count("that it is over: ")) == (1, 1, 4)
    assert "It waits for the end of the quiet time." in page


async def test_the_command_tells_what_became_of_a_trial(rota: Rota, capsys: pytest.CaptureFixture[str]) -> None:
    db = rota.process.runtime.db
    assert await alerts.tried(db, 0.1) == 1
    assert "does a worker run?" in capsys.readouterr().err
    await rota.drain()

    done = asyncio.Event()

    async def work() -> None:
        while not done.is_set():
            await asyncio.sleep(0.1)
            await rota.drain()

    async with asyncio.TaskGroup() as group:
        group.create_task(work())
        assert await alerts.tried(db, 20.0) == 0
        done.set()
    said = capsys.readouterr().out
    assert [said.count(f"{channel}: sent") for channel in ("email", "sms", "webhook")] == [2, 1, 1]
    assert await alerts.listed(db) == 0
    assert capsys.readouterr().out.count("A trial of the channels") == 2


async def test_whom_it_is_told_follows_accounts_and_settings(rota: Rota) -> None:
    bola = await rota.member(operator=True)
    await rota.sql("update users.person set banned_at = now() where id = $1", bola.id)
    await rota.member(operator=True, email=False)
    settings = rota.process.runtime.settings
    rota.process.runtime.settings = msgspec.structs.replace(
        settings, alert_mail=f"operators,{rota.ada.email}", alert_sms="", alert_webhook_url=""
    )
    await rota.opened(1)
    assert [letter["to"] for letter in rota.mail.letters] == [[rota.ada.email]]
    rota.process.runtime.settings = msgspec.structs.replace(settings, alert_mail="none", alert_sms="", alert_webhook_url="")
    await rota.opened(2, action="another")
    assert len(rota.mail.letters) == 1
    assert await rota.sql("select 1 from notifications.alert where ref = $1", ref(2)), "it is stored all the same"


async def test_old_cases_go(rota: Rota) -> None:
    await rota.opened(1)
    for days, left in ((399, 1), (401, 0)):
        await rota.sql("update notifications.alert set raised_at = now() - $1::interval", timedelta(days=days))
        db = rota.process.runtime.db
        async with db.write_session() as session:
            await prune.run(rota.work(session))
            await db.commit(session)
        assert len(await rota.sql("select 1 from notifications.alert")) == left
    assert await rota.states() == []
