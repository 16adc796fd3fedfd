"""Phone or not: from a trusted edge header, a client hint, or the User-Agent.

A tablet is none, since it has room for the full form: Cloudflare calls it so, browsers with hints send `?0` from one, an
iPad names itself (newer ones call themselves a Macintosh), and Android leaves out `Mobile`. Opera Mini leaves that out on
phones too, and so do feature phones, which say MIDP.
"""

import re
from typing import Literal

Device = Literal["phone", "desktop"]
TABLET = re.compile(r"ipad|tablet", re.IGNORECASE)
PHONE = re.compile(r"mobi|iphone|ipod|opera mini|midp", re.IGNORECASE)


def device_of(*, edge: str | None, hint: str | None, user_agent: str) -> Device:
    """`edge` is CF-Device-Type (believed only from the edge), `hint` is Sec-CH-UA-Mobile."""
    if edge:
        return "phone" if edge.lower() == "mobile" else "desktop"
    if hint in ("?1", "?0"):
        return "phone" if hint == "?1" else "desktop"
    return "phone" if PHONE.search(user_agent) and not TABLET.search(user_agent) else "desktop"
