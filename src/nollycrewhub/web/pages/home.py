"""`/`: what this place is, and the newest jobs if this process knows them."""

import msgspec
from litestar import Response, get

from nollycrewhub.contracts.jobs import JobCard, NewestJobs
from nollycrewhub.kit.crafts import DEPARTMENTS
from nollycrewhub.kit.told import told
from nollycrewhub.platform.db import ReadSession
from nollycrewhub.platform.httpcache import shared
from nollycrewhub.platform.ports import Ports
from nollycrewhub.platform.settings import Settings
from nollycrewhub.web.page import page, site_card

SHOWN = 6
# A path shuts out all that begins with it: `/me` alone would hide the photos at /media, so its end is written too.
ROBOTS = (
    "User-agent: *\nDisallow: /me$\nDisallow: /me/\nDisallow: /ops$\nDisallow: /ops/\nDisallow: /dev/\nDisallow: /api/\n"
    "Sitemap: {0}/sitemap.xml\n"
)
SITEMAPS = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
    "<sitemap><loc>{0}/sitemap-jobs.xml</loc></sitemap>\n<sitemap><loc>{0}/sitemap-talent.xml</loc></sitemap>\n</sitemapindex>\n"
)


class Home(msgspec.Struct):
    """Props of the home page."""

    jobs: list[JobCard]
    departments: list[tuple[str, str]]


@get("/", access="public", tagged=True, include_in_schema=False, cached=shared("home", by_language=True, lists=("jobs",), daily=True))
async def home(read: ReadSession, ports: Ports, settings: Settings) -> Response[bytes]:
    """The same bytes for everyone."""
    newest = ports.find(NewestJobs)
    jobs = await newest.newest(read, limit=SHOWN) if newest is not None else []
    return page(
        "pages/home.html", Home(jobs, list(DEPARTMENTS.items())), title="NollyCrewHub", public=True,
        description=told("Where the Nigerian film industry finds work and crews up."), canonical=f"{settings.public_url}/",
        card=site_card(settings.public_url),
    )  # fmt: skip


@get("/offline", access="public", include_in_schema=False)
async def offline() -> Response[bytes]:
    """What a phone shows without a network where it kept nothing."""
    return page("pages/offline.html", None, title=told("No connection"), public=True)


@get("/robots.txt", access="public", include_in_schema=False)
async def robots(settings: Settings) -> Response[str]:
    """Where crawlers may go."""
    return Response(ROBOTS.format(settings.public_url), media_type="text/plain", headers={"cache-control": "public, max-age=3600"})


@get("/sitemap.xml", access="public", include_in_schema=False)
async def sitemaps(settings: Settings) -> Response[str]:
    """The index of the sitemaps."""
    return Response(SITEMAPS.format(settings.public_url), media_type="application/xml", headers={"cache-control": "public, max-age=3600"})


PAGES = (home, offline, robots, sitemaps)
