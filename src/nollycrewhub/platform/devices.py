"""Phone or not: from a trusted edge header, a client hint, or the User-Agent as the plan reads it."""

import re
from typing import Literal

Device = Literal["phone", "desktop"]
MOBILE = re.compile(r"mobile|android|iphone|ipad", re.IGNORECASE)


def device_of(*, edge: str | None, hint: str | None, user_agent: str) -> Device:
    """`edge` is CF-Device-Type (believed only from the edge), `hint` is Sec-CH-UA-Mobile."""
    if edge:
        return "phone" if edge.lower() in ("mobile", "tablet") else "desktop"
    if hint in ("?1", "?0"):
        return "phone" if hint == "?1" else "desktop"
    return "phone" if MOBILE.search(user_agent) else "desktop"
