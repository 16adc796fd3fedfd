"""Lists, one job and sign-in over HTTP: one worker, no shared cache, each beside its limit and in turn with it."""

import asyncio
from collections.abc import Callable

import msgspec

from bench.generator import Load, drive
from bench.questions import LISTS
from bench.servers import Servers
from nollycrewhub.cli import seeding
from nollycrewhub.loadtest.ceiling import ceiling
from nollycrewhub.loadtest.world import PASSWORD

ROUNDS = 5
SECONDS = 4
JOBS = tuple(range(1, 20_000, 409))


class Pair(msgspec.Struct, kw_only=True):
    """Ours and the limit; `ratio` is the middle one of the rounds, each of which met the same machine."""

    ours: Load
    limit: Load
    ratio: float


class SignIn(msgspec.Struct, kw_only=True):
    """Sign-ins and the hashes a second that the machine can make at most."""

    ours: Load
    hashes_per_second: float
    ratio: float


class Http(msgspec.Struct, kw_only=True):
    """All of it. `statements_each` shows that no cache answered: it is 1 or more for each request to the list."""

    jobs: int
    lists: Pair
    one_job: Pair
    sign_in: SignIn
    statements_each: float


def pair(ours: Callable[[], Load], limit: Callable[[], Load]) -> Pair:
    """Rounds in turn; the best of each side, and the middle ratio."""
    rounds = [(ours(), limit()) for _ in range(ROUNDS)]
    ratios = sorted(mine.per_second / bare.per_second for mine, bare in rounds)
    return Pair(
        ours=max((mine for mine, _ in rounds), key=lambda load: load.per_second),
        limit=max((bare for _, bare in rounds), key=lambda load: load.per_second),
        ratio=round(ratios[len(ratios) // 2], 2),
    )


def measure(servers: Servers, *, jobs: int = 20_000, seconds: int = SECONDS) -> Http:
    """Loads the sample, starts both, measures."""
    asyncio.run(seeding.run(servers.settings, users=10_000, jobs=jobs, applications=3 * jobs, seed=1))
    postmaster = servers.postmaster
    lists = [f"/api/jobs?limit=20&{query}" for query in LISTS]
    with servers.web() as (port, web), servers.bare() as (bare_port, bare):

        def ours(*paths: str, body: str = "") -> Load:
            return drive(port, paths, web=web, postmaster=postmaster, seconds=seconds, body=body)

        def limit(*paths: str) -> Load:
            return drive(bare_port, paths, web=bare, postmaster=postmaster, seconds=seconds)

        ours(*lists)
        limit(*(f"/{n}" for n in range(len(LISTS))))
        before = servers.statements()
        once = ours(*lists)
        statements = (servers.statements() - before) / (once.per_second * seconds)
        listed = pair(lambda: ours(*lists), lambda: limit(*(f"/{n}" for n in range(len(LISTS)))))
        one = pair(lambda: ours(*(f"/api/jobs/{n}" for n in JOBS)), lambda: limit(*(f"/job/{n}" for n in JOBS)))
        most = ceiling()
        body = f'{{"email": "test@example.com", "password": "{PASSWORD}"}}'
        signed = ours("/api/auth/login", body=body)
    return Http(
        jobs=jobs, lists=listed, one_job=one, statements_each=round(statements, 2),
        sign_in=SignIn(ours=signed, hashes_per_second=most, ratio=round(signed.per_second / most, 2)),
    )  # fmt: skip
