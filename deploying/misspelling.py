"""Every key of a file, misspelt in turn: what the checks must notice. Made files are judged without comparing them to what
would be made, or any change at all would be noticed and nothing shown.
"""

from collections.abc import Iterator

import msgspec
import yaml

from deploying import checking
from deploying.reading import Texts

LEAST_SHARE = 0.99
READ = (".yaml", ".json")
OWN = ("deploy/prices.toml",)


class Misspelt(msgspec.Struct, frozen=True):
    """One key of a file in its place, and the file's text with it misspelt."""

    path: str
    line: int
    key: str
    text: str


def misspelt(key: str) -> str:
    """A slip of the hand: two neighbouring letters change places; a key without two different ones gets one more."""
    for place in range(len(key) // 2, 0, -1):
        if key[place - 1] != key[place]:
            return key[: place - 1] + key[place] + key[place - 1] + key[place + 1 :]
    return key + key[-1:]


def keys_of(node: yaml.Node | None) -> Iterator[yaml.ScalarNode]:
    """The keys of a document, wherever they stand; `<<` is no key but YAML's own sign."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value != "<<":
                yield key
            yield from keys_of(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from keys_of(value)


def misspellings(path: str, text: str) -> Iterator[Misspelt]:
    """Each key of a file once. What an alias repeats is misspelt where it stands."""
    seen = set()
    for document in yaml.compose_all(text, Loader=yaml.SafeLoader):
        for key in keys_of(document):
            begin, end = key.start_mark.index, key.end_mark.index
            if begin not in seen:
                seen.add(begin)
                said = text[begin:end]
                yield Misspelt(
                    path, key.start_mark.line + 1, key.value, text[:begin] + said.replace(key.value, misspelt(key.value)) + text[end:]
                )


def all_misspellings(texts: Texts) -> list[Misspelt]:
    """Those of every file that is YAML or JSON."""
    return [one for path in sorted(texts) if path.endswith(READ) for one in misspellings(path, texts[path])]


def unnoticed(texts: Texts, which: list[Misspelt]) -> list[Misspelt]:
    """Misspellings after which nothing is said to be wrong."""
    return [one for one in which if not checking.wrong({**texts, one.path: one.text}, one.path)]
