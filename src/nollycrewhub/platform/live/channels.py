"""Which channels there are, and who may listen: declared by domains in their module, asked here in batches."""

import re
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from nollycrewhub.platform.db import ReadSession
from nollycrewhub.platform.live.frames import LONGEST_NAME
from nollycrewhub.platform.sessions import Viewer

NOBODY: frozenset[str] = frozenset()
NAME = re.compile(r"^[a-z][a-z-]*(?::[A-Za-z0-9_-]{1,64})?\Z")


@dataclass(frozen=True, slots=True)
class Ask:
    """Somebody (None: a stranger) wants to hear a channel; `key` is what follows its colon."""

    viewer: Viewer | None
    key: str


Rule = Callable[[Sequence[Ask], ReadSession], Awaitable[Sequence[bool]]]
Speaker = tuple[Viewer, str, str]
"""Who says something, where (the channel's name; its key where a rule is asked), and of which kind it is."""
Apart = Callable[[Sequence[Speaker], ReadSession], Awaitable[Sequence[Collection[UUID]]]]


@dataclass(frozen=True)
class Channel:
    """`Channel("conversation", may=members_only, says=("typing",))` declares all channels `conversation:{key}`.

    `may` answers many askers at once, in their order; it is asked when they subscribe and again after `revoke`.
    Its reads are the primary's. `says` are the kinds a listener may tell the others without storing them; `apart` says which of
    the others do not hear each speaker (who, the key, the kind) then. It is asked when they speak, and again after a minute or `set_apart`.
    """

    kind: str
    may: Rule
    keyed: bool = True
    says: tuple[str, ...] = ()
    apart: Apart | None = None


async def everyone(asked: Sequence[Ask], read: ReadSession) -> list[bool]:
    """A rule: public."""
    return [True] * len(asked)


async def operators(asked: Sequence[Ask], read: ReadSession) -> list[bool]:
    """A rule: operators only."""
    return [ask.viewer is not None and ask.viewer.operator for ask in asked]


async def oneself(asked: Sequence[Ask], read: ReadSession) -> list[bool]:
    """A rule: the key is the listener's own id."""
    return [ask.viewer is not None and str(ask.viewer.person_id) == ask.key for ask in asked]


class Channels:
    """All declared channels of a process."""

    def __init__(self, declared: Iterable[Channel]) -> None:
        self.by_kind: dict[str, Channel] = {}
        for channel in declared:
            if channel.kind in self.by_kind:
                raise ValueError(f"the channel {channel.kind} is declared twice")
            self.by_kind[channel.kind] = channel

    def find(self, name: str) -> tuple[Channel, str] | None:
        """The declaration and the key, or None for a name that means nothing here."""
        if len(name) > LONGEST_NAME or not NAME.match(name):
            return None
        kind, colon, key = name.partition(":")
        channel = self.by_kind.get(kind)
        return (channel, key) if channel is not None and channel.keyed == bool(colon) else None

    async def allow(self, wanted: Sequence[tuple[Viewer | None, str]], read: ReadSession) -> list[bool]:
        """Whether each may hear the named channel: one call of each rule for all who ask it."""
        verdicts = [False] * len(wanted)
        by_channel: dict[str, list[tuple[int, Ask]]] = {}
        for place, (viewer, name) in enumerate(wanted):
            found = self.find(name)
            if found is not None:
                by_channel.setdefault(found[0].kind, []).append((place, Ask(viewer, found[1])))
        for kind, asks in by_channel.items():
            answers = await self.by_kind[kind].may([ask for _, ask in asks], read)
            for (place, _), answer in zip(asks, answers, strict=True):
                verdicts[place] = answer is True
        return verdicts

    async def apart(self, speakers: Sequence[Speaker], read: ReadSession) -> list[frozenset[str]]:
        """Who must not hear what each of these says on the named channel: one call of each rule for all who speak there."""
        found = [NOBODY] * len(speakers)
        by_kind: dict[str, list[tuple[int, Speaker]]] = {}
        for place, (viewer, name, said) in enumerate(speakers):
            kind, _, key = name.partition(":")
            by_kind.setdefault(kind, []).append((place, (viewer, key, said)))
        for kind, placed in by_kind.items():
            rule = self.by_kind[kind].apart
            if rule is None:
                continue
            answers = await rule([speaker for _, speaker in placed], read)
            for (place, _), answer in zip(placed, answers, strict=True):
                found[place] = frozenset(str(one) for one in answer)
        return found
