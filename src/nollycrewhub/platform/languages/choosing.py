"""Which language a request is answered in: what the person chose, else what the browser asks for, else English."""

import re
from collections.abc import Collection, Mapping

from nollycrewhub.kit.told import ENGLISH, Catalogue

COOKIE = "language"
CHOICE = re.compile(rb"(?:^|;)\s*language=([^;]*)")
QUALITY = re.compile(r"\s*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*", re.IGNORECASE)
LONGEST = 200  # bytes of Accept-Language that are read; browsers send a quarter of that
MOST_HEARD = 1024
ANY = "*"


class Chooser:
    """One a process. What browsers ask for is parsed once for each way of asking; few ways are kept, and none that is long."""

    def __init__(self, offered: Mapping[str, Catalogue]) -> None:
        self.offered = dict(offered)
        self.codes = {code.encode(): code for code in offered}
        self.heard: dict[bytes, str] = {}

    def of(self, cookie: bytes, accept: bytes) -> str:
        """The code of a language that is offered."""
        if len(self.codes) == 1:
            return ENGLISH.language
        if b"language=" in cookie and (found := CHOICE.search(cookie)) is not None:
            chosen = self.codes.get(found[1].strip())
            if chosen is not None:
                return chosen
        if not accept:
            return ENGLISH.language
        begin = accept[:LONGEST]
        known = self.heard.get(begin)
        if known is None:
            if len(self.heard) >= MOST_HEARD:
                self.heard.clear()
            known = self.heard[begin] = preferred(begin.decode("latin-1"), self.codes.values())
        return known

    def reader(self, code: str) -> Catalogue:
        """The catalogue of a language that is offered."""
        return self.offered.get(code, ENGLISH)


def preferred(accept: str, offered: Collection[str]) -> str:
    """The offered language that Accept-Language likes best; English when it likes none (RFC 9110 section 12.5.4).

    A header that was cut loses the range it was cut in.
    """
    ranges = accept.split(",")
    if len(accept) >= LONGEST:
        ranges.pop()
    wished = []
    for place, given in enumerate(ranges):
        tag, semicolon, rest = given.partition(";")
        weight = QUALITY.fullmatch(rest)
        worth = float(weight[1]) if weight is not None else 0.0 if semicolon else 1.0
        if worth > 0:
            wished.append((-worth, place, tag.strip().lower().partition("-")[0]))
    for _, _, code in sorted(wished):
        if code in offered:
            return code
        if code == ANY:
            break
    return ENGLISH.language
