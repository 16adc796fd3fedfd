"""What the whole program really sends for pages and their files: types, encodings, where crawlers may go."""

import gzip
import re
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import httpx
import msgspec
import pytest
from litestar import get

from nollycrewhub.kit.time import utcnow
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.settings import Settings
from nollycrewhub.services import monolith
from nollycrewhub.web import assets
from nollycrewhub.web.build import build
from nollycrewhub.web.pages.reference import slug_of
from tests.journeys.conftest import Join

LAST_DAY = (utcnow() + timedelta(days=30)).date().isoformat()


@pytest.mark.parametrize("name", ["main.css", "main.js", "manifest.webmanifest"])
async def test_a_file_is_packed_once(app_client: httpx.AsyncClient, name: str) -> None:
    build()
    plain = (assets.DIST / "assets" / assets.manifest()[name]).read_bytes()
    async with app_client.stream("GET", assets.asset(name), headers={"accept-encoding": "gzip"}) as answer:
        raw = b"".join([part async for part in answer.aiter_raw()])
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(raw) == plain
    unpacked = await app_client.get(assets.asset(name), headers={"accept-encoding": "identity"})
    assert (unpacked.headers.get("content-encoding"), unpacked.content) == (None, plain)


async def test_types_are_said_once(app_client: httpx.AsyncClient) -> None:
    told = {
        path: (await app_client.get(path)).headers["content-type"]
        for path in ("/", "/jobs", assets.asset("main.css"), assets.asset("main.js"))
    }
    assert told == {
        "/": "text/html; charset=utf-8", "/jobs": "text/html; charset=utf-8",
        assets.asset("main.css"): "text/css; charset=utf-8", assets.asset("main.js"): "text/javascript; charset=utf-8",
    }  # fmt: skip
    missing = await app_client.get("/jobs/99999999", headers={"accept": "text/html"})
    assert (missing.status_code, missing.headers["content-type"]) == (404, "text/html; charset=utf-8")


def json_ld(text: str) -> dict[str, Any] | None:
    """The structured data of a page, if there is any."""
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', text, re.DOTALL)
    return msgspec.json.decode(found.group(1)) if found else None


async def test_a_job_is_told_to_machines_as_it_is(process: Process, join: Join) -> None:
    poster = await join()
    hostile = 'Six days </script><script>alert(1)</script> near Nsukka & "Enugu".'
    job = await poster.post_job(description=hostile, deadline=LAST_DAY)
    url = process.runtime.settings.public_url
    text = (await poster.client.get(f"/jobs/{job['id']}")).text
    assert json_ld(text) == {
        "@context": "https://schema.org", "@type": "JobPosting", "title": "Gaffer for a village drama", "description": hostile,
        "identifier": {"@type": "PropertyValue", "name": "NollyCrewHub", "value": job["id"]}, "datePosted": job["posted"],
        "employmentType": "CONTRACTOR", "hiringOrganization": {"@type": "Organization", "name": "Ọmọlará Pictures"}, "directApply": True,
        "jobLocation": {"@type": "Place", "address": {
            "@type": "PostalAddress", "addressLocality": "Enugu", "addressRegion": "Enugu State", "addressCountry": "NG",
        }},
        "url": f"{url}/jobs/{job['id']}", "validThrough": f"{LAST_DAY}T23:59:59+01:00",
        "baseSalary": {"@type": "MonetaryAmount", "currency": "NGN", "value": {"@type": "QuantitativeValue", "value": 150_000.0, "unitText": "DAY"}},
    }  # fmt: skip
    assert "<script>alert" not in text
    for tag in (
        f'<link rel="canonical" href="{url}/jobs/{job["id"]}">', f'<meta property="og:url" content="{url}/jobs/{job["id"]}">',
        '<meta property="og:title" content="Gaffer for a village drama">',
        '<meta property="og:description" content="Ọmọlará Pictures, Enugu, Enugu State. ₦150,000 a day.">',
    ):  # fmt: skip
        assert tag in text
    await poster.client.post(f"/me/jobs/{job['id']}/close")
    assert json_ld((await poster.client.get(f"/jobs/{job['id']}")).text) is None


async def test_equal_searches_have_one_address(app_client: httpx.AsyncClient) -> None:
    url = "http://127.0.0.1:8000"
    for path in ("/jobs?state=LA&q=gaffer", "/jobs?q=gaffer&state=LA&utm_source=friend"):
        assert f'<link rel="canonical" href="{url}/jobs?q=gaffer&amp;state=LA">' in (await app_client.get(path)).text


