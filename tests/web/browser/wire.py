"""Counts what goes over the wire: a plain TCP relay in front of the site, so that headers and workers count too."""

import contextlib
import socket
import threading
import time
from urllib.parse import urlsplit

CHUNK = 65_536


class Wire:
    """Relays to the site and counts the bytes that come back to the browser."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.target = (str(parts.hostname), int(parts.port or 80))
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.received = 0
        self.last = 0.0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                far = socket.create_connection(self.target)
                threading.Thread(target=self._pump, args=(near, far, False), daemon=True).start()
                threading.Thread(target=self._pump, args=(far, near, True), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, counted: bool) -> None:
        with contextlib.suppress(OSError):
            while part := source.recv(CHUNK):
                if counted:
                    self.received += len(part)
                    self.last = time.monotonic()
                sink.sendall(part)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def reset(self) -> None:
        """Starts counting anew."""
        self.received = 0
        self.last = time.monotonic()

    def settled(self, *, quiet: float = 0.4) -> int:
        """The count, once nothing has come for a moment."""
        while time.monotonic() - self.last < quiet:
            time.sleep(0.05)
        return self.received

    def close(self) -> None:
        """Takes no more connections."""
        self.listener.close()
