"""The OpenTelemetry collector between our processes and whoever keeps traces: its configuration, and what is wrong with one.

It takes in spans over OTLP/HTTP, where `OTEL_EXPORTER_OTLP_ENDPOINT` leads our processes, and passes them on to one address, which
is a setting of its own. Spans are all that we send it. What finds no room is dropped: its memory has a bound, and ours does not grow.
"""

from typing import Any

from deploying.reading import Texts, Unreadable, against, only, parsed
from nollycrewhub.platform.tracing.bounds import MOST_AT_ONCE

FOLDER = "deploy/collector"
CONFIG = f"{FOLDER}/collector.yaml"
IMAGE = "otel/opentelemetry-collector:0.139.0"
USER = 10001  # the image's own
IN_PLACE = "/etc/otelcol/config.yaml"  # where the image looks by itself
OTLP, HEALTH = 4318, 13133
MEMORY_MIB, LIMIT_MIB, SPIKE_MIB = 512, 384, 96  # of the container; where it refuses; how much may come between two looks
ENDPOINT = f"http://collector:{OTLP}"
SETTINGS = ("TRACES_EXPORT_URL", "TRACES_EXPORT_AUTHORIZATION")  # where to, and the header that lets us in there
OURS = {"GOMEMLIMIT": f"{LIMIT_MIB}MiB"}  # Go's collector of garbage begins before the bound does


def config() -> dict[str, Any]:
    """What `deploy/collector/collector.yaml` holds."""
    return {
        "extensions": {"health_check": {"endpoint": f"0.0.0.0:{HEALTH}"}},
        "receivers": {"otlp": {"protocols": {"http": {"endpoint": f"0.0.0.0:{OTLP}", "max_request_body_size": 4 * 1024 * 1024}}}},
        "processors": {
            "memory_limiter": {"check_interval": "1s", "limit_mib": LIMIT_MIB, "spike_limit_mib": SPIKE_MIB},
            "batch": {"timeout": "1s", "send_batch_size": MOST_AT_ONCE, "send_batch_max_size": 4 * MOST_AT_ONCE},
        },
        "exporters": {
            "otlphttp": {
                "endpoint": "${env:TRACES_EXPORT_URL}", "headers": {"authorization": "${env:TRACES_EXPORT_AUTHORIZATION}"},
                "timeout": "10s", "sending_queue": {"enabled": True, "queue_size": 256},
                "retry_on_failure": {"enabled": True, "initial_interval": "1s", "max_interval": "30s", "max_elapsed_time": "300s"},
            },
        },
        "service": {
            "extensions": ["health_check"],
            "telemetry": {"logs": {"level": "warn"}, "metrics": {"level": "none"}},
            "pipelines": {"traces": {"receivers": ["otlp"], "processors": ["memory_limiter", "batch"], "exporters": ["otlphttp"]}},
        },
    }  # fmt: skip


def faults(texts: Texts) -> list[str]:
    """The folder."""
    return config_faults(only(texts, CONFIG), CONFIG)


def config_faults(told: Any, where: str) -> list[str]:
    """A configuration against its schema and itself: what a pipeline names is there, and what is there is in use."""
    if found := against("collector.yaml", told, where):
        return found
    service, found = told["service"], list[str]()
    pipeline = service["pipelines"]["traces"]
    for kind, used in (*pipeline.items(), ("extensions", service["extensions"])):
        found += [f"{where}: the {kind} {name} is named and not there." for name in used if name not in told[kind]]
        found += [f"{where}: the {kind} {name} is there, and nothing uses it." for name in told[kind] if name not in used]
    if pipeline["processors"][0] != "memory_limiter":
        found.append(f"{where} looks at its memory after it has taken something in.")
    limit, spike = (told["processors"]["memory_limiter"][name] for name in ("limit_mib", "spike_limit_mib"))
    if not spike < limit < MEMORY_MIB:
        found.append(f"{where} refuses at {limit} MiB ({spike} at once), and its container ends at {MEMORY_MIB}.")
    batch = told["processors"]["batch"]
    found += [] if batch["send_batch_size"] <= batch["send_batch_max_size"] else [f"{where} sends more at once than it may."]
    ports = {told["receivers"]["otlp"]["protocols"]["http"]["endpoint"]: OTLP, told["extensions"]["health_check"]["endpoint"]: HEALTH}
    return found + [f"{where} listens at {place}, and is asked at {port}." for place, port in ports.items() if place != f"0.0.0.0:{port}"]


def text_faults(text: str, where: str) -> list[str]:
    """The same of a configuration within a variable."""
    try:
        (told,) = parsed(text)
    except (Unreadable, ValueError) as error:
        return [f"{where} has a configuration that cannot be read: {error}"]
    return config_faults(told, where)


def compose_faults(service: dict[str, Any], where: str) -> list[str]:
    """Its container beside ours: bounded, nobody's root, started where somebody asks for it, told where to."""
    wanted = {
        "image": IMAGE, "user": f"{USER}:{USER}", "mem_limit": f"{MEMORY_MIB}m", "read_only": True, "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"], "profiles": ["traces"], "networks": ["inside", "outside"],
        "volumes": [f"../collector/collector.yaml:{IN_PLACE}:ro"],
    }  # fmt: skip
    found = [f"{where}: {key} is {service.get(key)}, not {value}." for key, value in wanted.items() if service.get(key) != value]
    expected = OURS | {name: f"${{{name}:-}}" for name in SETTINGS}
    return found if service.get("environment") == expected else [*found, f"{where} is not told {sorted(expected)} and nothing else."]
