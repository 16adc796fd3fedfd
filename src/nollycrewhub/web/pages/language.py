"""`/language`: what the menu at the foot of each page sends. A cookie keeps the choice, and the account of whoever is signed in."""

import re
from urllib.parse import urlsplit

from litestar import Response, post

from nollycrewhub.contracts.users import Speakers
from nollycrewhub.kit.told import told
from nollycrewhub.platform.context import AnyRequest, RequestContext
from nollycrewhub.platform.errors import Invalid
from nollycrewhub.platform.languages import COOKIE, offered
from nollycrewhub.platform.ports import Ports
from nollycrewhub.platform.settings import Settings
from nollycrewhub.web.page import go

YEAR = 365 * 24 * 3600
# A path of this site as browsers write it, which no browser reads as another site's.
LOCAL = re.compile(r"/(?![/\\])[!-\[\]-~]{0,300}")


def set_language(response: Response[bytes], code: str, settings: Settings) -> Response[bytes]:
    """Keeps a choice in the browser. Scripts may read it: a page that was kept in another language is asked for again."""
    response.set_cookie(key=COOKIE, value=code, max_age=YEAR, path="/", samesite="lax", secure=settings.is_secure)
    return response


def page_before(request: AnyRequest) -> str:
    """The page of ours that the form was on, as the browser tells it; home where it does not."""
    parts = urlsplit(request.headers.get("referer", ""))
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return path if LOCAL.fullmatch(path) else "/"


@post("/language", access="public", include_in_schema=False)
async def choose(request: AnyRequest, ports: Ports, context: RequestContext, settings: Settings) -> Response[bytes]:
    """Keeps the choice, and goes back to the page it was made on."""
    code = (await request.form()).get("language")
    if not isinstance(code, str) or code not in offered():
        raise Invalid(told("Choose a language from the list."), field="language")
    viewer, speakers = await context.viewer(), ports.find(Speakers)
    if viewer is not None and speakers is not None:
        await speakers.choose(context.write_session(), viewer.person_id, code)
    return set_language(go(page_before(request)), code, settings)


PAGES = (choose,)
