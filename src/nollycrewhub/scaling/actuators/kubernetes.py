"""Web and worker Deployments on Kubernetes, by a merge patch of their scale subresource; and no hand on what KEDA or an HPA scales.

Source of the protocol: the Kubernetes API reference, apps/v1 Deployment and its `scale` (autoscaling/v1 Scale), autoscaling/v2
HorizontalPodAutoscaler, keda.sh/v1alpha1 ScaledObject. A pod's token is renewed on disk, so it is read before each call.
"""

import ssl
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

import msgspec

from nollycrewhub.scaling.actuators.asking import BUDGET, PATIENCE, SETTLES, Api, Memory, NotThere, Turn, change, out_of_bounds
from nollycrewhub.scaling.actuators.port import ActuatorError, Fleet

MERGE = "application/merge-patch+json"
MANAGER = "nollycrewhub"
VARIABLES = {"web": "KUBERNETES_WEB", "worker": "KUBERNETES_WORKERS"}
Owners = dict[str, str]


class Replicas(msgspec.Struct):
    """How many are asked for. A Deployment always says it; a Scale leaves out none."""

    replicas: int = 0


class Ready(msgspec.Struct, rename="camel"):
    """How many are ready; left out when none is."""

    ready_replicas: int = 0


class Deployment(msgspec.Struct):
    """A Deployment; what is not needed here is left out."""

    spec: Replicas
    status: Ready = msgspec.field(default_factory=Ready)


class Scale(msgspec.Struct):
    """The scale subresource."""

    spec: Replicas


class Target(msgspec.Struct):
    """Whom a scaler scales. A ScaledObject leaves the kind out when it is a Deployment."""

    name: str = ""
    kind: str = "Deployment"


class ScalerSpec(msgspec.Struct, rename="camel"):
    """What a ScaledObject and a HorizontalPodAutoscaler have in common."""

    scale_target_ref: Target = msgspec.field(default_factory=Target)


class Name(msgspec.Struct):
    """What a thing is called."""

    name: str


class Scaler(msgspec.Struct):
    """A ScaledObject or a HorizontalPodAutoscaler."""

    metadata: Name
    spec: ScalerSpec


class Scalers(msgspec.Struct):
    """A list of them."""

    items: list[Scaler] = []


