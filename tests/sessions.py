"""What tests do to sessions that nobody can do from outside."""

import msgspec

from nollycrewhub.platform.sessions import CHANGE, PREFIX, Sessions


async def let_the_password_lapse(sessions: Sessions, key: str) -> None:
    """As if the ten minutes since the password was typed were over."""
    await sessions.client.eval(CHANGE, 1, PREFIX + key, msgspec.json.encode({"confirmed_at": 0.0}), 0)
