"""What only a platform over a network can do to an actuator: be busy, slow, broken, behind the times; and what each platform has of its own."""

import asyncio
import ipaddress
import ssl
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from nollycrewhub.kit.time import utcnow
from nollycrewhub.scaling.actuators.asking import Memory, float_of
from nollycrewhub.scaling.actuators.kubernetes import token_of, trust_of
from nollycrewhub.scaling.actuators.port import ActuatorError, Fleet
from tests.actuators.conftest import MOST, WRITES, Made
from tests.simulators.platforms import KubernetesApi, Trouble

Maker = Callable[..., Made]


async def refused(place: Made, web: int = 4, workers: int = 2) -> ActuatorError:
    """Why an ask was refused."""
    with pytest.raises(ActuatorError) as caught:
        await place.actuator.ask(web=web, workers=workers)
    return caught.value


@pytest.mark.parametrize(
    "trouble", [Trouble(status=500), Trouble(status=503, headers={"Retry-After": "0"}), Trouble(reset=True), Trouble(lost=True),
                Trouble(delay=0.4), Trouble(status=429, headers={"Retry-After": "1"}), Trouble(status=409)], ids=str,
)  # fmt: skip
async def test_what_passes_is_waited_for(cloud: Made, trouble: Trouble) -> None:
    """Once on a read and once on a change: asked again within the budget, and what was asked for is there."""
    if trouble.status != 429:  # one wait is enough
        cloud.platform.misbehave("GET", trouble)
    cloud.platform.misbehave(WRITES[cloud.name], trouble)
    cloud.live.api.budget = 5.0
    await cloud.actuator.ask(web=4, workers=2)
    assert cloud.there() == (4, 2)


@pytest.mark.parametrize("method", ["read", "write"])
async def test_being_too_busy_for_our_budget_says_when_to_come_again_and_changes_nothing(cloud: Made, method: str) -> None:
    cloud.platform.misbehave("GET" if method == "read" else WRITES[cloud.name], Trouble(status=429, headers={"Retry-After": "90"}))
    started = time.monotonic()
    error = await refused(cloud)
    assert (error.retry_after, time.monotonic() - started < 1.0) == (90.0, True)
    assert "too many calls" in str(error)
    assert cloud.there() == (2, 1)
    calls = len(cloud.platform.calls)
    with pytest.raises(ActuatorError) as again:  # meanwhile it is left alone
        await (cloud.actuator.fleet() if method == "read" else cloud.actuator.ask(web=4, workers=2))
    assert 88.0 < (again.value.retry_after or 0) <= 90.0
    assert not any(made == WRITES[cloud.name] for made, _ in cloud.platform.calls[calls:])


@pytest.mark.parametrize("trouble", [Trouble(status=502), Trouble(reset=True), Trouble(delay=0.4, status=504)], ids=str)
async def test_what_does_not_pass_is_given_up_within_the_budget(cloud: Made, trouble: Trouble) -> None:
    cloud.platform.misbehave(WRITES[cloud.name], *[trouble] * 10)
    started = time.monotonic()
    error = await refused(cloud)
    assert time.monotonic() - started < cloud.live.api.budget + 0.5
    assert cloud.platform.count(WRITES[cloud.name]) <= 4
    assert error.retry_after is None
    assert any(words in str(error) for words in ("answered 502", "cannot be reached", "did not answer in time"))
    assert cloud.there() == (2, 1)


async def test_what_was_taken_in_silence_is_told_as_unknown_and_seen_by_the_next_look(cloud: Made) -> None:
    cloud.platform.misbehave(WRITES[cloud.name], *[Trouble(lost=True)] * 4)
    assert "cannot be reached" in str(await refused(cloud, web=4, workers=1))
    assert (await cloud.actuator.fleet()).web_asked == cloud.there()[0]
    await cloud.actuator.ask(web=4, workers=2)
    assert cloud.there() == (4, 2)


async def test_a_wrong_key_is_said_and_changes_nothing(make: Maker) -> None:
    for name in ("render", "kubernetes"):
        cloud = make(name, key="somebody-elses-key")
        error = await refused(cloud)
        assert "does not take our key or token. It says: Unauthorized" in str(error)
        assert "somebody-elses-key" not in str(error)
        assert (cloud.there(), cloud.platform.count("GET"), cloud.platform.count(WRITES[name])) == ((2, 1), 1, 0)


