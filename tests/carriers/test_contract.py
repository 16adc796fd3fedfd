"""What every carrier promises, the live ones on their simulators and the laptop's mailbox alike; and what only a live one can meet."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest

from nollycrewhub.kit.gsm import size_of
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.carriers import Away, Carriers, Chat, Mail, PushMessage, Receipt, Sms, Subscription, Unsure, WindowClosed
from nollycrewhub.platform.carriers.asking import MOST_HOSTS, Provider
from nollycrewhub.platform.carriers.push import WebPush
from nollycrewhub.platform.carriers.sms import Termii
from nollycrewhub.platform.carriers.whatsapp import CloudApi
from nollycrewhub.platform.settings import Settings
from tests.carriers.conftest import Sims
from tests.simulators.providers import Browser, PushService

NUMBER = "+2348031234567"
CHANNELS = ("email", "sms", "whatsapp", "push")
STOP = "https://here.example/notices/stop/" + "x" * 150
HTTP = ("sms", "whatsapp", "push")


class Way:
    """One carrier, and how to send by it."""

    def __init__(self, carriers: Carriers, sims: Sims, session: Any, *, is_live: bool = True) -> None:
        self.carriers, self.sims, self.session, self.is_live = carriers, sims, session, is_live
        self.browser = Browser(sims.push)
        given = self.browser.subscription()
        self.to = Subscription(endpoint=given["endpoint"], **given["keys"])

    async def send(self, channel: str, **more: Any) -> Receipt:
        """One message."""
        if channel == "email":
            return await self.carriers.mail.send(Mail(to="ada@far.example", subject="Hello", text="Well.", **more), self.session)
        if channel == "sms":
            assert self.carriers.sms is not None
            more = {"text": "Ọmọlará: ₦5,000", **more}
            return await self.carriers.sms.send_sms(Sms(to=NUMBER, **more), self.session)
        if channel == "whatsapp":
            assert self.carriers.whatsapp is not None
            return await self.carriers.whatsapp.send_chat(Chat(to=NUMBER, text="Hello", params=("Hello", "link"), **more), self.session)
        assert self.carriers.push is not None
        return await self.carriers.push.send_push(self.to, PushMessage(title="Hello", link="/me", topic="t1"), self.session)

    async def read(self, channel: str) -> list[tuple[str, str]]:
        """What lies with its reader: to whom, and the words."""
        if not self.is_live:
            name = "mail" if channel == "email" else channel
            rows = await self.session.sql("select recipient, subject, text from platform.mailbox where channel = $1 order by id", name)
            return [(row["recipient"], row["subject"] if channel == "push" else row["text"]) for row in rows]
        if channel == "email":
            return [(one["to"][0], one["text"].rpartition("\r\n\r\n")[2].strip()) for one in self.sims.mail.letters]
        if channel == "sms":
            return [(f"+{one['to']}", one["sms"]) for one in self.sims.sms.taken]
        if channel == "whatsapp":
            return [(f"+{one['to']}", one["template"]["components"][0]["parameters"][0]["text"]) for one in self.sims.whatsapp.taken]
        return [(self.to.endpoint, one["title"]) for one in self.sims.push.taken]

    def patience(self, seconds: float) -> None:
        """How long a live carrier waits for its provider."""
        for carrier in (self.carriers.sms, self.carriers.whatsapp, self.carriers.push):
            if isinstance(carrier, (Termii, CloudApi, WebPush)):
                carrier.provider.client.timeout = httpx.Timeout(seconds)


@pytest.fixture(params=["live", "local"])
async def way(request: Any, settings: Settings, sims: Sims, process: Process) -> AsyncIterator[Way]:
    """The live adapters before the simulators, and the laptop's."""
    is_live = request.param == "live"
    carriers = Carriers(sims.settings(settings) if is_live else settings)
    async with process.runtime.db.write_session() as session:
        await session.sql("delete from platform.mailbox")
        yield Way(carriers, sims, session, is_live=is_live)
        await session.rollback()
    await carriers.stop()


@pytest.fixture
async def live(settings: Settings, sims: Sims, process: Process) -> AsyncIterator[Way]:
    """The live adapters."""
    carriers = Carriers(sims.settings(settings))
    async with process.runtime.db.write_session() as session:
        yield Way(carriers, sims, session)
    await carriers.stop()


