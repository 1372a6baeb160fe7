"""The player's data and folder: what is published becomes scripts that a browser loads, and nothing strange gets in."""

import base64
import json
import re
import shutil
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conftest import contents, desk_in, timeline
from narrate.errors import AudioError, OutputError, SourceError
from narrate.publish.player import data
from narrate.publish.player.assets import files_script, player_files
from narrate.publish.player.folder import write_player
from narrate.publish.player.peaks import BARS, peaks
from narrate.publish.transcript import HeardCue, HeardTongue, HeardWord, read_cues_of
from narrate.shelf import read_shelf
from test_shelf import book

TOUR = """\
# The Tour

## Out

The engine starts. It hums.

A second paragraph.

![Two red lights.](x.png)

> First gear.

* * *

The sea is flat.[^1]

[^1]: He said so.

## Home

We are home.
"""


def received(script: str) -> tuple[str, Any]:
    """Name and value of a script, which must be one call and nothing else."""
    match = re.fullmatch(r"(?:// [0-9a-f]+\n)?narrate\.receive\((\"[^\"]*\"),(.*)\);\n", script)
    assert match, script[:200]
    return json.loads(match[1]), json.loads(match[2])


def blocks(*cues: HeardCue) -> list[Any]:
    chapter = read_shelf_chapter()
    name, value = received(data.cues_script("k", chapter, cues))
    assert name == "k/cues-1"
    return value["blocks"]


def read_shelf_chapter() -> Any:
    from narrate.shelf import ShelfChapter

    return ShelfChapter(number=1, title="Out", file=Path("x.mp3"), start_s=100.0, duration_s=60.0)


def spoken(start_s: float, text: str, role: str = "narration", words: tuple[HeardWord, ...] = ()) -> HeardCue:
    return HeardCue(kind="utterance", start_s=start_s, duration_s=1.0, text=text, role=role, words=words)


def pause(reason: str) -> HeardCue:
    return HeardCue(kind="pause", start_s=100.0, duration_s=0.2, reason=reason)


def test_sentences_between_longer_pauses_are_a_paragraph() -> None:
    found = blocks(
        spoken(100, "One."), pause("sentence"), spoken(101, "Two."), pause("paragraph"), spoken(102.5, "Three.")
    )
    assert found == [
        ["narration", [[0, 1000, "One.", []], [1000, 1000, "Two.", []]]],
        ["narration", [[2500, 1000, "Three.", []]]],
    ]


def test_what_is_described_quoted_or_driven_past_is_a_block_of_its_own() -> None:
    drive = HeardCue(kind="interlude", start_s=103, duration_s=6, text="[Autofahrt]", scene="car driving")
    found = blocks(
        spoken(100, "A."), spoken(101, "An image.", "description"), spoken(102, "Q.", "quotation"), drive, drive
    )
    assert [(role, [each[2] for each in cues], *scene) for role, cues, *scene in found] == [
        ("narration", ["A."]),
        ("description", ["An image."]),
        ("quotation", ["Q."]),
        ("interlude", ["[Autofahrt]"], "car driving"),
        ("interlude", ["[Autofahrt]"], "car driving"),
    ]


def test_a_sentence_in_another_language_says_so() -> None:
    whole, part = HeardTongue(start=0, end=5, language="fr"), HeardTongue(start=2, end=5, language="fr")
    cues = [
        HeardCue(kind="utterance", start_s=100, duration_s=1, text="Salut", tongues=(each,)) for each in (whole, part)
    ]
    ((_, sentences),) = blocks(*cues)
    assert [each[4:] for each in sentences] == [["fr"], []]


def test_words_are_placed_as_javascript_counts() -> None:
    word = HeardWord(start_s=0.25, duration_s=0.5, text_start=2, text_end=5)
    ((_, ((_, _, text, words),)),) = blocks(spoken(100, "🚗 car", words=(word,)))
    assert words == [250, 500, 3, 6]
    assert text.encode("utf-16-le")[2 * 3 : 2 * 6].decode("utf-16-le") == "car"


