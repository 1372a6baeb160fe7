"""Covers: what is brought is made to fit, what is missing is drawn, what is broken is named."""

import struct
import time
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from narrate.document import Metadata
from narrate.errors import SourceError
from narrate.publish import cover
from narrate.publish.cover import SIDE, cover_jpeg


def drawn(**fields: str) -> Image.Image:
    return Image.open(BytesIO(cover_jpeg(Metadata(**fields))))


def brought(path: Path) -> Image.Image:
    return Image.open(BytesIO(cover_jpeg(Metadata(title="x", cover=path))))


def colour(picture: Image.Image, x: int, y: int) -> tuple[int, ...]:
    value = picture.getpixel((x, y))
    assert isinstance(value, tuple)
    return value


def test_a_drawn_cover_is_a_square_baseline_jpeg_without_anything_else() -> None:
    data = cover_jpeg(Metadata(title="Night Drive", author="Ada Vey"))
    picture = Image.open(BytesIO(data))
    assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (1400, 1400))
    assert b"\xff\xc0" in data  # start of frame: baseline
    assert b"\xff\xc2" not in data
    assert b"Exif" not in data
    assert len(data) < 500_000


def test_the_same_title_gives_the_same_picture_and_another_another() -> None:
    first = cover_jpeg(Metadata(title="Night Drive", author="Ada Vey"))
    assert first == cover_jpeg(Metadata(title="Night Drive", author="Ada Vey"))
    assert first != cover_jpeg(Metadata(title="Day Drive", author="Ada Vey"))
    assert first != cover_jpeg(Metadata(title="Night Drive"))


@pytest.mark.parametrize(
    "title",
    ["I", "“So It Was, and I Was Warm”", "word " * 120, "W" * 300, "Dawn – Dusk", "…", "a\nb\tc"],
)
def test_any_title_is_written_inside_the_sky(title: str) -> None:
    empty = np.asarray(drawn(title="夜"), np.int16)
    written = np.abs(np.asarray(drawn(title=title, author="Ada Vey " * 30), np.int16) - empty).max(axis=2) > 60
    rows, columns = np.flatnonzero(written.any(axis=1)), np.flatnonzero(written.any(axis=0))
    assert written.sum() > 1000
    assert 100 < rows[0] < 330
    assert rows[-1] < 800
    assert columns[0] > 100
    assert columns[-1] < SIDE - 100


def test_a_title_that_the_font_cannot_write_leaves_the_road_alone() -> None:
    assert drawn(title="夜のドライブ", author="Ada Vey").tobytes() == drawn(title="").tobytes()


def test_a_title_stands_out_from_the_sky() -> None:
    picture = np.asarray(drawn(title="MMMM").convert("L"), np.int16)[160:300, 130:600]
    assert picture.max() > 230
    assert np.median(picture) < 60


def test_a_cover_is_drawn_at_once() -> None:
    cover_jpeg(Metadata(title="warm"))
    best = min(_timed() for _ in range(3))
    assert best < 0.5  # 0.11 s on two idle cores


def _timed() -> float:
    start = time.perf_counter()
    cover_jpeg(Metadata(title="Night Drive", author="Ada Vey"))
    return time.perf_counter() - start


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("JPEG", "RGB"), ("JPEG", "CMYK"), ("PNG", "L"), ("PNG", "P"), ("PNG", "1"), ("GIF", "P"), ("WEBP", "RGB")],
)
def test_a_picture_of_any_kind_is_fitted(tmp_path: Path, kind: str, mode: str) -> None:
    Image.new("RGB", (300, 200), "white").convert(mode).save(tmp_path / "c", kind)
    picture = brought(tmp_path / "c")
    assert (picture.mode, picture.size) == ("RGB", (1400, 1400))
    assert min(colour(picture, 700, 700)) > 245


def test_a_wide_picture_is_whole_and_stands_on_its_own_colours(tmp_path: Path) -> None:
    wide = Image.new("RGB", (400, 200), (200, 30, 30))
    wide.paste((30, 30, 200), (0, 0, 20, 200))
    wide.save(tmp_path / "c.png")
    picture = brought(tmp_path / "c.png")
    assert colour(picture, 20, 700)[2] > 150  # the left edge is there
    red, green, blue = colour(picture, 1000, 60)
    assert 60 < red < 160
    assert red > 2 * max(green, blue)


