"""Which addresses a profile may link to."""

import pytest

from nollycrewhub.domains.users.service.profiles import is_link


@pytest.mark.parametrize(
    "text",
    ["https://reel.example/x?y=1#z", "http://reel.example:8080", "https://ọmọ.example/", "https://reel.example.", "https://a.xn--p1ai"],
)
def test_the_address_of_a_site_is_a_link(text: str) -> None:
    assert is_link(text)


@pytest.mark.parametrize(
    "text",
    ["https://a b", 'https://a"b.example', "https://me@a.example", "https://", "javascript:alert(1)", "ftp://a.example", "https://.a",
     "http://127.0.0.1/", "https://192.168.1.1:8000/x", "https://[::1]/", "https://0x7f.1", "https://127.1", "https://2130706433",
     "https://1.2.3.0x7f", "https://①②⑦.⓪.⓪.①", "https://localhost", "https://LOCALHOST.", "https://a.localhost", "https://printer.local",
     "https://intranet"],
)  # fmt: skip
def test_anything_else_is_none(text: str) -> None:
    assert not is_link(text)