def test_a_published_chapter_is_read_back_as_it_was_written(built: Path) -> None:
    (published,) = read_shelf(built).books
    for chapter in timeline(published.folder):
        cues = read_cues_of(published.timeline, chapter["number"])
        assert [(each.kind, each.start_s, each.duration_s) for each in cues] == [
            (each["kind"], each["start_s"], each["duration_s"]) for each in chapter["cues"]
        ]
        for ours, theirs in zip(cues, chapter["cues"], strict=True):
            assert ours.text == theirs.get("text", theirs.get("caption", ""))
            shown = [word for word in theirs.get("words", []) if word["text_start"] < word["text_end"]]
            assert [(each.text_start, each.text_end) for each in ours.words] == [
                (word["text_start"], word["text_end"]) for word in shown
            ]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        '{"chapters": [\n{"number": 1, "cues": [\n{"kind": "pause"}\n]}\n]}',
        '{"chapters": [\n{"number": 1, "cues": [\n{"kind": "pause", "start_s": NaN, "duration_s": 1}\n]}\n]}',
        '{"chapters": [\n{"number": 1, "cues": [\n{"kind": "pause", "start_s": -1, "duration_s": 1}\n]}\n]}',
        '{"chapters": [\n{"number": 1, "cues": [\n{"kind": "pause", "start_s": 1, "duration_s": 1}',
        '{"chapters": [\n{"number": 1, "cues": [\n7\n]}\n]}',
        '{"chapters": [\n{"number": 1, "cues": [\n' + "[" * 100_000 + "\n]}\n]}",
        '{"chapters": [\n{"number": 2, "cues": [\n]}\n]}',
    ],
)
def test_a_damaged_timeline_is_told(tmp_path: Path, content: str) -> None:
    (tmp_path / "timeline.json").write_text(content)
    with pytest.raises(SourceError, match=r"timeline\.json"):
        read_cues_of(tmp_path / "timeline.json", 1)


def test_words_that_lie_outside_their_sentence_or_say_one_sign_twice_are_left_out(tmp_path: Path) -> None:
    words = [
        {"start_s": 5.1, "duration_s": 0.1, "text_start": start, "text_end": end}
        for start, end in [(0, 2), (0, 2), (1, 3), (2, 4), (3, 99), (-5, 1), (4, 4)]
    ]
    cue = {"kind": "utterance", "start_s": 5, "duration_s": 1, "role": "narration", "text": "$5 ok", "words": words}
    (tmp_path / "t").write_text('{"chapters": [\n{"number": 1, "cues": [\n' + json.dumps(cue) + "\n]}\n]}")
    (found,) = read_cues_of(tmp_path / "t", 1)
    assert [(each.text_start, each.text_end) for each in found.words] == [(0, 2), (2, 4)]
    assert found.words[0].start_s == pytest.approx(0.1)


def test_books_of_one_title_and_author_have_keys_of_their_own(tmp_path: Path) -> None:
    for place in ("full", "brief", "other"):
        book(tmp_path / place, id="urn:uuid:2" if place == "other" else "urn:uuid:1")
    keys = [each.key for each in data.keyed(read_shelf(tmp_path))]
    assert len(set(keys)) == 3
    assert all(re.fullmatch(r"[0-9a-f]{16}", key) for key in keys)
    book(tmp_path / "elsewhere/again")
    (again,) = data.keyed(read_shelf(tmp_path / "elsewhere"))
    assert again.key == keys[0]


def test_addresses_are_seen_from_the_shelf(tmp_path: Path) -> None:
    book(tmp_path / "Ada Vey/Öl? 100%")
    (each,) = data.keyed(read_shelf(tmp_path))
    _, value = received(data.book_script(each, lambda _: "v1"))
    assert value["chapters"][0]["url"] == "Ada%20Vey/%C3%96l%3F%20100%25/chapters/01%20-%20Out.mp3?v=v1"
    (alone,) = data.keyed(read_shelf(tmp_path / "Ada Vey/Öl? 100%"))
    assert alone.url(alone.book.chapters[0].file) == "chapters/01%20-%20Out.mp3"


def tone(path: Path, *levels: float, rate: int = 8000) -> Path:
    """A second of a 200 Hz tone at each level, 0 to 1, as a WAV file."""
    at = np.arange(rate)
    pcm = np.concatenate([level * np.sin(2 * np.pi * 200 * at / rate) for level in levels])
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((pcm * 32767).astype("<i2").tobytes())
    return path


def test_a_waveform_is_as_high_as_the_sound_is_loud(tmp_path: Path) -> None:
    levels = np.frombuffer(base64.b64decode(peaks(tone(tmp_path / "t.wav", 0.8, 0.0, 0.4), 3)), np.uint8)
    assert len(levels) == BARS
    loud, silent, soft = (levels[int(BARS * at)] for at in (1 / 6, 1 / 2, 5 / 6))
    assert (loud, silent) == (pytest.approx(255, abs=10), 0)
    assert soft == pytest.approx(loud / 2, abs=10)


def test_silence_has_a_flat_waveform(tmp_path: Path) -> None:
    assert not any(base64.b64decode(peaks(tone(tmp_path / "t.wav", 0.0), 1)))


