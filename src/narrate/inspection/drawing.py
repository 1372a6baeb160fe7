"""Two ways to draw the same: pixels by Pillow, or SVG as text. What `portrait` needs, and no more.

In: rectangles, bars, lines and words, in units of which the picture is `width` by `height`. Out: the file's bytes.
"""

import io
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

Colour = str
"""`#rrggbb`."""

_SHARPEST = 2
_MOST_PIXELS = 16_000_000
"""Drawn at twice the size where that is no more: 48 MB while it is drawn."""


class Canvas(Protocol):
    """Where a picture is drawn, the later above the earlier; y goes down."""

    def rectangle(self, x: float, y: float, width: float, height: float, fill: Colour) -> None:
        """A filled rectangle."""

    def bars(
        self, x: Sequence[float], top: Sequence[float], bottom: Sequence[float], width: float, fill: Colour
    ) -> None:
        """Upright bars of one width, each from `top` to `bottom`, its left edge at `x`."""

    def line(self, points: Sequence[tuple[float, float]], width: float, stroke: Colour) -> None:
        """A line through points."""

    def text(
        self, x: float, y: float, words: str, size: float, *, anchor: str = "start", fill: Colour = "#000000"
    ) -> None:
        """Words whose baseline is at `y` and which start, lie in the middle or end at `x` (as SVG's text-anchor)."""

    def finished(self) -> bytes:
        """The picture as a file."""


class Svg:
    """Scalable Vector Graphics 1.1; its words are text, that a screen reader reads."""

    def __init__(self, width: int, height: int, *, title: str, description: str) -> None:
        self._parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"'
            f' font-family="Manrope, system-ui, sans-serif">',
            f"<title>{_xml(title)}</title>",
            f"<desc>{_xml(description)}</desc>",
        ]

    def rectangle(self, x: float, y: float, width: float, height: float, fill: Colour) -> None:
        self._parts.append(f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" fill="{fill}"/>')

    def bars(
        self, x: Sequence[float], top: Sequence[float], bottom: Sequence[float], width: float, fill: Colour
    ) -> None:
        path = "".join(
            f"M{left + width / 2:.5g} {high:.4g}V{low:.4g}" for left, high, low in zip(x, top, bottom, strict=True)
        )
        self._parts.append(f'<path d="{path}" stroke="{fill}" stroke-width="{width:g}"/>')

    def line(self, points: Sequence[tuple[float, float]], width: float, stroke: Colour) -> None:
        places = " ".join(f"{x:.5g},{y:.4g}" for x, y in points)
        self._parts.append(f'<polyline points="{places}" fill="none" stroke="{stroke}" stroke-width="{width:g}"/>')

    def text(
        self, x: float, y: float, words: str, size: float, *, anchor: str = "start", fill: Colour = "#000000"
    ) -> None:
        self._parts.append(
            f'<text x="{x:g}" y="{y:g}" font-size="{size:g}" text-anchor="{anchor}" fill="{fill}">{_xml(words)}</text>'
        )

    def finished(self) -> bytes:
        return "\n".join([*self._parts, "</svg>\n"]).encode()


class Png:
    """A PNG, at twice the size where that is not too large."""

    def __init__(self, width: int, height: int) -> None:
        from PIL import Image, ImageDraw

        self._scale = _SHARPEST if width * height * _SHARPEST**2 <= _MOST_PIXELS else 1
        self._image = Image.new("RGB", (width * self._scale, height * self._scale), "white")
        self._draw = ImageDraw.Draw(self._image)

    def rectangle(self, x: float, y: float, width: float, height: float, fill: Colour) -> None:
        self._box(x, y, x + width, y + height, fill)

    def bars(
        self, x: Sequence[float], top: Sequence[float], bottom: Sequence[float], width: float, fill: Colour
    ) -> None:
        for left, high, low in zip(x, top, bottom, strict=True):
            self._box(left, high, left + width, low, fill)

    def line(self, points: Sequence[tuple[float, float]], width: float, stroke: Colour) -> None:
        scaled = [(x * self._scale, y * self._scale) for x, y in points]
        self._draw.line(scaled, fill=stroke, width=max(1, round(width * self._scale)), joint="curve")

    def text(
        self, x: float, y: float, words: str, size: float, *, anchor: str = "start", fill: Colour = "#000000"
    ) -> None:
        place = {"start": "ls", "middle": "ms", "end": "rs"}[anchor]
        font = _font(round(size * self._scale))
        words = "".join(each for each in words if _has_glyph(each))
        self._draw.text((x * self._scale, y * self._scale), words, fill=fill, font=font, anchor=place)

    def finished(self) -> bytes:
        file = io.BytesIO()
        # Few colours: a fifth of the bytes of true colour.
        self._image.quantize(64).save(file, "PNG", optimize=True)
        return file.getvalue()

    def _box(self, left: float, top: float, right: float, bottom: float, fill: Colour) -> None:
        scale = self._scale
        x0, y0 = round(left * scale), round(top * scale)
        x1, y1 = max(x0, round(right * scale) - 1), max(y0, round(bottom * scale) - 1)
        self._draw.rectangle((x0, y0, x1, y1), fill=fill)


def width_of(words: str, size: float) -> float:
    """How wide words are drawn, near enough for SVG, whose font is the reader's own."""
    return _font(round(size * _SHARPEST)).getlength(words) / _SHARPEST


def fitting(words: str, size: float, width: float) -> str:
    """`words` on one line, cut with an ellipsis to fit `width`."""
    words = " ".join(words[:300].split())
    if width_of(words, size) <= width:
        return words
    while words and width_of(f"{words}…", size) > width:
        words = words[:-1].rstrip()
    return f"{words}…"


@cache
def _font(size: int) -> "FreeTypeFont":
    from PIL import ImageFont

    found = find_spec("font_manrope")
    path = Path(found.origin).parent / "files" / "Manrope-SemiBold.ttf" if found and found.origin else None
    if path and path.is_file():
        return ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)
    font = ImageFont.load_default(size=size)
    assert isinstance(font, ImageFont.FreeTypeFont)  # Pillow's wheels all have FreeType
    return font


@cache
def _has_glyph(character: str) -> bool:
    """Whether the font has it: rather no letter than a box in its place."""
    font = _font(24)
    return character == " " or bytes(font.getmask(character)) != bytes(font.getmask("\uffff"))


def _xml(words: str) -> str:
    """Words as XML may hold them: neither control characters nor lone surrogates."""
    legal = "".join(
        each for each in words if each >= " " and not "\ud800" <= each <= "\udfff" and each not in "\ufffe\uffff"
    )
    return escape(legal)
