"""Books on their way to cars, phones, apps and hosts: the same sound, cut where it is silent, named for any display."""

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mutagen.id3 import ID3
from PIL import Image
from typer.testing import CliRunner

from conftest import Desk, Listener, contents, decoded, desk_in, timeline
from narrate import pipeline
from narrate.choosing import choose
from narrate.cli.app import app
from narrate.errors import ConfigError
from narrate.export import delivery, narrator
from narrate.export.cutting import cut
from narrate.export.delivery import ExportOptions
from narrate.export.names import plain_name
from narrate.export.variant import without_descriptions
from narrate.plan import Choice
from narrate.publish.transcript import HeardChapter, HeardCue
from narrate.shelf import read_book

SENTENCES = " ".join(f"Sentence number {n} of the road goes on for quite a while before it ends." for n in range(14))
BOOK = f"""\
---
title: Night & Day
author: Åsa Driver
language: en-GB
---

## Één: “The Note”

{SENTENCES}

It is $a^2 + \\sqrt{{b}}$.

![A road at night.](road.png)

* * *

{SENTENCES}

## Two

{SENTENCES}
"""


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with desk_in(tmp_path_factory.mktemp("once")) as desk:
        desk.name = "b.md"
        desk.flags = {"formats": "m4b, epub"}
        desk.write(BOOK)
        desk.build()
        yield desk.folder


@pytest.fixture
def built(once: Path, desk: Desk) -> Desk:
    shutil.copytree(once, desk.folder, dirs_exist_ok=True)
    desk.name = "b.md"
    desk.flags = {"formats": "m4b, epub"}
    return desk


def folder(desk: Desk) -> Path:
    return desk.folder / "shelf/Åsa Driver/Night & Day"


def put(desk: Desk, target: str = "car", **options: object) -> Path:
    return delivery.export(
        read_book(folder(desk)),
        desk.folder / "usb",
        target,
        options=ExportOptions(**options),  # type: ignore[arg-type]
        announcer=partial(narrator.of_book, desk.request.store),
    )


def listed(made: Path) -> list[Path]:
    """The files of the folder's playlist, in order."""
    (playlist,) = made.glob("*.m3u8")
    lines = playlist.read_text("utf-8").splitlines()
    assert lines[0] == "#EXTM3U"
    return [made / line for line in lines if not line.startswith("#")]


def test_a_car_gets_numbered_files_with_plain_names_a_playlist_and_a_small_picture(built: Desk) -> None:
    made = put(built)
    assert made == built.folder / "usb/Night and Day"
    assert sorted(contents(made)) == [
        ".narrate-export",
        "01 - Een - The Note.mp3",
        "02 - Two.mp3",
        "Night and Day.m3u8",
        "cover.jpg",
    ]
    assert [each.name for each in listed(made)] == ["01 - Een - The Note.mp3", "02 - Two.mp3"]
    for number, (file, chapter) in enumerate(zip(listed(made), timeline(folder(built)), strict=True), start=1):
        np.testing.assert_array_equal(decoded(file), decoded(folder(built) / chapter["file"]))
        tag = ID3(file)
        assert file.read_bytes()[:4] == b"ID3\x03"
        assert (str(tag["TIT2"]), str(tag["TRCK"])) == (chapter["title"], f"{number}/2")
        picture = Image.open(BytesIO(tag["APIC:"].data))
        assert (picture.format, max(picture.size)) == ("JPEG", 500)
        assert not picture.info.get("progressive")
        assert not tag.getall("SYLT")


def test_chapters_are_announced_if_wished(built: Desk) -> None:
    made = put(built, announce=True)
    assert built.said == ["Chapter 1 of 2.", "Chapter 2 of 2."]
    for file, chapter in zip(listed(made), timeline(folder(built)), strict=True):
        sound, alone = decoded(file), decoded(folder(built) / chapter["file"])
        extra = len(sound) - len(alone)
        assert extra % 1152 == 0
        assert np.abs(sound[:extra]).max() > 0.05
        assert np.abs(sound[extra - 20_000 : extra]).max() < 0.003
        np.testing.assert_allclose(sound[extra + 1200 :], alone[1200:], atol=1e-4)
    built.engine.spoken.clear()
    put(built, announce=True)
    assert built.said == []


