"""A typed table of the protocols a process can answer: contracts in, the local or remote answer out."""

from typing import Any, TypeVar

T = TypeVar("T")


class NotOffered(LookupError):
    """This process does not load the domain that answers the protocol."""


class Ports:
    """`ports.get(People)` gives whoever answers for people here."""

    def __init__(self) -> None:
        self._answers: dict[type, Any] = {}

    def offer(self, protocol: type, answer: object) -> None:
        """Registers the answer; two answers to one protocol are a mistake in the modules."""
        if protocol in self._answers:
            raise ValueError(f"{protocol.__name__} is offered twice")
        self._answers[protocol] = answer

    def get(self, protocol: type[T]) -> T:
        """The answer, or NotOffered."""
        try:
            found: T = self._answers[protocol]
        except KeyError:
            raise NotOffered(protocol.__name__) from None
        return found

    def find(self, protocol: type[T]) -> T | None:
        """The answer, or None where the domain is not loaded."""
        return self._answers.get(protocol)
