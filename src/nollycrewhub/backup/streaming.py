"""The log as it is written: pg_receivewal into a folder of the moment, and from there to the store every few seconds.

The server lets go of a piece of log only when the store has given it back: a slot of ours holds it until then, and is moved
on by us, never by pg_receivewal. So a machine that dies with its folder, or a store that is away for an hour, loses nothing:
the log waits on the server. If the server throws it away nevertheless (`max_slot_wal_keep_size`), that is a Gap, said aloud.
"""

import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from nollycrewhub.backup.errors import BackupError, Gap, Refused
from nollycrewhub.backup.records import Progress, Records, moment, tree_key, unfinished_key
from nollycrewhub.backup.segments import SEGMENT, Segment, as_text, lsn, segment, segment_at
from nollycrewhub.backup.taking import about
from nollycrewhub.backup.tools import NAME, Source, fault, tool
from nollycrewhub.platform import tracing

EVERY = 2.0
CATCHING_UP = 10.0
LONGEST_PAUSE = 15.0
PARTIAL = ".partial"
BEGINNING = "0/0"  # stands where a position goes
NOW = "select extract(epoch from clock_timestamp()), pg_current_wal_flush_lsn(), pg_walfile_name(pg_current_wal_insert_lsn())"
MAY_LOOK = "select pg_has_role(current_user, 'pg_read_all_stats', 'usage')"
SLOT = f"select coalesce(restart_lsn::text, ''), coalesce(wal_status, '') from pg_replication_slots where slot_name = '{NAME}'"  # noqa: S608 - a constant
MAKE = f"select pg_create_physical_replication_slot('{NAME}', true)"
DROP = f"select pg_drop_replication_slot('{NAME}')"
ARRIVED = f"select 1 from pg_stat_replication where application_name = '{NAME}' and write_lsn >= '{BEGINNING}'"  # noqa: S608
ADVANCE = f"select pg_replication_slot_advance(slot_name, '{BEGINNING}') from pg_replication_slots where slot_name = '{NAME}' and restart_lsn < '{BEGINNING}'"  # noqa: S608
BROKEN = (
    "The server has thrown away log that the store never got ({}). Moments after that cannot be restored from the backups there are. "
    "Start this again with --after-gap, and take a base backup at once: nollycrewhub backup."
)


