"""What people ask for, in what shares: the mix of a busy evening, over the sample of a `make up`."""

import random
import re
from dataclasses import dataclass, field

import msgspec

from nollycrewhub.capacity.measuring.line import Ask, Lines
from nollycrewhub.kit.crafts import CATEGORIES, LANGUAGES
from nollycrewhub.kit.places import STATES

# The shares of the program's own load test of a busy evening.
SHARES = {"list": 0.50, "talent": 0.20, "one": 0.20, "search": 0.05, "sign-in": 0.018, "apply": 0.03, "post": 0.002}
RIGHT = frozenset({200, 201, 409})  # 409: applied before, or past the deadline
WORDS = ("gaffer", "makeup", "editor", "lead", "drone", "village", "thriller", "lagos", "enugu", "igbo", "dancer", "camera")
PASSWORD = "password123"  # noqa: S105 - every sample account's
SIGNED_IN_FIRST = 30


class NoSample(ValueError):
    """What is measured must hold the sample people and jobs."""


@dataclass
class World:
    """What there is to ask for, and who may ask."""

    rng: random.Random
    jobs: list[str]
    handles: list[str]
    tokens: list[str] = field(default_factory=list)
    lists: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        filters = (
            [f"state={s.code}" for s in STATES] + [f"category={c.slug}" for c in CATEGORIES] + [f"language={code}" for code in LANGUAGES]
        )
        self.lists = [f"/api/jobs?view=compact&limit=20&{one}" if n % 2 else f"/jobs?{one}" for n, one in enumerate(filters)]

    def mixed(self) -> Ask:
        """One more request of the mix."""
        return self.of(self.rng.choices(list(SHARES), list(SHARES.values()))[0])

    def of(self, kind: str) -> Ask:
        """One more request of a kind; `mix` is any of them."""
        rng = self.rng
        if kind == "mix":
            return self.mixed()
        if kind == "list":
            return Ask(kind, "GET", rng.choice(self.lists))
        if kind == "talent":
            return Ask(kind, "GET", f"/talent?state={rng.choice(STATES).code}")
        if kind == "one":
            return Ask(kind, "GET", f"/jobs/{rng.choice(self.jobs)}" if rng.random() < 0.5 else f"/talent/{rng.choice(self.handles)}")
        if kind == "search":
            return Ask(
                kind,
                "GET",
                f"/api/jobs?view=compact&q={rng.choice(WORDS)}&state={rng.choice(STATES).code}&category={rng.choice(CATEGORIES).slug}",
            )
        if kind == "apply":
            body = msgspec.json.encode({"note": "I am free on these days and near."})
            return Ask(kind, "POST", f"/api/jobs/{rng.choice(self.jobs)}/applications", body, rng.choice(self.tokens))
        if kind == "post":
            return Ask(kind, "POST", "/api/jobs", self.listing(), rng.choice(self.tokens))
        return self.sign_in()

    def sign_in(self) -> Ask:
        """Somebody of the sample signs in."""
        body = msgspec.json.encode({"email": f"sample{self.rng.randrange(10, 9_990)}@example.com", "password": PASSWORD})
        return Ask("sign-in", "POST", "/api/auth/login", body)

    def listing(self) -> bytes:
        """A listing to post."""
        craft, state = self.rng.choice([c for c in CATEGORIES if c.kind == "crew"]), self.rng.choice(STATES)
        return msgspec.json.encode({
            "title": f"{craft.name} for a short film", "kind": craft.kind, "category": craft.slug, "company": "Morning Light Films",
            "state": state.code, "town": state.towns[0], "pay": {"amount": 8_000_000}, "description": "Four days with a kind and small crew.",
        })  # fmt: skip


async def discovered(lines: Lines, rng: random.Random) -> World:
    """The sample's jobs and people at an address, and some who are signed in; NoSample when there are none."""
    jobs = re.findall(r"/jobs/(\d+)<", await page(lines, "/sitemap-jobs.xml"))
    handles = re.findall(r"/talent/([a-z0-9-]+)<", await page(lines, "/sitemap-talent.xml"))
    if not jobs or not handles:
        raise NoSample(f"{lines.address} has no sample people and jobs. Measure a `make up` that was not started with --no-sample.")
    world = World(rng, jobs, handles)
    for _ in range(SIGNED_IN_FIRST):
        got = await lines.ask(world.sign_in())
        if got.status == 200:
            world.tokens.append(msgspec.json.decode(got.body)["token"])
    if not world.tokens:
        raise NoSample(f"{lines.address} lets no sample account sign in (status {got.status}).")
    return world


async def page(lines: Lines, path: str) -> str:
    """A page's text, unpacked by not being packed."""
    return (await lines.ask(Ask("sign-in", "GET", path))).body.decode()
