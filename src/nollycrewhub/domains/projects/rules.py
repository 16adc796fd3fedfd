"""What a scene heading is, and how a script's text is walked for them: pure, a piece at a time.

Fountain's rule: a line that starts INT, EXT, EST, INT./EXT, INT/EXT or I/E (any case, then a dot or a space) after an
empty line, or one forced by a leading dot. Scripts pasted from elsewhere lose their empty lines and carry scene numbers
on either side, so a heading in capitals needs no empty line, and numbers are taken off.
"""

import codecs
import re
from typing import NamedTuple

MOST_SCENES = 10_000
LONGEST_LINE = 400
LONGEST_HEADING = 200
START = re.compile(r"(?P<place>INT\.?\s?/\s?EXT|EXT\.?\s?/\s?INT|I\s?/\s?E|INT|EXT|EST)(?:\.|\s|$)[.\s]*", re.IGNORECASE)
FORCED = re.compile(r"\.(?=\w)")
NUMBER_BEFORE = re.compile(r"(?P<number>[A-Z]{0,2}\d{1,5}[A-Z]{0,2})[.)]?\s+(?=INT|EXT|EST|I\s?/)", re.IGNORECASE)
NUMBER_MARKED = re.compile(r"\s*#(?P<number>[\w.-]{1,12})#\s*$")
ASIDE = re.compile(r"\s*\([^()]*\)\s*$")
DASH = re.compile(r"\s+[-–—]+\s*|\s*[–—]\s*")
TIMES = frozenset(
    [
        "DAY", "NIGHT", "MORNING", "AFTERNOON", "EVENING", "DAWN", "DUSK", "SUNRISE", "SUNSET", "NOON", "MIDNIGHT",
        "CONTINUOUS", "LATER", "MOMENTS LATER", "SAME", "SAME TIME", "EARLY MORNING", "LATE NIGHT",
    ]
)  # fmt: skip
AS_BEFORE = frozenset(["CONTINUOUS", "LATER", "MOMENTS LATER", "SAME", "SAME TIME"])
SHORT = {"CONT'D": "CONTINUOUS", "CONT’D": "CONTINUOUS", "CONT": "CONTINUOUS", "CONT.": "CONTINUOUS", "MORN": "MORNING", "EVE": "EVENING"}
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")


class Heading(NamedTuple):
    """One scene heading: `place` is INT, EXT or INT/EXT (empty when forced); `light` is the time of day in force."""

    line: int
    number: str
    text: str
    place: str
    set_name: str
    time: str
    light: str


class TooManyScenes(ValueError):
    """More headings than any script has: something else was uploaded."""


def place_of(words: str) -> str:
    """INT, EXT or INT/EXT; an establishing shot is outside."""
    bare = re.sub(r"[.\s]", "", words).upper()
    return {"INT": "INT", "EXT": "EXT", "EST": "EXT"}.get(bare, "INT/EXT")


def set_and_time(rest: str) -> tuple[str, str]:
    """The set and the time of day: what follows the last dash, when it is a time we know."""
    bare = ASIDE.sub("", rest).strip()
    parts = DASH.split(bare)
    last = parts[-1].strip(" .").upper()
    last = SHORT.get(last, last)
    if len(parts) > 1 and last in TIMES:
        cut = [match.start() for match in DASH.finditer(bare)][-1]
        return bare[:cut].strip(" .-–—"), last
    return bare.strip(" .-–—"), last if last in TIMES else ""


def heading_of(line: str, number: int, *, after_empty: bool, light: str = "") -> Heading | None:
    """The line as a scene heading, or None when it is none; `light` is that of the scene before."""
    text = line.strip()
    if not text or len(text) > LONGEST_HEADING:
        return None
    scene = ""
    if marked := NUMBER_MARKED.search(text):
        scene, text = marked["number"], text[: marked.start()].strip()
    if before := NUMBER_BEFORE.match(text):
        scene, text = scene or before["number"], text[before.end() :]
        text = re.sub(rf"\s+{re.escape(before['number'])}\.?$", "", text, flags=re.IGNORECASE)
    start = START.match(text)
    if start is None:
        return forced(text, number, scene, light) if after_empty and FORCED.match(text) else None
    if not (after_empty or text == text.upper()) or not text[start.end() :].strip():
        return None
    set_name, time = set_and_time(text[start.end() :])
    return Heading(number, scene, text, place_of(start["place"]), set_name, time, light if time in AS_BEFORE else time)


def forced(text: str, number: int, scene: str, light: str) -> Heading:
    """A heading by a leading dot: it has no INT or EXT."""
    set_name, time = set_and_time(text[1:])
    return Heading(number, scene, text[1:].strip(), "", set_name, time, light if time in AS_BEFORE else time)


class SceneReader:
    """Walks a script fed in pieces of bytes; holds one unfinished line and nothing else of the text."""

    def __init__(self, encoding: str = "utf-8") -> None:
        self.decoder = codecs.getincrementaldecoder("utf-8-sig" if encoding == "utf-8" else encoding)(errors="strict")
        self.rest = ""
        self.line = 0
        self.found = 0
        self.after_empty = True
        self.in_boneyard = False
        self.light = ""

    def feed(self, piece: bytes, *, last: bool = False) -> list[Heading]:
        """The headings of this piece; raises UnicodeDecodeError, or TooManyScenes."""
        text = self.rest + self.decoder.decode(piece, last)
        lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n").split("\n")
        self.rest = "" if last else lines.pop()
        if len(self.rest) > LONGEST_LINE * 4:
            self.rest = self.rest[: LONGEST_LINE * 2]  # far past any heading; only its beginning can matter
        found = [heading for line in lines if (heading := self._look(UNPRINTABLE.sub("", line)))]
        self.found += len(found)
        if self.found > MOST_SCENES:
            raise TooManyScenes
        return found

    def _look(self, line: str) -> Heading | None:
        self.line += 1
        if self.in_boneyard or "/*" in line:
            self.in_boneyard = "*/" not in line
            return None
        found = heading_of(line, self.line, after_empty=self.after_empty, light=self.light)
        self.after_empty = not line.strip()
        if found is not None:
            self.light = found.light
        return found
