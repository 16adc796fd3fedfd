"""A small OpenID provider over real HTTP: it keeps the rules (PKCE, one use of a code, its secret), or lies as told."""

import base64
import contextlib
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "client-of-the-tests", "provider-side-9fQx2LmR7"
Mint = Callable[[dict[str, Any], "Provider"], str]


def honest(claims: dict[str, Any], provider: "Provider") -> str:
    """A token as it should be."""
    return jwt.encode({"alg": "RS256", "kid": provider.key.kid}, claims, provider.key)


class Provider:
    """`user` is who signs in, `mint` makes the token, the switches break things."""

    def __init__(self) -> None:
        self.user: dict[str, Any] = {}
        self.mint: Mint = honest
        self.key = self.new_key()
        self.codes: dict[str, dict[str, str]] = {}
        self.fetched: list[str] = []
        self.down: set[str] = set()
        self.delay = 0.0
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(self))
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def new_key(self) -> RSAKey:
        """A signing key with a name of its own."""
        return RSAKey.generate_key(2048, {"kid": secrets.token_hex(6), "use": "sig", "alg": "RS256"}, private=True)

    def stop(self) -> None:
        """Closes the door."""
        self.server.shutdown()
        self.server.server_close()

    def answer(self, path: str, query: dict[str, str]) -> tuple[int, dict[str, str], Any]:
        """Status, headers, body of one request."""
        self.fetched.append(path)
        time.sleep(self.delay)
        if path in self.down:
            return 503, {}, {"error": "down"}
        if path == "/.well-known/openid-configuration":
            return 200, {}, self.description()
        if path == "/keys":
            return 200, {}, {"keys": [self.key.as_dict(private=False)]}
        if path == "/authorize":
            code = secrets.token_urlsafe(16)
            self.codes[code] = query
            return 302, {"location": f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"}, {}
        if path == "/token":
            return self.token(query)
        return 404, {}, {}

    def description(self) -> dict[str, Any]:
        """The discovery document."""
        ends = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        return {"issuer": self.issuer, **{name: f"{self.issuer}/{path}" for name, path in ends.items()}}

    def token(self, form: dict[str, str]) -> tuple[int, dict[str, str], Any]:
        """Exchanges a code, once, for whoever knows the secret, the verifier and the way back."""
        asked = self.codes.pop(form.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest()).decode().rstrip("=")
        if (
            asked is None or form.get("client_secret") != SECRET or form.get("client_id") != CLIENT
            or asked["code_challenge_method"] != "S256" or asked["code_challenge"] != challenge
            or asked["redirect_uri"] != form.get("redirect_uri")
        ):  # fmt: skip
            return 400, {}, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"], **self.user}
        return 200, {}, {"access_token": secrets.token_hex(8), "token_type": "Bearer", "id_token": self.mint(claims, self)}


def handler_of(provider: Provider) -> type[BaseHTTPRequestHandler]:
    """The provider as an HTTP handler."""

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode() or parts.query
            status, headers, answer = provider.answer(parts.path, {name: values[0] for name, values in parse_qs(body).items()})
            content = json.dumps(answer).encode()
            self.send_response(status)
            for name, value in {**headers, "content-type": "application/json", "content-length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            with contextlib.suppress(BrokenPipeError):  # the client may have lost patience, as a test wants it to
                self.wfile.write(content)

        do_GET = do_POST = handle_any  # noqa: N815 - the library's names

        def log_message(self, *_: Any) -> None:
            return

    return Handler
