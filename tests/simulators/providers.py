"""The SMS gateway, the WhatsApp Cloud API, a push service and a mail server, over real HTTP and SMTP on this machine.

Each keeps its provider's rules (keys, signatures, encryption, windows) and can be told to misbehave: refuse, be busy, be
slow, take a message and lose the answer, report late, twice, or never.
"""

import base64
import contextlib
import hashlib
import hmac
import json
import secrets
import socketserver
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey

KEY, SECRET, TOKEN = "key-of-the-gateway-in-tests", "secret-of-the-hooks-in-tests", "token-of-the-chat-in-tests"
Answer = tuple[int, dict[str, str], Any]


class Faults:
    """How a simulator misbehaves.

    `refuse` answers this status (with `refusal`); `lose` takes the message and hangs up; `delay` takes it and answers so
    many seconds later; `meanwhile` is called when it is taken and not answered yet; `duplicate` does to a person, or
    says to us, everything twice.
    """

    def __init__(self) -> None:
        self.refuse = 0
        self.refusal: Any = {}
        self.retry_after = ""
        self.lose = self.duplicate = False
        self.delay = 0.0
        self.meanwhile: Callable[[], None] | None = None


class Simulator(ABC):
    """One provider on a port of its own; `taken` is what it accepted, `asked` counts the calls."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.taken: list[dict[str, Any]] = []
        self.asked = 0
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(self))
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        """Closes the door."""
        self.server.shutdown()
        self.server.server_close()

    def answer(self, path: str, headers: dict[str, str], body: bytes) -> Answer | None:
        """Status, headers, body; None hangs up without a word, the message taken or not."""
        self.asked += 1
        if self.faults.refuse:
            more = {"retry-after": self.faults.retry_after} if self.faults.retry_after else {}
            return self.faults.refuse, more, self.faults.refusal
        given = self.take(path, headers, body)
        if self.faults.meanwhile is not None:
            self.faults.meanwhile()
        time.sleep(self.faults.delay)
        return None if self.faults.lose else given

    @abstractmethod
    def take(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """What the provider does with a request."""


def handler_of(simulator: Simulator) -> type[BaseHTTPRequestHandler]:
    """A simulator as an HTTP handler."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # noqa: N802 - the library's name
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            found = simulator.answer(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            if found is None:
                self.close_connection = True
                return
            status, headers, answer = found
            content = json.dumps(answer).encode()
            with contextlib.suppress(ConnectionError):  # whoever asked has gone meanwhile
                self.send_response(status)
                for name, value in {**headers, "content-type": "application/json", "content-length": str(len(content))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            return

    return Handler


class Gateway(Simulator):
    """Termii: knows one key, wants numbers without a plus, refuses numbers it is told to, and reports with a signature."""

    def __init__(self) -> None:
        super().__init__()
        self.poison: set[str] = set()

    def take(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """POST /api/sms/send."""
        sent = json.loads(body)
        if (
            path != "/api/sms/send"
            or not sent["to"].isdigit()
            or sent["channel"] not in ("dnd", "generic")
            or not sent["sms"].isprintable()
        ):
            return 400, {}, {"message": "bad request"}
        if sent["api_key"] != KEY:
            return 401, {}, {"message": "unauthorised"}
        if sent["to"] in self.poison:
            return 400, {}, {"message": "invalid number"}
        message_id = secrets.token_hex(8)
        self.taken.append({**sent, "id": message_id})
        return 200, {}, {"code": "ok", "message_id": message_id, "message": "Successfully Sent", "balance": 9}

    def report(self, place: int, status: str) -> tuple[bytes, dict[str, str]]:
        """A delivery report of a taken message, signed."""
        one = self.taken[place]
        body = json.dumps(
            {"type": "outbound", "message_id": one["id"], "receiver": one["to"], "status": status, "channel": one["channel"]}
        ).encode()
        signed = hmac.new(SECRET.encode(), body, hashlib.sha512).hexdigest()
        return body, {"x-termii-signature": signed, "content-type": "application/json"}


class Cloud(Simulator):
    """The Cloud API: a bearer token, a template at any time, free text only to those who have written (`windows`).

    Free text that comes too late it refuses at once, or (`says_later`) takes, does not deliver (`dropped`), and says so by a status.
    """

    def __init__(self) -> None:
        super().__init__()
        self.windows: set[str] = set()
        self.poison: set[str] = set()
        self.says_later = False
        self.dropped: list[dict[str, Any]] = []

    def take(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """POST /{phone id}/messages."""
        sent = json.loads(body)
        if headers.get("authorization") != f"Bearer {TOKEN}" or path != "/v1/555/messages":
            return 401, {}, {"error": {"code": 190}}
        if sent["to"] in self.poison:
            return 400, {}, {"error": {"code": 131026, "message": "undeliverable"}}
        if sent["type"] == "text" and sent["to"] not in self.windows and not self.says_later:
            return 400, {}, {"error": {"code": 131047, "message": "more than 24 hours"}}
        if sent["type"] == "template" and sent["template"]["name"] != "notice":
            return 404, {}, {"error": {"code": 132001}}
        message_id = f"wamid.{secrets.token_hex(8)}"
        is_late = sent["type"] == "text" and sent["to"] not in self.windows
        (self.dropped if is_late else self.taken).append({**sent, "id": message_id})
        return 200, {}, {"messaging_product": "whatsapp", "messages": [{"id": message_id}]}

    def hook(self, **value: Any) -> tuple[bytes, dict[str, str]]:
        """A webhook's body with its signature."""
        body = json.dumps(
            {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}]}
        ).encode()
        signed = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        return body, {"x-hub-signature-256": signed, "content-type": "application/json"}

    def status(self, place: int, status: str) -> tuple[bytes, dict[str, str]]:
        """A status of a taken message."""
        one = self.taken[place]
        found = {"id": one["id"], "status": status, "recipient_id": one["to"], "biz_opaque_callback_data": one["biz_opaque_callback_data"]}
        return self.hook(statuses=[found])

    def too_late(self, place: int) -> tuple[bytes, dict[str, str]]:
        """What is said later of free text that was dropped."""
        one = self.dropped[place]
        return self.hook(statuses=[{
            "id": one["id"], "status": "failed", "recipient_id": one["to"], "biz_opaque_callback_data": one["biz_opaque_callback_data"],
            "errors": [{"code": 131047, "title": "Re-engagement message"}],
        }])  # fmt: skip

    def said(self, number: str, text: str, *, answers: str = "") -> tuple[bytes, dict[str, str]]:
        """What somebody wrote to us."""
        message: dict[str, Any] = {"from": number, "id": f"wamid.{secrets.token_hex(4)}", "type": "text", "text": {"body": text}}
        self.windows.add(number)
        return self.hook(messages=[{**message, **({"context": {"id": answers}} if answers else {})}])


class Browser:
    """A browser at the push service: keys of its own, and what it was shown."""

    def __init__(self, service: "PushService") -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.secret = secrets.token_bytes(16)
        self.name = secrets.token_hex(8)
        self.shown: list[dict[str, Any]] = []
        self.is_gone = False
        self.endpoint = f"{service.url}/send/{self.name}"
        service.browsers[self.name] = self

    def show(self, text: dict[str, Any]) -> None:
        """As a browser does: of one tag there is one notification."""
        self.shown = [one for one in self.shown if one["tag"] != text["tag"]] + [text]

    def subscription(self) -> dict[str, Any]:
        """As PushSubscription.toJSON() has it."""
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {"endpoint": self.endpoint, "keys": {"p256dh": flat(point), "auth": flat(self.secret)}}


class PushService(Simulator):
    """A push service: checks whose push it is (VAPID), and hands the bytes to a browser that alone can read them."""

    def __init__(self) -> None:
        super().__init__()
        self.browsers: dict[str, Browser] = {}

    def take(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """POST to a browser's endpoint."""
        browser = self.browsers.get(path.rpartition("/")[2])
        if browser is None or browser.is_gone:
            return 410, {}, {}
        token, _, key = headers.get("authorization", "").removeprefix("vapid t=").partition(", k=")
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unflat(key))
        claims = jwt.decode(token, ECKey.import_key(public), algorithms=["ES256"]).claims
        if claims["aud"] != self.url or not time.time() < claims["exp"] < time.time() + 86_400 or not claims["sub"].startswith("mailto:"):
            return 403, {}, {}
        if len(headers.get("topic", "")) > 32 or not headers.get("ttl", "").isdigit() or headers.get("content-encoding") != "aes128gcm":
            return 400, {}, {}
        text = json.loads(http_ece.decrypt(body, private_key=browser.key, auth_secret=browser.secret, version="aes128gcm"))
        for _ in range(1 + self.faults.duplicate):
            browser.show(text)
        self.taken.append({"to": browser.name, **text})
        return 201, {"location": f"{self.url}/message/{secrets.token_hex(6)}"}, {}


def flat(raw: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def unflat(text: str) -> bytes:
    """And back."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Receiver(Simulator):
    """Somebody's webhook for alerts: believes what is signed and fresh, and tells its messages apart by their id."""

    def take(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """POST to wherever it was told to."""
        moment = headers.get("x-alert-timestamp", "0")
        wanted = hmac.new(SECRET.encode(), moment.encode() + b"." + body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(headers.get("x-alert-signature", ""), f"sha256={wanted}") or abs(time.time() - int(moment)) > 60:
            return 401, {}, {}
        said = json.loads(body)
        if said["id"] != headers.get("x-alert-id"):
            return 400, {}, {}
        self.taken.append(said)
        return 200, {}, {}


class Letter(dict[str, Any]):
    """What the mail server took: `sender`, `to`, `text`."""


class MailServer:
    """An SMTP server (RFC 5321, no TLS): takes letters, refuses addresses in `refused`, asks those in `grey` to come later, is busy
    while `busy`, hangs up while `lose`, and wants no letter with `unwanted` in it.

    Of its faults `meanwhile` counts: a letter is taken, and its sender not told yet.
    """

    def __init__(self) -> None:
        self.faults = Faults()
        self.letters: list[Letter] = []
        self.refused: set[str] = set()
        self.grey: set[str] = set()
        self.unwanted = b""
        self.busy = self.lose = False
        self.connections = 0
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                outer.connections += 1
                with contextlib.suppress(ConnectionError):  # whoever writes to us was killed
                    outer.talk(self.rfile.readline, self.say)

            def say(self, text: str) -> None:
                self.wfile.write(f"{text}\r\n".encode())

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = daemon_threads = True

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"smtp://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        """Closes the door."""
        self.server.shutdown()
        self.server.server_close()

    def talk(self, read: Callable[[], bytes], say: Callable[[str], None]) -> None:
        """One connection."""
        say("220 simulator")
        sender, to = "", list[str]()
        while line := read().decode("utf-8", "replace").rstrip("\r\n"):
            verb = line[:4].upper()
            if verb == "QUIT":
                say("221 bye")
                return
            if verb == "MAIL":
                sender, to = line.partition("<")[2].partition(">")[0], []
                say("451 try later" if self.busy else "250 ok")
            elif verb == "RCPT":
                address = line.partition("<")[2].partition(">")[0]
                is_taken = address not in self.refused | self.grey
                say("250 ok" if is_taken else "550 5.1.1 no such user" if address in self.refused else "451 4.7.1 come later")
                to += [address] if is_taken else []
            elif verb == "DATA":
                say("354 go on")
                lines = []
                while (text := read()) not in (b".\r\n", b""):
                    lines.append(text)
                if self.lose or text != b".\r\n":  # a letter without its end is none
                    return
                if self.unwanted and self.unwanted in b"".join(lines):
                    say("554 5.7.1 not wanted here")
                    continue
                self.letters.append(Letter(sender=sender, to=to, text=b"".join(lines).decode()))
                if self.faults.meanwhile is not None:
                    self.faults.meanwhile()
                say(f"250 2.0.0 Ok: queued as {secrets.token_hex(5)}")
            else:
                say("250 simulator" if verb in ("EHLO", "HELO", "RSET", "NOOP") else "502 what")

    def returned(self, place: int, *, action: str = "failed", status: str = "5.1.1") -> bytes:
        """A delivery status notification (RFC 3464) about a letter, as the far server writes it."""
        one = self.letters[place]
        message_id = next(line for line in one["text"].splitlines() if line.lower().startswith("message-id:"))
        return (
            f"From: mailer-daemon@far.example\r\nTo: {one['sender']}\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n"
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n'
            "It did not arrive.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; far.example\r\n\r\n"
            f"Final-Recipient: rfc822; {one['to'][0]}\r\nAction: {action}\r\nStatus: {status}\r\n\r\n"
            f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\n{message_id}\r\n\r\n--b--\r\n"
        ).encode()
