"""Web and worker services on Render, by its scale and autoscaling API or a simulator that speaks it.

Source of the protocol: api-docs.render.com. POST /services/{id}/scale {"numInstances": n} answers 202, and is ignored as
long as the service scales itself, so that is switched off first; PUT and DELETE /services/{id}/autoscaling;
GET /services/{id} and /services/{id}/instances; a bearer key; GETs and other calls have limits of their own, told by
Ratelimit-Remaining and Ratelimit-Reset, and 429 past them.
"""

from typing import Any

import msgspec
import structlog

from nollycrewhub.scaling.actuators.asking import BUDGET, PATIENCE, SETTLES, Api, Memory, NotThere, Turn, change, out_of_bounds
from nollycrewhub.scaling.actuators.port import ActuatorError, Fleet

MOST_INSTANCES = 100
LEAST_WORKERS = 1  # whether a service may have no instance is said nowhere
VARIABLES = {"web": "RENDER_WEB_SERVICE", "worker": "RENDER_WORKER_SERVICE"}


class Autoscaling(msgspec.Struct):
    """Render's own scaling of a service, which ignores what it is asked for while it is on."""

    enabled: bool = False


class Details(msgspec.Struct, rename="camel"):
    """What a service that has instances says of them."""

    num_instances: int
    autoscaling: Autoscaling | None = None


class Service(msgspec.Struct, rename="camel"):
    """A service as Render tells of it; what is not needed here is left out."""

    service_details: Details
    suspended: str = ""

    @property
    def number(self) -> int:
        """The fixed number of instances."""
        return self.service_details.num_instances

    @property
    def scales_itself(self) -> bool:
        """Whether Render's own scaling is on."""
        return self.service_details.autoscaling is not None and self.service_details.autoscaling.enabled


class Render:
    """The live actuator of Render. Nobody else may scale the two services while it does."""

    name = "render"

    def __init__(
        self, *, api_url: str, key: str, web: str, workers: str, most_web: int, most_workers: int,
        budget: float = BUDGET, patience: float = PATIENCE, settles: float = SETTLES,
    ) -> None:  # fmt: skip
        self.services = {"web": web, "worker": workers}
        self.most = {"web": min(most_web, MOST_INSTANCES), "worker": min(most_workers, MOST_INSTANCES)}
        self.memory = Memory(settles)
        headers = {"authorization": f"Bearer {key}"}
        self.api = Api("Render", api_url, headers=lambda: headers, budget=budget, patience=patience)

    async def fleet(self) -> Fleet:
        """What runs and what was asked for, by us or by Render's own scaling."""
        turn, counts = self.api.turn(), dict[str, tuple[int, int]]()
        for role in self.services:
            service = await self._service(turn, role)
            found = await turn.call(list[dict[str, Any]], "GET", f"/services/{self.services[role]}/instances")
            counts[role] = len(found), max(1, len(found)) if service.scales_itself else self.memory.asked(role, service.number)
        return Fleet(web=counts["web"][0], workers=counts["worker"][0], web_asked=counts["web"][1], workers_asked=counts["worker"][1])

    async def ask(self, *, web: int, workers: int) -> None:
        """Sets both numbers. Both services are looked at before either is changed, so a refusal changes nothing."""
        asked = {"web": web, "worker": workers}
        if fault := out_of_bounds(asked, self.most, least_workers=LEAST_WORKERS):
            raise ActuatorError(fault)
        turn = self.api.turn()
        found = {role: await self._service(turn, role) for role in self.services}
        for role, service in found.items():
            if service.suspended == "suspended":
                raise ActuatorError(f"Render has suspended the {role} service: nothing was changed.")
        now = {role: self.memory.asked(role, service.number) for role, service in found.items()}
        await change(asked, now, self.services, lambda role: self._scale(turn, role, found[role], asked[role], before=now[role]))

    async def hand_over(self, *, least: int, most: int, cpu_percent: int) -> None:
        """Lets Render scale the web service by itself again, by its processors: for when our own controller is taken away."""
        criteria = {"cpu": {"enabled": True, "percentage": cpu_percent}, "memory": {"enabled": False, "percentage": 80}}
        body = {"enabled": True, "min": least, "max": most, "criteria": criteria}
        await self.api.turn().call(Any, "PUT", f"/services/{self.services['web']}/autoscaling", json=body)

    async def close(self) -> None:
        """Closes connections."""
        await self.api.close()

    async def _service(self, turn: Turn, role: str) -> Service:
        """What Render says of a service."""
        try:
            return await turn.call(Service, "GET", f"/services/{self.services[role]}")
        except NotThere as error:
            raise ActuatorError(f"Render knows no service {self.services[role]}: look at {VARIABLES[role]}.") from error

    async def _scale(self, turn: Turn, role: str, service: Service, count: int, *, before: int) -> None:
        """One service: its own scaling off, then the number. A number that both sides agree on costs no call."""
        path = f"/services/{self.services[role]}"
        if service.scales_itself:
            structlog.get_logger().warning("scaling.autoscaling_off", service=self.services[role], role=role)
            await turn.call(Any, "DELETE", f"{path}/autoscaling")
        elif self.memory.is_ours(role, count) and service.number == count:
            return
        await turn.call(Any, "POST", f"{path}/scale", json={"numInstances": count})
        self.memory.note(role, count, before=before)
