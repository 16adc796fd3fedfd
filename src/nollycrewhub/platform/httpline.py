"""HTTP as uvicorn reads it, but for what cannot be read: that is refused here as the rest of the program refuses."""

import os

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from nollycrewhub.platform.errors import BadRequest, document
from nollycrewhub.platform.security import SECURITY_HEADERS

UNREADABLE = "This is no HTTP that can be read: a header holds a control character, or a line of the request is broken."


class HttpLine(HttpToolsProtocol):
    """One connection. Nobody has read the request by now, so no gate and no handler hears of it."""

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
