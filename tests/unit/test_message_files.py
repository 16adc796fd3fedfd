"""What a file is, what it is called, and which part of it is asked for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nollycrewhub.domains.messages.rules.files import (
    LONGEST_NAME,
    MEDIA,
    PHOTO,
    PLAIN,
    IsOtherPicture,
    IsProgram,
    disposition,
    name_of,
    nature_of,
    part_of,
)
from nollycrewhub.domains.messages.rules.files import PDF as PDF_NATURE
from nollycrewhub.domains.messages.rules.limits import KNOWN, MEGABYTE, NEW, TRUSTED, UNCONFIRMED, WATCHED, may_upload
from nollycrewhub.kit.text import has_control

PDF = b"%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj\n%%EOF"
OPUS = b"OggS\0\x02" + b"\0" * 20 + b"\x01\x13OpusHead\x01\x01" + bytes(range(60))
M4A = b"\0\0\0\x20ftypM4A " + b"\0" * 16 + b"\0\0\0\x21hdlr" + b"\0" * 8 + b"soun" + b"\0" * 20
FILM = b"\0\0\0\x20ftypmp42" + b"\0" * 16 + b"hdlr" + b"\0" * 8 + b"soun" + b"hdlr" + b"\0" * 8 + b"vide"
NATURES = (
    (b"\xff\xd8\xff\xe0", PHOTO), (b"\x89PNG\r\n\x1a\n", PHOTO), (b"RIFF\0\0\0\0WEBPVP8 ", PHOTO), (PDF, PDF_NATURE), (b"GIF89a", PLAIN),
    (b"words", PLAIN), (FILM, PLAIN), (b"\x1a\x45\xdf\xa3\x42\x82\x84webmV_VP8 A_OPUS", PLAIN), (b"OggS" + b"\0" * 24 + b"\x80theora", PLAIN),
    (b"PK\x03\x04word/document.xml", PLAIN), (b" %PDF-1.7", PLAIN),
)  # fmt: skip
SOUNDS = (
    (OPUS, "audio/ogg"), (M4A, "audio/mp4"), (b"\x1a\x45\xdf\xa3\x42\x82\x84webm....A_OPUS", "audio/webm"), (b"RIFF\0\0\0\0WAVEfmt ", "audio/wav"),
    (b"#!AMR\n", "audio/amr"), (b"ID3\x04", "audio/mpeg"), (b"\xff\xfb\x90", "audio/mpeg"), (b"\xff\xf1\x50", "audio/aac"),
)  # fmt: skip


@pytest.mark.parametrize(("content", "nature"), NATURES)
def test_a_file_is_what_its_content_says(content: bytes, nature: object) -> None:
    assert nature_of(content) == nature


@pytest.mark.parametrize(("content", "media"), SOUNDS)
def test_sound_is_told_by_its_content(content: bytes, media: str) -> None:
    assert nature_of(content)[:2] == ("voice", media) and media in MEDIA


@pytest.mark.parametrize("content", [
    b"MZ\x90", b"\x7fELF\x02", b"dex\n035", b"#!/bin/sh\n", b"PK\x03\x04 AndroidManifest.xml", b"PK\x03\x04 META-INF/MANIFEST.MF", b"\xcf\xfa\xed\xfe",
])  # fmt: skip
def test_programs_are_known_by_their_content(content: bytes) -> None:
    with pytest.raises(IsProgram):
        nature_of(content)


@pytest.mark.parametrize("content", [b"II*\0", b"MM\0*", b"\0\0\0\x18ftypheic", b"\0\0\0\x18ftypavif"])
def test_pictures_that_would_keep_their_place_are_known(content: bytes) -> None:
    with pytest.raises(IsOtherPicture):
        nature_of(content)


@pytest.mark.parametrize(("given_name", "nature", "name"), [
    ("C:\\Users\\ada\\lamps.jpeg", PHOTO, "lamps.webp"), ("/etc/passwd", PLAIN, "passwd"), ("..", PLAIN, "file"), ("", PHOTO, "photo.webp"),
    ("invoice.pdf.exe", PDF_NATURE, "invoice.pdf.pdf"), ("a\x00b.txt", PLAIN, "file"), ("Ọmọ.txt", PLAIN, "Ọmọ.txt"), (".htaccess", PLAIN, "htaccess"),
    ("gpj.\u202eexe.txt", PLAIN, "file"), ("words.", PLAIN, "words"),
])  # fmt: skip
def test_names_lose_what_they_should_not_have(given_name: str, nature: object, name: str) -> None:
    assert name_of(given_name, nature) == name  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "name", ["setup.exe", "game.APK", "run.bat", "a.Js", "x.lnk", "call sheet.docm", "Sign in.html", f"{'a' * 96}.bat revised.of Monday"]
)
def test_a_name_that_runs_is_refused(name: str) -> None:
    with pytest.raises(IsProgram):
        name_of(name, PLAIN)
    assert name_of(name, PHOTO).endswith(".webp")


@given(st.text(max_size=300), st.sampled_from((PHOTO, PDF_NATURE, PLAIN)))
def test_every_name_can_be_shown_and_sent(given_name: str, nature: object) -> None:
    try:
        name = name_of(given_name, nature)  # type: ignore[arg-type]
    except IsProgram:
        return
    assert 0 < len(name) <= LONGEST_NAME and not has_control(name) and not set(name) & set("/\\")
    header = disposition(name, "file")
    assert header.isascii() and header.isprintable() and header.count('"') == 2


@given(st.text(alphabet="bytes=0123456789-, ", max_size=30), st.integers(0, 10**7))
def test_a_part_lies_within_the_file(asked: str, size: int) -> None:
    part = part_of(asked, size)
    assert part is None or 0 <= part[0] <= part[1] < size


@pytest.mark.parametrize(
    ("asked", "size", "part"),
    [
        ("bytes=0-9", 100, (0, 9)), ("bytes=90-", 100, (90, 99)), ("bytes=90-500", 100, (90, 99)), ("bytes=-5", 100, (95, 99)),
        ("bytes=-500", 100, (0, 99)), ("bytes=-0", 100, None), ("bytes=-", 100, None), ("bytes=100-", 100, None),
        ("bytes=9-3", 100, None), ("bytes=0-", 0, None), ("bytes=0-1,5-6", 100, None), ("lines=0-9", 100, None),
    ],
)  # fmt: skip
def test_the_part_that_is_asked_for(asked: str, size: int, part: tuple[int, int] | None) -> None:
    assert part_of(asked, size) == part


def test_trust_grows_with_what_may_be_sent() -> None:
    levels = (UNCONFIRMED, WATCHED, NEW, KNOWN, TRUSTED)
    assert [level.files for level in levels] == sorted(level.files for level in levels)
    assert [level.bytes for level in levels] == sorted(level.bytes for level in levels)
    assert may_upload(NEW, files=19, size=50 * MEGABYTE - 1, more=1)
    assert not may_upload(NEW, files=20, size=0, more=1) and not may_upload(NEW, files=0, size=50 * MEGABYTE, more=1)
