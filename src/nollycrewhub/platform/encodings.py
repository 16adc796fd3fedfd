"""Whether an answer may be packed: one reading of Accept-Encoding (RFC 9110, 12.5.3) for all of them."""

from typing import Any

PACKED = (b"gzip", b"x-gzip")


def takes_gzip(accepts: bytes) -> bool:
    """Whether Accept-Encoding allows gzip; almost all say so without a weight, and a weight of 0 forbids it."""
    accepts = accepts.lower()
    if b"gzip" not in accepts:
        return False
    if b";" not in accepts:
        return True
    return any(weight_of(pieces) > 0 for pieces in (part.split(b";") for part in accepts.split(b",")) if pieces[0].strip() in PACKED)


def weight_of(pieces: list[bytes]) -> float:
    """The `q` beside a name: 1 when there is none, 0 when it is no number."""
    for piece in pieces[1:]:
        name, _, value = piece.partition(b"=")
        if name.strip() == b"q":
            return float(value) if value.strip().replace(b".", b"", 1).isdigit() else 0.0
    return 1.0


def heard(scope: Any, accepts: bytes) -> Any:
    """The scope for those within, who look for the word gzip alone: where it is refused, the header is left out."""
    if not accepts or takes_gzip(accepts) or b"gzip" not in accepts.lower():
        return scope
    return {**scope, "headers": [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]}
