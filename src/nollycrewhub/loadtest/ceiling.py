"""Signing in beside its limit: how many argon2id hashes this machine makes when it does nothing else."""

import os
import time
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher

from nollycrewhub.loadtest.world import PASSWORD


def ceiling(seconds: float = 4.0) -> float:
    """Verifications a second on all cores, with the parameters of the program."""
    hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
    hashed = hasher.hash(PASSWORD)
    cores = os.cpu_count() or 1
    until = time.monotonic() + seconds

    def verify() -> int:
        done = 0
        while time.monotonic() < until:
            hasher.verify(hashed, PASSWORD)
            done += 1
        return done

    start = time.monotonic()
    with ThreadPoolExecutor(cores) as pool:
        total = sum(pool.map(lambda _: verify(), range(cores)))
    return round(total / (time.monotonic() - start), 1)
