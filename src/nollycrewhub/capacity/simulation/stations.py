"""A place where some are served and the rest wait in turn: processors, connections, workers. Time is the environment's.

Everything in the simulation that queues is one of these, so that holding one against Erlang's formulas (`checking.py`)
says something about all of them.
"""

from collections.abc import Callable, Generator
from typing import Any

import simpy

Steps = Generator[simpy.Event, Any, Any]


class Station:
    """So many servers and one line; counts who came, who waited and how long servers were busy."""

    def __init__(self, environment: simpy.Environment, servers: int) -> None:
        self.environment = environment
        self.resource = simpy.Resource(environment, servers)
        self.busy = 0.0
        self.waited = 0.0
        self.came = 0
        self.had_to_wait = 0

    @property
    def inside(self) -> int:
        """Who is served or waits."""
        return self.resource.count + len(self.resource.queue)

    def serve(self, seconds: float) -> Steps:
        """Waits for a server and keeps it so long; what the time before was is the answer."""
        environment, arrived = self.environment, self.environment.now
        self.came += 1
        with self.resource.request() as turn:
            if not turn.triggered:
                self.had_to_wait += 1
                yield turn
            wait = environment.now - arrived
            self.waited += wait
            yield environment.timeout(seconds)
            self.busy += seconds
        return wait


def steady_arrivals(environment: simpy.Environment, station: Station, gap: Callable[[], float], service: Callable[[], float]) -> Steps:
    """Sends one after another, each with a service time of its own."""
    while True:
        yield environment.timeout(gap())
        environment.process(station.serve(service()))
