"""The whole way with the real engine: what is in the files is what was promised, as other programs read them."""

import json
import logging
import multiprocessing
import re
import shutil
import subprocess
import sys
import warnings
import wave
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mutagen.id3 import ID3
from PIL import Image
from running import SHORT, environment, narrate, shared

from conftest import EXAMPLE, Listener, contents, decoded, timeline
from meters import ebur128_lufs
from narrate import pipeline
from narrate.process import ffmpeg_path

RATE = 44100

FERRY = """\
---
title: The Ferry at Night
author: A. Passenger
language: en-GB
date: 2026
cover: cover.png
---

# The Ferry at Night

## Going Aboard

The last car drives on at ten to nine, and the ramp comes up behind it like a drawbridge. Nobody speaks.
We leave the windows open, to hear the engines of the ship take over from our own.

> Handbrake on, lights out, first gear.

## The Crossing

![Two red lights, one above the other, over black water.](lights.png "The pilot’s boat.")

| Light | Meaning |
| ----- | ------- |
| Red   | Port    |
| White | Ahead   |

The captain counts the lights aloud.[^1] There are four of them, and then there are three.

* * *

After midnight the sea is quite flat.

## Ashore

We drive off in the order in which we came. The road is still there.

[^1]: He has done so since 1987.
"""


@dataclass(frozen=True, kw_only=True)
class Book:
    folder: Path

    @property
    def file(self) -> Path:
        (found,) = self.folder.glob("*.mp3")
        return found

    @cached_property
    def chapters(self) -> list[dict[str, Any]]:
        return timeline(self.folder)

    @cached_property
    def sound(self) -> np.ndarray:
        return decoded(self.file)

    def cues(self, kind: str) -> list[dict[str, Any]]:
        return [cue for chapter in self.chapters for cue in chapter["cues"] if cue["kind"] == kind]

    def stretch(self, cue: dict[str, Any]) -> np.ndarray:
        start = round(cue["start_s"] * RATE)
        return self.sound[start : start + round(cue["duration_s"] * RATE)]

    @property
    def marks(self) -> list[tuple[str, int]]:
        """Title and start in ms of every chapter, by the timeline."""
        return [(chapter["title"], round(chapter["start_s"] * 1000)) for chapter in self.chapters]


def build(source: Path, desk: Path, *words: str, **variables: str) -> Book:
    ran = narrate(
        "build", source, "--out", desk / "out", "--store", desk / "store", *words, env=environment(**variables)
    )
    assert ran.code == 0, ran.err
    return Book(folder=Path(ran.out.rstrip("\n")))


def write_ferry(folder: Path) -> Path:
    Image.new("RGBA", (90, 160), (10, 30, 60, 200)).save(folder / "cover.png")
    source = folder / "ferry.md"
    source.write_text(FERRY, encoding="utf-8")
    return source


@pytest.fixture(scope="module")
def ferry(tmp_path_factory: pytest.TempPathFactory) -> Book:
    with shared(tmp_path_factory, "ferry") as folder:
        return build(write_ferry(folder), folder, "--jobs", "3")


@pytest.fixture(scope="module")
def night_drive(tmp_path_factory: pytest.TempPathFactory) -> Book:
    with shared(tmp_path_factory, "night-drive") as folder:
        return build(EXAMPLE, folder)


@pytest.fixture(params=["ferry", "night_drive"])
def book(request: pytest.FixtureRequest) -> Book:
    found: Book = request.getfixturevalue(request.param)
    return found


def needs(program: str) -> str:
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"{program} is not on this machine")
    return path


def test_every_sentence_is_heard_where_the_timeline_says(book: Book) -> None:
    for cue in book.cues("utterance"):
        stretch = book.stretch(cue)
        assert np.sqrt(np.mean(stretch**2)) > 0.05, cue
        # Nor is half of it missing: no quarter of a sentence is without sound.
        assert all(np.abs(part).max() > 0.02 for part in np.array_split(stretch, 4)), cue


