"""The edge: every ISO country has its region, devices have their class, and strays are sent home once, never by lies."""

from collections.abc import AsyncIterator

import httpx
import msgspec
import pytest

from nollycrewhub.platform.app import Process, build
from nollycrewhub.platform.devices import device_of
from nollycrewhub.platform.homeward import Homeward
from nollycrewhub.platform.regions import is_told, region_of
from nollycrewhub.platform.settings import Settings
from tests.platform.conftest import HEARERS, TOY

ISO_3166 = [
    "AD",
    "AE",
    "AF",
    "AG",
    "AI",
    "AL",
    "AM",
    "AO",
    "AQ",
    "AR",
    "AS",
    "AT",
    "AU",
    "AW",
    "AX",
    "AZ",
    "BA",
    "BB",
    "BD",
    "BE",
    "BF",
    "BG",
    "BH",
    "BI",
    "BJ",
    "BL",
    "BM",
    "BN",
    "BO",
    "BQ",
    "BR",
    "BS",
    "BT",
    "BV",
    "BW",
    "BY",
    "BZ",
    "CA",
    "CC",
    "CD",
    "CF",
    "CG",
    "CH",
    "CI",
    "CK",
    "CL",
    "CM",
    "CN",
    "CO",
    "CR",
    "CU",
    "CV",
    "CW",
    "CX",
    "CY",
    "CZ",
    "DE",
    "DJ",
    "DK",
    "DM",
    "DO",
    "DZ",
    "EC",
    "EE",
    "EG",
    "EH",
    "ER",
    "ES",
    "ET",
    "FI",
    "FJ",
    "FK",
    "FM",
    "FO",
    "FR",
    "GA",
    "GB",
    "GD",
    "GE",
    "GF",
    "GG",
    "GH",
    "GI",
    "GL",
    "GM",
    "GN",
    "GP",
    "GQ",
    "GR",
    "GS",
    "GT",
    "GU",
    "GW",
    "GY",
    "HK",
    "HM",
    "HN",
    "HR",
    "HT",
    "HU",
    "ID",
    "IE",
    "IL",
    "IM",
    "IN",
    "IO",
    "IQ",
    "IR",
    "IS",
    "IT",
    "JE",
    "JM",
    "JO",
    "JP",
    "KE",
    "KG",
    "KH",
    "KI",
    "KM",
    "KN",
    "KP",
    "KR",
    "KW",
    "KY",
    "KZ",
    "LA",
    "LB",
    "LC",
    "LI",
    "LK",
    "LR",
    "LS",
    "LT",
    "LU",
    "LV",
    "LY",
    "MA",
    "MC",
    "MD",
    "ME",
    "MF",
    "MG",
    "MH",
    "MK",
    "ML",
    "MM",
    "MN",
    "MO",
    "MP",
    "MQ",
    "MR",
    "MS",
    "MT",
    "MU",
    "MV",
    "MW",
    "MX",
    "MY",
    "MZ",
    "NA",
    "NC",
    "NE",
    "NF",
    "NG",
    "NI",
    "NL",
    "NO",
    "NP",
    "NR",
    "NU",
    "NZ",
    "OM",
    "PA",
    "PE",
    "PF",
    "PG",
    "PH",
    "PK",
    "PL",
    "PM",
    "PN",
    "PR",
    "PS",
    "PT",
    "PW",
    "PY",
    "QA",
    "RE",
    "RO",
    "RS",
    "RU",
    "RW",
    "SA",
    "SB",
    "SC",
    "SD",
    "SE",
    "SG",
    "SH",
    "SI",
    "SJ",
    "SK",
    "SL",
    "SM",
    "SN",
    "SO",
    "SR",
    "SS",
    "ST",
    "SV",
    "SX",
    "SY",
    "SZ",
    "TC",
    "TD",
    "TF",
    "TG",
    "TH",
    "TJ",
    "TK",
    "TL",
    "TM",
    "TN",
    "TO",
    "TR",
    "TT",
    "TV",
    "TW",
    "TZ",
    "UA",
    "UG",
    "UM",
    "US",
    "UY",
    "UZ",
    "VA",
    "VC",
    "VE",
    "VG",
    "VI",
    "VN",
    "VU",
    "WF",
    "WS",
    "YE",
    "YT",
    "ZA",
    "ZM",
    "ZW",
]
ELSEWHERE = {"GB": "europe", "US": "north-america", "CA": "north-america"}
URLS = {"africa": "https://af.nch.test", "europe": "https://eu.nch.test"}
FLY = {"africa": "jnb", "europe": "fra"}
EDGE = {"cf-ipcountry": "NG"}


def test_all_countries_have_their_region() -> None:
    assert len(ISO_3166) == len(set(ISO_3166)) == 249
    assert {code: region_of(code) for code in ISO_3166} == {code: ELSEWHERE.get(code, "africa") for code in ISO_3166}
    assert {region_of(code.lower()) for code in ("gb", "uk")} == {"europe"}


@pytest.mark.parametrize("code", [None, "", "XX", "T1", "ZZ", "nonsense", "N", "ǸG"])
def test_no_country_is_served_from_home(code: str | None) -> None:
    assert region_of(code) == "africa"


def test_only_a_named_country_is_told() -> None:
    assert [is_told(code) for code in ("NG", "gb", "XX", "T1", "t1", "", None)] == [True, True, False, False, False, False, False]