def test_a_picture_taken_sideways_is_turned_upright(tmp_path: Path) -> None:
    sideways = Image.new("RGB", (200, 200), "black")
    sideways.paste("white", (0, 0, 100, 200))
    exif = Image.Exif()
    exif[0x0112] = 6
    sideways.save(tmp_path / "c.jpg", exif=exif)
    picture = brought(tmp_path / "c.jpg")
    assert min(colour(picture, 700, 200)) > 240
    assert max(colour(picture, 700, 1200)) < 15
    assert not picture.getexif()


def test_what_is_transparent_is_white(tmp_path: Path) -> None:
    Image.new("RGBA", (50, 50), (0, 0, 0, 0)).save(tmp_path / "c.png")
    assert min(colour(brought(tmp_path / "c.png"), 700, 700)) == 255


def test_a_picture_of_sixteen_bits_keeps_its_greys(tmp_path: Path) -> None:
    Image.fromarray(np.full((50, 50), 32768, np.uint16)).save(tmp_path / "c.png")
    assert colour(brought(tmp_path / "c.png"), 700, 700)[0] == pytest.approx(127, abs=2)


def bomb() -> bytes:
    """A PNG that says it has 60,000 × 60,000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


Look = Callable[[Path], object]
LOOKS = pytest.mark.parametrize(
    "look", [pytest.param(brought, id="made"), pytest.param(cover.check, id="checked before")]
)


@LOOKS
@pytest.mark.parametrize("data", [b"", b"no picture", b"\xff\xd8\xff\xe0 cut", b"\x89PNG\r\n\x1a\n", bomb()])
def test_a_broken_cover_is_named(tmp_path: Path, look: Look, data: bytes) -> None:
    (tmp_path / "front.png").write_bytes(data)
    with pytest.raises(SourceError, match=r"front\.png"):
        look(tmp_path / "front.png")


@LOOKS
@pytest.mark.parametrize("ending", ["png", "jpg", "webp", "gif", "tiff"])
def test_a_cover_that_is_cut_short_is_named(tmp_path: Path, look: Look, ending: str) -> None:
    path = tmp_path / f"front.{ending}"
    Image.effect_noise((400, 400), 60).save(path)
    look(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(SourceError, match="front") as caught:
        look(path)
    assert "\n" not in str(caught.value)


@LOOKS
def test_a_cover_that_is_missing_or_a_folder_is_named(tmp_path: Path, look: Look) -> None:
    with pytest.raises(SourceError, match="no such cover"):
        look(tmp_path / "front.png")
    with pytest.raises(SourceError, match=tmp_path.name):
        look(tmp_path)


def test_without_the_bold_font_a_title_is_still_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cover, "_bold_font", lambda: None)
    for remembered in (cover._font, cover._has_glyph):
        remembered.cache_clear()
    try:
        plain = drawn(title="Dawn – Dusk")
        assert plain.tobytes() == drawn(title="Dawn - Dusk").tobytes()
        assert plain.tobytes() != drawn(title="").tobytes()
    finally:
        for remembered in (cover._font, cover._has_glyph):
            remembered.cache_clear()


def test_a_cover_from_inside_the_source_is_used_and_a_broken_one_is_drawn() -> None:
    file = BytesIO()
    Image.new("RGB", (30, 30), "red").save(file, "PNG")
    used = Image.open(BytesIO(cover_jpeg(Metadata(title="x", cover=file.getvalue()))))
    assert colour(used, 700, 700)[0] > 200
    assert cover_jpeg(Metadata(title="x", cover=b"\x89PNG\r\n\x1a\n no picture")) == cover_jpeg(Metadata(title="x"))


def test_a_picture_that_declares_a_vast_size_is_never_decoded() -> None:
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    data = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    assert cover_jpeg(Metadata(title="x", cover=data)) == cover_jpeg(Metadata(title="x"))