@pytest.mark.parametrize("key", ["ké" * 20, "two\nlines" * 4])
async def test_a_key_that_no_header_holds_is_said_at_once(make: Maker, key: str) -> None:
    for name in ("render", "kubernetes"):
        cloud = make(name, key=key)
        error = await refused(cloud)
        assert "Our key or token for" in str(error) and "holds a character that none has" in str(error)
        assert key not in str(error)
        assert (cloud.there(), cloud.platform.count("GET")) == ((2, 1), 0)


async def test_reads_from_before_our_change_are_not_believed(cloud: Made) -> None:
    cloud.platform.stale = 5
    await cloud.actuator.ask(web=4, workers=2)
    await cloud.actuator.ask(web=5, workers=2)
    assert [(one.web_asked, one.workers_asked) for one in [await cloud.actuator.fleet() for _ in range(6)]] == [(5, 2)] * 6
    await cloud.actuator.ask(web=4, workers=2)  # back to a number that a stale read could have
    assert cloud.there() == (4, 2)
    assert (await cloud.actuator.fleet()).web_asked == 4


async def test_a_number_that_both_sides_agree_on_costs_no_call(cloud: Made) -> None:
    """Render takes thirty a minute."""
    for _ in range(20):
        await cloud.actuator.ask(web=3, workers=2)
    assert cloud.platform.count(WRITES[cloud.name]) == 2


async def test_somebody_elses_number_is_believed_at_once(cloud: Made) -> None:
    await cloud.actuator.ask(web=4, workers=2)
    things = cloud.platform.services if cloud.name == "render" else cloud.platform.deployments
    next(iter(things.values())).ask(6, 0)
    assert (await cloud.actuator.fleet()).web_asked == 6
    await cloud.actuator.ask(web=4, workers=2)
    assert cloud.there() == (4, 2)


async def test_what_is_not_ready_yet_is_not_counted(cloud: Made) -> None:
    cloud.platform.boots = 0.3
    await cloud.actuator.ask(web=5, workers=3)
    assert await cloud.actuator.fleet() == Fleet(web=2, workers=1, web_asked=5, workers_asked=3)
    assert await cloud.settled(5, 3) == Fleet(web=5, workers=3, web_asked=5, workers_asked=3)


async def test_what_shrinks_goes_first_and_half_a_change_is_told(cloud: Made) -> None:
    await cloud.actuator.ask(web=2, workers=4)
    before = cloud.platform.count(WRITES[cloud.name])
    writes = [Trouble(status=400)] if cloud.name == "render" else [Trouble(status=422)]
    cloud.platform.misbehave(WRITES[cloud.name], Trouble(), *writes)
    error = await refused(cloud, web=5, workers=1)
    assert cloud.there() == (2, 1)
    assert cloud.platform.count(WRITES[cloud.name]) - before == 2
    assert "was asked for 1" in str(error)
    assert "is as it was" in str(error)
    await cloud.actuator.ask(web=5, workers=1)
    assert cloud.there() == (5, 1)


