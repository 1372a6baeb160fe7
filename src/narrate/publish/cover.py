"""The front cover: what the source brings, made to fit, or else a night road drawn for the title.

A picture file comes in, or nothing but metadata; the bytes of a baseline JPEG of 1400 × 1400 go out, without EXIF,
profile or thumbnail. The drawing needs no font of the system: Manrope comes as a wheel (Latin, Greek, Cyrillic and
Vietnamese; SIL OFL), and without it Pillow's own font has ASCII and typographic quotes. The same metadata gives the
same bytes. Reads only `metadata.cover`.
"""

import contextlib
import math
import random
import unicodedata
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont, ImageOps, UnidentifiedImageError

from narrate.document import Metadata
from narrate.errors import SourceError

SIDE = 1400
"""Width and height in pixels: the least that Apple Podcasts takes, the most that cars show."""

_QUALITY = 88
_MOST_PIXELS = 120_000_000  # 360 MB decoded; a scan of an A4 page at 600 dpi has 35 million
_HORIZON = 930
_CREAM = (250, 243, 226)
_AMBER = (255, 196, 112)


def cover_jpeg(metadata: Metadata) -> bytes:
    """The cover as a JPEG. Raises SourceError naming the file when `metadata.cover` is a file that cannot be read.

    A picture from inside the source that cannot be read is nobody's to mend: a cover is drawn in its place.
    """
    picture = _brought(metadata) or _draw(metadata)
    file = BytesIO()
    picture.save(file, "JPEG", quality=_QUALITY, subsampling=0, optimize=False, progressive=False)
    return file.getvalue()


def check(path: Path) -> None:
    """Find out before anything is spoken whether `path` is a picture that can be read to its end.

    Raises SourceError, as `cover_jpeg` would. A JPEG is looked at in an eighth of its size (nine megapixels: 30 ms), a
    PNG decoded whole (two megapixels: 20 ms).
    """
    with _opened(path) as source:
        source.draft("RGB", (1, 1))
        source.load()


def _brought(metadata: Metadata) -> Image.Image | None:
    if isinstance(metadata.cover, bytes):
        with contextlib.suppress(SourceError):
            return _fitted(_read(BytesIO(metadata.cover)))
        return None
    return _fitted(_read(metadata.cover)) if metadata.cover else None


def _read(path: Path | BytesIO) -> Image.Image:
    """The picture as RGB, upright, on white where it is transparent."""
    with _opened(path) as source:
        source.draft("RGB", (SIDE, SIDE))
        upright = ImageOps.exif_transpose(source)
        if upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info:
            upright = upright.convert("RGBA")
            white = Image.new("RGBA", upright.size, "white")
            upright = Image.alpha_composite(white, upright)
        return _eight_bit(upright).convert("RGB")


