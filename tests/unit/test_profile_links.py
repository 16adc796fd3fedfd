"""Which addresses a profile may link to."""

import pytest

from nollycrewhub.domains.users.service.profiles import is_link


@pytest.mark.parametrize(
    "text", ["https://reel.example/x?y=1#z", "http://reel.example:8080", "https://ọmọ.example/", "https://reel.example."]
)
def test_the_address_of_a_site_is_a_link(text: str) -> None:
    assert is_link(text)


@pytest.mark.parametrize(
    "text",
    ["https://a b", 'https://a"b.example', "https://me@a.example", "https://", "javascript:alert(1)", "ftp://a.example", "https://.a"],
)
def test_anything_else_is_none(text: str) -> None:
    assert not is_link(text)