@pytest.mark.parametrize("body", ["page", "shape"])
async def test_an_answer_that_is_not_the_platforms_is_refused(cloud: Made, body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if body == "page":
        cloud.platform.misbehave("GET", Trouble(page=True))
    else:
        monkeypatch.setattr(cloud.platform, "take", lambda *_: (200, {}, {"spec": {"replicas": "two"}, "serviceDetails": {}}))
    with pytest.raises(ActuatorError, match="not its JSON"):
        await cloud.actuator.fleet()
    assert cloud.there() == (2, 1)


async def test_a_name_that_is_not_there_is_said_with_its_setting(make: Maker) -> None:
    error = await refused(make("render", workers="srv-nowhere"))
    assert str(error) == "Render knows no service srv-nowhere: look at RENDER_WORKER_SERVICE."
    error = await refused(make("kubernetes", web="elsewhere"))
    assert str(error) == "Kubernetes knows no deployment nollywood/elsewhere: look at KUBERNETES_WEB."


async def test_asking_at_once_ends_with_one_of_the_numbers(cloud: Made) -> None:
    await asyncio.gather(*(cloud.actuator.ask(web=count, workers=1) for count in (3, 4, 5)))
    assert cloud.there()[0] in (3, 4, 5)


# Render's own


async def test_renders_own_scaling_is_switched_off_before_ours_and_handed_back(make: Maker) -> None:
    """Render takes a number and ignores it while its own scaling is on."""
    place = make("render")
    await place.live.hand_over(least=2, most=8, cpu_percent=60)
    web = place.platform.services["srv-web0"]
    assert web.own == {
        "enabled": True, "min": 2, "max": 8,
        "criteria": {"cpu": {"enabled": True, "percentage": 60}, "memory": {"enabled": False, "percentage": 80}},
    }  # fmt: skip
    web.asked = web.ready = 3
    assert (await place.actuator.fleet()).web_asked == 3
    await place.actuator.ask(web=5, workers=2)
    assert (web.own, place.there()) == (None, (5, 2))
    assert [call for call in place.platform.calls if call[0] != "GET"] == [
        ("PUT", "/services/srv-web0/autoscaling"), ("POST", "/services/srv-worker0/scale"),
        ("DELETE", "/services/srv-web0/autoscaling"), ("POST", "/services/srv-web0/scale"),
    ]  # fmt: skip


@pytest.mark.parametrize("form", ["seconds", "epoch"])
async def test_the_last_call_of_renders_minute_is_not_overstepped(make: Maker, form: str) -> None:
    """Ratelimit-Reset is a moment since 1970 by Render's page, and seconds by its example; either is understood."""
    place = make("render")
    place.platform.left["POST"] = 1
    place.platform.reset = "45" if form == "seconds" else str(int(utcnow().timestamp()) + 45)
    error = await refused(place)
    assert place.platform.count("POST") == 1
    assert 43.0 < (error.retry_after or 0) <= 45.0
    assert await place.actuator.fleet() == Fleet(web=2, workers=2, web_asked=2, workers_asked=2)


async def test_a_suspended_service_is_not_scaled(make: Maker) -> None:
    place = make("render")
    place.platform.services["srv-worker0"].suspended = True
    assert str(await refused(place)) == "Render has suspended the worker service: nothing was changed."
    assert place.there() == (2, 1)


async def test_renders_own_most_is_said_in_its_words(make: Maker) -> None:
    place = make("render")
    place.platform.most = 3
    assert "refuses (400). It says: numInstances must be from 1 to 3" in str(await refused(place, web=4, workers=1))
    assert place.there()[0] == 2


async def test_render_is_not_asked_for_a_service_without_instances(make: Maker) -> None:
    place = make("render")
    assert str(await refused(place, web=2, workers=0)) == "0 worker processes were asked for, and 1 to 6 are allowed: nothing was changed."
    assert place.there() == (2, 1)


# Kubernetes' own


async def test_a_deployment_may_have_no_workers(make: Maker) -> None:
    place = make("kubernetes")
    await place.actuator.ask(web=2, workers=0)
    assert place.there() == (2, 0)
    assert await place.settled(2, 0) == Fleet(web=2, workers=0, web_asked=2, workers_asked=0)


@pytest.mark.parametrize("kind", ["hpa", "keda", "keda with its kind"])
async def test_what_somebody_else_scales_is_left_alone_and_said(make: Maker, kind: str) -> None:
    place = make("kubernetes")
    if kind == "hpa":
        place.platform.hpas = {"by-cpu": {"kind": "Deployment", "name": "worker"}}
    else:
        target = {"name": "worker", **({"kind": "Deployment"} if "kind" in kind else {})}
        place.platform.scaled = {"by-age": target, "other": {"name": "elsewhere"}}
        place.platform.hpas = {"keda-hpa-by-age": {"kind": "Deployment", "name": "worker"}}
    named = "HorizontalPodAutoscaler “by-cpu”" if kind == "hpa" else "ScaledObject “by-age”"
    assert str(await refused(place)) == (
        f"worker is scaled by the {named}, so nothing was changed: take that away, or name worker in KUBERNETES_HANDED_OVER."
    )
    assert (place.there(), place.platform.count("PATCH")) == ((2, 1), 0)
    assert await place.actuator.fleet() == Fleet(web=2, workers=1, web_asked=2, workers_asked=1)


async def test_what_was_handed_over_is_only_looked_at(make: Maker) -> None:
    place = make("kubernetes", handed_over=["worker"])
    place.platform.scaled = {"by-age": {"name": "worker"}}
    place.platform.deployments["worker"].ask(3, 0)
    await place.actuator.ask(web=4, workers=MOST + 100)
    assert place.there() == (4, 3)
    assert (await place.actuator.fleet()).workers_asked == 3
    assert [path for made, path in place.platform.calls if made == "PATCH"] == [
        "/apis/apps/v1/namespaces/nollywood/deployments/web/scale?fieldManager=nollycrewhub"
    ]


async def test_what_was_handed_over_to_nobody_is_said(make: Maker) -> None:
    place = make("kubernetes", handed_over=["worker"])
    assert "neither a ScaledObject nor an HPA scales worker: nothing was changed." in str(await refused(place))
    assert place.there() == (2, 1)


async def test_a_rule_of_the_cluster_that_makes_another_number_is_said(make: Maker) -> None:
    place = make("kubernetes")
    place.platform.cap = 3
    assert "made 3 of the 5 that web was asked for" in str(await refused(place, web=5, workers=1))
    assert (await place.actuator.fleet()).web_asked == 3


async def test_a_pods_token_is_read_again_when_it_was_renewed(make: Maker, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("yesterdays\n")
    place = make("kubernetes", headers=token_of("", str(file)))
    assert "does not take our key or token" in str(await refused(place))
    file.write_text(f"{place.platform.token}\n")
    await place.actuator.ask(web=3, workers=1)
    assert place.there() == (3, 1)
    file.unlink()
    assert "KUBERNETES_TOKEN_FILE cannot be read" in str(await refused(place))


async def test_the_clusters_certificate_is_checked_with_its_ca(make: Maker, tmp_path: Path) -> None:
    ours, theirs = (certificate(tmp_path, name) for name in ("ours", "theirs"))
    place = make("kubernetes", platform=(platform := KubernetesApi(tls=served_with(ours))), verify=trust_of("https://here", str(ours)))
    await place.actuator.ask(web=3, workers=1)
    assert (place.there(), platform.url.startswith("https://")) == ((3, 1), True)
    stranger = make("kubernetes", platform=KubernetesApi(tls=served_with(ours)), verify=trust_of("https://here", str(theirs)))
    assert "a certificate that our CA file does not vouch for" in str(await refused(stranger))
    assert stranger.there() == (2, 1)
    with pytest.raises(ActuatorError, match="KUBERNETES_CA_FILE is no readable certificate"):
        trust_of("https://here", str(tmp_path / "nowhere"))


def certificate(folder: Path, name: str) -> Path:
    """A certificate of 127.0.0.1 that vouches for itself, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(utcnow() - timedelta(days=1))
        .not_valid_after(utcnow() + timedelta(days=1)).add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    file = folder / f"{name}.pem"
    file.write_bytes(made.public_bytes(Encoding.PEM) + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return file


def served_with(file: Path) -> ssl.SSLContext:
    """A server's side of TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


# the small parts


def test_retry_after_is_a_number_or_a_date_and_never_endless() -> None:
    assert [float_of(wish) for wish in ("7", "0", "", None, "soon", "-3", "99999999")] == [7.0, 0.0, 0.0, 0.0, 0.0, 0.0, 600.0]
    date = (utcnow() + timedelta(seconds=30)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert 28.0 < float_of(date) <= 30.0
    assert float_of("Wed, 21 Oct 2015 07:28:00 GMT") == 0.0


def test_memory_forgets_when_reads_had_their_time() -> None:
    now = 100.0
    memory = Memory(30.0, clock=lambda: now)
    memory.note("web", 4, before=2)
    assert [memory.asked("web", read) for read in (2, 4, 7)] == [4, 4, 7]
    memory.note("web", 2, before=4)
    assert [memory.asked("web", read) for read in (2, 4)] == [2, 2]
    now = 131.0
    assert [memory.asked("web", read) for read in (2, 4)] == [2, 4]
