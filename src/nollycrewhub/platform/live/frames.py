"""What travels on a live connection: JSON frames in both directions, their limits and the codes a socket is closed with.

docs/mechanisms/realtime.md describes every frame; a test holds the two together.
"""

import struct
from enum import IntEnum
from typing import Any

import msgspec

from nollycrewhub.kit.told import as_json

VERSION = 1
LARGEST_FRAME = 16_384  # bytes a client may send in one frame
LARGEST_PAYLOAD = 16_384  # bytes of one message's payload
MOST_CHANNELS = 200  # a connection
MOST_AT_ONCE = 100  # channels in one frame
LONGEST_NAME = 100
FURTHEST = 2**53  # what a browser counts exactly


class Closed(IntEnum):
    """Why a socket ends; the 4000s are ours."""

    NO_TEXT = 1003
    NOT_UTF8 = 1007
    TOO_LARGE = 1009
    RESTART = 1012
    SIGNED_OUT = 4401
    SILENT = 4408
    SLOW = 4413
    FLOOD = 4429


class Last(msgspec.Struct, frozen=True):
    """A channel, and the last message of it that the client has; none for one that begins."""

    ch: str
    e: str = ""
    n: int | None = None


class Sub(msgspec.Struct, frozen=True, tag_field="op", tag="sub"):
    """Subscribes, or resumes where `e` and `n` are given."""

    to: list[Last]
    id: int = 0


class Unsub(msgspec.Struct, frozen=True, tag_field="op", tag="unsub"):
    """Leaves channels."""

    ch: list[str]
    id: int = 0


class Ping(msgspec.Struct, frozen=True, tag_field="op", tag="ping"):
    """Asks whether anybody is there."""

    id: int = 0


class Say(msgspec.Struct, frozen=True, tag_field="op", tag="say"):
    """Tells the others on a channel something that nobody stores: that one is typing."""

    ch: str
    k: str
    d: msgspec.Raw = msgspec.Raw(b"null")
    id: int = 0


Asked = Sub | Unsub | Ping | Say
ASKED: msgspec.json.Decoder[Asked] = msgspec.json.Decoder(Sub | Unsub | Ping | Say)
WANTED: msgspec.json.Decoder[list[Last]] = msgspec.json.Decoder(list[Last])


class Frame:
    """One text for many readers: the same bytes are written to every socket."""

    __slots__ = ("_wire", "text")

    def __init__(self, text: bytes) -> None:
        self.text = text
        self._wire: bytes | None = None

    @property
    def wire(self) -> bytes:
        """As an unmasked WebSocket text frame (RFC 6455, section 5.2), made once."""
        if self._wire is None:
            self._wire = head(0x1, len(self.text)) + self.text
        return self._wire


def head(opcode: int, length: int) -> bytes:
    """The head of a final, unmasked frame."""
    if length < 126:
        return bytes((0x80 | opcode, length))
    if length < 65_536:
        return struct.pack("!BBH", 0x80 | opcode, 126, length)
    return struct.pack("!BBQ", 0x80 | opcode, 127, length)


def frame(**fields: Any) -> Frame:
    """A frame of these fields."""
    return Frame(as_json(fields))


def message(channel: str, epoch: str, n: int, kind: str, *, payload: bytes, at: str) -> bytes:
    """The text of a numbered message; `payload` is JSON already."""
    fields = {"op": "msg", "ch": channel, "e": epoch, "n": n, "k": kind, "at": at, "d": msgspec.Raw(payload)}
    return msgspec.json.encode(fields)


def said(channel: str, kind: str, *, payload: bytes, by: str) -> bytes:
    """The text of something that has no number: who misses it has missed nothing."""
    return msgspec.json.encode({"op": "msg", "ch": channel, "k": kind, "by": by, "d": msgspec.Raw(payload)})


def error(why: str, sentence: str, number: int = 0) -> Frame:
    """A refusal, with the number of the frame it answers."""
    return frame(op="error", id=number, why=why, say=sentence)


def pong(spread: float, number: int = 0) -> Frame:
    """Somebody is there, and how far apart clients should come back."""
    return frame(op="pong", id=number, spread=round(spread, 1))


def bye(code: int, why: str, retry: float | None) -> Frame:
    """The last word: why, and after how many seconds to come again (none: not by itself)."""
    return frame(op="bye", code=int(code), why=why, retry=None if retry is None else round(retry, 2))
