"""Which platform the settings choose, and what they, and `doctor`, say of a wrong one."""

import argparse
from collections.abc import Callable
from pathlib import Path

import pytest

from nollycrewhub.cli import doctor
from nollycrewhub.platform.settings import SettingsError, from_environ
from nollycrewhub.scaling.actuators.choosing import namespace_of, platform_of
from nollycrewhub.scaling.actuators.kubernetes import Kubernetes
from nollycrewhub.scaling.actuators.port import ActuatorError
from nollycrewhub.scaling.actuators.render import Render
from tests.actuators.conftest import KEY, POD_TOKEN, Made

SOUND = {"DATABASE_URL": "postgresql://app@db/nollycrewhub", "SESSION_URL": "redis://valkey/0"}
RENDER = {
    "SCALING_ACTUATOR": "render", "RENDER_API_KEY": KEY, "RENDER_WEB_SERVICE": "srv-web0", "RENDER_WORKER_SERVICE": "srv-worker0",
}  # fmt: skip
CLUSTER = {
    "SCALING_ACTUATOR": "kubernetes", "KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": "6443",
    "KUBERNETES_NAMESPACE": "nollywood", "KUBERNETES_TOKEN": POD_TOKEN, "KUBERNETES_CA_FILE": "",
}  # fmt: skip


@pytest.mark.parametrize("actuator", ["", "local"])
def test_no_platform_is_asked_unless_one_is_named(actuator: str) -> None:
    assert platform_of(from_environ({**SOUND, **RENDER, **CLUSTER, "SCALING_ACTUATOR": actuator})) is None


async def test_render_is_chosen_with_its_services() -> None:
    chosen = platform_of(from_environ({**SOUND, **RENDER, "SCALING_MOST_WEB": "7"}))
    assert isinstance(chosen, Render)
    assert (chosen.services, chosen.most) == ({"web": "srv-web0", "worker": "srv-worker0"}, {"web": 7, "worker": 10})
    assert str(chosen.api.client.base_url) == "https://api.render.com/v1/"
    await chosen.close()


@pytest.mark.parametrize(("host", "url"), [("10.0.0.1", "https://10.0.0.1:6443"), ("fd00::1", "https://[fd00::1]:6443")])
async def test_kubernetes_is_chosen_in_a_pod(host: str, url: str, tmp_path: Path) -> None:
    env = {**SOUND, **CLUSTER, "KUBERNETES_SERVICE_HOST": host, "KUBERNETES_CA_FILE": "/etc/ssl/certs/ca-certificates.crt"}
    settings = from_environ({**env, "KUBERNETES_HANDED_OVER": "worker, web"})
    chosen = platform_of(settings)
    assert isinstance(chosen, Kubernetes)
    assert (chosen.handed_over, str(chosen.api.client.base_url)) == ({"web", "worker"}, url)
    await chosen.close()
    (tmp_path / "namespace").write_text("of-the-pod\n")
    bare = from_environ({**env, "KUBERNETES_NAMESPACE": ""})
    assert namespace_of(bare, tmp_path / "namespace") == "of-the-pod"
    with pytest.raises(ActuatorError, match="KUBERNETES_NAMESPACE is not set"):
        namespace_of(bare, tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"SCALING_ACTUATOR": "heroku"}, "SCALING_ACTUATOR has a value of the wrong kind. It is one of local, render, kubernetes."),
        ({"RENDER_API_KEY": ""}, "SCALING_ACTUATOR is render, and RENDER_API_KEY is not set."),
        ({"RENDER_API_KEY": "", "RENDER_WEB_SERVICE": ""}, "SCALING_ACTUATOR is render, and RENDER_API_KEY and RENDER_WEB_SERVICE are not set."),
        ({"RENDER_WEB_SERVICE": "web"}, "RENDER_WEB_SERVICE is no id of a Render service: it starts with srv-, and stands in the service's address."),
        ({"RENDER_WEB_SERVICE": "srv-worker0"}, "RENDER_WEB_SERVICE and RENDER_WORKER_SERVICE are the same service. Workers are a service of their own."),
        ({"RENDER_API_URL": "ftp://api"}, "RENDER_API_URL is no address of such a server: it starts with https://."),
        ({"SCALING_ACTUATOR": "kubernetes"}, "SCALING_ACTUATOR is kubernetes, and KUBERNETES_API_URL is not set."),
        ({"KUBERNETES_WEB": "Web_1"}, "KUBERNETES_WEB is no name that Kubernetes takes: small letters, digits and hyphens, 63 at most."),
        ({"KUBERNETES_HANDED_OVER": "jobs"}, "KUBERNETES_HANDED_OVER names what KEDA or an HPA scales: web, worker, or both with a comma."),
        ({"SCALING_MOST_WEB": "0"}, "SCALING_MOST_WEB is a number from 1 to 10000."),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, dict) else "",
)  # fmt: skip
def test_what_is_wrong_is_said_at_the_start(changes: dict[str, str], sentence: str) -> None:
    with pytest.raises(SettingsError) as caught:
        from_environ({**SOUND, **RENDER, **changes})
    assert caught.value.sentences == [sentence]


def test_production_asks_no_simulator() -> None:
    with pytest.raises(SettingsError) as caught:
        from_environ(
            {**SOUND, **RENDER, "NOLLYCREWHUB_SHAPE": "production", "RENDER_API_URL": "http://127.0.0.1:9", "RENDER_API_KEY": "changeme"}
        )
    assert "RENDER_API_URL is not an https:// address: a simulator scales nothing here. Remove it." in caught.value.sentences
    assert "RENDER_API_KEY looks like a placeholder, or is short. Set the real one or remove it." in caught.value.sentences


@pytest.mark.parametrize("fault", ["", "key", "service", "file"])
def test_doctor_asks_the_platform_and_changes_nothing(
    make: Callable[..., Made], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], fault: str
) -> None:  # fmt: skip
    place = make("kubernetes" if fault == "file" else "render")
    env = {**RENDER, "RENDER_API_URL": place.platform.url}
    wanted = {
        "": "", "key": "SCALING_ACTUATOR: Render does not take our key or token. It says: Unauthorized",
        "service": "SCALING_ACTUATOR: Render knows no service srv-nowhere: look at RENDER_WORKER_SERVICE.",
        "file": "SCALING_ACTUATOR: The token in KUBERNETES_TOKEN_FILE cannot be read (FileNotFoundError).",
    }[fault]  # fmt: skip
    if fault == "key":
        env["RENDER_API_KEY"] = "another-key-than-the-right-one"
    elif fault == "service":
        env["RENDER_WORKER_SERVICE"] = "srv-nowhere"
    elif fault == "file":
        env = {**CLUSTER, "KUBERNETES_API_URL": place.platform.url, "KUBERNETES_TOKEN": "", "KUBERNETES_TOKEN_FILE": "/nowhere"}
    for name in ("DATABASE_URL", "NOLLYCREWHUB_SHAPE", "RENDER"):
        monkeypatch.delenv(name, raising=False)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    code = doctor.run(argparse.Namespace())
    said = [line.removeprefix("- ") for line in capsys.readouterr().out.splitlines() if line.startswith("- ")]
    assert (code, said) == (1 if wanted else 0, [wanted] if wanted else [])
    assert place.there() == (2, 1)
