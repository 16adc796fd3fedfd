"""Pictures that people send: opened as what they are, turned upright, and written anew, so that nothing hidden goes with them."""

import io

from PIL import Image, ImageOps, UnidentifiedImageError

MOST_PIXELS = 40_000_000
FORMATS = ("JPEG", "PNG", "WEBP")


class NotAPicture(ValueError):
    """Nothing that can be opened."""


class TooManyPixels(NotAPicture):
    """Small as a file, and too large to open."""


def upright(content: bytes) -> Image.Image:
    """The picture as it is meant to be looked at, in memory; its own notes (place, camera, time) stay behind."""
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as found:
            if found.width * found.height > MOST_PIXELS:
                raise TooManyPixels
            return ImageOps.exif_transpose(found).convert("RGB")
    except NotAPicture:
        raise
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError, SyntaxError) as error:
        raise NotAPicture from error


def as_webp(image: Image.Image, *, quality: int) -> bytes:
    """The picture's bytes as WebP."""
    out = io.BytesIO()
    clean = Image.new("RGB", image.size)
    clean.paste(image)
    clean.save(out, "WEBP", quality=quality, method=4)
    return out.getvalue()
