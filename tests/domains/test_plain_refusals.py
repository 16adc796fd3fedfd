"""What a wrong request is told: a field and a sentence, never a library's own words."""

import httpx
import pytest

from tests.journeys.conftest import Join
from tests.journeys.conftest import join as join  # noqa: PLC0414 - pytest finds fixtures by name


async def test_an_empty_body_is_asked_for(app_client: httpx.AsyncClient) -> None:
    answer = await app_client.post("/api/auth/login", headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["detail"]) == (422, "Send a JSON body.")


async def test_a_fault_is_told_in_plain_words(app_client: httpx.AsyncClient) -> None:
    answer = await app_client.post("/api/auth/login", json={"email": 5, "password": "x"})
    assert (answer.status_code, answer.json()["field"], answer.json()["detail"]) == (422, "email", "Write text.")


async def test_a_number_no_job_can_have_is_not_found(app_client: httpx.AsyncClient) -> None:
    for number in ("99999999999999999999", "9" * 30, "9223372036854775808"):
        assert (await app_client.get(f"/api/jobs/{number}")).status_code == 404, number


@pytest.mark.parametrize("path", ["/api/users?q=%00", "/api/jobs?q=%00", "/api/jobs?q=%FF", "/api/users?q=%FF", "/api/jobs?q=a%E2%80%AEb"])
async def test_a_search_nobody_can_type_is_refused(app_client: httpx.AsyncClient, path: str) -> None:
    answer = await app_client.get(path)
    assert (answer.status_code, answer.json()["field"]) == (422, "q")


@pytest.mark.parametrize("limit", ["0", "-1", "101"])
async def test_a_limit_is_from_1_to_100(app_client: httpx.AsyncClient, limit: str) -> None:
    for path in ("/api/users", "/api/jobs"):
        answer = await app_client.get(path, params={"limit": limit})
        assert (answer.status_code, answer.json()["field"]) == (422, "limit"), path


async def test_a_search_is_read_whatever_else_a_link_carries(app_client: httpx.AsyncClient) -> None:
    assert (await app_client.get("/api/jobs?q=%E1%B9%A3ola%20boom")).status_code == 200


async def test_the_directory_says_where_it_is(app_client: httpx.AsyncClient) -> None:
    page = (await app_client.get("/talent?q=x")).text
    assert '<link rel="canonical" href="http' in page and '/talent">' in page
    assert '<meta property="og:url"' in page


async def test_an_operator_without_script_is_not_asked_to_sign_in(join: Join) -> None:
    operator = await join(operator=True)
    for path in ("/ops/queues", "/ops/servers"):
        page = await operator.client.get(path)
        assert page.status_code == 200
        assert 'href="/signin"' not in page.text
        assert ">My page</span></a>" in page.text


@pytest.mark.parametrize("path", ["/me/photo", "/api/users/me/photo"])
async def test_an_upload_is_one_file(join: Join, path: str) -> None:
    client, picture = (await join()).client, ("a.png", b"x", "image/png")
    for told, files, words in (
        ("Send one file in a field, not several.", [("photo", picture), ("photo", picture)], {}),
        ("Send a file in this form, not text.", [("other", picture)], {"photo": "mine.png"}),
    ):
        answer = await client.post(path, files=files, data=words, headers={"accept": "application/json"})
        assert (answer.status_code, answer.json()["detail"]) == (422, told)


async def test_two_addresses_are_refused_and_neither_is_kept(app_client: httpx.AsyncClient) -> None:
    both = {"name": "Ada Obi", "password": "three unusual words", "email": "two.addresses@example.test", "phone": "0803 123 4999"}
    answer = await app_client.post("/api/auth/register", json=both)
    assert (answer.status_code, answer.json()["field"]) == (422, "phone")
    assert "not both" in answer.json()["detail"]
    letters = (await app_client.get("/dev/mail.json")).text
    assert "two.addresses" not in letters and "8031234999" not in letters
