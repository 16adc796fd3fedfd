"""Our controller as deploy/ starts it: the role lets the actuator do all it does, and nothing it does not."""

import argparse
import itertools
from collections.abc import Iterator
from secrets import token_urlsafe
from typing import Any

import pytest

from deploying.facts import DEPLOY, SECRETS
from deploying.kubernetes.building import Resource, build, identity
from deploying.reading import only, texts_under
from nollycrewhub.cli import scale
from nollycrewhub.cli.scaler import policy_of
from nollycrewhub.platform.settings import Settings, SettingsError, from_environ
from nollycrewhub.scaling.actuators.kubernetes import Kubernetes, token_of
from nollycrewhub.scaling.actuators.port import ActuatorError
from tests.simulators.platforms import POD_TOKEN, Answer, KubernetesApi, status_of

VERBS = {"GET": "get", "PATCH": "patch", "PUT": "update", "POST": "create", "DELETE": "delete"}
Use = tuple[str, str, str, str]


class Guarded(KubernetesApi):
    """An API server that knows a role, and refuses with 403 as Kubernetes does; it notes which permissions were used."""

    def __init__(self, rules: list[dict[str, Any]]) -> None:
        super().__init__()
        self.scaled = {}
        self.rules = rules
        self.used: set[Use] = set()

    def take(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """As the server it is, once the role allows it."""
        use = used(method, path)
        if not any(allows(rule, use) for rule in self.rules):
            return status_of(403, f"the account cannot {use[0]} resource {use[2]} in API group {use[1]}")
        self.used.add(use)
        return super().take(method, path, headers, body)


def used(method: str, path: str) -> Use:
    """The permission a call needs: verb, group, resource with its subresource, and the name; a list has no name."""
    _, group, _, _, _, resource, *rest = path.partition("?")[0].strip("/").split("/")
    name, *inner = rest or [""]
    return VERBS[method] if name else "list", group, "/".join([resource, *inner]), name


def allows(rule: dict[str, Any], use: Use) -> bool:
    """One rule of a role, as Kubernetes reads it: no list of names is every name."""
    verb, group, resource, name = use
    names = rule.get("resourceNames")
    return verb in rule["verbs"] and group in rule["apiGroups"] and resource in rule["resources"] and (names is None or name in names)


def given(rules: list[dict[str, Any]]) -> Iterator[Use]:
    """Each permission that a role gives."""
    for rule in rules:
        yield from itertools.product(rule["verbs"], rule["apiGroups"], rule["resources"], rule.get("resourceNames", [""]))


def sent(overlay: str) -> dict[tuple[str, str], Resource]:
    """What an overlay would send."""
    return {identity(one): one for one in build(texts_under(DEPLOY / "k8s"), f"deploy/k8s/overlays/{overlay}", set())}


def actuator(api: KubernetesApi, *handed_over: str) -> Kubernetes:
    """The program's own, at that server."""
    return Kubernetes(
        api_url=api.url, headers=token_of(POD_TOKEN, ""), verify=True, namespace="nollywood", web="web", workers="worker", most_web=9,
        most_workers=9, handed_over=handed_over, budget=1.2, patience=0.3,
    )  # fmt: skip


@pytest.mark.parametrize(("overlay", "handed_over"), [("controller", ()), ("controller-and-keda", ("worker",))])
async def test_the_role_allows_what_the_actuator_does_and_no_more(overlay: str, handed_over: tuple[str, ...]) -> None:
    rules = sent(overlay)["Role", "controller"]["rules"]
    api = Guarded(rules)
    api.scaled = {f"{name}-by-age": {"name": name} for name in handed_over}
    scaling = actuator(api, *handed_over)
    try:
        fleet = await scaling.fleet()
        await scaling.ask(web=fleet.web_asked + 1, workers=fleet.workers_asked + 1)
        assert (api.deployments["web"].asked, api.deployments["worker"].asked) == (3, 1 if handed_over else 2)
        assert api.used == set(given(rules)), "a right that nothing needs"
    finally:
        await scaling.close()
        api.stop()


async def test_each_right_is_needed() -> None:
    rules = sent("controller")["Role", "controller"]["rules"]
    for left_out in range(len(rules)):
        api = Guarded([rule for nth, rule in enumerate(rules) if nth != left_out])
        scaling = actuator(api)
        try:
            with pytest.raises(ActuatorError, match="cannot"):
                await scaling.ask(web=3, workers=2)
            assert (api.deployments["web"].asked, api.deployments["worker"].asked) == (2, 1)
        finally:
            await scaling.close()
            api.stop()


def test_the_controller_starts_with_the_secrets_it_is_given_and_they_are_few() -> None:
    found = sent("controller")
    (container,) = found["Deployment", "controller"]["spec"]["template"]["spec"]["containers"]
    told = {one["name"] for one in container["env"] if "secretKeyRef" in one.get("valueFrom", {})}
    plain = {one["name"]: one["value"] for one in container["env"] if "value" in one}
    made = {"DATABASE_URL": "postgresql://app@10.1.1.1/n", "CACHE_URL": "redis://10.1.1.2/0", "METRICS_TOKEN": token_urlsafe(32)}
    given = {**found["ConfigMap", "nollycrewhub"]["data"], **plain, **made, "KUBERNETES_SERVICE_HOST": "10.0.0.1"}
    assert made.keys() <= told and len(told) < len(SECRETS) / 3
    settings = from_environ(given, serves=False)
    assert (settings.shape, settings.scaling_actuator, settings.cache_url) == ("production", "kubernetes", made["CACHE_URL"])
    with pytest.raises(SettingsError) as refused:
        from_environ(given)
    assert [name for name in ("SESSION_URL", "SECRET", "MAIL_URL") if name not in str(refused.value)] == [], "a web process needs them"


def test_nobody_is_scaled_by_two_in_any_overlay() -> None:
    scalers = {
        overlay: {key[1] for key in sent(overlay) if key[0] == "ScaledObject"}
        for overlay in ("africa", "controller", "controller-and-keda")
    }
    assert scalers == {"africa": {"web", "worker"}, "controller": set(), "controller-and-keda": {"worker"}}
    assert ("Deployment", "controller") not in sent("africa")


def test_composes_controller_keeps_the_web_processes_within_their_container_and_leaves_the_workers_alone(settings: Settings) -> None:
    _, *words = only(texts_under(DEPLOY / "docker"), "deploy/docker/compose.yaml")["services"]["controller"]["command"]
    parser = argparse.ArgumentParser()
    scale.add_arguments(parser)
    policy = policy_of(parser.parse_args(words), settings, None, kind="local")
    assert (policy.least_web, policy.most_web, policy.least_workers, policy.most_workers) == (2, 4, 0, 0)
    assert not policy.brings_memory