def is_shut(robots: str, path: str) -> bool:
    """Whether a crawler may not go there: a rule is the beginning of a path, or all of it before a `$` (RFC 9309)."""
    rules = [line.removeprefix("Disallow: ") for line in robots.splitlines() if line.startswith("Disallow: ")]
    return any(path == rule[:-1] if rule.endswith("$") else path.startswith(rule) for rule in rules)


async def test_crawlers_are_led_to_what_is_public(process: Process, join: Join) -> None:
    poster = await join()
    shown, draft = await poster.post_job(), await poster.post_job(draft=True)
    url = process.runtime.settings.public_url
    robots = await poster.client.get("/robots.txt")
    assert robots.headers["content-type"].startswith("text/plain")
    assert f"Sitemap: {url}/sitemap.xml" in robots.text.splitlines()
    public = ("/", "/jobs", "/jobs/1", "/talent/ada", "/media/photos/x-l.webp", "/cards/talent/ada", "/docs", "/assets/x.css", "/members")
    assert [path for path in public if is_shut(robots.text, path)] == []
    own = ("/me", "/me/jobs", "/me/messages/1", "/ops", "/ops/queues", "/dev/mail", "/api/jobs")
    assert [path for path in own if not is_shut(robots.text, path)] == []
    for name in ("jobs", "talent"):
        sitemap = await poster.client.get(f"/sitemap-{name}.xml")
        assert f"<loc>{url}/sitemap-{name}.xml</loc>" in (await poster.client.get("/sitemap.xml")).text
        assert (sitemap.status_code, sitemap.headers["content-type"].split(";")[0]) == (200, "application/xml")
        found = [one.text for one in ElementTree.fromstring(sitemap.content).iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
        assert all(str(one).startswith(f"{url}/{name}/") for one in found)
        if name == "jobs":
            assert f"{url}/jobs/{shown['id']}" in found
            assert f"{url}/jobs/{draft['id']}" not in found
    assert '<meta name="robots" content="noindex">' in (await poster.client.get("/jobs/99999999", headers={"accept": "text/html"})).text


@get("/broken", access="public", include_in_schema=False)
async def broken() -> None:
    """A fault of ours."""
    raise RuntimeError("the secret reason")


async def test_a_fault_of_ours_is_a_plain_page(settings: Settings) -> None:
    process = monolith.create_app(settings, extra=(broken,))
    await process.runtime.start()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=process), base_url=settings.public_url) as client:
        answer = await client.get("/broken", headers={"accept": "text/html"})
        problem = await client.get("/broken", headers={"accept": "application/json"})
    await process.runtime.stop()
    assert answer.status_code == 500
    assert "<h1>Something went wrong on our side</h1>" in answer.text
    assert answer.headers["x-request-id"] in answer.text
    assert "secret reason" not in answer.text + problem.text
    assert (problem.status_code, problem.headers["content-type"]) == (500, "application/problem+json")
    assert answer.headers["cache-control"] == "private, no-store"


async def test_the_api_has_a_page_for_each_of_its_operations(process: Process, app_client: httpx.AsyncClient) -> None:
    document = (await app_client.get("/schema/openapi.json")).json()
    overview = (await app_client.get("/docs")).text
    assert '<a href="/docs">' in (await app_client.get("/")).text
    text = {slug: (await app_client.get(f"/docs/{slug}")).text for slug in re.findall(r'href="/docs/([a-z-]+)"', overview)}
    assert {"jobs", "users", "auth", "profile", "notifications"} <= set(text)
    missing = [
        f"{verb} {path}" for path, item in document["paths"].items() for verb in item
        if f'<span class="verb">{verb.upper()}</span> <span class="path">{path}</span>' not in text[slug_of(path)]
    ]  # fmt: skip
    assert missing == []
    names = {name for page in text.values() for name in re.findall(r'<section class="panel stack tight" id="([A-Za-z_]+)"><h3>', page)}
    named = {name for path in document["paths"].values() for name in re.findall(r"#/components/schemas/(\w+)", str(path))}
    assert named - names == set()
    assert max(len(gzip.compress(page.encode())) for page in text.values()) <= 8_000
    assert (await app_client.get("/docs/nothing")).status_code == 404