@contextmanager
def _opened(path: Path | BytesIO) -> Iterator[Image.Image]:
    """The picture, not decoded yet; whatever the block finds wrong with it becomes a SourceError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path) as source:
                if source.width * source.height > _MOST_PIXELS:
                    raise SourceError(f"{path}: a cover of {source.width} × {source.height} pixels is too large")
                yield source
    except FileNotFoundError as error:
        raise SourceError(f"{path}: no such cover") from error
    except UnidentifiedImageError as error:
        raise SourceError(f"{path}: not a picture that can be read", hint="JPEG, PNG, WebP, TIFF or GIF") from error
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError, Image.DecompressionBombError) as error:
        raise SourceError(f"{path}: the cover cannot be read: {error}") from error


def _eight_bit(picture: Image.Image) -> Image.Image:
    """Sixteen-bit grey, which Pillow would clip to white, scaled to eight."""
    if not picture.mode.startswith(("I", "F")):
        return picture
    values = np.asarray(picture, np.float32)
    top = 65535.0 if picture.mode.startswith("I") else float(max(values.max(initial=0), 1e-9))
    return Image.fromarray(np.clip(values * (255.0 / top), 0, 255).astype(np.uint8))


def _fitted(picture: Image.Image) -> Image.Image:
    """The whole picture, as large as it goes, on a square of its own colours blurred and darkened."""
    fitted = ImageOps.contain(picture, (SIDE, SIDE), Image.Resampling.LANCZOS)
    if fitted.size == (SIDE, SIDE):
        return fitted
    # A blur of the small picture costs a hundredth of one at full size, and nobody can tell.
    small = ImageOps.fit(picture, (140, 140), Image.Resampling.BOX).filter(ImageFilter.GaussianBlur(9))
    square = small.point(lambda level: level * 0.55).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    square.paste(fitted, ((SIDE - fitted.width) // 2, (SIDE - fitted.height) // 2))
    return square


def _draw(metadata: Metadata) -> Image.Image:
    picture = _night()
    _road(picture)
    pen = ImageDraw.Draw(picture)
    title, author = _drawable(metadata.title), _drawable(metadata.author)
    # An author's line keeps clear of the bright horizon.
    bottom = _write_title(pen, title, height=430 if author else 560) if title else 0
    if title and author:  # an author alone would read as the title
        _write_author(pen, author, below=bottom)
    return picture


def _night() -> Image.Image:
    """The sky from deep blue to the last light on the horizon, with its stars, and the ground.

    Reckoned at half the size and enlarged: there is nothing sharp in it but the stars, and it costs a quarter.
    """
    half = SIDE // 2
    stops = np.array([0.0, 0.55, 0.82, 0.94, 1.0]) * _HORIZON
    colours = np.array([(9, 13, 32), (20, 30, 66), (58, 52, 98), (150, 84, 92), (244, 158, 96)], np.float32)
    rows = np.arange(half, dtype=np.float32) * 2 + 0.5
    column = np.stack([np.interp(rows, stops, colours[:, channel]) for channel in range(3)], axis=-1)
    depth = np.clip((rows - _HORIZON) / (SIDE - _HORIZON), 0, 1)[:, None]
    ground = np.array([24, 22, 38], np.float32) * (1 - depth) + np.array([9, 10, 20], np.float32) * depth
    column = np.where(rows[:, None] < _HORIZON, column, ground).astype(np.float32)
    across = (np.arange(half, dtype=np.float32) * 2 + 0.5 - SIDE / 2) / SIDE
    # The light stands where the road ends and fades to the sides.
    rise = np.where(rows < _HORIZON, np.exp(-(((rows - _HORIZON) / 260) ** 2)), 0).astype(np.float32)
    glow = np.exp(-((across / 0.34) ** 2))[None, :] * rise[:, None]
    dim = 1 - 0.42 * (np.abs(across) * 2) ** 2
    shaded = column[:, None, :] * dim[None, :, None]
    shaded += glow[:, :, None] * np.array([34, 30, 14], np.float32)
    # A little noise against bands in the gradient, always the same. numpy's own generators take 10 ms to be loaded.
    noise = np.frombuffer(random.Random(7).randbytes(half * half), np.uint8)
    shaded += (noise % 3).astype(np.float32).reshape(half, half, 1) - 1
    picture = Image.fromarray(np.clip(shaded, 0, 255).astype(np.uint8)).resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    _stars(picture)
    return picture


def _road(picture: Image.Image) -> None:
    """Hills, the road with its broken line, and one car a long way ahead; drawn at twice the size and reduced."""
    twice = 2
    top = _HORIZON - 150
    width, height = SIDE * twice, (SIDE - top) * twice
    layer = Image.new("RGBA", (width, height))
    pen = ImageDraw.Draw(layer)
    horizon, middle = (_HORIZON - top) * twice, width / 2
    for base, rise, colour, phase in ((0, 118, (44, 38, 74, 255), 0.4), (2, 62, (26, 24, 46, 255), 2.3)):
        ridge = [(x, horizon + base - _ridge(x / width, phase) * rise * twice) for x in range(0, width + 40, 40)]
        pen.polygon([(0, horizon + 4), *ridge, (width, horizon + 4)], fill=colour)
    pen.polygon(
        [(middle - 9, horizon), (middle + 9, horizon), (width * 0.93, height), (width * 0.07, height)],
        fill=(38, 38, 54, 255),
    )
    for side in (-1, 1):
        _stripe(pen, middle, horizon, height, at=side * 0.40, thick=0.011, start=0.0, end=1.0, colour=(*_CREAM, 150))
    near, end = 1.18, 0.0
    while near > 0.012:
        end = near * 0.70
        _stripe(pen, middle, horizon, height, at=0.0, thick=0.013, start=end, end=near, colour=(*_CREAM, 235))
        near = end * 0.62
    for side in (-1, 1):
        x, y, r = middle + 37 + side * 11, horizon + 58, 4.5
        pen.ellipse((x - 2.2 * r, y - 2.2 * r, x + 2.2 * r, y + 2.2 * r), fill=(128, 32, 42, 255))
        pen.ellipse((x - r, y - r, x + r, y + r), fill=(255, 104, 88, 255))
    reduced = layer.reduce(twice)
    picture.paste(reduced, (0, top), reduced)


def _ridge(x: float, phase: float) -> float:
    """The height of a hill line, 0.1 to 1, highest at the sides so that the road runs into the light."""
    wave = 0.5 + 0.28 * math.sin(6.1 * x + phase) + 0.14 * math.sin(14.3 * x + 2 * phase)
    return max(0.1, wave * (0.25 + 0.75 * abs(2 * x - 1)))


def _stripe(
    pen: ImageDraw.ImageDraw,
    middle: float,
    horizon: float,
    height: float,
    *,
    at: float,
    thick: float,
    start: float,
    end: float,
    colour: tuple[int, int, int, int],
) -> None:
    """A painted line: `at` and `thick` in road widths, from `start` to `end` of the way down from the horizon."""
    corners = []
    for way, edge in ((start, -1), (start, 1), (end, 1), (end, -1)):
        half = 9 + (0.43 * 2 * SIDE - 9) * way
        corners.append((middle + (at * 2 + edge * thick) * half, horizon + (height - horizon) * way))
    pen.polygon(corners, fill=colour)


def _stars(sky: Image.Image) -> None:
    """A hundred and fifty stars, thinner towards the horizon; the brightest are two pixels wide."""
    dice = random.Random(11)
    pen = ImageDraw.Draw(sky)
    for _ in range(150):
        x, y = dice.randrange(SIDE - 1), int(dice.random() ** 1.6 * _HORIZON * 0.72)
        light = dice.randrange(60, 175)
        width = 1 if light > 150 else 0
        red, green, blue = sky.getpixel((x, y))  # type: ignore[misc]
        pen.rectangle((x, y, x + width, y + width), fill=(red + light, green + light, min(255, blue + light)))


def _write_title(pen: ImageDraw.ImageDraw, title: str, *, height: int) -> int:
    """Write the title as large as it fits into the sky; returns where it ends, in pixels from above."""
    font, lines = _largest(title, width=SIDE - 240, height=height, sizes=(168, 150, 134, 120, 106, 94, 84, 74, 64))
    leading = round(font.size * 1.16)
    top = 150
    # Pillow's font has one weight; a stroke makes it bold.
    stroke = 0 if _bold_font() else max(1, round(font.size / 48))
    for number, line in enumerate(lines):
        pen.text((120, top + number * leading), line, font=font, fill=_CREAM, stroke_width=stroke, stroke_fill=_CREAM)
    return top + len(lines) * leading


def _write_author(pen: ImageDraw.ImageDraw, author: str, *, below: int) -> None:
    font, lines = _largest(author, width=SIDE - 240, height=130, sizes=(60, 54, 48, 42))
    top = max(below + 46, 190)
    pen.rectangle((122, top, 218, top + 5), fill=_AMBER)
    for number, line in enumerate(lines):
        pen.text((120, top + 34 + number * round(font.size * 1.2)), line, font=font, fill=_AMBER)


def _largest(text: str, *, width: int, height: int, sizes: tuple[int, ...]) -> tuple[ImageFont.FreeTypeFont, list[str]]:
    """The first of `sizes` at which `text` fits, and its lines; at the smallest it is cut with an ellipsis."""
    for size in sizes:
        font, room = _font(size), int(height // (size * 1.16))
        if any(font.getlength(word) > width for word in text.split()) and size != sizes[-1]:
            continue
        lines = _wrapped(text, font, width)
        if len(lines) <= room:
            return font, lines
    lines, last = lines[:room], lines[room - 1]
    while last and font.getlength(last + "…") > width:
        last = last[:-1]
    return font, [*lines[:-1], last.rstrip(" ,;:.–—-") + "…"]


def _wrapped(text: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    """`text` in lines of at most `width` pixels; a word that is longer than a line is broken."""
    lines, line = list[str](), ""
    for word in text.split():
        longer = f"{line} {word}" if line else word
        if font.getlength(longer) <= width:
            line = longer
            continue
        if line:
            lines.append(line)
        line = word
        while font.getlength(line) > width:
            fits = next(n for n in range(len(line) - 1, 0, -1) if font.getlength(line[:n]) <= width or n == 1)
            lines.append(line[:fits])
            line = line[fits:]
    return [*lines, line]


@cache
def _bold_font() -> Path | None:
    found = find_spec("font_manrope")
    if found is None or found.origin is None:
        return None
    path = Path(found.origin).parent / "files" / "Manrope-Bold.ttf"
    return path if path.is_file() else None


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    bold = _bold_font()
    if bold:
        # Basic layout: Raqm is not in every build of Pillow, and the bytes shall not depend on it.
        return ImageFont.truetype(str(bold), size, layout_engine=ImageFont.Layout.BASIC)
    font = ImageFont.load_default(size=size)
    assert isinstance(font, ImageFont.FreeTypeFont)  # Pillow's wheels all have FreeType
    return font


def _drawable(text: str) -> str:
    """`text` on one line, or "" when the font lacks any of its letters: rather no title than boxes in its place."""
    line = unicodedata.normalize("NFC", " ".join(text[:400].split()))
    if not all(map(_has_glyph, "–—")):
        line = line.replace("–", "-").replace("—", "-")
    return line if all(map(_has_glyph, set(line))) else ""


@cache
def _has_glyph(character: str) -> bool:
    font = _font(24)
    return character == " " or bytes(font.getmask(character)) != bytes(font.getmask("\uffff"))
