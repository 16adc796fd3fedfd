"""The pictures beside shared links, decoded: their size, their weight, their letters, and who is on them."""

import io
import re
from typing import Any

import httpx
import pytest
from PIL import Image

from nollycrewhub.platform.app import Process
from nollycrewhub.web.cards import MOST_BYTES, SIZE, Card, draw, drawable, face, lines_of
from tests.domains.test_people import browser
from tests.domains.test_visibility import AHEAD, keep, picture
from tests.journeys.conftest import Join
from tests.journeys.conftest import join as join  # noqa: PLC0414 - pytest finds fixtures by name

TITLES = ["Ọmọlará ń wá òṣèré obìnrin ẹlẹ́wà", "Ọ dị mma: ụmụ nwaanyị na-agụ egwú ị́", "Ɓangaren ƙwararrun ƴan wasa, ɗan ƙasa"]
LETTERS = "ẹọṣẸỌṢịụỊỤńǹḿáàéèíìóòúùɓɗƙƴƁƊƘƳ₦"


def address(page: str) -> str:
    """Where a page's picture is, without the site's name."""
    found = re.search(r'property="og:image" content="http://[^/]+([^"]+)"', page)
    assert found, "no picture"
    assert 'name="twitter:card" content="summary_large_image"' in page
    return found.group(1).replace("&amp;", "&")


async def decoded(client: httpx.AsyncClient, path: str, kind: str) -> Image.Image:
    """The picture, which is a real one of the right size and weight."""
    answer = await client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, f"image/{kind.lower()}")
    assert len(answer.content) <= MOST_BYTES
    image = Image.open(io.BytesIO(answer.content))
    image.load()
    assert (image.size, image.format) == (SIZE, kind)
    return image.convert("RGB")


def ink(image: Image.Image) -> int:
    """How much of the title's place is dark."""
    part = image.crop((60, 120, 1140, 500)).convert("L")
    return sum(part.histogram()[:100])


@pytest.mark.parametrize("title", TITLES)
async def test_a_job_is_a_picture_of_its_title_and_pay(process: Process, join: Join, title: str) -> None:
    poster = await join()
    job = await poster.post_job(title=title)
    async with browser(process) as stranger:
        path = address((await stranger.get(f"/jobs/{job['id']}", headers=AHEAD)).text)
        image = await decoded(stranger, path, "PNG")
        assert ink(image) > 5_000, "the title is there"
        assert (await stranger.get(path)).headers["x-cache"] == "hit"
        tagged = await stranger.get(path)
        assert f"job-{job['id']}" in tagged.headers["cache-tag"] and tagged.headers["cdn-cache-control"] == "max-age=900"
        assert (await stranger.get(path, headers={"if-none-match": tagged.headers["etag"]})).status_code == 304
        changed: dict[str, Any] = {"title": "Another title", "kind": "crew", "category": "gaffer", "company": "Ọmọlará Pictures",
                                   "state": "EN", "description": "Six days near Nsukka with a small generator.", "pay": {"amount": 100_00}}  # fmt: skip
        assert (await poster.client.put(f"/api/jobs/{job['id']}", json=changed)).status_code == 200
        assert (await stranger.get(path)).content != tagged.content, "a change is seen at once"


async def test_a_draft_has_no_picture(process: Process, join: Join) -> None:
    poster = await join()
    job = await poster.post_job(draft=True)
    async with browser(process) as stranger:
        assert (await stranger.get(f"/cards/jobs/{job['id']}")).status_code == 404


async def test_a_person_is_a_picture_while_the_photo_is_public(process: Process, join: Join) -> None:
    owner = await join()
    await owner.client.post("/api/users/me/photo", files=picture("blue"))
    handle = await keep(owner, {})
    async with browser(process) as stranger:
        path = address((await stranger.get(f"/talent/{handle}", headers=AHEAD)).text)
        red, green, blue = (await decoded(stranger, path, "JPEG")).getpixel((940, 270))  # type: ignore[misc]
        assert blue > 200 and red < 60 and green < 60, "the photo is on it"
        with_line = (await stranger.get(path)).content
        await keep(owner, {"headline": "private"})
        assert (await stranger.get(path)).content != with_line, "what is hidden leaves the picture at once"
        await keep(owner, {"photo": "members"})
        assert (await stranger.get(path)).status_code == 404
        assert address((await stranger.get(f"/talent/{handle}", headers=AHEAD)).text) == address((await stranger.get("/")).text), (
            "the site's"
        )


async def test_the_site_itself_has_one(process: Process) -> None:
    async with browser(process) as stranger:
        path = address((await stranger.get("/")).text)
        assert [address((await stranger.get(other)).text) for other in ("/jobs", "/talent")] == [path, path]
        await decoded(stranger, path, "PNG")
        assert "immutable" in (await stranger.get(path)).headers["cache-control"]


def test_the_type_has_every_letter() -> None:
    for bold in (True, False):
        type_ = face(80, bold=bold)
        box = bytes(type_.getmask("\uffff"))
        drawn = {letter: bytes(type_.getmask(letter)) for letter in LETTERS + "abcdefghijklmnopqrstuvwxyz"}
        assert [letter for letter, mask in drawn.items() if mask == box or not any(mask)] == []
        assert len(set(drawn.values())) == len(drawn), "no letter is drawn as another"
        for plain, marked in (("ẹ", "ẹ́"), ("ọ", "ọ̀"), ("ụ", "ụ́")):
            assert type_.getlength(marked) == type_.getlength(plain), "the tone stands over its letter, not beside it"
            assert type_.getbbox(marked)[1] < type_.getbbox(plain)[1]


def test_what_the_type_does_not_have_is_left_out() -> None:
    assert drawable("Film 🎬 night  \u202e now \u4e2d") == "Film night now"
    assert drawable("Ẹ\u0301") == "Ẹ́"


@pytest.mark.parametrize("title", ["", "W" * 120, "Lead " * 24, "Ọmọlará " * 15])
def test_any_title_fits(title: str) -> None:
    content, _ = draw(Card(kicker="Crew job · Gaffer", title=title, line="L" * 300, foot="₦150,000 a day"))
    image = Image.open(io.BytesIO(content)).convert("RGB")
    edge = image.crop((SIZE[0] - 60, 40, SIZE[0], SIZE[1]))
    assert len(edge.getcolors() or []) == 1, "nothing runs out at the right"
    assert len(content) <= MOST_BYTES


def test_lines_break_between_words() -> None:
    font = face(50, bold=True)
    assert lines_of("one two three", font, 10_000) == ["one two three"]
    assert lines_of("one two three", font, 10) == ["one", "two", "three"]


def test_a_photo_full_of_detail_stays_light() -> None:
    noisy = Image.effect_noise((640, 640), 120).convert("RGB")
    buffer = io.BytesIO()
    noisy.save(buffer, "WEBP", quality=90)
    content, kind = draw(Card(kicker="Actor", title="Ada Obi", photo=buffer.getvalue()))
    assert (kind, len(content) <= MOST_BYTES) == ("image/jpeg", True)