@pytest.mark.parametrize("channel", CHANNELS)
async def test_a_message_is_taken_and_has_a_name_at_the_provider(way: Way, channel: str) -> None:
    assert set(way.carriers.offered) == set(CHANNELS)
    first, second = await way.send(channel), await way.send(channel)
    assert {first.state, second.state} <= {"sent", "delivered"}
    assert first.provider_id and first.provider_id != second.provider_id


@pytest.mark.parametrize("channel", CHANNELS)
async def test_what_is_sent_lies_with_its_reader_once(way: Way, channel: str) -> None:
    assert await way.read(channel) == []
    await way.send(channel)
    to = {"email": "ada@far.example", "push": way.to.endpoint}.get(channel, NUMBER)
    words = {"email": "Well.", "sms": "Omolara: NGN 5,000"}.get(channel, "Hello")
    assert await way.read(channel) == [(to, words)]
    await way.send(channel)
    assert await way.read(channel) == [(to, words)] * 2


@pytest.mark.parametrize(
    ("text", "read", "parts"),
    [
        ("Ẹ káàbọ̀ — ₦1,000", "E kaàbo - NGN 1,000", 1),
        ("“Nwoke ọma”, 🎬 sannu", '"Nwoke oma",  sannu', 1),
        ("ọ" * 161, "o" * 161, 2),
    ],
)
async def test_every_text_message_is_in_the_sms_alphabet(way: Way, text: str, read: str, parts: int) -> None:
    await way.send("sms", text=text)
    assert await way.read("sms") == [(NUMBER, read)]
    assert size_of(read).parts == parts and size_of(read).is_gsm


@pytest.mark.parametrize("channel", CHANNELS)
async def test_many_at_once_are_each_taken_once(way: Way, channel: str) -> None:
    if way.is_live:
        found = await asyncio.gather(*(way.send(channel) for _ in range(12)))
    else:  # one session is one transaction, which does one thing at a time
        found = [await way.send(channel) for _ in range(12)]
    assert len({one.provider_id for one in found}) == 12 and len(await way.read(channel)) == 12


async def test_what_the_providers_were_given(live: Way, sims: Sims) -> None:
    await live.send("sms")
    await live.send("sms", promotional=True)
    assert [(one["to"], one["sms"], one["channel"], one["from"]) for one in sims.sms.taken] == [
        ("2348031234567", "Omolara: NGN 5,000", "dnd", "NollyCrew"), ("2348031234567", "Omolara: NGN 5,000", "generic", "NollyCrew"),
    ]  # fmt: skip
    await live.send("whatsapp", reference="r1")
    assert sims.whatsapp.taken[0]["biz_opaque_callback_data"] == "r1"
    await live.send("push")
    await live.send("push")
    browser = next(iter(sims.push.browsers.values()))
    assert browser.shown == [{"title": "Hello", "link": "/me", "tag": "t1"}], "the same topic replaces itself"


async def test_free_text_needs_an_open_window_and_a_template_none(live: Way, sims: Sims) -> None:
    for _ in range(8):  # it is no failure of the provider's
        with pytest.raises(WindowClosed):
            await live.send("whatsapp", is_free=True)
    assert sims.whatsapp.taken == [] and (await live.send("whatsapp")).state == "sent"
    sims.whatsapp.windows.add(NUMBER[1:])
    assert (await live.send("whatsapp", is_free=True)).state == "sent"
    sims.whatsapp.faults.refuse, sims.whatsapp.faults.refusal = 400, {"error": {"code": 131047}}
    assert (await live.send("whatsapp")).state == "failed", "said of a template it has no meaning, and is asked once"


async def test_a_push_carries_what_its_browser_reports_with(way: Way) -> None:
    token = "t" * 36
    assert way.carriers.push is not None
    receipt = await way.carriers.push.send_push(way.to, PushMessage(title="Hello", link="/me", topic="t1", token=token), way.session)
    assert receipt.state == "sent", "only a browser says that it has it"
    if way.is_live:
        assert way.browser.shown == [{"title": "Hello", "link": "/me", "tag": "t1", "token": token}]
    else:
        [row] = await way.session.sql("select text from platform.mailbox where channel = 'push'")
        assert msgspec.json.decode(row["text"]) == {"title": "Hello", "link": "/me", "tag": "t1", "token": token}


