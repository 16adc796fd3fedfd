"""/dev/push.js: a laptop's push service, without anything outside. Registered by the command line in the laptop and test shapes only."""

from pathlib import Path

from litestar import Response, get

SCRIPT = Path(__file__).with_name("push.js")


@get("/dev/push.js", access="public", include_in_schema=False, media_type="text/javascript")
async def push_script() -> Response[bytes]:
    """Takes pushes on this machine, and hands what lies at /dev/mail to the browser's worker."""
    return Response(SCRIPT.read_bytes(), media_type="text/javascript", headers={"cache-control": "no-cache"})


ROUTES = (push_script,)
