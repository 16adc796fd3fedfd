"""Queueing theory in closed form. Rates are per second, times in seconds, offered load `a = rate * service` in erlangs.

Erlang's formulas are of A. K. Erlang (1917); the correction for other spreads is Allen and Cunneen's; the law of
scalability is N. J. Gunther's.
"""

import math


def in_system(rate: float, seconds: float) -> float:
    """Little's law: how many are inside when so many come a second and stay so long."""
    return rate * seconds


def erlang_b(servers: int, load: float) -> float:
    """The share of arrivals that find every server taken when nobody may wait."""
    blocked = 1.0
    for count in range(1, servers + 1):
        blocked = load * blocked / (count + load * blocked)
    return blocked


def erlang_c(servers: int, load: float) -> float:
    """The share of arrivals that must wait when everybody may; 1 when the load is more than the servers can do."""
    if load >= servers:
        return 1.0
    blocked = erlang_b(servers, load)
    return blocked / (1 - load / servers * (1 - blocked))


def mean_wait(servers: int, load: float, service: float) -> float:
    """The mean time before service in M/M/c; infinite when the load is more than the servers can do."""
    return math.inf if load >= servers else erlang_c(servers, load) * service / (servers - load)


def waits_beyond(servers: int, load: float, service: float, seconds: float) -> float:
    """The share of arrivals in M/M/c that wait longer than so many seconds."""
    return 1.0 if load >= servers else erlang_c(servers, load) * math.exp(-(servers - load) * seconds / service)


def corrected(wait: float, spread_of_arrivals: float, spread_of_service: float) -> float:
    """Allen and Cunneen: the wait of G/G/c from the wait of M/M/c. A spread is a squared coefficient of variation."""
    return wait * (spread_of_arrivals + spread_of_service) / 2


def staffed(load: float, beta: float = 2.0) -> int:
    """Square-root staffing: the load, and beta times its root for the days that are not the mean."""
    return math.ceil(load + beta * math.sqrt(load))


def servers_for(load: float, service: float, *, within: float, share: float) -> int:
    """The fewest servers of M/M/c with which a share of arrivals waits no longer than `within` seconds."""
    servers = math.floor(load) + 1
    while waits_beyond(servers, load, service, within) > 1 - share:
        servers += 1
    return servers


def throughput(count: float, gamma: float, alpha: float, beta: float) -> float:
    """The Universal Scalability Law: what `count` at once get done a second.

    `gamma` is what one gets done alone, `alpha` the share that must take turns, `beta` the cost of agreeing in pairs.
    """
    return gamma * count / (1 + alpha * (count - 1) + beta * count * (count - 1))


def best_count(alpha: float, beta: float) -> float:
    """How many at once get the most done by that law; infinite when nothing has to be agreed on."""
    return math.sqrt((1 - alpha) / beta) if beta > 0 else math.inf


def origin_rate(rate: float, hits: float) -> float:
    """What passes a cache that answers a share of the requests."""
    return rate * (1 - hits)
