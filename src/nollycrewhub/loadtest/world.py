"""What there is to ask for at a target, and who may ask: ids by chance, people of the sample, and the bodies they send."""

import asyncio
import gzip
import random
import re
from dataclasses import dataclass, field

import msgspec

from nollycrewhub.kit.crafts import CATEGORIES, LANGUAGES
from nollycrewhub.kit.places import STATES
from nollycrewhub.loadtest.line import Ask, Got, Lines

PASSWORD = "password123"  # noqa: S105 - every sample account's
SIGNED_IN_FIRST = 30
FIRST_SAMPLE, LAST_SAMPLE = 10, 9_990
PLANS_JOB = "12345"
PATIENCE = 20.0
WORDS = (
    "gaffer", "gafer", "makeup", "editor", "lead", "sola", "drone", "village", "thriller", "lagos", "enugu", "igbo", "dancer", "camera",
)  # fmt: skip


class NothingThere(RuntimeError):
    """The target does not hold what the scenarios ask for; the message says what is missing."""


@dataclass
class World:
    """What there is to ask for, and who may ask."""

    rng: random.Random
    jobs: list[str]
    handles: list[str]
    emails: list[str]
    tokens: list[str] = field(default_factory=list)
    assets: list[str] = field(default_factory=list)
    lists: list[str] = field(default_factory=list)
    talents: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        states, crafts, tongues = [s.code for s in STATES], [c.slug for c in CATEGORIES], list(LANGUAGES)
        lists = [f"state={s}" for s in states] + [f"category={c}" for c in crafts] + [f"language={code}" for code in tongues]
        lists += [f"kind={kind}&state={s}" for kind in ("crew", "casting") for s in states]
        self.lists = [f"/api/jobs?view=compact&limit=20&{one}" if n % 2 else f"/jobs?{one}" for n, one in enumerate(lists[:200])]
        self.talents = [f"/talent?state={s}" for s in states] + [f"/api/users?view=compact&language={code}" for code in tongues]

    def of(self, kind: str) -> Ask:
        """One more request of a kind of the mix."""
        rng = self.rng
        if kind == "list":
            return Ask(kind, "GET", rng.choice(self.lists))
        if kind == "talent":
            return Ask(kind, "GET", rng.choice(self.talents))
        if kind == "one":
            return Ask(kind, "GET", f"/jobs/{rng.choice(self.jobs)}" if rng.random() < 0.5 else f"/talent/{rng.choice(self.handles)}")
        if kind == "search":
            return Ask(kind, "GET", f"/api/jobs?view=compact&q={rng.choice(WORDS)}&state={rng.choice(STATES).code}")
        if kind == "apply":
            return self.apply_to(rng.choice(self.jobs))
        if kind == "post":
            return Ask(kind, "POST", "/api/jobs", self.listing(), rng.choice(self.tokens))
        return self.sign_in()

    def apply_to(self, job: str, token: str = "") -> Ask:
        """Somebody applies."""
        body = msgspec.json.encode({"note": "I am free on these days and near."})
        return Ask("apply", "POST", f"/api/jobs/{job}/applications", body, token or self.rng.choice(self.tokens))

    def sign_in(self) -> Ask:
        """Somebody of the sample signs in."""
        body = msgspec.json.encode({"email": self.rng.choice(self.emails), "password": PASSWORD})
        return Ask("sign-in", "POST", "/api/auth/login", body)

    def listing(self, kind: str = "crew") -> bytes:
        """A listing to post."""
        craft, state = self.rng.choice([c for c in CATEGORIES if c.kind == kind]), self.rng.choice(STATES)
        return msgspec.json.encode({
            "title": f"{craft.name} for a short film", "kind": craft.kind, "category": craft.slug, "company": "Evening Light Films",
            "state": state.code, "town": state.towns[0], "pay": {"amount": 8_000_000}, "description": "Four days with a small and kind crew.",
        })  # fmt: skip


def text_of(got: Got) -> str:
    """An answer's body as text."""
    return (gzip.decompress(got.body) if got.body[:2] == b"\x1f\x8b" else got.body).decode()


async def fetched(lines: Lines, path: str) -> str:
    """A page that has to be there."""
    try:
        got = await asyncio.wait_for(lines.ask(Ask("prepare", "GET", path)), PATIENCE)
    except (OSError, EOFError, TimeoutError, ValueError, asyncio.LimitOverrunError) as error:
        raise NothingThere(f"{lines.target.url}{path} does not answer ({type(error).__name__}). Is it running?") from error
    if got.status != 200:
        raise NothingThere(f"{lines.target.url}{path} answers {got.status}. Is the sample loaded, and is it NollyCrewHub?")
    return text_of(got)


async def surveyed(lines: Lines, rng: random.Random) -> World:
    """The sample's world at a target: ids of its sitemaps, and what a first visit to a page loads beside it."""
    await fetched(lines, f"/api/jobs/{PLANS_JOB}")
    jobs = re.findall(r"/jobs/(\d+)<", await fetched(lines, "/sitemap-jobs.xml"))
    handles = re.findall(r"/talent/([a-z0-9-]+)<", await fetched(lines, "/sitemap-talent.xml"))
    page = await fetched(lines, f"/jobs/{PLANS_JOB}")
    assets = sorted(set(re.findall(r"(?:href|src)=\"(/assets/[^\"]+\.(?:css|js))\"", page)))
    if not jobs or not handles:
        raise NothingThere(f"{lines.target.url} names no jobs or no people in its sitemaps. Is the sample loaded?")
    return World(rng, jobs, handles, [f"sample{n}@example.com" for n in range(FIRST_SAMPLE, LAST_SAMPLE)], assets=assets)


async def people_signed_in(lines: Lines, world: World, many: int = SIGNED_IN_FIRST) -> None:
    """Some people of the sample with a session each; NothingThere when nobody can."""
    for _ in range(many):
        got = await asyncio.wait_for(lines.ask(world.sign_in()), PATIENCE)
        if got.status == 200:
            world.tokens.append(str(msgspec.json.decode(text_of(got))["token"]))
    if not world.tokens:
        raise NothingThere("Nobody of the sample could sign in, so nobody could write. Is the sample loaded?")
