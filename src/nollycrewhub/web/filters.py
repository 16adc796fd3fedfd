"""The filters of a list's page: what can be used is used, what cannot is told beside its field. Never a dead end."""

from collections.abc import Callable, Collection, Mapping

from nollycrewhub.kit.money import NotAnAmount, parse_naira
from nollycrewhub.kit.told import what
from nollycrewhub.platform.errors import Invalid

Address = Callable[[Mapping[str, str]], dict[str, str]]
"""An address in its one spelling; raises the domain's refusal with the filter's name as `field`."""


class Filters:
    """How one list's page reads its address.

    `in_naira` names, for each amount people type in naira, the filter in kobo that every link carries. `said` has the page's
    own sentence for a filter, instead of the API's. `unsaid` are names and values that are dropped without a word.
    """

    def __init__(
        self, known: Collection[str], canonical: Address, *, refusal: type[Invalid], in_naira: Mapping[str, str],
        said: Mapping[str, str], unsaid: Collection[tuple[str, str]] = (),
    ) -> None:  # fmt: skip
        self.known = known
        self.canonical = canonical
        self.refusal = refusal
        self.in_naira = in_naira
        self.typed = {kobo: typed for typed, kobo in in_naira.items()}
        self.said = said
        self.unsaid = unsaid

    def usable(self, given: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
        """The filters that can be used, in their one spelling, and a sentence for each that cannot.

        What other sites hang on to a shared link (fbclid, utm_source) is left alone.
        """
        kept = {name: value for name, value in given.items() if value and name in self.known}
        errors: dict[str, str] = {}
        for typed, kobo in self.in_naira.items():
            if text := given.get(typed, "").strip():
                kept.pop(kobo, None)
                try:
                    kept[kobo] = str(parse_naira(text))
                except NotAnAmount as error:
                    errors[typed] = what(error)
        while True:
            try:
                return self.canonical(kept), errors
            except self.refusal as error:
                name = error.field or ""
                was = kept.pop(name)
                if (name, was) not in self.unsaid:
                    errors[self.typed.get(name, name)] = self.said.get(name, error.detail)

    def canonical_page(self, given: Mapping[str, str]) -> dict[str, str]:
        """The page's address in its one spelling; the domain's refusal where the page itself must say what is wrong."""
        kept, errors = self.usable(given)
        for name, sentence in errors.items():
            raise self.refusal(sentence, field=name)
        return kept
