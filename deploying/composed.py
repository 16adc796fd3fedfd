"""The image and the compose file: linted, since nothing here can build them, and held to the program they start."""

import posixpath
import re
from collections.abc import Iterator
from typing import Any

from deploying import collector
from deploying.commands import command_faults, environment_faults
from deploying.facts import BACKUP_SECRETS, OF_BACKUPS, SECRETS, routes
from deploying.reading import Texts, against, only

FOLDER = "deploy/docker"
COMPOSE, DOCKERFILE, IGNORED, EXAMPLE = (
    f"{FOLDER}/{name}" for name in ("compose.yaml", "Dockerfile", "Dockerfile.dockerignore", "example.env")
)
SERVICES = frozenset(
    {"primary", "replica", "sessions", "cache", "migrate", "web", "worker", "controller", "backup-log", "backup", "collector"}
)
OF_POSTGRES = frozenset({"POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD", "POSTGRES_INITDB_ARGS", "PGDATA"})
OF_SCRIPTS = frozenset({"OWNER_PASSWORD", "APP_PASSWORD", "READER_PASSWORD", "REPLICATOR_PASSWORD"})
ASKED = re.compile(r"\$\{([A-Z_]+)(?::[?-][^}]*)?\}")
INSTRUCTIONS = frozenset({
    "FROM", "RUN", "COPY", "ENV", "WORKDIR", "USER", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK", "ENTRYPOINT", "CMD",
})  # fmt: skip
PINNED = re.compile(r"^[a-z0-9./-]+:\d+\.\d+\.\d+[a-z0-9.-]*(@sha256:[0-9a-f]{64})?( AS [a-z]+)?$")
PROGRAM = ("migrate", "web", "worker", "controller", "backup-log", "backup")
SENDING = ("serve", "worker", "backup")  # commands of those who write to people, or ask others on the internet
SECRET_NAMES = SECRETS | (BACKUP_SECRETS - {"BACKUP_URL"})
MIGRATIONS_SECONDS = 1800


def faults(texts: Texts) -> list[str]:
    """All that is wrong with the folder."""
    return compose_faults(texts) + image_faults(texts)


def compose_faults(texts: Texts) -> list[str]:
    """The compose file against its schema, itself and the program."""
    document = only(texts, COMPOSE)
    found = against("compose.yaml", document, COMPOSE)
    if found:
        return found
    services = document["services"]
    if set(services) != SERVICES or set(document["networks"]) != {"inside", "outside"}:
        return [f"{COMPOSE} has the services {sorted(services)} and the networks {sorted(document['networks'])}."]
    for name, service in services.items():
        where = f"{COMPOSE} {name}"
        found += [f"{where} waits for {other}, which is no service." for other in service.get("depends_on", {}) if other not in services]
        for other, how in service.get("depends_on", {}).items():
            if other in services and how["condition"] == "service_healthy" and "healthcheck" not in services[other]:
                found.append(f"{where} waits for the health of {other}, which tells none.")
        found += volume_faults(service, document["volumes"], texts, where)
        found += value_faults(service, services, texts, where)
        if name == "collector":
            found += collector.compose_faults(service, where)
        else:
            found += program_faults(services, service, where) if name in PROGRAM else server_faults(name, service, where)
    found += fleet_faults(services)
    used = {volume.split(":")[0] for one in services.values() for volume in one.get("volumes", [])}
    found += [f"{COMPOSE} has the volume {name}, which nobody mounts." for name in document["volumes"] if name not in used]
    asked = set(ASKED.findall(texts[COMPOSE]))
    offered = set(re.findall(r"^([A-Z_]+)=", texts[EXAMPLE], re.MULTILINE))
    found += [f"{EXAMPLE} and {COMPOSE} differ about {name}." for name in sorted(asked ^ offered)]
    return found + [f"{EXAMPLE} holds a value." for line in texts[EXAMPLE].splitlines() if re.match(r"[A-Z_]+=.", line)]


def volume_faults(service: dict[str, Any], volumes: dict[str, Any], texts: Texts, where: str) -> list[str]:
    """A mounted file is in the tree; a named volume is declared."""
    found = []
    for volume in service.get("volumes", []):
        source = volume.split(":")[0]
        path = f"{FOLDER}/{source[2:]}" if source.startswith("./") else f"deploy/{source[3:]}" if source.startswith("../") else ""
        if path and (path not in texts or not volume.endswith(":ro")):
            found.append(f"{where} mounts {source}, which is no file here, or may be written.")
        target = volume.split(":")[1]
        words = [
            *service.get("command", []),
            *service.get("entrypoint", []),
            *(text for name, text in texts.items() if name.endswith(".sh")),
        ]
        is_script = path.endswith((".sh", ".sql")) and "/docker-entrypoint-initdb.d/" not in target  # those its image runs by itself
        if is_script and not any(target in word for word in words):
            found.append(f"{where} mounts {source} at {target}, where nobody looks for it.")
        if not path and source not in volumes:
            found.append(f"{where} mounts the volume {source}, which is not declared.")
    return found


