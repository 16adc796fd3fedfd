"""Makes the calls of this folder, in order. Without --really it only says which.

`CLOUDFLARE_TOKEN=… CLOUDFLARE_ZONE=… CLOUDFLARE_ACCOUNT=… python deploy/cloudflare/apply.py [10 11 12] [--really]`

Numbers choose files: 10 to 12 are the cache rules and headers, 20 to 22 the load balancer. What has a name and is there already
is changed and not made twice.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import httpx

API = "https://api.cloudflare.com/client/v4"
FOLDER = Path(__file__).parent
NEEDED = ("CLOUDFLARE_TOKEN", "CLOUDFLARE_ZONE", "CLOUDFLARE_ACCOUNT")


class Refused(Exception):
    """Cloudflare said no; the message has its words."""


def filled(value: Any, ids: dict[str, str]) -> Any:
    """A call with ids in the place of names in braces."""
    text = json.dumps(value)
    for name, found in ids.items():
        text = text.replace(f"{{{name}}}", found)
    return json.loads(text)


def send(client: httpx.Client, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """One call; Refused when it did not succeed."""
    answer = client.request(method, f"{API}{path}", json=body, timeout=30)
    said = answer.json()
    if not said.get("success"):
        raise Refused(f"{method} {path}: {answer.status_code} {said.get('errors')}")
    return said["result"]


def make(client: httpx.Client, call: dict[str, Any]) -> str:
    """Makes a call, or changes what is there under the same name; the id of what it made, where it has one."""
    method, path, body = call["method"], call["path"], call["body"]
    name = body.get("name") or body.get("description")
    if method == "POST":
        there = [one["id"] for one in send(client, "GET", path) if name in (one.get("name"), one.get("description"))]
        method, path = ("PUT", f"{path}/{there[0]}") if there else (method, path)
    made = send(client, method, path, body)
    return str(made.get("id", "")) if isinstance(made, dict) else ""


def apply(client: httpx.Client, ids: dict[str, str], chosen: list[str], *, really: bool) -> None:
    """Every chosen file in order. What a later one names must have been made by an earlier one."""
    for file in sorted(FOLDER.glob("[0-9]*.json")):
        number, _, name = file.stem.partition("-")
        if chosen and number not in chosen:
            continue
        call = filled(json.loads(file.read_text()), ids)
        print(f"{call['method']} {call['path']} ({file.name})")
        if really:
            ids[name] = make(client, call)


def main(words: list[str]) -> int:
    """The command."""
    missing = [name for name in NEEDED if not os.environ.get(name)]
    if missing:
        print(f"{', '.join(missing)} must be set.", file=sys.stderr)
        return 1
    ids = {"zone": os.environ["CLOUDFLARE_ZONE"], "account": os.environ["CLOUDFLARE_ACCOUNT"]}
    really = "--really" in words
    with httpx.Client(headers={"authorization": f"Bearer {os.environ['CLOUDFLARE_TOKEN']}"}) as client:
        try:
            apply(client, ids, [word for word in words if word.isdigit()], really=really)
        except Refused as refused:
            print(refused, file=sys.stderr)
            return 1
    print("Done." if really else "Nothing was sent; --really sends it.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
