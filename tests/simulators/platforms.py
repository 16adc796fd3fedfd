"""Render's API and a Kubernetes API server, over real HTTP on this machine.

Each keeps its platform's rules (keys, limits, who may scale what) and can be told to misbehave, call by call: refuse, be
busy, be slow, hang up before or after it took the call, answer with somebody's page, and read what was true a moment ago.
"""

import contextlib
import json
import socket
import ssl
import struct
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY, POD_TOKEN = "rnd-key-of-the-tests-in-here", "token-of-the-pod-in-the-tests"
Answer = tuple[int, dict[str, str], Any]
PAGE = b"<p>Please sign in to the hotel's network.</p>"


@dataclass
class Trouble:
    """What happens to one call: a status, silence for a while, a connection reset before the call or after it was taken, a page."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    reset: bool = False
    lost: bool = False
    page: bool = False


class Platform(ABC):
    """One platform on a port of its own. `calls` holds each call's method and path."""

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        self.is_open = True
        self.troubles: dict[str, deque[Trouble]] = {}
        self.calls: list[tuple[str, str]] = []
        self.lock = threading.Lock()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(self))
        self.server.daemon_threads = True
        if tls is not None:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        """Closes the door, once; and hangs up on whoever is inside."""
        if self.is_open:
            self.is_open = False
            self.server.shutdown()
            self.server.server_close()

    def misbehave(self, method: str, *troubles: Trouble) -> None:
        """The next calls of this method meet these."""
        self.troubles.setdefault(method, deque()).extend(troubles)

    def count(self, method: str) -> int:
        """How many calls of a method there were."""
        return sum(made == method for made, _ in self.calls)

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer | None:
        """Status, headers, body; None resets the connection."""
        if not self.is_open:
            return None
        with self.lock:
            self.calls.append((method, path))
            waiting = self.troubles.get(method)
            trouble = waiting.popleft() if waiting else Trouble()
        time.sleep(trouble.delay)
        if trouble.reset:
            return None
        if trouble.page:
            return 200, {}, PAGE
        if trouble.status:
            return trouble.status, trouble.headers, {"message": "not now"}
        with self.lock:
            given = self.take(method, path, headers, body)
        return None if trouble.lost else given

    @abstractmethod
    def take(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """What the platform does with a call."""


def handler_of(platform: Platform) -> type[BaseHTTPRequestHandler]:
    """A platform as an HTTP handler."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def any_method(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            found = platform.answer(self.command, self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            if found is None:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.close_connection = True
                self.connection.close()
                return
            status, headers, answer = found
            content = answer if isinstance(answer, bytes) else b"" if answer is None else json.dumps(answer).encode()
            with contextlib.suppress(ConnectionError):  # whoever asked has gone meanwhile
                self.send_response(status)
                for name, value in {**headers, "content-type": "application/json", "content-length": str(len(content))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = any_method  # noqa: N815 - the library's names

        def handle(self) -> None:
            with contextlib.suppress(ConnectionError, ssl.SSLError, ValueError, OSError):
                super().handle()

        def finish(self) -> None:
            with contextlib.suppress(ConnectionError, ValueError, OSError):
                super().finish()

        def log_message(self, *_: Any) -> None:
            return

    return Handler


@dataclass
class Counted:
    """A service or Deployment: what is asked for and what is ready, which follows after `boots` seconds; and how it was before."""

    asked: int
    ready: int
    before: int = 0
    changed: float = 0.0
    stale: int = 0
    own: dict[str, Any] | None = None
    suspended: bool = False

    def ask(self, count: int, stale: int) -> None:
        """Takes a number; the next `stale` reads still say the one before."""
        self.before, self.asked, self.changed, self.stale = self.asked, count, time.monotonic(), stale

    def read(self) -> int:
        """What a read says is asked for."""
        if self.stale > 0:
            self.stale -= 1
            return self.before
        return self.asked

    def there(self, boots: float) -> int:
        """How many are ready now."""
        if self.ready != self.asked and time.monotonic() - self.changed >= boots:
            self.ready = self.asked
        return self.ready


class RenderApi(Platform):
    """Render: a key, two services, limits of GETs and of other calls by the minute, and scaling of its own that ignores ours."""

    def __init__(self, web: int = 2, workers: int = 1) -> None:
        super().__init__()
        self.services = {"srv-web0": Counted(web, web), "srv-worker0": Counted(workers, workers)}
        self.boots, self.stale, self.most = 0.0, 0, 50
        self.left = {"GET": 400, "POST": 30}
        self.reset = "45"

    def take(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """/services/{id}, its instances, scale and autoscaling."""
        group = "GET" if method == "GET" else "POST"
        told = {"Ratelimit-Limit": "100", "Ratelimit-Remaining": str(max(0, self.left[group] - 1)), "Ratelimit-Reset": self.reset}
        if self.left[group] <= 0:
            return 429, told, {"message": "too many requests"}
        self.left[group] -= 1
        if headers.get("authorization") != f"Bearer {KEY}":
            return 401, told, {"message": "Unauthorized"}
        parts = path.strip("/").split("/")
        if len(parts) not in (2, 3) or parts[0] != "services" or parts[1] not in self.services:
            return 404, told, {"message": "not found: " + path}
        status, answer = self.serve(method, "/".join(parts[2:]), self.services[parts[1]], body, parts[1])
        return status, told, answer

    def serve(self, method: str, what: str, service: Counted, body: bytes, name: str) -> tuple[int, Any]:
        """One service."""
        if (method, what) == ("GET", ""):
            details: dict[str, Any] = {"numInstances": service.read(), "plan": "standard", "region": "frankfurt"}
            if service.own is not None:
                details["autoscaling"] = service.own
            return 200, {
                "id": name, "type": "web_service", "suspended": "suspended" if service.suspended else "not_suspended",
                "serviceDetails": details,
            }  # fmt: skip
        if (method, what) == ("GET", "instances"):
            return 200, [{"id": f"{name}-{place}", "createdAt": "2026-11-30T09:00:00Z"} for place in range(service.there(self.boots))]
        if (method, what) == ("POST", "scale"):
            count = json.loads(body).get("numInstances")
            if not isinstance(count, int) or not 1 <= count <= self.most:
                return 400, {"message": f"numInstances must be from 1 to {self.most}"}
            if service.own is None or not service.own["enabled"]:
                service.ask(count, self.stale)
            return 202, None
        if (method, what) == ("PUT", "autoscaling"):
            service.own = json.loads(body)
            assert set(service.own) == {"enabled", "min", "max", "criteria"} and set(service.own["criteria"]) == {"cpu", "memory"}
            return 200, service.own
        if (method, what) == ("DELETE", "autoscaling"):
            service.own = None
            return 204, None
        return 404, {"message": "not found"}


class KubernetesApi(Platform):
    """An API server: a token, two Deployments in one namespace, their scale, HPAs, and ScaledObjects where KEDA is installed."""

    def __init__(self, web: int = 2, workers: int = 1, *, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(tls=tls)
        self.deployments = {"web": Counted(web, web), "worker": Counted(workers, workers)}
        self.boots, self.stale, self.cap = 0.0, 0, 1000
        self.token = POD_TOKEN
        self.hpas: dict[str, dict[str, str]] = {}
        self.scaled: dict[str, dict[str, str]] | None = None
        self.managers: set[str] = set()

    def take(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """Deployments, scale, HPAs and ScaledObjects of the namespace `nollywood`."""
        if headers.get("authorization") != f"Bearer {self.token}":
            return status_of(401, "Unauthorized")
        path, _, query = path.partition("?")
        here = "namespaces/nollywood"
        if path == f"/apis/autoscaling/v2/{here}/horizontalpodautoscalers":
            return 200, {}, {"kind": "HorizontalPodAutoscalerList", "items": items_of(self.hpas)}
        if path == f"/apis/keda.sh/v1alpha1/{here}/scaledobjects" and self.scaled is not None:
            return 200, {}, {"kind": "ScaledObjectList", "items": items_of(self.scaled)}
        name, _, what = path.removeprefix(f"/apis/apps/v1/{here}/deployments/").partition("/")
        if name not in self.deployments or not path.startswith(f"/apis/apps/v1/{here}/"):
            return status_of(404, f'"{name}" not found')
        one = self.deployments[name]
        if (method, what) == ("GET", ""):
            ready = one.there(self.boots)
            return 200, {}, {
                "kind": "Deployment", "metadata": {"name": name}, "spec": {"replicas": one.read()},
                "status": {"replicas": one.asked, **({"readyReplicas": ready} if ready else {})},
            }  # fmt: skip
        if (method, what) == ("PATCH", "scale"):
            if headers.get("content-type") != "application/merge-patch+json":
                return status_of(415, "the body of the request was in an unknown format")
            self.managers.add(query.removeprefix("fieldManager="))
            count = min(json.loads(body)["spec"]["replicas"], self.cap)
            one.ask(count, self.stale)
            return 200, {}, {"kind": "Scale", "metadata": {"name": name}, "spec": {"replicas": count}, "status": {"replicas": one.ready}}
        return status_of(405, "method not allowed")


def items_of(targets: dict[str, dict[str, str]]) -> list[dict[str, Any]]:
    """Scalers by name, each with what it scales."""
    return [{"metadata": {"name": name}, "spec": {"scaleTargetRef": target}} for name, target in targets.items()]


def status_of(code: int, message: str) -> Answer:
    """An API server's refusal."""
    return code, {}, {"kind": "Status", "status": "Failure", "message": message, "code": code}
