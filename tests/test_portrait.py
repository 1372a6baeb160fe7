"""`narrate inspect --plot`: a book as a picture, for eyes of every kind, and for none."""

import json
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from lxml import etree
from PIL import Image
from typer.testing import CliRunner

from conftest import Desk, timeline
from narrate.cli.app import app
from narrate.inspection.drawing import Png, fitting, width_of
from narrate.inspection.portrait import COLOURS

BOOK = """\
---
title: Ein Bild & mehr
author: Someone
---

## One

Here a chapter begins, which goes on for a while.[^1]

> And this somebody said, whom we don't know.

[^1]: It is a note.

***

![A straight road at night](road.png)

## Two <b>雨</b>

The second one is short.
"""
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def book(desk: Desk) -> Path:
    desk.name = "book.md"
    desk.write(BOOK)
    desk.flags = {"interludes.scene": "car driving, rain"}
    return desk.build().folder


def plot(book: Path, name: str, code: int = 0) -> Path:
    path = book.parent / name
    said = CliRunner().invoke(app, ["inspect", str(book), "--plot", str(path)])
    assert said.exit_code == code, said.output
    assert [each.name for each in path.parent.glob(f"*{path.suffix}")] == [path.name]
    return path


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        assert picture.format == "PNG"
        return np.asarray(picture.convert("RGB")).astype(int)


def of_colour(picture: np.ndarray, colour: str) -> np.ndarray:
    """Where the picture is of that colour: (rows, columns) as a mask."""
    wanted = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    return np.abs(picture - wanted).max(axis=2) < 12


def test_every_kind_of_sound_is_drawn_in_its_colour_in_its_lane_at_its_time(book: Path) -> None:
    picture = pixels(plot(book, "book.png"))
    chapters = timeline(book)
    longest_s = max(chapter["duration_s"] for chapter in chapters)
    left, width = 2 * 210, 2 * (1600 - 210 - 70)
    first_lane = picture[2 * 130 : 2 * (130 + 126)]
    for cue in chapters[0]["cues"]:
        kind = cue.get("role", cue["kind"])
        if kind != "pause":
            start = left + round(cue["start_s"] / longest_s * width)
            end = left + round((cue["start_s"] + cue["duration_s"]) / longest_s * width)
            drawn = of_colour(first_lane[:, start + 4 : end - 4], COLOURS[kind]).any(axis=0)
            assert drawn.mean() > 0.5, kind
    second_lane = picture[2 * (130 + 126) : 2 * (130 + 252)]
    assert not of_colour(second_lane[:, left:], COLOURS["interlude"]).any()
    after = left + round(chapters[1]["duration_s"] / longest_s * width) + 2 * 60
    assert not of_colour(second_lane[:, after:], COLOURS["narration"]).any()


def test_kinds_can_be_told_in_grey_by_their_strips(book: Path) -> None:
    """Each has a pattern of its own: its share of ink, and how often that changes along the strip and across it."""
    picture = pixels(plot(book, "book.png"))
    legend = picture[2 * 93 : 2 * 102] < 200
    found = set()
    for kind in ("narration", "heading", "quotation", "description", "note", "interlude"):
        at = np.flatnonzero(of_colour(picture[2 * 79 : 2 * 89], COLOURS[kind]).all(axis=0))
        strip = legend[:, at[0] : at[-1] + 1].all(axis=2)
        if kind in ("heading", "description"):
            continue  # black, and of one block each: a heading is short, a description is not black
        found.add((round(strip.mean(), 1), int(np.abs(np.diff(strip[8].astype(int))).sum() > 3)))
    assert len(found) == 4


def test_an_svg_says_in_words_what_it_shows_and_is_the_same_picture(book: Path) -> None:
    root = etree.parse(plot(book, "book.svg")).getroot()
    assert root.get("role") == "img"
    assert root.findtext(f"{SVG}title") == "Ein Bild & mehr"
    told = root.findtext(f"{SVG}desc")
    assert "One: 0:" in told
    assert "[car driving, rain]" in told
    assert "quotation" in told
    words = [each.text for each in root.iter(f"{SVG}text")]
    assert {"narration", "quotation", "description", "note", "interlude", "loudness over 3 s"} <= set(words)
    assert "car driving, rain" in words
    assert "2 Two 雨" in words
    drawn = {each.get("stroke") for each in root.iter(f"{SVG}path")}
    assert {COLOURS[kind] for kind in ("narration", "quotation", "description", "note", "interlude")} <= drawn


def test_the_same_book_gives_the_same_bytes(book: Path) -> None:
    for name in ("book.png", "book.svg"):
        first = plot(book, name).read_bytes()
        assert plot(book, name).read_bytes() == first


def test_a_book_with_something_wrong_is_drawn_and_the_exit_code_says_so(book: Path) -> None:
    data = (book / "timeline.json").read_bytes()
    (book / "timeline.json").write_bytes(data[: len(data) // 2])
    assert pixels(plot(book, "book.png", code=14)).shape[1] == 3200


def test_every_chapter_has_a_lane_of_its_own(desk: Desk) -> None:
    desk.name = "long.md"
    desk.write("# Long\n\n" + "".join(f"## Chapter {n}\n\nHere.\n\n" for n in range(1, 13)))
    desk.flags = {"interludes.enabled": False}
    root = etree.parse(plot(desk.build().folder, "long.svg")).getroot()
    height = float(root.get("viewBox").split()[3])
    assert height == 130 + 46 + 12 * 126


@pytest.mark.parametrize(
    ("target", "name", "code", "said"),
    [
        (".", "book.jpg", 8, "one of .png, .svg"),
        ("cover.jpg", "book.png", 7, "only a book can be drawn"),
        (".", "gone/book.png", 8, "gone"),
    ],
)
def test_what_cannot_be_drawn_is_told_and_leaves_nothing(
    book: Path, tmp_path: Path, target: str, name: str, code: int, said: str
) -> None:
    shown = CliRunner().invoke(app, ["inspect", str(book / target), "--plot", str(tmp_path / name)])
    assert (shown.exit_code, said in shown.stderr) == (code, True), shown.output
    assert not list(tmp_path.rglob("book.jpg"))
    assert not list(tmp_path.rglob("book.png"))


def test_plot_and_json_go_together(book: Path, tmp_path: Path) -> None:
    shown = CliRunner().invoke(app, ["inspect", str(book), "--json", "--plot", str(tmp_path / "b.svg")])
    assert json.loads(shown.stdout)["verdicts"] == []
    assert (tmp_path / "b.svg").stat().st_size > 1000


def test_a_large_picture_is_drawn_at_its_own_size_and_not_at_twice_that() -> None:
    assert Image.open(BytesIO(Png(1600, 600).finished())).size == (3200, 1200)
    assert Image.open(BytesIO(Png(1600, 20_000).finished())).size == (1600, 20_000)


def test_a_long_title_is_cut_to_its_place() -> None:
    cut = fitting("A very long title that goes on and on " * 9, 15, 170)
    assert cut.endswith("…")
    assert 120 < width_of(cut, 15) <= 170