def test_parts_hold_the_whole_book_once_and_are_cut_in_silence(built: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "_speaks", lambda _options: False)
    made = put(built, part_s=60.0)
    sounds = [decoded(file) for file in listed(made)]
    assert len(sounds) > 2
    assert all(30 < len(each) / 44100 < 90 for each in sounds[:-1])
    assert all(np.abs(each[-1500:]).max() < 0.003 and np.abs(each[:1500]).max() < 0.003 for each in sounds)
    whole = decoded(folder(built) / "Night & Day.mp3")
    np.testing.assert_allclose(np.concatenate(sounds), whole, atol=1e-3)


def test_each_part_opens_with_title_and_place(built: Desk) -> None:
    made = put(built, part_s=90.0)
    total = len(listed(made))
    assert built.said == [f"Night & Day. Part {number} of {total}." for number in range(1, total + 1)]
    assert [str(ID3(file)["TIT2"]).split()[0] for file in listed(made)] == [f"{n}/{total}" for n in range(1, total + 1)]


def test_a_folder_holds_no_more_files_than_a_stereo_reads(built: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "_MOST_FILES", 1)
    files = [each.relative_to(built.folder / "usb/Night and Day").as_posix() for each in listed(put(built))]
    assert files == ["1-1/01 - Een - The Note.mp3", "2-2/02 - Two.mp3"]


def test_mpv_plays_the_playlist(built: Desk) -> None:
    (playlist,) = put(built).glob("*.m3u8")
    command = ["mpv", "--no-config", "--no-video", "--ao=null", "--length=0.2", str(playlist)]
    done = subprocess.run(command, capture_output=True, timeout=60)
    assert done.returncode == 0
    assert done.stdout.count(b"Playing:") == 2


def test_audiobookshelf_sees_the_sound_once(built: Desk) -> None:
    made = put(built, "audiobookshelf")
    assert made == built.folder / "usb/Åsa Driver/Night & Day"
    names = sorted(name for name in contents(made) if not name.startswith("."))
    assert names == ["Night & Day.epub", "Night & Day.m4b", "cover.jpg", "reader.txt"]


def test_a_file_that_only_looks_like_ours_is_not_taken(built: Desk) -> None:
    (folder(built) / "Night & Day.m4b").write_bytes(b"something else")
    assert "Night & Day.mp3" in contents(put(built, "phone"))


def test_a_podcasts_folder_holds_all_that_its_feed_names(built: Desk) -> None:
    made = put(built, "podcast", base_url="https://example.org/b")
    feed = (made / "feed.xml").read_text("utf-8")
    for name in contents(made):
        if name.endswith((".mp3", ".json", ".vtt")):
            assert name.replace(" ", "%20").rsplit("/", 1)[-1].split("%20-%20")[0] in feed
    assert feed.count("<item>") == len(list(made.glob("chapters/*.mp3"))) == 2


def test_without_descriptions_nothing_is_spoken_anew_and_choices_are_kept(built: Desk) -> None:
    project = built.open()
    numbers = frozenset({2})
    project = project.with_choices(choose(project, numbers, Choice(rate_wpm=120), reset=False))
    pipeline.run(project, pipeline.make_plan(project, only=numbers), Listener())
    built.engine.spoken.clear()
    project = pipeline.open_project(built.request, as_built=True)
    made = without_descriptions(project, built.folder / "elsewhere", Listener())
    assert built.said == []
    roles = [cue.get("role") for chapter in timeline(made) for cue in chapter["cues"]]
    assert "description" not in roles
    before, after = timeline(folder(built)), timeline(made)
    assert after[0]["duration_s"] < before[0]["duration_s"]
    assert after[1]["duration_s"] == before[1]["duration_s"]