@pytest.mark.parametrize(
    ("edge", "hint", "agent", "device"),
    [
        ("mobile", None, "", "phone"),
        ("tablet", "?1", "Mobile", "desktop"),
        ("desktop", "?1", "Android", "desktop"),
        (None, "?1", "", "phone"),
        (None, "?0", "iPhone", "desktop"),
        (None, "?0", "Mozilla/5.0 (Linux; Android 14) Mobile", "desktop"),
        (None, None, "Mozilla/5.0 (Linux; Android 14; TECNO KL4) Chrome/130.0.0.0 Mobile Safari/537.36", "phone"),
        (None, None, "Mozilla/5.0 (Linux; Android 14; SM-X200) Chrome/130.0.0.0 Safari/537.36", "desktop"),
        (None, None, "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0) Version/17.0 Mobile/15E148 Safari/604.1", "phone"),
        (None, None, "Mozilla/5.0 (iPad; CPU OS 17_0) Version/17.0 Mobile/15E148 Safari/604.1", "desktop"),
        (None, None, "Mozilla/5.0 (Android 14; Mobile; rv:130.0) Gecko/130.0 Firefox/130.0", "phone"),
        (None, None, "Mozilla/5.0 (Android 14; Tablet; rv:130.0) Gecko/130.0 Firefox/130.0", "desktop"),
        (None, None, "Mozilla/5.0 (Mobile; Nokia_8110_4G; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/2.5", "phone"),
        (None, None, "Opera/9.80 (Android; Opera Mini/36.2/119.132; U; en) Presto/2.12.423 Version/12.16", "phone"),
        (None, None, "Opera/9.80 (J2ME/MIDP; Opera Mini/9.80/191.315; U; en) Presto/2.5.25 Version/10.54", "phone"),
        (None, None, "Mozilla/5.0 (Macintosh)", "desktop"),
        (None, None, "", "desktop"),
    ],
)
def test_devices(edge: str | None, hint: str | None, agent: str, device: str) -> None:
    assert device_of(edge=edge, hint=hint, user_agent=agent) == device


def routed(settings: Settings, mode: str, urls: dict[str, str], *, edges: tuple[str, ...] = ("127.0.0.1/32",)) -> Settings:
    """A process that runs in europe."""
    return msgspec.structs.replace(settings, region="europe", region_routing=mode, region_urls=urls, edge_addresses=edges)


@pytest.fixture(params=["fly-replay", "redirect"])
def mode(request: pytest.FixtureRequest) -> str:
    """Both ways home."""
    return str(request.param)


@pytest.fixture
async def european(settings: Settings, mode: str) -> AsyncIterator[Process]:
    """The toy process in europe, with strays sent home."""
    process = build(routed(settings, mode, FLY if mode == "fly-replay" else URLS), [TOY], hearers=HEARERS)
    await process.runtime.start()
    yield process
    await process.runtime.stop()


def at(process: Process, url: str = "https://nch.test") -> httpx.AsyncClient:
    """A client at the front door."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=process), base_url=url)


async def test_a_stray_is_sent_home(european: Process, mode: str) -> None:
    async with at(european) as client:
        answer = await client.get("/api/things?view=full&subject=%C9%B9", headers=EDGE)
        stays = [await client.get("/api/things", headers={"cf-ipcountry": code}) for code in ("GB", "XX", "T1", "US")]
        untold, health = await client.get("/api/things"), await client.get("/livez", headers=EDGE)
    if mode == "fly-replay":
        assert (answer.status_code, answer.headers["fly-replay"]) == (409, "region=jnb")
    else:
        assert (answer.status_code, answer.headers["location"]) == (307, "https://af.nch.test/api/things?view=full&subject=%C9%B9")
    assert (answer.headers["cache-control"], answer.headers["x-region"]) == ("private, no-store", "africa")
    assert [one.status_code for one in (*stays, untold, health)] == [200] * 6


async def test_nobody_is_sent_twice(european: Process, mode: str) -> None:
    replayed = {**EDGE, "fly-replay-src": "region=jnb"} if mode == "fly-replay" else EDGE
    async with at(european, "https://nch.test" if mode == "fly-replay" else URLS["europe"]) as client:
        assert (await client.get("/api/things", headers=replayed)).status_code == 200


async def test_a_post_goes_home_only_where_its_body_can_be_sent_again(european: Process, mode: str) -> None:
    async with at(european) as client:
        small = await client.post("/api/things", json={"name": "a"}, headers={**EDGE, "authorization": "Bearer x"})
        large = await client.post("/api/things", content=b" " * 1_000_001, headers={**EDGE, "authorization": "Bearer x"})

        async def chunks() -> AsyncIterator[bytes]:
            yield b'{"name": "b"}'

        json = {"content-type": "application/json", "authorization": "Bearer x"}
        chunked = await client.post("/api/things", content=chunks(), headers={**EDGE, **json})
    assert small.status_code == (409 if mode == "fly-replay" else 201)
    assert ("fly-replay" in small.headers) == (mode == "fly-replay")
    assert (large.status_code, chunked.status_code) == (413, 201)


async def test_a_spoofed_country_sends_nobody(settings: Settings, mode: str) -> None:
    process = build(routed(settings, mode, URLS, edges=("10.1.1.1/32",)), [TOY], hearers=HEARERS)
    await process.runtime.start()
    try:
        async with at(process) as client:
            answer = await client.get("/api/things", headers=EDGE)
    finally:
        await process.runtime.stop()
    assert (answer.status_code, answer.headers["x-region"]) == (200, "africa")


def test_off_means_off(settings: Settings) -> None:
    off = Homeward(msgspec.structs.replace(settings, region="europe", region_urls=URLS))
    assert off.answer("GET", "/", "africa", {}) is None
    on = Homeward(routed(settings, "redirect", URLS))
    assert on.answer("GET", "/x", "north-america", {}) is None
    assert on.answer("GET", "//evil.example/x", "africa", {}) is None
