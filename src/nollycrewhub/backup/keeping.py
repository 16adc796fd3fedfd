"""Which moments can be restored, and what may be thrown away: decisions over the store's records."""

from datetime import datetime, timedelta

import msgspec

from nollycrewhub.backup.errors import Refused
from nollycrewhub.backup.records import Base, Held, Progress, Records, base_key, unfinished_key, whole_key
from nollycrewhub.backup.segments import Chain, Segment, Stretch, chain, holds, lsn, segment_at
from nollycrewhub.backup.store import Digest, Missing


class Window(msgspec.Struct, frozen=True):
    """From a base backup's end until when every moment can be restored; `missing` names the log's first hole after it."""

    base: Base
    line: list[Stretch]
    chain: Chain
    until: datetime
    missing: str

    @property
    def timeline(self) -> int:
        """The timeline it leads to."""
        return self.line[-1].timeline


class Kept(msgspec.Struct, frozen=True):
    """All of it at one moment."""

    size: int
    held: Held
    progress: Progress | None
    bases: list[Base]


def kept(records: Records) -> Kept:
    """What is in the store; Refused when nothing is."""
    cluster = records.cluster()
    if cluster is None:
        raise Refused(f"{records.store.place} holds no backup. Make one: nollycrewhub backup.")
    return Kept(cluster.segment_size, records.held(cluster.segment_size), records.progress(), records.bases())


def window(base: Base, held: Held, progress: Progress | None, size: int, *, timeline: int | None = None) -> Window | None:
    """How far a backup can be followed, along the newest timeline it lies on or a given one; None when it is not on that."""
    lines = [
        line for known, line in held.lines.items() if timeline in (None, known) and holds(line, base.timeline, lsn(base.end_lsn))
    ]  # fmt: skip
    if not lines:
        return None
    line = max(lines, key=lambda line: line[-1].timeline)
    found = chain(segment_at(base.timeline, lsn(base.start_lsn), size), line, held.segments, size)
    missing = found.missing.name(size) if found.missing else ""
    until = base.ended
    if progress is not None and not missing and covers(found, line, held, progress, size):
        until = max(until, progress.at)
    return Window(base, line, found, until, missing)


def covers(found: Chain, line: list[Stretch], held: Held, progress: Progress, size: int) -> bool:
    """Whether the log that is there reaches the position that was noted last."""
    position = lsn(progress.lsn)
    if progress.timeline != line[-1].timeline or found.last.timeline != progress.timeline:
        return False
    end = found.last.begins(size) + (size if found.last in held.unfinished else 0)
    return position <= end


def windows(found: Kept, *, timeline: int | None = None) -> list[Window]:
    """Each backup with how far it can be followed, oldest first."""
    all_of_them = [window(base, found.held, found.progress, found.size, timeline=timeline) for base in found.bases]
    return [each for each in all_of_them if each is not None]


def chosen(found: Kept, to: datetime | None, *, timeline: int | None = None) -> Window:
    """The backup to begin with for a moment (None: as far as there is); Refused with the moments there are.

    The newest timeline is the cluster's present life; another one is followed only when it is named.
    """
    wanted = timeline or max(found.held.lines, default=1)
    usable = windows(found, timeline=wanted) or windows(found, timeline=timeline)
    if not usable:
        raise Refused("No base backup in the store leads there. `nollycrewhub backup list` says what there is.")
    if to is None:
        return usable[-1]
    before = [each for each in usable if each.base.ended <= to]
    if not before:
        raise Refused(
            f"The earliest moment that can be restored is {usable[0].base.ended:%Y-%m-%dT%H:%M:%SZ}, the end of the first base backup."
        )
    best = before[-1]
    if to > best.until and not best.missing:
        raise Refused(
            f"The log in the store is complete until {best.until:%Y-%m-%dT%H:%M:%S.%f}Z, and you asked for {to:%Y-%m-%dT%H:%M:%S.%f}Z. "
            "Ask for an earlier moment, or for all there is: --to latest."
        )
    return best


def superfluous(found: Kept, now: datetime, *, keep_days: int, keep_least: int) -> tuple[list[Base], list[Segment]]:
    """Base backups and log that no promise needs any more.

    Every moment of the last `keep_days` stays restorable, so the newest backup from before that stays too; and so many stay
    whatever their age.
    """
    horizon = now - timedelta(days=keep_days)
    old = [base for base in found.bases if base.ended <= horizon][:-1]
    gone = [base for base in old if base not in found.bases[-keep_least:]]
    stay = [base for base in found.bases if base not in gone]
    if not stay:
        return [], []
    first = min((segment_at(base.timeline, lsn(base.start_lsn), found.size) for base in stay), key=lambda each: each.number)
    return gone, sorted(each for each in found.held.segments | found.held.unfinished if each.number < first.number)


def prune(records: Records, now: datetime, *, keep_days: int, keep_least: int) -> tuple[list[Base], int]:
    """Throws away what is superfluous; a backup's record goes first, so that a half-deleted one is not offered."""
    found = kept(records)
    gone, log = superfluous(found, now, keep_days=keep_days, keep_least=keep_least)
    for base in gone:
        records.store.delete([base_key(base.name, "backup.json"), *(base_key(base.name, piece.name) for piece in base.pieces)])
    records.store.delete([key for each in log for key in keys_of(each, found)])
    return gone, len(log)


def keys_of(each: Segment, found: Kept) -> list[str]:
    """Where a segment is kept."""
    name = each.name(found.size)
    keys = [whole_key(name)] if each in found.held.segments else []
    return keys + ([unfinished_key(name)] if each in found.held.unfinished else [])


def verify(records: Records) -> tuple[int, int, list[str]]:
    """Reads every base backup and segment; how many of each, and a sentence for every fault."""
    found, wrong = kept(records), []
    for base in found.bases:
        for piece in base.pieces:
            wrong += piece_fault(records, base, piece.name, piece.size, piece.sha256)
    for each in sorted(found.held.segments):
        name = each.name(found.size)
        try:
            if len(records.log_file(whole_key(name))) != found.size:
                wrong.append(f"{name} is not a whole segment.")
        except Refused as error:
            wrong.append(str(error))
    wrong += [f"After {each.base.name} the log lacks {each.missing}." for each in windows(found) if each.missing]
    return len(found.bases), len(found.held.segments), wrong


def piece_fault(records: Records, base: Base, name: str, size: int, sha256: str) -> list[str]:
    """What is wrong with one file of a base backup."""
    came = Digest()
    try:
        for each in records.store.pieces(base_key(base.name, name)):
            came.take(each)
    except Missing as error:
        return [str(error)]
    return [] if (came.size, came.sha.hexdigest()) == (size, sha256) else [f"{base.name}/{name} is not what was uploaded."]