async def test_a_mail_names_itself_says_how_to_stop_and_keeps_its_connection(live: Way, sims: Sims) -> None:
    for number in range(5):
        receipt = await live.send("email", reference=f"n-{number}", stop=STOP, bounces=f"bounces+n-{number}@here.example")
        assert receipt.state == "sent"
    one = sims.mail.letters[3]
    assert one["sender"] == "bounces+n-3@here.example" and one["to"] == ["ada@far.example"]
    assert "Message-ID: <n-3@nollycrewhub.example>" in one["text"]
    assert f"List-Unsubscribe: <{STOP}>" in one["text"]
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in one["text"]
    assert sims.mail.connections == 1


@pytest.mark.parametrize("channel", HTTP)
@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_busy_provider_took_nothing(live: Way, sims: Sims, channel: str, status: int) -> None:
    simulator = getattr(sims, channel)
    simulator.faults.refuse, simulator.faults.retry_after = status, "7"
    with pytest.raises(Away) as caught:
        await live.send(channel)
    assert caught.value.after == 7.0 and simulator.taken == []


@pytest.mark.parametrize("channel", HTTP)
async def test_our_own_fault_is_no_fault_of_the_number(live: Way, sims: Sims, channel: str) -> None:
    getattr(sims, channel).faults.refuse = 401
    with pytest.raises(Away) as caught:
        await live.send(channel)
    assert caught.value.after == 600.0


@pytest.mark.parametrize("channel", HTTP)
async def test_a_lost_answer_is_told_apart_from_a_message_that_never_left(live: Way, sims: Sims, channel: str) -> None:
    simulator = getattr(sims, channel)
    simulator.faults.lose = True
    with pytest.raises(Unsure):
        await live.send(channel)
    assert len(simulator.taken) == 1
    simulator.stop()
    with pytest.raises((Away, Unsure)):
        await live.send(channel)
    assert len(simulator.taken) == 1


@pytest.mark.parametrize("channel", HTTP)
async def test_an_answer_that_comes_late_may_have_been_a_yes(live: Way, sims: Sims, channel: str) -> None:
    """The provider takes the message and answers after we have gone: nobody may say that it was not taken."""
    simulator = getattr(sims, channel)
    live.patience(0.2)
    simulator.faults.delay = 0.6
    with pytest.raises(Unsure):
        await live.send(channel)
    assert len(simulator.taken) == 1
    simulator.faults.delay = 0.0
    assert (await live.send(channel)).state == "sent", "one late answer is no reason to leave a provider alone"


@pytest.mark.parametrize("channel", HTTP)
async def test_an_answer_within_our_patience_is_waited_for(live: Way, sims: Sims, channel: str) -> None:
    simulator = getattr(sims, channel)
    simulator.faults.delay = 0.3
    assert (await live.send(channel)).state == "sent"
    assert (len(simulator.taken), simulator.asked) == (1, 1)


async def test_a_push_that_is_handed_over_twice_is_shown_once(live: Way, sims: Sims) -> None:
    sims.push.faults.duplicate = True
    await live.send("push")
    await live.send("push")
    assert [one["tag"] for one in live.browser.shown] == ["t1"] and len(sims.push.taken) == 2


@pytest.mark.parametrize("answer", [{}, [], "ok", {"message_id": None}, {"messages": "no"}, {"messages": []}, {"error": []}])
@pytest.mark.parametrize("channel", ["sms", "whatsapp"])
async def test_a_yes_in_other_words_is_a_yes(live: Way, sims: Sims, channel: str, answer: Any) -> None:
    """The message is theirs, whatever their answer looks like: without a name it is sent all the same, and not again."""
    simulator = getattr(sims, channel)
    simulator.faults.refuse, simulator.faults.refusal = 200, answer
    receipt = await live.send(channel)
    assert (receipt.state, receipt.provider_id) == ("sent", "")


async def test_an_address_that_is_refused_for_good(live: Way, sims: Sims) -> None:
    sims.sms.poison = sims.whatsapp.poison = {NUMBER[1:]}
    sims.mail.refused = {"ada@far.example"}
    for browser in sims.push.browsers.values():
        browser.is_gone = True
    found = {channel: (await live.send(channel)).state for channel in CHANNELS}
    assert found == {"email": "bounced", "sms": "blocked", "whatsapp": "blocked", "push": "blocked"}
    sims.mail.refused = set()
    assert (await live.send("email")).state == "sent", "the connection is still good"


