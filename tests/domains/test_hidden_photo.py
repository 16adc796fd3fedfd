"""A photo that is hidden leaves its old address."""

import io

from PIL import Image

from tests.journeys.conftest import Join
from tests.journeys.conftest import join as join  # noqa: PLC0414 - pytest finds fixtures by name


async def test_hiding_a_photo_ends_its_old_address(join: Join) -> None:
    member = await join()
    buffer = io.BytesIO()
    Image.new("RGB", (300, 300), "green").save(buffer, "PNG")
    saved = await member.client.post("/api/users/me/photo", files={"photo": ("me.png", buffer.getvalue(), "image/png")})
    old = saved.json()["photo"]
    small = old.replace("-l.webp", "-s.webp")
    assert (await member.client.get(old)).status_code == 200
    for setting in ("members", "private"):
        done = await member.client.put("/api/profile", json={"name": "Ada Obi", "visibility": {"photo": setting}})
        assert done.status_code == 200, done.text
        assert [(await member.client.get(address)).status_code for address in (old, small)] == [404, 404]
        key = (await member.client.get("/api/profile")).json()["profile"]["photo_key"]
        old, small = f"/media/{key}-l.webp", f"/media/{key}-s.webp"
        assert [(await member.client.get(address)).status_code for address in (old, small)] == [200, 200]
    shown = await member.client.put("/api/profile", json={"name": "Ada Obi"})
    assert shown.status_code == 200
    assert (await member.client.get(old)).status_code == 200
