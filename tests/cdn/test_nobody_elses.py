"""Bar C7: a real nginx keeps what our headers let it keep, in front of every address. Nobody is shown what is somebody else's."""

import os
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from nollycrewhub.devstack.postgres import free_port
from nollycrewhub.platform.app import Process
from tests.balancing import nginx
from tests.cdn.conftest import listening
from tests.conftest import FULL
from tests.faults.scene import Scene
from tests.guardian import GUARDIAN
from tests.measuring import Measure
from tests.served import wait_until

ROUNDS = 20 if FULL else 1
PHONE = "Mozilla/5.0 (Linux; Android 12) Mobile"
BYPASS = "$cookie_session$cookie_nch_mark$http_authorization$http_x_nch_position$cookie_language$reads_another_language"
CONFIGURATION = """
{user}daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
worker_processes 1;
events {{ worker_connections 512; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  proxy_cache_path {folder}/kept keys_zone=edge:8m use_temp_path=off;
  map $http_accept_language $reads_another_language {{ default ""; "~*(^|[ ,])(pcm|yo|ha|ig)([-,; ]|$)" 1; }}
  map $upstream_http_cdn_cache_control $is_not_for_the_edge {{ default 1; "~^max-age=" 0; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass {origin}; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $http_host;
      proxy_cache edge; proxy_cache_key $request_uri; proxy_cache_valid 200 15m;
      proxy_ignore_headers Cache-Control Expires;
      proxy_cache_bypass {bypass}; proxy_no_cache $is_not_for_the_edge {bypass};
      add_header X-Edge $upstream_cache_status always;
    }}
  }}
}}
"""


@pytest.fixture
def edges(tmp_path: Path) -> Iterator[list[subprocess.Popen[bytes]]]:
    """The nginx processes of a test, which go with it."""
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for process in started:
        process.send_signal(signal.SIGQUIT)
        process.wait(10)


def start(edges: list[subprocess.Popen[bytes]], folder: Path, origin: str, *, bypass: str) -> str:
    """nginx in front of the origin; its address."""
    port = free_port()
    user = "user root;\n" if os.geteuid() == 0 else ""  # its workers must reach the test's own folder
    configuration = folder / "nginx.conf"
    configuration.write_text(CONFIGURATION.format(folder=folder, origin=origin, port=port, bypass=bypass, user=user))
    edges.append(subprocess.Popen([nginx(), "-c", str(configuration), "-p", str(folder)], stderr=subprocess.DEVNULL))
    GUARDIAN.keep(edges[-1])
    wait_until((folder / "nginx.pid").exists, what="nginx never came")
    return f"http://127.0.0.1:{port}"


@pytest.mark.parametrize("bypass", [BYPASS, '""'], ids=["a bypass for people", "an edge without the rule"])
async def test_nobody_is_shown_what_is_somebody_elses(
    clean: Process, edges: list[subprocess.Popen[bytes]], tmp_path: Path, measured: Measure, bypass: str
) -> None:
    scene = await Scene(clean).build()
    walk = await walked(scene, clean, edges, tmp_path, bypass=bypass)
    assert walk.leaks == []
    assert walk.states["HIT"] > 10, f"the edge kept nothing: {walk.states}"
    measured(
        "C7", edge="nginx", bypass=bypass != '""', addresses=walk.addresses, answers=walk.states.total(), hits=walk.states["HIT"], leaks=0
    )


@pytest.mark.parametrize("part", ["/me", "/api/notifications", "/api/messages", "/api/profile"])
async def test_one_address_that_may_be_kept_and_should_not_is_seen(
    clean: Process, edges: list[subprocess.Popen[bytes]], tmp_path: Path, part: str
) -> None:
    """The bad twin: a program that lets the edge keep what is one person's."""

    async def careless(scope: Any, receive: Any, send: Any) -> None:
        async def sent(message: Any) -> None:
            if message["type"] == "http.response.start" and scope["path"].startswith(part):
                dropped = (b"cache-control", b"cdn-cache-control", b"set-cookie", b"vary")
                headers = [(name, value) for name, value in message["headers"] if name.lower() not in dropped]
                message = {**message, "headers": [*headers, (b"cdn-cache-control", b"max-age=900")]}
            await send(message)

        await clean(scope, receive, sent)

    scene = await Scene(clean).build()
    walk = await walked(scene, careless, edges, tmp_path, bypass='""')
    assert walk.leaks
    assert all(f" at {part}" in leak for leak in walk.leaks)


@dataclass
class Walk:
    """What came of asking for every address in turn as two people, a phone and a desktop."""

    addresses: int = 0
    leaks: list[str] = field(default_factory=list)
    states: Counter[str] = field(default_factory=Counter)


async def walked(scene: Scene, application: Any, edges: list[subprocess.Popen[bytes]], folder: Path, *, bypass: str) -> Walk:
    """A leak is an answer the edge had kept that is not what the program tells a stranger with the same device.

    What names another person's address, and does not at the origin, is one too, however it came.
    """
    emails = {role: scene.people[role].email for role in ("poster", "applicant")}
    paths = sorted({operation.path for operation in scene.operations() if operation.method == "GET"})
    walk = Walk(addresses=len(paths))
    async with listening(application) as origin:
        url = start(edges, folder, origin, bypass=bypass)
        people = {role: {"cookie": f"session={scene.tokens[role]}"} for role in emails} | {"phone": {"user-agent": PHONE}, "desktop": {}}
        async with httpx.AsyncClient(base_url=url, timeout=60) as through, httpx.AsyncClient(base_url=origin, timeout=60) as straight:
            for who in ([*people, *reversed(people)]) * ROUNDS:
                for path in paths:
                    answer = await through.get(path, headers={"accept": "text/html", **people[who]})
                    assert answer.status_code < 500 or path == "/readyz", path
                    state = answer.headers.get("x-edge", "")
                    walk.states[state] += 1
                    named = [role for role, email in emails.items() if role != who and email in answer.text]
                    if named and not await names(straight, path, people[who], [emails[role] for role in named]):
                        walk.leaks.append(f"{who} at {path} reads of {named}")
                    if state == "HIT" and ("set-cookie" in answer.headers or not await is_a_strangers(straight, path, people[who], answer)):
                        walk.leaks.append(f"{who} at {path} is given what the edge kept of somebody")
            small = (await through.get("/api/jobs", headers={"user-agent": PHONE})).json()
            assert all(len(job) == 6 for job in small["jobs"])
    return walk


async def is_a_strangers(client: httpx.AsyncClient, path: str, headers: dict[str, str], kept: httpx.Response) -> bool:
    """Whether the origin tells somebody unknown, with the same device, the same."""
    device = {name: value for name, value in headers.items() if name == "user-agent"}
    answer = await client.get(path, headers={"accept": "text/html", **device})
    return (answer.status_code, answer.text) == (kept.status_code, kept.text)


async def names(client: httpx.AsyncClient, path: str, headers: dict[str, str], emails: list[str]) -> bool:
    """Whether the origin itself shows them to this person (a poster reads who applied)."""
    answer = await client.get(path, headers={"accept": "text/html", **headers})
    return all(email in answer.text for email in emails)