async def test_a_mail_server_that_is_busy_or_hangs_up(live: Way, sims: Sims) -> None:
    sims.mail.busy = True
    with pytest.raises(Away):
        await live.send("email")
    sims.mail.busy, sims.mail.lose = False, True
    with pytest.raises(Away):
        await live.send("email")
    sims.mail.lose = False
    assert (await live.send("email")).state == "sent"


@pytest.mark.parametrize("channel", HTTP)
async def test_a_provider_that_is_down_is_soon_left_alone(live: Way, sims: Sims, channel: str) -> None:
    simulator = getattr(sims, channel)
    simulator.faults.refuse = 503
    for _ in range(12):
        with pytest.raises(Away):
            await live.send(channel)
    assert simulator.asked == 5
    others = [other for other in CHANNELS if other != channel]
    assert [(await live.send(other)).state for other in others] == ["sent"] * 3


async def test_a_push_service_that_is_down_stops_no_other(live: Way, sims: Sims) -> None:
    other = PushService()
    given = Browser(other).subscription()
    elsewhere, here = Subscription(endpoint=given["endpoint"], **given["keys"]), live.to
    sims.push.faults.refuse = 503
    for _ in range(8):
        with pytest.raises(Away):
            await live.send("push")
    live.to = elsewhere
    assert (await live.send("push")).state == "sent"
    live.to = here
    with pytest.raises(Away):
        await live.send("push")
    other.stop()
    assert sims.push.asked == 5, "the one that is down is left alone all the same"


def test_a_carrier_keeps_few_compartments() -> None:
    provider = Provider("push")
    first = provider.compartment("https://0.example/x")
    for number in range(MOST_HOSTS):
        assert provider.compartment("https://0.example/y") is first, "the one in use stays"
        provider.compartment(f"https://{number + 1}.example/x")
    assert len(provider.compartments) == MOST_HOSTS


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (404, "ApplicationSenderId not found for applicationId: 1 and senderName: NollyCrew"), (400, "Country Inactive. Contact Administrator."),
        (400, "Insufficient balance"), (422, "The channel is not active"), (404, ""),
    ],
)  # fmt: skip
async def test_what_the_gateway_says_of_our_account_blocks_no_number(live: Way, sims: Sims, status: int, words: str) -> None:
    sims.sms.faults.refuse, sims.sms.faults.refusal = status, {"message": words}
    with pytest.raises(Away) as caught:
        await live.send("sms")
    assert caught.value.after == 600.0


@pytest.mark.parametrize(
    ("words", "state"),
    [("Invalid phone number", "blocked"), ("Number is on DND", "blocked"), ("Bad request", "failed"), (None, "failed"), ([], "failed")],
)
async def test_only_a_no_that_names_the_number_blocks_it(live: Way, sims: Sims, words: Any, state: str) -> None:
    sims.sms.faults.refuse, sims.sms.faults.refusal = 400, {"message": words}
    assert (await live.send("sms")).state == state


async def test_what_a_mail_server_says_of_one_mail_stops_no_other(live: Way, sims: Sims) -> None:
    sims.mail.grey = {"ada@far.example"}
    for _ in range(8):
        with pytest.raises(Away) as caught:
            await live.send("email")
        assert "this address" in caught.value.reason
    sims.mail.grey = set()
    assert (await live.send("email")).state == "sent", "one host that asks to come later is no reason to leave all others alone"
    sims.mail.unwanted = b"Subject: Hello"
    found = [await live.send("email") for _ in range(8)]
    assert {(one.state, one.reason) for one in found} == {("failed", "The mail server refuses this mail (554).")}
    sims.mail.unwanted = b""
    assert (await live.send("email")).state == "sent"
    assert sims.mail.connections == 1


def test_production_has_no_mailbox_to_fall_back_on(settings: Settings) -> None:
    carriers = Carriers(msgspec.structs.replace(settings, shape="production", mail_url="smtps://mail.example"))
    assert carriers.offered == ("email",)
    assert (carriers.sms, carriers.whatsapp, carriers.push) == (None, None, None)