def value_faults(service: dict[str, Any], services: dict[str, Any], texts: Texts, where: str) -> list[str]:
    """What a value names is there: the Dockerfile, the database, the folder of uploads, the way to ask for health."""
    found = []
    if build := service.get("build"):
        top = posixpath.normpath(f"{FOLDER}/{build['context']}")
        found += (
            []
            if top == "." and build["dockerfile"] == DOCKERFILE
            else [f"{where} is built from {build['dockerfile']} in {top}, which is not ours."]
        )
        mounted = {volume.partition(":")[2] for volume in service.get("volumes", [])}
        media = re.search(r"MEDIA_FOLDER=(\S+)", texts[DOCKERFILE])
        found += (
            []
            if service["command"][0] not in ("serve", "worker") or (media and media[1] in mounted)
            else [f"{where} keeps uploads in no volume."]
        )
    way = service.get("healthcheck", {}).get("test", ["CMD"])[0]
    found += [] if way in ("CMD", "CMD-SHELL") else [f"{where} asks for its health by {way}, which is no way to."]
    database = services["primary"]["environment"]["POSTGRES_DB"]
    for name, value in service.get("environment", {}).items():
        leads = re.search(r"postgresql://.*/(\w+)$", value)
        found += [f"{where}: {name} leads to {leads[1]}, which is no database of the primary."] if leads and leads[1] != database else []
    return found


def program_faults(services: dict[str, Any], service: dict[str, Any], where: str) -> list[str]:
    """One of our own containers: safe, started with words that it takes, its environment what it reads."""
    found = command_faults(service.get("command", []), where)
    needed = {"read_only", "cap_drop", "security_opt", "tmpfs", "volumes", "build", "environment", "depends_on"}
    found += [f"{where} has no {key}." for key in sorted(needed - set(service))]
    given = {name: value for name, value in service.get("environment", {}).items() if not ASKED.search(value)}
    told = {**given, **dict.fromkeys(set(service.get("environment", {})) - set(given), "")}
    if service.get("command", [""])[0] == "backup":
        found += [f"{where} sets {name}, which backups do not read." for name in sorted(set(told) - OF_BACKUPS)]
        found += [f"{where} does not set {name}." for name in sorted(BACKUP_SECRETS - set(told))]
        found += [] if service.get("profiles") else [f"{where} starts where nobody has said where backups go."]
    else:
        found += environment_faults(told, where)
    for name, value in service.get("environment", {}).items():
        host = re.search(r"(?:@|redis://)([a-z]+):\d+", value)
        found += [f"{where}: {name} leads to {host[1]}, which is no service."] if host and host[1] not in services else []
        is_open = name in SECRET_NAMES and not ASKED.search(value) and not value.startswith("redis://")
        found += [f"{where} has the secret {name} in the file."] if is_open else []
    found += (
        [f"{where} reaches nobody outside: the inside network alone is not enough."]
        if "outside" not in service["networks"] and service["command"][0] in SENDING
        else []
    )
    is_late = service["command"] != ["migrate"] and "stop_grace_period" not in service
    found += [f"{where} is killed after ten seconds."] if is_late else []
    found += [f"{where} is reachable from nowhere."] if service["command"][0] == "serve" and "ports" not in service else []
    return found


def fleet_faults(services: dict[str, Any]) -> list[str]:
    """The controller asks where the supervisor of the web processes listens: one path, in a volume that both of them mount there."""
    web, controller = services["web"], services["controller"]
    sockets = {one.get("environment", {}).get("FLEET_SOCKET", "") for one in (web, controller)}
    mounted = [{volume.partition(":")[2] for volume in one["volumes"]} for one in (web, controller)]
    folder = next(iter(sockets)).rpartition("/")[0]
    is_shared = len(sockets) == 1 and folder in mounted[0] & mounted[1]
    found = (
        [] if is_shared else [f"{COMPOSE}: the controller does not ask where the web processes' supervisor listens ({sorted(sockets)})."]
    )
    most = re.search(r"--most-web (\d+)", " ".join(controller["command"]))
    expected = web["environment"].get("WEB_PROCESSES")
    return found if most and most[1] == expected else [*found, f"{COMPOSE}: the settings expect {expected} web processes."]


