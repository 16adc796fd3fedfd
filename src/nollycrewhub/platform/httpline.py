"""HTTP as uvicorn reads it, but for what is answered before it becomes a request.

What cannot be read is refused as the rest of the program refuses; and while a process has no room, what would be told to
come again is told so here, where it costs least.
"""

import os
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from nollycrewhub.platform.admission import Door
from nollycrewhub.platform.context import LINE
from nollycrewhub.platform.errors import BadRequest, document
from nollycrewhub.platform.security import SECURITY_HEADERS

UNREADABLE = "This is no HTTP that can be read: a header holds a control character, or a line of the request is broken."
WITH_BODY = frozenset((b"content-length", b"transfer-encoding"))


class HttpLine(HttpToolsProtocol):
    """One connection. What it answers itself, no gate and no handler hears of."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.door: Door | None = getattr(self.app, "door", None)
        self.was_turned_away = False

    def on_message_begin(self) -> None:
        """A request comes by this connection."""
        super().on_message_begin()
        self.scope[LINE] = self.transport  # type: ignore[literal-required]

    def on_headers_complete(self) -> None:
        """The request begins, or is turned away while there is no room."""
        if self.door is not None and self.door.is_shut and self._may_be_turned_away():
            refusal = self.door.refusal(self.url, self.client[0] if self.client else "", self.headers)
            if refusal is not None:
                self._turn_away(refusal, leaves=self.door.is_leaving())
                return
        self._unset_keepalive_if_required()  # one that came in the same packet as one that was turned away
        super().on_headers_complete()

    def _may_be_turned_away(self) -> bool:
        """Whether the answer can be written at once: a plain read, no earlier answer due, and a reader that keeps up."""
        is_first = self.cycle is None or self.cycle.response_complete
        is_read = self.parser.get_method() == b"GET" and not self.parser.should_upgrade()
        return (
            is_first
            and is_read
            and not self.flow.write_paused
            and not any(pair[0] in WITH_BODY and pair[1] != b"0" for pair in self.headers)
        )

    def _turn_away(self, refusal: bytes, *, leaves: bool) -> None:
        self.was_turned_away = True
        stays = not leaves and self.parser.get_http_version() != "1.0" and self.parser.should_keep_alive()
        lines = [b"%b: %b\r\n" % pair for pair in self.server_state.default_headers]
        self.transport.write(b"".join((STATUS_LINE[503], *lines, b"" if stays else b"connection: close\r\n", refusal)))
        self.server_state.total_requests += 1
        if not stays:
            self.transport.close()
            return
        self._unset_keepalive_if_required()
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)

    def on_message_complete(self) -> None:
        """The end of a request; of one that was turned away nobody waits for it."""
        if self.was_turned_away:
            self.was_turned_away = False
            return
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Problem JSON, and the end of the connection: where the next request would begin is not known."""
        request_id = os.urandom(16).hex()
        body = document(BadRequest(UNREADABLE), request_id)
        headers = {
            **SECURITY_HEADERS, "content-type": "application/problem+json", "content-length": str(len(body)),
            "cache-control": "private, no-store", "x-request-id": request_id, "connection": "close",
        }  # fmt: skip
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self.transport.write(STATUS_LINE[400] + lines.encode() + b"\r\n" + body)
        self.transport.close()
