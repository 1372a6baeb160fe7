"""The MP3s carry what they say: as text, and sentence by sentence with its time."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from mutagen.id3 import ID3

from conftest import THREE_CHAPTERS, Desk, contents, timeline
from narrate.document import Metadata
from narrate.publish.id3 import MOST_LYRICS, Line, book_tag
from narrate.release import ReleaseChapter

CHAPTER = ReleaseChapter(number=1, title="One", file="one.mp3", start=0, frame_count=441_000, sample_rate=44_100)


@pytest.fixture
def folder(desk: Desk) -> Path:
    desk.write(THREE_CHAPTERS)
    return desk.build().folder


def heard(folder: Path, chapter: int | None = None) -> list[tuple[str, int]]:
    """What the timeline says is heard, and when in the file, in ms."""
    found = []
    for each in timeline(folder):
        if chapter in (None, each["number"]):
            offset = each["start_s"] if chapter else 0
            cues = [cue for cue in each["cues"] if cue["kind"] != "pause"]
            found += [(cue.get("text") or cue["caption"], round(1000 * (cue["start_s"] - offset))) for cue in cues]
    return found


def test_book_and_chapters_carry_every_sentence_and_its_time(folder: Path) -> None:
    chapters = {f"chapters/0{number} - Chapter {number}.mp3": number for number in (1, 2, 3)}
    for name, chapter in ({"The Long Way.mp3": None} | chapters).items():
        file = folder / name
        tag = ID3(file)
        (text,), (timed,) = tag.getall("USLT"), tag.getall("SYLT")
        wanted = heard(folder, chapter)
        assert text.text == "\n".join(line for line, _ in wanted)
        assert [line for line, _ in timed.text] == [line for line, _ in wanted]
        assert all(abs(at - time) <= 1 for (_, at), (_, time) in zip(timed.text, wanted, strict=True))
        assert (timed.format, timed.type, text.lang) == (2, 1, "eng")


def test_the_text_stands_behind_the_picture(folder: Path) -> None:
    data = (folder / "chapters/01 - Chapter 1.mp3").read_bytes()
    assert data.index(b"APIC") < data.index(b"USLT") < data.index(b"SYLT")


def test_players_still_find_chapters_and_cover(folder: Path) -> None:
    command = ["ffprobe", "-v", "error", "-of", "json", "-show_chapters", "-show_streams", "-show_format"]
    done = subprocess.run([*command, folder / "The Long Way.mp3"], capture_output=True, check=True, timeout=60)
    assert not done.stderr
    found = json.loads(done.stdout)
    assert [each["tags"]["title"] for each in found["chapters"]] == ["Chapter 1", "Chapter 2", "Chapter 3"]
    assert [each["codec_name"] for each in found["streams"]] == ["mp3", "mjpeg"]
    assert "The engine starts at once." in found["format"]["tags"]["lyrics-eng"]


def test_a_chapter_that_moves_keeps_its_text_and_ends_in_the_bytes_of_a_new_build(desk: Desk, folder: Path) -> None:
    desk.write(THREE_CHAPTERS.replace("It hums.", "It hums and hums and hums."))
    desk.build()
    moved = contents(folder)
    shutil.rmtree(folder)
    desk.build()
    assert contents(folder) == moved


def test_a_book_too_long_for_a_tag_goes_without() -> None:
    def frames(text: str) -> bytes:
        lines = [Line(text=text, start_ms=1000 * index) for index in range(1000)]
        return book_tag(Metadata(title="T", language="en"), [CHAPTER], cover=b"", lines=lines)

    assert b"SYLT" in frames("x" * 100)
    assert b"SYLT" not in frames("x" * (MOST_LYRICS // 1000))
    assert b"SYLT" not in frames("ж" * (MOST_LYRICS // 2000))


def test_lines_and_controls_in_a_sentence_stay_one_line() -> None:
    tag = book_tag(Metadata(title="T"), [CHAPTER], cover=b"", lines=[Line(text="a\x00b\nc", start_ms=5)])
    assert b"a b c" in tag