def test_a_second_export_replaces_what_the_first_wrote_and_nothing_else(built: Desk) -> None:
    made = put(built)
    (made / "my own.mp3").write_bytes(b"mine")
    (made / "01 - Een - The Note.mp3").rename(made / "renamed.mp3")
    put(built, part_s=60.0)
    names = set(contents(made))
    assert {"my own.mp3", "renamed.mp3"} <= names
    assert "02 - Two.mp3" not in names


@pytest.mark.parametrize(("target", "to"), [("phone", "shelf"), ("podcast", "shelf/Åsa Driver/Night & Day")])
def test_a_book_is_not_exported_over_itself(built: Desk, target: str, to: str) -> None:
    before = contents(folder(built))
    with pytest.raises(ConfigError, match="is a book itself"):
        delivery.export(
            read_book(folder(built)),
            built.folder / to,
            target,
            options=ExportOptions(base_url="https://example.org/"),
            announcer=partial(narrator.of_book, built.request.store),
        )
    assert contents(folder(built)) == before


def test_a_namesake_gets_a_folder_of_its_own(built: Desk) -> None:
    book = read_book(folder(built))
    other = replace(book, id="urn:uuid:other", author="B. Driver")
    put_book = partial(
        delivery.export,
        options=ExportOptions(base_url="https://example.org/"),
        announcer=partial(narrator.of_book, built.request.store),
    )
    names = [put_book(each, built.folder / "usb", "car").name for each in (book, other, book, other)]
    assert names == ["Night and Day", "Night and Day 2"] * 2
    put_book(book, built.folder / "host", "podcast")
    with pytest.raises(ConfigError, match="the podcast of another book"):
        put_book(other, built.folder / "host", "podcast")


def test_the_same_book_is_exported_in_the_same_bytes(built: Desk) -> None:
    first = contents(put(built, part_s=60.0))
    shutil.rmtree(built.folder / "usb")
    assert contents(put(built, part_s=60.0)) == first


@pytest.mark.parametrize(
    ("target", "options", "told"),
    [
        ("boat", {}, "nothing is known of 'boat'"),
        ("podcast", {}, "needs --base-url"),
        ("podcast", {"base_url": "nowhere"}, "not a web address"),
        ("audiobookshelf", {"part_s": 600.0}, "not for audiobookshelf"),
        ("car", {"part_s": 5.0}, "from 1 minute"),
    ],
)
def test_what_does_not_go_together_is_told_and_leaves_nothing(
    built: Desk, target: str, options: dict[str, object], told: str
) -> None:
    with pytest.raises(ConfigError, match=told):
        put(built, target, **options)
    assert not list((built.folder / "usb").glob("**/*.mp3"))


def test_the_command_takes_a_folder_or_the_document(built: Desk) -> None:
    def run(*words: object) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["export", *map(str, words)])
        return done.exit_code, done.output

    usb = built.folder / "usb"
    assert run(folder(built), "--to", usb, "--part", "1h30m")[0] == 0
    assert run(folder(built), "--to", usb, "--no-descriptions")[0] == 4
    assert run(folder(built), "--to", usb, "--part", "soon")[0] == 4
    (built.folder / "narrate.toml").write_text('engine = "fake"')
    where = ("--out", built.folder / "shelf", "--store", built.folder / "store")
    code, output = run(built.source, "--to", usb / "short", "--no-descriptions", "--quiet", *where)
    assert (code, output.strip()) == (0, str(usb / "short/Night and Day"))
    assert run(built.source, "--to", usb, "--out", built.folder / "none")[0] == 3


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Één: “The Note”", "Een - The Note"),
        ("Straße & Æther…", "Strasse and AEther"),
        ("夜のドライブ", "夜のドライブ"),
        ("Ночной путь", "Ночной путь"),
        ("a" * 80, "a" * 60),
        ("???", "Untitled"),
        ("CON", "_CON"),
        ('A "quoted" <name>...', "A quoted name"),
    ],
)
def test_names_are_ones_that_every_stereo_shows(title: str, name: str) -> None:
    assert plain_name(title) == name


