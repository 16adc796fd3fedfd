"""The type of every refusal is the address of a page that explains it."""

from html import unescape

import httpx

from nollycrewhub.platform import errors
from nollycrewhub.web.pages.problems import TO_DO


def own_kinds() -> list[type[errors.Problem]]:
    """Those of the program; a test's toys have their own."""
    return [kind for kind in errors.kinds() if kind.__module__.startswith("nollycrewhub.")]


async def test_every_type_leads_to_a_page_that_says_what_to_do(app_client: httpx.AsyncClient) -> None:
    listed = (await app_client.get("/problems")).text
    assert len(own_kinds()) > 50
    for kind in own_kinds():
        path = type_of(kind)
        answer = await app_client.get(path)
        assert answer.status_code == 200, path
        words = unescape(answer.text)
        assert kind.title in words and TO_DO[kind.status] in words and f"status {kind.status}" in words, path
        assert kind.__doc__ and (kind is errors.Problem or kind.__doc__.split("\n")[0].strip() in words), path
        assert f'href="{path}"' in listed


def type_of(kind: type[errors.Problem]) -> str:
    """The `type` that an answer of this kind holds."""
    made = errors.Problem.__new__(kind)
    errors.Problem.__init__(made)
    found: str = httpx.Response(kind.status, content=errors.document(made)).json()["type"]
    return found


def test_no_two_kinds_share_a_type() -> None:
    named = [kind.type for kind in own_kinds()]
    assert sorted(named) == sorted(set(named))


async def test_what_was_really_answered_leads_there(app_client: httpx.AsyncClient) -> None:
    for method, path in (("GET", "/api/profile"), ("GET", "/api/jobs/999999999"), ("DELETE", "/api/jobs"), ("GET", "/api/jobs?limit=0")):
        refused = await app_client.request(method, path)
        assert refused.status_code >= 400
        page = await app_client.get(refused.json()["type"], headers={"accept": "text/html"})
        assert (page.status_code, refused.json()["title"] in unescape(page.text)) == (200, True), path
    assert (await app_client.get("/problems/no-such-type")).status_code == 404
