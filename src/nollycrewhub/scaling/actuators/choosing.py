"""The actuator that carries decisions out, by the settings."""

from pathlib import Path

from nollycrewhub.platform.settings import Settings, SettingsError
from nollycrewhub.scaling.actuators.asking import BUDGET
from nollycrewhub.scaling.actuators.kubernetes import Kubernetes, token_of, trust_of
from nollycrewhub.scaling.actuators.local import Local
from nollycrewhub.scaling.actuators.port import Actuator, ActuatorError
from nollycrewhub.scaling.actuators.render import Render

POD_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")


def actuator_of(settings: Settings) -> Actuator:
    """The one that is set, or the supervisor of this machine; SettingsError in a sentence when it cannot be had."""
    try:
        found = platform_of(settings)
    except ActuatorError as error:
        raise SettingsError([str(error)]) from error
    if found is not None:
        return found
    if not settings.fleet_socket:
        raise SettingsError(
            ["FLEET_SOCKET is not set, and no `up` runs here. Start one (make up), or `FLEET_SOCKET=/path nollycrewhub serve`."]
        )
    return Local(settings.fleet_socket)


def platform_of(settings: Settings, *, budget: float = BUDGET) -> Actuator | None:
    """Render's or Kubernetes' actuator; None where this machine or nobody scales. ActuatorError when a file it needs is not there."""
    if settings.scaling_actuator == "render":
        return Render(
            api_url=settings.render_api_url, key=settings.render_api_key, web=settings.render_web_service,
            workers=settings.render_worker_service, most_web=settings.scaling_most_web, most_workers=settings.scaling_most_workers, budget=budget,
        )  # fmt: skip
    if settings.scaling_actuator == "kubernetes":
        return Kubernetes(
            api_url=settings.kubernetes_api_url, headers=token_of(settings.kubernetes_token, settings.kubernetes_token_file),
            verify=trust_of(settings.kubernetes_api_url, settings.kubernetes_ca_file), namespace=namespace_of(settings),
            web=settings.kubernetes_web, workers=settings.kubernetes_workers,
            handed_over=[part.strip() for part in settings.kubernetes_handed_over.split(",") if part.strip()],
            most_web=settings.scaling_most_web, most_workers=settings.scaling_most_workers, budget=budget,
        )  # fmt: skip
    return None


def namespace_of(settings: Settings, pod: Path = POD_NAMESPACE) -> str:
    """The namespace that is set, or that of this pod."""
    if settings.kubernetes_namespace:
        return settings.kubernetes_namespace
    try:
        return pod.read_text().strip()
    except OSError as error:
        raise ActuatorError("KUBERNETES_NAMESPACE is not set, and this is no pod that has one.") from error