def server_faults(name: str, service: dict[str, Any], where: str) -> list[str]:
    """A server of data: on the inside network alone, with its health, its memory policy and its volume."""
    found = [] if service["networks"] == ["inside"] else [f"{where} is on a network that leads outside."]
    found += [] if "healthcheck" in service else [f"{where} tells no health."]
    found += [] if "volumes" in service or name == "cache" else [f"{where} forgets everything."]
    environment = set(service.get("environment", {}))
    found += [
        f"{where} sets {one}, which neither PostgreSQL nor our script reads." for one in sorted(environment - OF_POSTGRES - OF_SCRIPTS)
    ]
    needed = {"primary": OF_SCRIPTS | OF_POSTGRES, "replica": {"PGDATA", "REPLICATOR_PASSWORD"}}.get(name, set())
    found += [f"{where} does not set {one}." for one in sorted(needed - environment)]
    words = " ".join(service.get("command") or service.get("entrypoint") or [])
    policy = {"sessions": "--maxmemory-policy noeviction --appendonly yes", "cache": "--maxmemory-policy allkeys-lru",
              "primary": "max_connections=", "replica": "replica.sh"}[name]  # fmt: skip
    return found if policy in words else [*found, f"{where} is not started with {policy}."]


def instructions(text: str) -> Iterator[tuple[int, str, str]]:
    """A Dockerfile's instructions: line, name, and the rest with its continued lines."""
    line, started = "", 0
    for number, part in enumerate(text.splitlines(), start=1):
        if not part.strip() or (part.startswith("#") and not line):
            continue
        started = started or number
        line += part.removesuffix("\\")
        if not part.endswith("\\"):
            name, _, rest = line.strip().partition(" ")
            yield started, name, rest.strip()
            line, started = "", 0


def image_faults(texts: Texts) -> list[str]:
    """The Dockerfile: pinned, in stages, locked packages, cached wheels, nobody's root, and nothing secret."""
    found, stages, said = [], [], list(instructions(texts[DOCKERFILE]))
    for number, name, rest in said:
        where = f"{DOCKERFILE}:{number}"
        if name not in INSTRUCTIONS:
            found.append(f"{where} says {name}, which is no instruction that we use.")
        if name == "FROM":
            stages.append(number)
            found += [] if PINNED.match(rest) else [f"{where} is built on {rest}, which is not pinned."]
        if name == "RUN" and "pip install" in rest and "--no-deps" not in rest:
            found += [] if "--require-hashes" in rest and "--mount=type=cache" in rest else [f"{where} installs without hashes or a cache."]
        if name == "RUN" and re.search(r"\b(curl|wget|sudo|chmod 777|apt-get)\b", rest):
            found.append(f"{where} fetches or does what an image need not.")
        if name == "COPY" and "--from=" not in rest:
            found += copy_faults(rest, texts, where)
        if name == "ENV" and (secret := SECRETS & set(re.findall(r"([A-Z_]+)=", rest))):
            found.append(f"{where} holds {', '.join(secret)}.")
    last = [(name, rest) for number, name, rest in said if stages and number > stages[-1]]
    users = [rest for name, rest in last if name == "USER"]
    found += [] if len(stages) > 1 else [f"{DOCKERFILE} has one stage: what builds is in what runs."]
    found += [] if users and not re.match(r"(root|0)\b", users[-1]) and ":" in users[-1] else [f"{DOCKERFILE} runs as root."]
    found += [
        f"{DOCKERFILE} has no {name}." for name in ("HEALTHCHECK", "ENTRYPOINT", "CMD", "STOPSIGNAL", "EXPOSE") if name not in dict(last)
    ]
    if asked := re.search(r"127\.0\.0\.1:(\d+)(/\w+)", dict(last).get("HEALTHCHECK", "")):
        found += [] if asked[2] in routes() and asked[1] == dict(last).get("EXPOSE") else [f"{DOCKERFILE} asks for health at {asked[0]}."]
    words = re.findall(r'"([^"]+)"', dict(last).get("CMD", ""))
    environment = dict(pair.split("=", 1) for name, rest in last if name == "ENV" for pair in rest.split() if "=" in pair)
    own = {name: value for name, value in environment.items() if name != "PATH" and not name.startswith("PYTHON")}
    return found + command_faults(words, DOCKERFILE) + environment_faults(own, DOCKERFILE)


def copy_faults(rest: str, texts: Texts, where: str) -> list[str]:
    """What is copied is let through to the builder."""
    allowed = {line[1:] for line in texts[IGNORED].splitlines() if line.startswith("!")}
    sources = [word for word in rest.split()[:-1] if not word.startswith("--")]
    return [f"{where} copies {source}, which {IGNORED} keeps back." for source in sources if source not in allowed]