class Kubernetes:
    """The live actuator of Kubernetes. Roles in `handed_over` are scaled by a ScaledObject or an HPA, and only looked at."""

    name = "kubernetes"

    def __init__(
        self, *, api_url: str, headers: Callable[[], Mapping[str, str]], verify: ssl.SSLContext | bool, namespace: str,
        web: str, workers: str, most_web: int, most_workers: int, handed_over: Collection[str] = (),
        budget: float = BUDGET, patience: float = PATIENCE, settles: float = SETTLES,
    ) -> None:  # fmt: skip
        self.namespace, self.handed_over = namespace, frozenset(handed_over)
        self.deployments = {"web": web, "worker": workers}
        self.most = {"web": most_web, "worker": most_workers}
        self.memory = Memory(settles)
        self.api = Api("Kubernetes", api_url, headers=headers, verify=verify, budget=budget, patience=patience)

    async def fleet(self) -> Fleet:
        """What is ready and what is asked for, whoever asked."""
        turn = self.api.turn()
        found = {role: await self._deployment(turn, role) for role in self.deployments}
        asked = {role: self.memory.asked(role, one.spec.replicas) for role, one in found.items()}
        return Fleet(
            web=found["web"].status.ready_replicas, workers=found["worker"].status.ready_replicas, web_asked=asked["web"], workers_asked=asked["worker"]
        )  # fmt: skip

    async def ask(self, *, web: int, workers: int) -> None:
        """Patches what is ours to scale; refused as a whole when somebody else scales it, or nobody scales what was handed over."""
        given = {"web": web, "worker": workers}
        asked = {role: count for role, count in given.items() if role not in self.handed_over}
        if fault := out_of_bounds(asked, self.most, least_workers=0):
            raise ActuatorError(fault)
        turn = self.api.turn()
        now = {role: self.memory.asked(role, (await self._deployment(turn, role)).spec.replicas) for role in self.deployments}
        if fault := self._misplaced(await self._owners(turn)):
            raise ActuatorError(fault)
        await change(asked, now, self.deployments, lambda role: self._patch(turn, role, asked[role], before=now[role]))

    async def close(self) -> None:
        """Closes connections."""
        await self.api.close()

    async def _deployment(self, turn: Turn, role: str) -> Deployment:
        """A Deployment as it is."""
        name = self.deployments[role]
        try:
            return await turn.call(Deployment, "GET", f"/apis/apps/v1/namespaces/{self.namespace}/deployments/{name}")
        except NotThere as error:
            raise ActuatorError(f"Kubernetes knows no deployment {self.namespace}/{name}: look at {VARIABLES[role]}.") from error

    async def _owners(self, turn: Turn) -> Owners:
        """Who else scales our Deployments, by role. KEDA makes an HPA of its own for each ScaledObject, which is named first."""
        owners: Owners = {}
        for kind, group in (("HorizontalPodAutoscaler", "autoscaling/v2"), ("ScaledObject", "keda.sh/v1alpha1")):
            try:
                found = await turn.call(Scalers, "GET", f"/apis/{group}/namespaces/{self.namespace}/{kind.lower()}s")
            except NotThere:  # KEDA is not installed here
                continue
            for one in found.items:
                for role, name in self.deployments.items():
                    if one.spec.scale_target_ref == Target(name=name):
                        owners[role] = f"{kind} “{one.metadata.name}”"
        return owners

    def _misplaced(self, owners: Owners) -> str:
        """What stands between us and a change, in a sentence; empty when nothing does."""
        for role, name in self.deployments.items():
            if role in owners and role not in self.handed_over:
                return (
                    f"{name} is scaled by the {owners[role]}, so nothing was changed: take that away, "
                    f"or name {role} in KUBERNETES_HANDED_OVER."
                )
            if role in self.handed_over and role not in owners:
                return f"KUBERNETES_HANDED_OVER names {role}, and neither a ScaledObject nor an HPA scales {name}: nothing was changed."
        return ""

    async def _patch(self, turn: Turn, role: str, count: int, *, before: int) -> None:
        """One Deployment, unless both sides agree. What the answer says is what holds: an admission rule may have made another number of ours."""
        if before == count and self.memory.is_ours(role, count):
            return
        name = self.deployments[role]
        path = f"/apis/apps/v1/namespaces/{self.namespace}/deployments/{name}/scale?fieldManager={MANAGER}"
        took = (await turn.call(Scale, "PATCH", path, json={"spec": {"replicas": count}}, kind=MERGE)).spec.replicas
        if took != count:
            raise ActuatorError(f"Kubernetes made {took} of the {count} that {name} was asked for: a rule of the cluster stands before it.")
        self.memory.note(role, count, before=before)


def token_of(text: str, file: str) -> Callable[[], Mapping[str, str]]:
    """The header with a token that is given, or with the one that a file holds just now."""

    def headers() -> Mapping[str, str]:
        if text:
            return {"authorization": f"Bearer {text}"}
        try:
            return {"authorization": f"Bearer {Path(file).read_text().strip()}"}
        except (OSError, UnicodeDecodeError) as error:
            raise ActuatorError(f"The token in KUBERNETES_TOKEN_FILE cannot be read ({type(error).__name__}).") from error

    return headers


def trust_of(url: str, file: str) -> ssl.SSLContext | bool:
    """What an https address is checked with: the cluster's own CA where there is a file, else the world's."""
    if not url.startswith("https://") or not file:
        return True
    try:
        return ssl.create_default_context(cafile=file)
    except (OSError, ssl.SSLError) as error:
        raise ActuatorError(f"The file in KUBERNETES_CA_FILE is no readable certificate ({type(error).__name__}).") from error
