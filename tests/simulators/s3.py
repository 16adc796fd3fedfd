"""An S3 of this machine: puts (whole and in parts), gets, lists, deletes over real HTTP, for one key, and misbehaving on request."""

import hashlib
import re
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape, unescape

BUCKET = "backups"
KEY, SECRET = "key-of-the-bucket-in-tests", "secret-of-the-bucket-in-tests"
WHEN = "2026-11-30T09:00:00.000Z"


class Bucket:
    """What it keeps, and how it misbehaves.

    `faults` are taken one a request: `busy` answers 503, `denied` 403, `spoil` keeps a put with one byte changed.
    """

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.parts: dict[str, dict[int, bytes]] = {}
        self.faults: deque[str] = deque()
        self.asked: list[str] = []
        self.lock = threading.Lock()

    def keep(self, key: str, content: bytes, fault: str) -> None:
        """Stores an object, spoiled if that is its fault."""
        self.objects[key] = bytes([content[0] ^ 1]) + content[1:] if fault == "spoil" and content else content

    def environment(self, port: int) -> dict[str, str]:
        """What a client of it needs, as AWS's own tools name it."""
        return {
            "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "AWS_REGION": "eu-west-1", "AWS_ALLOW_HTTP": "true",
        }  # fmt: skip


class Handler(BaseHTTPRequestHandler):
    """Amazon's REST interface, path-style, as far as a backup needs it."""

    protocol_version = "HTTP/1.1"
    bucket: Bucket

    def do_PUT(self) -> None:
        key, query, fault = self._begin()
        if fault is None:
            return
        if "partNumber" in query:
            self.bucket.parts[query["uploadId"][0]][int(query["partNumber"][0])] = self.body
        else:
            self.bucket.keep(key, self.body, fault)
        self._answer(200, b"", ETag=f'"{hashlib.md5(self.body).hexdigest()}"')

    def do_POST(self) -> None:
        key, query, fault = self._begin()
        if fault is None:
            return
        if "uploads" in query:
            self.bucket.parts[name := f"upload-{len(self.bucket.parts)}"] = {}
            self._answer(200, f"<InitiateMultipartUploadResult><UploadId>{name}</UploadId></InitiateMultipartUploadResult>".encode())
            return
        if "delete" in query:
            names = [unescape(name) for name in re.findall(r"<Key>(.*?)</Key>", self.body.decode())]
            for name in names:
                self.bucket.objects.pop(name, None)
            gone = "".join(f"<Deleted><Key>{escape(name)}</Key></Deleted>" for name in names)
            self._answer(200, f"<DeleteResult>{gone}</DeleteResult>".encode())
            return
        parts = self.bucket.parts[query["uploadId"][0]]
        self.bucket.keep(key, b"".join(parts[number] for number in sorted(parts)), fault)
        self._answer(200, b'<CompleteMultipartUploadResult><ETag>"whole"</ETag></CompleteMultipartUploadResult>')

    def do_GET(self) -> None:
        key, query, fault = self._begin()
        if fault is None:
            return
        if key:
            self._object(key)
            return
        prefix = query.get("prefix", [""])[0]
        rows = "".join(
            f'<Contents><Key>{escape(name)}</Key><Size>{len(content)}</Size><LastModified>{WHEN}</LastModified><ETag>"e"</ETag></Contents>'
            for name, content in sorted(self.bucket.objects.items())
            if name.startswith(prefix)
        )
        self._answer(200, f"<ListBucketResult><IsTruncated>false</IsTruncated>{rows}</ListBucketResult>".encode())

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_DELETE(self) -> None:
        key, _, fault = self._begin()
        if fault is not None:
            self.bucket.objects.pop(key, None)
            self._answer(204, b"")

    def _object(self, key: str) -> None:
        content = self.bucket.objects.get(key)
        if content is None:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
        elif found := re.match(r"bytes=(\d+)-(\d*)", self.headers.get("range", "")):
            first, last = int(found[1]), int(found[2] or len(content) - 1)
            more = {"Content-Range": f"bytes {first}-{min(last, len(content) - 1)}/{len(content)}"}
            self._answer(206, content[first : last + 1], **more)
        else:
            self._answer(200, content)

    def _begin(self) -> tuple[str, dict[str, list[str]], str | None]:
        """Key, query and fault of a request; the fault is None when it has been answered already."""
        parts = urlsplit(self.path)
        self.body = self.rfile.read(int(self.headers.get("content-length", 0)))
        key = unquote(parts.path).removeprefix(f"/{BUCKET}").lstrip("/")
        with self.bucket.lock:
            self.bucket.asked.append(f"{self.command} {key}")
            fault = self.bucket.faults.popleft() if self.bucket.faults else ""
        if fault == "busy":
            self._answer(503, b"<Error><Code>SlowDown</Code></Error>")
        elif fault == "denied" or f"Credential={KEY}/" not in self.headers.get("authorization", ""):
            self._answer(403, b"<Error><Code>AccessDenied</Code></Error>")
        else:
            return key, parse_qs(parts.query, keep_blank_values=True), fault
        return key, {}, None

    def _answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {
            "Content-Length": str(len(body)),
            "Last-Modified": "Mon, 30 Nov 2026 09:00:00 GMT",
            "ETag": '"e"',
            **headers,
        }.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """It says nothing."""


@contextmanager
def bucket() -> Iterator[tuple[Bucket, dict[str, str]]]:
    """A bucket that answers, and the environment of a client that may use it."""
    kept = Bucket()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Mine", (Handler,), {"bucket": kept}))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield kept, kept.environment(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
