"""The simulated edge in front of a running `make up`: `python -m nollycrewhub.devstack.edge`, or `make edge`.

Ask the edge's port what you would ask the site; start the site with the settings it prints, so that it purges and counts here.
"""

import argparse
import asyncio
from urllib.parse import urlsplit

import httpx
import uvicorn

from nollycrewhub.devstack.cdn import EdgeSimulator

HOST = "127.0.0.1"


def words() -> argparse.Namespace:
    """The command's options."""
    parser = argparse.ArgumentParser(prog="make edge", description="An edge that keeps answers, in front of the site on this machine.")
    parser.add_argument("--origin", default="http://127.0.0.1:8000", help="the site (default http://127.0.0.1:8000)")
    parser.add_argument("--port", type=int, default=8080, help="where it answers visitors (default 8080)")
    parser.add_argument("--purges", type=int, default=8081, help="where it is told to forget, and tells what it answered (default 8081)")
    found = parser.parse_args()
    if urlsplit(found.origin).hostname not in (HOST, "localhost"):
        parser.error("the simulated edge stands in front of a site on this machine only")
    return found


async def serve(given: argparse.Namespace) -> None:
    """Both doors until Ctrl-C."""
    async with httpx.AsyncClient(base_url=given.origin, timeout=30) as origin:
        edge = EdgeSimulator(origin)
        print(
            f"The edge answers on http://{HOST}:{given.port} and is told to forget on http://{HOST}:{given.purges}.\n"
            f"Start the site with CLOUDFLARE_API_URL=http://{HOST}:{given.purges} CLOUDFLARE_ZONE={edge.zone} CLOUDFLARE_TOKEN={edge.token}",
            flush=True,
        )
        doors = [
            uvicorn.Server(uvicorn.Config(app, host=HOST, port=port, lifespan="off", interface="asgi3", log_level="warning"))
            for app, port in ((edge.proxy, given.port), (edge.api, given.purges))
        ]
        await asyncio.gather(*(door.serve() for door in doors))


if __name__ == "__main__":
    asyncio.run(serve(words()))
