"""`/`: what this place is, and the newest jobs if this process knows them."""

import msgspec
from litestar import Response, get

from nollycrewhub.contracts.jobs import JobCard, NewestJobs
from nollycrewhub.kit.crafts import DEPARTMENTS
from nollycrewhub.platform.db import ReadSession
from nollycrewhub.platform.httpcache import shared
from nollycrewhub.platform.ports import Ports
from nollycrewhub.platform.settings import Settings
from nollycrewhub.web.assets import asset
from nollycrewhub.web.page import page

SHOWN = 6
ROBOTS = "User-agent: *\nDisallow: /me\nDisallow: /ops\nDisallow: /dev\nDisallow: /api/\nSitemap: {0}/sitemap-jobs.xml\nSitemap: {0}/sitemap-talent.xml\n"


class Home(msgspec.Struct):
    """Props of the home page."""

    jobs: list[JobCard]
    departments: list[tuple[str, str]]


@get("/", access="public", tagged=True, include_in_schema=False, cached=shared("home", lists=("jobs",)))
async def home(read: ReadSession, ports: Ports, settings: Settings) -> Response[bytes]:
    """The same bytes for everyone."""
    newest = ports.find(NewestJobs)
    jobs = await newest.newest(read, limit=SHOWN) if newest is not None else []
    return page(
        "pages/home.html", Home(jobs, list(DEPARTMENTS.items())), title="NollyCrewHub", public=True,
        description="Where the Nigerian film industry finds work and crews up.", canonical=f"{settings.public_url}/",
        card=f"{settings.public_url}{asset('card-home.png')}",
    )  # fmt: skip


@get("/offline", access="public", include_in_schema=False)
async def offline() -> Response[bytes]:
    """What the phone shows without a network."""
    return page("pages/offline.html", None, title="You are offline", public=True)


@get("/robots.txt", access="public", include_in_schema=False)
async def robots(settings: Settings) -> Response[str]:
    """Where crawlers may go."""
    return Response(ROBOTS.format(settings.public_url), media_type="text/plain", headers={"cache-control": "public, max-age=3600"})


PAGES = (home, offline, robots)