def test_what_is_no_sound_has_no_waveform(tmp_path: Path) -> None:
    (tmp_path / "t.mp3").write_bytes(b"no sound")
    with pytest.raises(AudioError):
        peaks(tmp_path / "t.mp3", 1)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A book in a folder, built once for all of these tests."""
    with desk_in(tmp_path_factory.mktemp("tour")) as desk:
        desk.name = "tour.md"
        desk.write(TOUR)
        yield desk.build().folder.parent


@pytest.fixture
def shelf(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "shelf"))


def test_the_player_lies_beside_the_books_and_touches_nothing_of_them(shelf: Path) -> None:
    before = contents(shelf)
    made = write_player(read_shelf(shelf), shelf)
    assert made.index == shelf / "index.html"
    assert made.warnings == ()
    after = contents(shelf)
    assert {name: after[name] for name in before} == before
    (each,) = data.keyed(read_shelf(shelf))
    new = set(after) - set(before)
    for name in ("shelf", *(f"{each.key}/{what}" for what in ("book", "cues-1", "cues-2", "peaks-1", "peaks-2"))):
        assert received(after[f"narrate-player/data/{name}.js"].decode())[0] == name
        new.discard(f"narrate-player/data/{name}.js")
    assert new == {*player_files(), "narrate-player/files.js"}


def test_the_same_books_give_the_same_player_to_the_byte(shelf: Path) -> None:
    write_player(read_shelf(shelf), shelf)
    first = contents(shelf)
    write_player(read_shelf(shelf), shelf)
    assert contents(shelf) == first


def test_waveforms_of_the_same_sound_are_not_made_again(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_player(read_shelf(shelf), shelf)
    asked = []
    monkeypatch.setattr("narrate.publish.player.folder.peaks", lambda file, _: asked.append(file.name) or "")
    (one, two) = read_shelf(shelf).books[0].chapters
    shutil.copy(one.file, two.file)
    write_player(read_shelf(shelf), shelf)
    assert asked == [two.file.name]


def test_a_book_that_is_gone_is_gone_from_the_player(shelf: Path) -> None:
    write_player(read_shelf(shelf), shelf)
    (key,) = (each.key for each in data.keyed(read_shelf(shelf)))
    shutil.rmtree(read_shelf(shelf).books[0].folder)
    book(shelf / "Other")
    made = write_player(read_shelf(shelf), shelf)
    assert not (shelf / "narrate-player/data" / key).exists()
    assert [each.title for each in made.books] == ["Way"]
    assert len([line for line in made.warnings if "no transcript" in line]) == 2
    assert len([line for line in made.warnings if "no waveform" in line]) == 2


def test_another_folder_gets_the_sound_and_the_covers_too(shelf: Path, tmp_path: Path) -> None:
    to = tmp_path / "site/for/the web"
    write_player(read_shelf(shelf), to)
    (found,) = read_shelf(shelf).books
    for file in (*(chapter.file for chapter in found.chapters), found.cover):
        assert file
        assert (to / file.relative_to(shelf)).read_bytes() == file.read_bytes()
    first = contents(to)
    write_player(read_shelf(shelf), to)
    assert contents(to) == first


@pytest.mark.parametrize("name", ["index.html", "sw.js", "narrate-player"])
def test_a_page_of_somebody_else_is_never_overwritten(shelf: Path, name: str) -> None:
    theirs = shelf / name / "theirs.txt" if name == "narrate-player" else shelf / name
    theirs.parent.mkdir(exist_ok=True)
    theirs.write_text("mine")
    before = contents(shelf)
    with pytest.raises(OutputError, match=name):
        write_player(read_shelf(shelf), shelf)
    assert contents(shelf) == before


def test_the_page_asks_nobody_else_and_has_nothing_inline() -> None:
    for name, path in player_files().items():
        if path.suffix in (".html", ".js", ".css", ".webmanifest"):
            text = path.read_text()
            addresses = set(re.findall(r"https?://[^\s\"'`)>]+", re.sub(r"(?m)^\s*//.*$", "", text)))
            assert addresses <= {"http://www.w3.org/2000/svg"}, name
    page = player_files()["index.html"].read_text()
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy
    assert "unsafe" not in policy[1]
    assert policy[1].startswith("default-src 'none'")


def test_every_file_that_the_page_names_is_there_and_kept_for_offline() -> None:
    page = player_files()["index.html"].read_text()
    named = set(re.findall(r'(?:src|href)="(narrate-player/[^"]+)"', page))
    assert named <= {*player_files(), "narrate-player/files.js"}
    kept = json.loads(files_script().removeprefix("self.narrateFiles = ").rstrip(";\n"))["files"]
    assert {*named, "index.html", "narrate-player/data/shelf.js"} <= set(kept)
