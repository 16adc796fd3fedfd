"""The picture that other sites show beside a shared link: 1200 by 630, drawn from what everybody may see.

The type is DejaVu Sans Condensed, cut down by letters.mjs to the letters of Nigeria's languages, with their marks.
"""

import asyncio
import io
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path

import msgspec
from litestar import Response
from PIL import Image, ImageDraw, ImageFont, ImageOps

SIZE = (1200, 630)
MOST_BYTES = 60_000
LETTERS = Path(__file__).parent / "static" / "letters"
INK, SOFT, PAPER, MARIGOLD, GREEN = "#10221b", "#4d5c55", "#faf5ea", "#f2a516", "#0d5c3f"
EDGE, FACE = 72, 380
TITLE_SIZES = (92, 80, 68, 58, 50)
TITLE_LINES = 3
COLOURS = 32
QUALITIES = (86, 78, 68, 56, 44)
# What the cut type holds; letters.mjs has the same ranges. Anything else in a title is left out rather than drawn as a box.
DRAWN = ((0x20, 0x7E), (0xA0, 0x24F), (0x250, 0x2AF), (0x300, 0x36F), (0x1E00, 0x1EFF), (0x2010, 0x2027), (0x20A6, 0x20A6))
DRAWING = ThreadPoolExecutor(1, "cards")  # one at a time: pictures are asked for rarely and must not slow pages
HEADERS = {"cache-control": "public, no-cache", "cdn-cache-control": "max-age=900"}


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """What a picture says: a small line, the title, a line under it, and what stands large at the foot."""

    kicker: str
    title: str
    line: str = ""
    foot: str = ""
    photo: bytes | None = None


class Unreadable(ValueError):
    """The photo is no picture."""


@lru_cache(16)
def face(size: int, *, bold: bool) -> ImageFont.FreeTypeFont:
    """The type in a size; marks stand where the font says, so the shaping engine is needed."""
    return ImageFont.truetype(LETTERS / ("card-bold.ttf" if bold else "card.ttf"), size, layout_engine=ImageFont.Layout.RAQM)


def drawable(text: str) -> str:
    """The text, composed, without what the type does not have."""
    composed = unicodedata.normalize("NFC", text)
    return " ".join("".join(c for c in composed if any(first <= ord(c) <= last for first, last in DRAWN)).split())


def lines_of(text: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    """The text in lines of at most this width; a word that is wider has a line of its own."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def clipped(text: str, font: ImageFont.FreeTypeFont, width: int) -> str:
    """The text, cut with an ellipsis where it would run out of the picture."""
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(f"{text}…") > width:
        text = text[:-1].rstrip()
    return f"{text}…"


def fitted(text: str, width: int) -> tuple[ImageFont.FreeTypeFont, list[str]]:
    """The largest type in which the title fits, and its lines; the smallest is cut."""
    for size in TITLE_SIZES:
        font = face(size, bold=True)
        lines = lines_of(text, font, width)
        if len(lines) <= TITLE_LINES and all(font.getlength(line) <= width for line in lines):
            return font, lines
    if len(lines) > TITLE_LINES:
        lines = [*lines[: TITLE_LINES - 1], " ".join(lines[TITLE_LINES - 1 :])]
    return font, [clipped(line, font, width) for line in lines]


def board(pen: ImageDraw.ImageDraw, left: float, top: float, scale: float) -> None:
    """The clapperboard of the site's mark."""

    def shape(points: list[tuple[float, float]], colour: str) -> None:
        pen.polygon([(left + x * scale, top + y * scale) for x, y in points], fill=colour)

    shape([(3, 12), (29, 12), (29, 28), (3, 28)], INK)
    shape([(3, 11), (27, 3), (28.6, 7.8), (6.5, 15)], MARIGOLD)


def draw(card: Card) -> tuple[bytes, str]:
    """The picture and its type: PNG for text alone, JPEG where there is a photo. Unreadable when the photo is none."""
    image = Image.new("RGB", SIZE, PAPER)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, SIZE[0], 16), fill=MARIGOLD)
    width = SIZE[0] - 2 * EDGE
    if card.photo is not None:
        paste(image, card.photo)
        width -= FACE + EDGE // 2
    pen.text((EDGE, 64), clipped(drawable(card.kicker), face(34, bold=False), width), fill=GREEN, font=face(34, bold=False))
    font, lines = fitted(drawable(card.title), width)
    top = 122.0
    for line in lines:
        pen.text((EDGE, top), line, fill=INK, font=font)
        top += font.size * 1.2
    pen.text((EDGE, top + 14), clipped(drawable(card.line), face(36, bold=False), width), fill=SOFT, font=face(36, bold=False))
    board(pen, EDGE - 6, 524, 1.9)
    pen.text((EDGE + 64, 540), "NollyCrewHub", fill=INK, font=face(34, bold=True))
    if card.foot:
        foot = clipped(drawable(card.foot), face(46, bold=True), SIZE[0] - 2 * EDGE - 360)
        pen.text((SIZE[0] - EDGE, 576), foot, fill=INK, font=face(46, bold=True), anchor="rs")
    return written(image, is_photo=card.photo is not None)


def paste(image: Image.Image, photo: bytes) -> None:
    """The photo as a square at the right."""
    try:
        with Image.open(io.BytesIO(photo), formats=("WEBP",)) as found:
            square = ImageOps.fit(found.convert("RGB"), (FACE, FACE), method=Image.Resampling.LANCZOS)
    except (OSError, ValueError, SyntaxError) as error:
        raise Unreadable from error
    image.paste(square, (SIZE[0] - EDGE - FACE, 84))


def written(image: Image.Image, *, is_photo: bool) -> tuple[bytes, str]:
    """The file, of at most sixty kilobytes."""
    buffer = io.BytesIO()
    if not is_photo:
        image.quantize(COLOURS).save(buffer, "PNG", optimize=True)
        return buffer.getvalue(), "image/png"
    for quality in QUALITIES:
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=quality, optimize=True, progressive=True)
        if buffer.tell() <= MOST_BYTES:
            break
    return buffer.getvalue(), "image/jpeg"


async def picture(card: Card) -> Response[bytes]:
    """The card as a shared answer."""
    content, media_type = await asyncio.get_running_loop().run_in_executor(DRAWING, draw, card)
    return Response(content, media_type=media_type, headers=HEADERS)
