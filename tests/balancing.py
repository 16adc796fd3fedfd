"""nginx in front of really served instances, sockets included."""

import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from nollycrewhub.devstack.postgres import free_port
from tests.guardian import GUARDIAN
from tests.served import wait_until

CONFIGURATION = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
worker_processes 1;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  upstream program {{ {servers} keepalive 32; }}
  server {{
    listen 127.0.0.1:{port};
    location /ws {{
      proxy_pass http://program; proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";
      proxy_set_header Host $http_host; proxy_set_header X-Forwarded-For $remote_addr; proxy_connect_timeout 2s;
    }}
    location / {{
      proxy_pass http://program; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header Host $http_host; proxy_set_header X-Forwarded-For $remote_addr;
      proxy_next_upstream error timeout http_503; proxy_connect_timeout 2s;
    }}
  }}
}}
"""


def nginx() -> str:
    """The program; a missing one fails the test, as every missing tool does."""
    found = shutil.which("nginx") or "/usr/sbin/nginx"
    assert Path(found).exists(), "nginx is missing: make tools"
    return found


@pytest.fixture
def balanced(tmp_path: Path) -> Iterator[Callable[[list[str]], str]]:
    """Starts nginx in front of addresses, and tells its own."""
    started: list[subprocess.Popen[bytes]] = []

    def start(urls: list[str]) -> str:
        port = free_port()
        servers = " ".join(f"server {url.removeprefix('http://')} max_fails=0;" for url in urls)
        configuration = tmp_path / "nginx.conf"
        configuration.write_text(CONFIGURATION.format(folder=tmp_path, servers=servers, port=port))
        process = subprocess.Popen([nginx(), "-c", str(configuration), "-p", str(tmp_path)], stderr=subprocess.DEVNULL)
        started.append(process)
        GUARDIAN.keep(process)
        url = f"http://127.0.0.1:{port}"

        def is_up() -> bool:
            try:
                return httpx.get(f"{url}/livez", timeout=2).status_code < 600
            except httpx.TransportError:
                return False

        wait_until(is_up, what="nginx never came")
        return url

    yield start
    for process in started:
        process.send_signal(signal.SIGQUIT)
        process.wait(10)