class Archiver:
    """Keeps the store's log complete until `stopping` is set."""

    def __init__(
        self, source: Source, records: Records, *, work: Path | None = None, every: float = EVERY, after_gap: bool = False,
        say: Callable[[str], None] = print,
    ) -> None:  # fmt: skip
        self.source = source
        self.records = records
        self.work = work
        self.every = every
        self.after_gap = after_gap
        self.say = say
        self.stopping = threading.Event()
        self.size = 0
        self.has_forked = False
        self.uploaded: Segment | None = None  # the newest whole segment that the store has
        self.sent: dict[str, bytes] = {}
        self.told = ""
        self.cycles = 0

    def run(self) -> None:
        """Until it is told to stop; raises Refused when going on would be a lie. What may heal is tried again."""
        pause = 1.0
        while not self.stopping.is_set():
            before = self.cycles
            try:
                self._session()
            except Refused:
                raise
            except BackupError as error:
                pause = 1.0 if self.cycles > before else min(pause * 2, LONGEST_PAUSE)
                self._tell(f"{error} The server keeps the log meanwhile; trying again.")
                self.stopping.wait(pause)

    def _tell(self, sentence: str) -> None:
        if sentence != self.told:
            self.told = sentence
            self.say(sentence)

    def _session(self) -> None:
        """One run of pg_receivewal, from where the store's log ends."""
        server = about(self.source)
        if self.source.one(MAY_LOOK) != "t":
            raise Refused(
                f"{self.source.user} may not see how far the log was sent. As a superuser: grant pg_monitor to {self.source.user}."
            )
        self.records.claim(server.cluster)
        self.size = server.cluster.segment_size
        held = self._slot()
        with tempfile.TemporaryDirectory(prefix="nch-log-", dir=self.work) as made:
            spool, said = Path(made) / "log", Path(made) / "said"
            spool.mkdir()
            self._mark(spool, held)
            with said.open("w") as errors:
                receiver = subprocess.Popen(  # noqa: S603 - the wheel's program with our own arguments
                    [str(tool("pg_receivewal")), "-D", str(spool), "-d", self.source.url, "-w", "--no-loop", "--synchronous"],
                    stdin=subprocess.DEVNULL, stdout=errors, stderr=errors, env=self.source.environment,
                )  # fmt: skip
            try:
                self._follow(receiver, spool, said)
            finally:
                receiver.terminate()
                receiver.wait()

    def _slot(self) -> int:
        """Makes sure that the server keeps what the store has not; where what it keeps begins."""
        rows = self.source.ask(SLOT)
        if rows and rows[0][1] == "lost":
            if not self.after_gap:
                raise Gap(BROKEN.format("its slot is lost"))
            self.source.ask(DROP)
            self.has_forked = True
            rows = []
        if not rows:
            self.source.ask(MAKE)
            rows = self.source.ask(SLOT)
        return lsn(rows[0][0])

    def _mark(self, spool: Path, held: int) -> None:
        """Lets pg_receivewal begin right after what the store has: it goes on behind the newest file it finds, which is an empty stand-in."""
        timeline = int(self.source.ask(NOW)[0][2][:8], 16)
        have = self.records.held(self.size).segments
        newest = max(have, default=None)
        if newest is not None and newest.timeline > timeline:
            raise Refused(f"The log in the store is on timeline {newest.timeline}, this server on {timeline}: it is a former primary.")
        if newest is None or self.has_forked:
            newest = segment_at(timeline, held, self.size).before()
        self.uploaded = newest
        with (spool / newest.name(self.size)).open("wb") as file:
            file.truncate(self.size)

    def _follow(self, receiver: "subprocess.Popen[bytes]", spool: Path, said: Path) -> None:
        while not self.stopping.is_set():
            began = time.monotonic()
            if receiver.poll() is not None:
                self._ended(said.read_text(errors="replace"))
            self._cycle(spool)
            self.stopping.wait(max(0.0, self.every - (time.monotonic() - began)))
        self._cycle(spool)

    def _ended(self, words: str) -> None:
        """What the end of pg_receivewal means."""
        if "not in this server's history" in words and not self.has_forked:
            self.has_forked = True
            raise BackupError(
                "This server took another way before the log in the store ended, as a restored copy does. Take a base backup of it."
            )
        if "has already been removed" in words:
            if not self.after_gap:
                raise Gap(BROKEN.format(words.strip().splitlines()[-1]))
            self.has_forked = True
            raise BackupError("Going on after the gap.")
        raise fault("pg_receivewal", words or "it ended without a word")

    def _cycle(self, spool: Path) -> None:
        """Whatever is new goes to the store; then, and only then, the store's progress is noted and the slot moved on."""
        at, position, _ = self.source.ask(NOW)[0]
        has_arrived = self._arrived(position)
        if not self._upload(spool) or not has_arrived:
            return
        if self.uploaded is not None:
            self.source.ask(ADVANCE.replace(BEGINNING, as_text(self.uploaded.next().begins(self.size))))
        timeline = max(segment(file.name[:24], self.size).timeline for file in spool.iterdir() if SEGMENT.match(file.name[:24]))
        self.records.note(Progress(timeline, position, moment(at)))
        self.cycles += 1
        self._tell(f"The log is in {self.records.store.place} and goes on.")

    def _arrived(self, position: str) -> bool:
        deadline = time.monotonic() + CATCHING_UP
        while not self.source.one(ARRIVED.replace(BEGINNING, position)):
            if time.monotonic() > deadline or self.stopping.is_set():
                return False
            time.sleep(0.1)
        return True

    def _upload(self, spool: Path) -> bool:
        """Histories, whole segments in order, then the unfinished one; False when a file was finished under our hands."""
        names = sorted(path.name for path in spool.iterdir())
        for name in names:
            if name.endswith(".history") and name not in self.sent:
                self.records.store.put(tree_key(name), (spool / name).read_bytes())
                self.sent[name] = b""
        for name in filter(SEGMENT.match, names):
            here = segment(name, self.size)
            if self.uploaded is None or here > self.uploaded:
                with tracing.begun("backup segment"):
                    self.records.put_segment(name, (spool / name).read_bytes())
                    self.records.store.delete([unfinished_key(name)])
                self.uploaded = here
        for name in [name for name in names if name.endswith(PARTIAL)]:
            try:
                content = (spool / name).read_bytes()
            except FileNotFoundError:
                return False
            if self.sent.get(name) != content:
                self.records.put_unfinished(name.removesuffix(PARTIAL), content)
                self.sent = {known: bytes_ for known, bytes_ in self.sent.items() if not known.endswith(PARTIAL)} | {name: content}
        for name in filter(SEGMENT.match, names):
            if self.uploaded is not None and segment(name, self.size) < self.uploaded:
                (spool / name).unlink()
        return True
