"""What a file really is, told by its content, and what it may be called. What its sender says of it is not believed.

Signatures are those of the formats' own documents: RFC 7845 and RFC 3533 (Ogg), ISO/IEC 14496-12 (MP4), RFC 8794 (Matroska and
WebM), RFC 4867 (AMR), ISO 32000 (PDF), PKWARE's APPNOTE (ZIP).
"""

import re
from typing import Literal, NamedTuple
from urllib.parse import quote

from nollycrewhub.kit.text import clean

LONGEST_NAME = 100
Kind = Literal["photo", "pdf", "voice", "file"]
RANGE = re.compile(r"bytes=(\d{0,12})-(\d{0,12})")


class Nature(NamedTuple):
    """What kind of file it is, the type it is sent on with, and the ending its name gets; a plain file keeps its own."""

    kind: Kind
    media: str
    ending: str = ""


PHOTO = Nature("photo", "image/webp", "webp")
PDF = Nature("pdf", "application/pdf", "pdf")
PLAIN = Nature("file", "application/octet-stream")
MEDIA = (
    PHOTO.media, PDF.media, PLAIN.media, "audio/ogg", "audio/mp4", "audio/webm", "audio/wav", "audio/amr", "audio/mpeg", "audio/aac",
)  # fmt: skip
NAMELESS = {"photo": "photo", "pdf": "document", "voice": "voice", "file": "file"}


class IsProgram(ValueError):
    """Something that runs."""


class IsOtherPicture(ValueError):
    """A picture that cannot be made anew here, so that where it was taken would go with it."""


PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
OTHER_PICTURES = (b"II*\x00", b"MM\x00*", b"II\xbc\x01")  # TIFF, and the cameras' own formats that begin like it
OTHER_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis", b"crx "})
PROGRAMS = (
    b"MZ", b"\x7fELF", b"dex\n", b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe",
    b"#!", b"L\x00\x00\x00\x01\x14\x02\x00",
)  # fmt: skip
INSIDE_PROGRAMS = (b"AndroidManifest.xml", b"classes.dex", b"META-INF/MANIFEST.MF")  # names in the directory of a ZIP
RUN_BY_NAME = frozenset({
    "apk", "xapk", "apks", "aab", "exe", "msi", "msix", "com", "scr", "pif", "cpl", "bat", "cmd", "ps1", "vbs", "vbe", "js", "jse", "wsf",
    "wsh", "hta", "jar", "sh", "app", "dmg", "pkg", "deb", "rpm", "lnk", "url", "reg", "iso", "img", "ipa", "command", "desktop", "py", "pyw",
    "docm", "dotm", "xlsm", "xltm", "pptm", "potm", "ppsm", "html", "htm", "xhtml", "mht", "mhtml",
})  # fmt: skip
SOUND = re.compile(rb"hdlr.{8}soun", re.DOTALL)
MOVING = re.compile(rb"hdlr.{8}vide", re.DOTALL)
VIDEO_CODECS = (b"V_VP8", b"V_VP9", b"V_AV1", b"V_MPEG", b"V_MS", b"V_THEORA")


def nature_of(content: bytes) -> Nature:
    """What it is; IsProgram and IsOtherPicture for what is not passed on."""
    if content.startswith(PICTURES) or (content[:4] == b"RIFF" and content[8:12] == b"WEBP"):
        return PHOTO
    if content.startswith(b"%PDF-"):
        return PDF
    if (sound := sound_of(content)) is not None:
        return sound
    if content.startswith(OTHER_PICTURES) or (content[4:8] == b"ftyp" and content[8:12] in OTHER_BRANDS):
        raise IsOtherPicture
    if content.startswith(PROGRAMS) or (content.startswith(b"PK\x03\x04") and any(name in content for name in INSIDE_PROGRAMS)):
        raise IsProgram
    return PLAIN


def sound_of(content: bytes) -> Nature | None:
    """The sound it is, or None; a film is none, also where it has one."""
    start = content[:4096]
    if start.startswith(b"OggS"):
        return Nature("voice", "audio/ogg", "ogg") if any(name in start for name in (b"OpusHead", b"\x01vorbis", b"Speex")) else None
    if start[4:8] == b"ftyp":
        is_sound = SOUND.search(content) is not None and MOVING.search(content) is None
        return Nature("voice", "audio/mp4", "m4a") if is_sound else None
    if start.startswith(b"\x1a\x45\xdf\xa3"):
        is_sound = b"A_" in start and not any(codec in start for codec in VIDEO_CODECS)
        return Nature("voice", "audio/webm", "webm") if is_sound else None
    if start.startswith(b"RIFF") and start[8:12] == b"WAVE":
        return Nature("voice", "audio/wav", "wav")
    if start.startswith(b"#!AMR"):
        return Nature("voice", "audio/amr", "amr")
    if start.startswith((b"ID3", b"\xff\xfb", b"\xff\xfa", b"\xff\xf3", b"\xff\xf2")):
        return Nature("voice", "audio/mpeg", "mp3")
    if start.startswith((b"\xff\xf1", b"\xff\xf9")):
        return Nature("voice", "audio/aac", "aac")
    return None


def name_of(given: str, nature: Nature) -> str:
    """What the file is called from now on: no path, nothing that cannot be seen, and the ending that its content has.

    IsProgram where a plain file's name would have it run.
    """
    try:
        shown = clean(re.split(r"[/\\]", given)[-1]).strip(". ")
    except ValueError:
        shown = ""
    stem, dot, ending = shown.rpartition(".")
    if not dot:
        stem, ending = shown, ""
    if nature.ending:
        return f"{stem[: LONGEST_NAME - 6].strip() or NAMELESS[nature.kind]}.{nature.ending}"
    is_usual = ending.isalnum() and ending.isascii() and len(ending) <= 8
    name = f"{stem[: LONGEST_NAME - 10].strip() or NAMELESS[nature.kind]}.{ending}" if is_usual else shown[:LONGEST_NAME].strip(". ")
    if {ending.lower(), name.rpartition(".")[2].lower()} & RUN_BY_NAME:  # a long name has another ending once it is cut
        raise IsProgram
    return name or NAMELESS[nature.kind]


def disposition(name: str, kind: Kind) -> str:
    """The Content-Disposition (RFC 6266): photos and voice notes are shown in the page, all else is saved and never opened here."""
    shown = "inline" if kind in ("photo", "voice") else "attachment"
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "-_. ") else "_" for c in name)
    return f"{shown}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def part_of(asked: str, size: int) -> tuple[int, int] | None:
    """First and last byte of the one part that a Range header asks for (RFC 9110); None where the whole is the answer."""
    found = RANGE.fullmatch(asked.strip())
    if found is None or not size:
        return None
    first, last = found.groups()
    if not first:
        return (max(size - int(last), 0), size - 1) if last and int(last) > 0 else None
    start, end = int(first), min(int(last), size - 1) if last else size - 1
    return (start, end) if start <= end else None
