"""What others answer may be anything: each reader says so in its own way."""

from collections.abc import Callable

import httpx
import msgspec
import pytest

from nollycrewhub.domains.notifications.endpoints import hooks
from nollycrewhub.kit.foreign import read_json
from nollycrewhub.platform.carriers import asking as carriers
from nollycrewhub.platform.errors import BadRequest
from nollycrewhub.platform.httpcache.cdn import CountsUnknown, counted_in
from nollycrewhub.scaling.actuators import asking as actuators
from nollycrewhub.scaling.actuators.port import ActuatorError

DEEP = b'{"a":' + b"[" * 200_000
RUBBISH = (b"", b"<html>", b"7", b"\xff\xfe", b'{"a":', DEEP)


def answer(body: bytes, status: int = 200) -> httpx.Response:
    return httpx.Response(status, content=body)


@pytest.mark.parametrize("body", RUBBISH)
@pytest.mark.parametrize(
    ("read", "error"),
    [
        (lambda body: read_json(body, dict), msgspec.DecodeError),
        (lambda body: actuators.read("Render", answer(body or b"x"), dict), ActuatorError),
        (counted_in, CountsUnknown),
        (hooks.object_of, BadRequest),
    ],
)
def test_rubbish_is_refused_by_name(read: Callable[[bytes], object], error: type[Exception], body: bytes) -> None:
    with pytest.raises(error):
        read(body)


@pytest.mark.parametrize("body", RUBBISH)
def test_rubbish_says_nothing(body: bytes) -> None:
    assert carriers.object_of(answer(body)) == {}
    assert actuators.words_of(answer(body, 500)) == ""


def test_json_is_read() -> None:
    assert read_json(b'{"a":[1]}', dict[str, list[int]]) == {"a": [1]}
    assert actuators.words_of(answer(b'{"message":"no"}', 400)) == " It says: no"