def test_every_pause_is_silent(book: Book) -> None:
    for cue in book.cues("pause"):
        pause = np.abs(book.stretch(cue))
        assert pause.max() < 0.008, cue  # what the high-pass rings, and MP3 hears ahead
        assert pause[RATE // 20 : -RATE // 40].max() < 0.002, cue


def test_every_interlude_is_heard_and_softer_than_the_speech(book: Book) -> None:
    assert [chapter["cues"][-2]["kind"] for chapter in book.chapters[:-1]] == ["interlude"] * (len(book.chapters) - 1)
    for cue in book.cues("interlude"):
        assert cue["caption"] == "[car driving]"
        assert ebur128_lufs(book.stretch(cue)[RATE * 3 // 2 : -RATE * 3 // 2], RATE) == pytest.approx(-25, abs=1)


def test_cues_follow_one_another_without_gap_or_overlap(book: Book) -> None:
    end = 0.0
    for chapter in book.chapters:
        assert chapter["start_s"] == pytest.approx(end, abs=1e-4)
        for cue in chapter["cues"]:
            assert cue["start_s"] == pytest.approx(end, abs=1e-4)
            end = cue["start_s"] + cue["duration_s"]
        assert end == pytest.approx(chapter["start_s"] + chapter["duration_s"], abs=1e-4)


def test_the_whole_book_is_its_chapters(book: Book) -> None:
    assert len(book.sound) == sum(round(chapter["duration_s"] * RATE) for chapter in book.chapters)
    for chapter in book.chapters:
        alone, start = decoded(book.folder / chapter["file"]), round(chapter["start_s"] * RATE)
        assert len(alone) == round(chapter["duration_s"] * RATE)
        assert np.abs(book.sound[start + 1200 : start + len(alone) - 1200] - alone[1200:-1200]).max() < 1e-4


def test_the_speech_of_every_chapter_is_at_its_loudness(book: Book) -> None:
    for chapter in book.chapters:
        pieces = [book.stretch(cue) for cue in chapter["cues"] if cue["kind"] != "interlude"]
        assert ebur128_lufs(np.concatenate(pieces), RATE) == pytest.approx(-16, abs=0.3), chapter["title"]


def test_no_peak_passes_the_ceiling(book: Book) -> None:
    command = [ffmpeg_path(), "-nostdin", "-nostats", "-hide_banner", "-i", str(book.file), "-map", "0:a"]
    command += ["-af", "ebur128=peak=true:framelog=quiet", "-f", "null", "-"]
    said = subprocess.run(command, capture_output=True, check=True).stderr.decode()
    (peak,) = re.findall(r"Peak:\s+(-[\d.]+) dBFS", said)
    assert float(peak) <= -1.0


def test_words_lie_in_their_sentence_in_order_and_name_what_is_written(book: Book) -> None:
    for cue in book.cues("utterance"):
        end = cue["start_s"] + cue["duration_s"]
        for word, following in pairwise(cue["words"]):
            assert word["start_s"] + word["duration_s"] <= following["start_s"] + 2e-6, cue["text"]
            assert word["text_start"] <= following["text_start"], cue["text"]
        for word in cue["words"]:
            assert cue["start_s"] - 1e-6 <= word["start_s"], cue["text"]
            assert word["start_s"] + word["duration_s"] <= end + 2e-6, cue["text"]
        named = [cue["text"][word["text_start"] : word["text_end"]] for word in cue["words"]]
        # A word that is only said, as in "Note 1: …", has a place but no letters.
        assert all(re.fullmatch(r"(\S(.*\S)?)?", name) for name in named), named
        assert all(named) or cue["spoken"] != cue["text"], named
        letters = re.sub(r"[\W_]", "", cue["text"])
        assert len(re.sub(r"[\W_]", "", "".join(named))) >= 0.9 * len(letters), (cue["text"], named)


def test_mutagen_finds_the_chapters(book: Book) -> None:
    tag = ID3(book.file)
    (contents_frame,) = tag.getall("CTOC")
    marks = [tag[f"CHAP:{name}"] for name in contents_frame.child_element_ids]
    assert [(str(mark.sub_frames["TIT2"]), mark.start_time) for mark in marks] == book.marks
    assert [mark.end_time for mark in marks[:-1]] == [start for _, start in book.marks[1:]]


def test_eyed3_finds_the_chapters(book: Book) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        eyed3 = pytest.importorskip("eyed3", reason="eyeD3 is not installed")
        logging.getLogger("eyed3").setLevel(logging.ERROR)
        tag = eyed3.load(book.file).tag
    found = sorted((mark.times.start, mark.title) for mark in tag.chapters)
    assert [(title, start) for start, title in found] == book.marks
    assert (tag.title, tag.version) == (book.folder.name, (2, 3, 0))


def test_ffprobe_finds_the_chapters(book: Book) -> None:
    command = [needs("ffprobe"), "-v", "error", "-show_chapters", "-show_format", "-of", "json", str(book.file)]
    found = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    marks = [(mark["tags"]["title"], round(float(mark["start_time"]) * 1000)) for mark in found["chapters"]]
    assert marks == book.marks
    assert float(found["format"]["duration"]) == pytest.approx(len(book.sound) / RATE, abs=0.06)


def test_mpv_finds_the_chapters(book: Book) -> None:
    command = [needs("mpv"), "--no-config", "--no-video", "--ao=null", "--ao-null-untimed", "--length=0.1"]
    command += ["--term-playing-msg=FOUND ${=chapter-list}", str(book.file)]
    said = subprocess.run(command, capture_output=True, timeout=60).stdout.decode()
    match = re.search(r"^FOUND (.*)$", said, re.MULTILINE)
    assert match, said
    found = json.loads(match[1])
    assert [mark["title"] for mark in found] == [title for title, _ in book.marks]
    # mpv counts from the first MPEG frame that it decodes, so that its first chapter begins before 0.
    times = [round((mark["time"] - found[0]["time"]) * 1000) for mark in found]
    assert times == pytest.approx([start for _, start in book.marks], abs=1)


def test_tags_say_what_the_source_says(ferry: Book) -> None:
    tag = ID3(ferry.file, translate=False)
    said = {name: str(tag[name]) for name in ("TIT2", "TALB", "TPE1", "TCON", "TLAN", "TYER")}
    assert said == {
        "TIT2": "The Ferry at Night",
        "TALB": "The Ferry at Night",
        "TPE1": "A. Passenger",
        "TCON": "Audiobook",
        "TLAN": "eng",
        "TYER": "2026",
    }
    numbers = [str(ID3(ferry.folder / chapter["file"])["TRCK"]) for chapter in ferry.chapters]
    assert numbers == ["1/3", "2/3", "3/3"]


def test_what_cannot_be_read_as_prose_is_described(ferry: Book) -> None:
    spoken = {cue["spoken"]: cue["role"] for cue in ferry.cues("utterance")}
    (picture,) = [text for text in spoken if "Two red lights" in text]
    assert (spoken[picture], picture.startswith("Image")) == ("description", True)
    assert any("Port" in text and role == "description" for text, role in spoken.items())
    assert any("Handbrake on" in text and role == "quotation" for text, role in spoken.items())
    assert any("1987" in cue["text"] and cue["role"] == "note" for cue in ferry.cues("utterance"))


def test_the_manifest_s_durations_add_up(book: Book) -> None:
    def seconds(iso: str) -> float:
        hours, minutes, rest = re.fullmatch(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?", iso).groups()  # type: ignore[union-attr]
        return 3600 * int(hours or 0) + 60 * int(minutes or 0) + float(rest or 0)

    manifest = json.loads((book.folder / "publication.json").read_text("utf-8"))
    each = [seconds(entry["duration"]) for entry in manifest["readingOrder"]]
    assert each == pytest.approx([chapter["duration_s"] for chapter in book.chapters], abs=0.001)
    assert seconds(manifest["duration"]) == pytest.approx(sum(each), abs=0.001 * len(each))
    assert seconds(manifest["duration"]) == pytest.approx(len(book.sound) / RATE, abs=0.001)


def cover(book: Book) -> Image.Image:
    with Image.open(book.folder / "cover.jpg") as picture:
        assert (picture.format, picture.size, picture.mode) == ("JPEG", (1400, 1400), "RGB")
        assert "progressive" not in picture.info, "car radios show baseline JPEG alone"
        return picture.copy()


def test_the_source_s_own_picture_is_the_cover(ferry: Book) -> None:
    red, _, blue = cover(ferry).resize((1, 1)).getpixel((0, 0))  # type: ignore[misc]
    assert blue > red


def test_a_book_without_a_picture_gets_a_cover_drawn_for_it(tmp_path: Path) -> None:
    (tmp_path / "short.txt").write_text(SHORT)
    drawn = cover(build(tmp_path / "short.txt", tmp_path))
    assert len(drawn.getcolors(1 << 24)) > 50, "letters have edges"  # type: ignore[arg-type]


def test_parallelism_place_time_zone_and_locale_change_no_byte(ferry: Book, tmp_path: Path) -> None:
    other = tmp_path / "another place"
    other.mkdir()
    variables = {"TZ": "Pacific/Kiritimati", "LC_ALL": "C", "PYTHONHASHSEED": "7", "HOME": str(tmp_path)}
    again = build(write_ferry(other), other, "--jobs", "1", **variables)
    assert contents(again.folder) == contents(ferry.folder)


@pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux only")
def test_workers_that_are_forked_apart_from_a_long_book_change_no_byte(
    ferry: Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "_INLINE_CHARACTERS", 0)
    monkeypatch.setattr(pipeline, "_SHARED_CHARACTERS", 0)
    forks = watched_forks(monkeypatch)
    request = pipeline.Request(source=write_ferry(tmp_path), out=tmp_path / "out", store=tmp_path / "store", jobs=2)
    project = pipeline.open_project(request)
    release = pipeline.run(project, pipeline.make_plan(project), Listener())
    assert contents(release.folder) == contents(ferry.folder)
    assert forks == ["forkserver"]


def watched_forks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The start methods that are asked for from now on."""
    asked: list[str] = []
    real = multiprocessing.get_context
    monkeypatch.setattr(multiprocessing, "get_context", lambda method: asked.append(method) or real(method))
    return asked


def test_a_listener_s_own_stereo_recording_is_the_interlude(tmp_path: Path) -> None:
    seconds = np.arange(5 * 48000) / 48000
    left, right = np.sin(2 * np.pi * 440 * seconds), np.sin(2 * np.pi * 554 * seconds)
    with wave.open(str(tmp_path / "my car.wav"), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(48000)
        file.writeframes((np.stack([left, right], axis=1) * 8000).astype("<i2").tobytes())
    (tmp_path / "short.txt").write_text(SHORT)
    book = build(tmp_path / "short.txt", tmp_path, "--interlude", str(tmp_path / "my car.wav"), "--interlude-seconds=3")
    (cue,) = book.cues("interlude")
    assert cue["duration_s"] == pytest.approx(3, abs=0.03)
    spectrum = np.abs(np.fft.rfft(book.stretch(cue)))
    strong = np.flatnonzero(spectrum > spectrum.max() / 4) * RATE / len(book.stretch(cue))
    assert {round(frequency_hz, -1) for frequency_hz in strong} == {440, 550}, "both channels, and nothing else"


def words_of(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text)


def test_an_essay_that_plain_text_damaged_is_read_whole(essay: Path, tmp_path: Path) -> None:
    book = build(essay, tmp_path)
    assert book.folder.name == "“But At That Moment, I Felt Such Warmth”"
    assert len(book.chapters) == 4
    assert len(book.cues("interlude")) == 3
    assert [chapter["cues"][-2]["kind"] for chapter in book.chapters[:-1]] == ["interlude"] * 3
    (described,) = [cue for cue in book.cues("utterance") if cue["role"] == "description"]
    assert "Drive My Car (2021)" in described["text"]
    assert "Janus Films" in described["text"]
    written = essay.read_text("utf-8").replace("Ihave", "I have")
    read = " ".join(cue["text"] for cue in book.cues("utterance"))
    assert words_of(read) == words_of(written)
    for cue in book.cues("utterance"):
        assert np.sqrt(np.mean(book.stretch(cue) ** 2)) > 0.05, cue["text"]


def test_nothing_in_a_book_tells_where_it_was_made(ferry: Book) -> None:
    place = str(ferry.folder.parents[2]).encode()
    assert [name for name, data in contents(ferry.folder).items() if place in data] == []
