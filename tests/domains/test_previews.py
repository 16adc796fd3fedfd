"""A link that is not what it looks like is warned of wherever its message is read: in the inbox and among what a search finds too."""

import pytest

from tests.domains.test_messages import Pair, say
from tests.domains.test_messages import join as join  # noqa: PLC0414 - pytest finds fixtures by name
from tests.domains.test_messages import pair as pair  # noqa: PLC0414


@pytest.mark.parametrize(
    ("link", "warning"),
    [
        ("https://раystack.com/pay", "Written plainly it is xn--ystack-2nf1k.com."),
        ("https://paystack.com@evil.example/x", "This leads to evil.example."),
        ("https://paystack.com.evil.example/x", "It is paystack.com.evil.example."),
        ("https://paystack.com/pay", ""),
    ],
)
async def test_a_preview_says_what_the_conversation_says_of_a_link(pair: Pair, link: str, warning: str) -> None:
    ada, bola, talk = pair
    assert (await say(ada, talk, f"Generator money goes to {link}, quickly")).status_code == 201
    for path in (f"/me/messages/{talk}", "/me/messages", "/me/messages/list", "/me/messages/search?q=generator"):
        page = (await bola.client.get(path)).text
        assert "Generator money" in page and page.count('<strong class="warning">') == bool(warning), path
        assert warning in page, path
    assert (await ada.client.delete(f"/api/messages/{talk}/messages/2")).status_code == 204
    assert '<strong class="warning">' not in (await bola.client.get("/me/messages")).text
