"""nginx in front of really served instances."""

from tests.balancing import balanced

__all__ = ["balanced"]
