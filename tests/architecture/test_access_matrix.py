"""Anonymous at every route: a member's or an operator's route refuses; a public one never does for lack of a session."""

import httpx

from nollycrewhub.platform.app import Process

STAND_INS = {"int": "999999999", "uuid": "019f3fba-2e50-7d8f-b0e1-aef1cd613e30", "str": "nobody"}


def operations(process: Process) -> list[tuple[str, str, str]]:
    """Method, path with stand-ins, declared access."""
    found = []
    for route in process.litestar.routes:
        for handler in getattr(route, "route_handlers", []):
            access = handler.opt.get("access")
            if access is None:
                continue
            path = "/".join(STAND_INS[part.strip("{}").split(":")[1]] if part.startswith("{") else part for part in route.path.split("/"))
            found += [(method, path, access) for method in handler.http_methods if method != "OPTIONS"]
    return found


async def test_a_stranger_meets_what_each_route_declares(process: Process) -> None:
    url = process.runtime.settings.public_url
    wrong = []
    assert len(operations(process)) > 60
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=process), base_url=url, headers={"origin": url}) as client:
        for method, path, access in operations(process):
            answer = await client.request(method, path)
            refused = answer.status_code == 401
            if refused != (access in ("member", "operator")):
                wrong.append(f"{method} {path} ({access}) -> {answer.status_code}")
    assert wrong == []


async def test_every_unsafe_route_refuses_another_site(process: Process) -> None:
    url = process.runtime.settings.public_url
    wrong = []
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=process), base_url=url) as client:
        for method, path, _ in operations(process):
            if method in ("GET", "HEAD"):
                continue
            answer = await client.request(method, path, headers={"sec-fetch-site": "cross-site"})
            if answer.status_code != 403:
                wrong.append(f"{method} {path} -> {answer.status_code}")
    assert wrong == []