def chapters_of(lengths: list[list[float]]) -> list[HeardChapter]:
    """Chapters of sentences of these lengths, 0.2 s of silence before and after each."""
    found, at = [], 0.0
    for number, sentences in enumerate(lengths, start=1):
        start, cues = at, []
        for length in sentences:
            cues.append(HeardCue(kind="pause", start_s=at, duration_s=0.2, reason="sentence"))
            cues.append(HeardCue(kind="utterance", start_s=at + 0.2, duration_s=length))
            at += 0.2 + length
        cues.append(HeardCue(kind="pause", start_s=at, duration_s=0.2, reason="chapter"))
        at += 0.2
        found.append(
            HeardChapter(
                number=number, title=f"{number}", file="", start_s=start, duration_s=at - start, cues=tuple(cues)
            )
        )
    return found


def pause(start_s: float, reason: str = "sentence") -> HeardCue:
    return HeardCue(kind="pause", start_s=start_s, duration_s=2, reason=reason)


def drive(start_s: float, under_speech_s: float = 0.0) -> HeardCue:
    return HeardCue(kind="interlude", start_s=start_s, duration_s=8, under_speech_s=under_speech_s)


def words(start_s: float) -> HeardCue:
    return HeardCue(kind="utterance", start_s=start_s, duration_s=28)


@pytest.mark.parametrize(
    ("cues", "end_s"),
    [
        # A section's end without a drive is one as well; it comes before a sentence's that is nearer.
        ((words(0), pause(28), words(30), pause(58), words(60), pause(88, "section"), words(90), pause(118)), 89),
        # Behind a drive, not before it …
        (
            (
                words(0),
                pause(28),
                words(30),
                pause(58, "section"),
                drive(60),
                pause(68, "section"),
                words(70),
                pause(98),
            ),
            69,
        ),
        # … unless its bed goes on under what is said next: a cut there would be heard.
        (
            (words(0), pause(28), words(30), pause(58, "section"), drive(60, 5), pause(68, "section"), words(70)),
            59,
        ),
    ],
)
def test_parts_end_with_sections_where_nothing_sounds(cues: tuple[HeardCue, ...], end_s: float) -> None:
    chapter = HeardChapter(number=1, title="1", file="", start_s=0, duration_s=240, cues=cues)
    first, *_ = cut([chapter], [2400], frame_s=0.1, part_s=70)
    assert first[0].last == round(end_s / 0.1)


@given(
    st.lists(st.lists(st.floats(0.5, 40), min_size=1, max_size=30), min_size=1, max_size=6),
    st.floats(60, 400),
)
def test_parts_follow_one_another_and_every_cut_lies_in_a_pause(sentences: list[list[float]], part_s: float) -> None:
    frame_s = 1152 / 44100
    chapters = chapters_of(sentences)
    lengths = [round(each.duration_s / frame_s) for each in chapters]
    parts = cut(chapters, lengths, frame_s=frame_s, part_s=part_s)
    joined = [(each.chapter, frame) for part in parts for each in part for frame in range(each.first, each.last)]
    assert joined == [(n, frame) for n, length in enumerate(lengths, start=1) for frame in range(length)]
    for part in parts[:-1]:
        last = part[-1]
        chapter = chapters[last.chapter - 1]
        at = chapter.start_s + last.last * frame_s
        inside = any(cue.kind == "pause" and cue.start_s < at < cue.end_s for cue in chapter.cues)
        assert inside or last.last == lengths[last.chapter - 1]
        assert 0.5 * part_s <= sum(each.last - each.first for each in part) * frame_s <= 1.3 * part_s + 45
