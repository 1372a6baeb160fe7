"""Captions: what is heard, in cues that a person can read and that no player stumbles over."""

import json
import re
import shutil
import subprocess
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from conftest import Desk
from narrate.cli.app import app
from narrate.publish.captions import Caption, CaptionOptions, captions, to_srt, to_vtt
from narrate.publish.transcript import HeardChapter, HeardCue, HeardWord

LONG = (
    "The ticking on the right is not, but it has been there fourteen years and has never got worse, "
    "so nobody who has driven her ever asks about it any more, not even in the rain."
)


def said(text: str, start_s: float = 1.0, duration_s: float = 6.0, **more: str) -> HeardCue:
    """A sentence whose words are said at even distances."""
    found = list(re.finditer(r"\S+", text))
    step = duration_s / max(1, len(found))
    words = tuple(
        HeardWord(start_s=n * step, duration_s=step, text_start=each.start(), text_end=each.end())
        for n, each in enumerate(found)
    )
    role = more.pop("role", "narration")
    return HeardCue(
        kind="utterance", start_s=start_s, duration_s=duration_s, text=text, role=role, words=words, id="c1", **more
    )


def drive(duration_s: float) -> HeardCue:
    return HeardCue(kind="interlude", start_s=2.0, duration_s=duration_s, text="[car driving]", id="c2")


def chapter(*cues: HeardCue) -> HeardChapter:
    return HeardChapter(number=1, title="One", file="one.mp3", start_s=0.0, duration_s=100.0, cues=cues)


def cues_of(*heard: HeardCue, options: CaptionOptions = CaptionOptions()) -> list[Caption]:  # noqa: B008
    return list(captions([chapter(*heard)], options))


def test_a_sentence_is_a_cue_with_its_own_times_and_voice() -> None:
    assert to_vtt(cues_of(said("He would not call it a gift.", 11.059, 2.897))) == (
        "WEBVTT\n\nc1\n00:00:11.059 --> 00:00:13.956\n<v Narrator>He would not call it a gift.\n"
    )


def test_a_long_sentence_goes_over_cues_that_begin_with_their_first_word() -> None:
    sentence = said(LONG, 10.0, 12.0)
    found = cues_of(sentence)
    assert len(found) > 1
    assert " ".join(text for cue in found for text in cue.texts) == LONG
    for cue in found[1:]:
        first = cue.texts[0].split()[0]
        starts = [w.start_s for w in sentence.words if sentence.text[w.text_start : w.text_end] == first]
        assert any(cue.start_ms == round(1000 * (10.0 + start)) for start in starts)
    assert [one.end_ms for one in found[:-1]] == [other.start_ms for other in found[1:]]


def test_cues_are_cut_at_a_comma_where_one_is_near_and_leave_no_word_alone() -> None:
    found = cues_of(
        said("My father drove a milk tanker for thirty-one years, and when his eyes failed he let me drive.")
    )
    assert [" ".join(cue.texts) for cue in found] == [
        "My father drove a milk tanker for thirty-one years,",
        "and when his eyes failed he let me drive.",
    ]


def test_sounds_stand_in_brackets_and_a_long_one_continues() -> None:
    assert [(cue.voice, cue.texts, cue.end_ms) for cue in cues_of(drive(6))] == [("", ["[car driving]"], 8000)]
    assert [(cue.texts, cue.start_ms, cue.end_ms) for cue in cues_of(drive(20))] == [
        (["[car driving]"], 2000, 7000),
        (["[driving continues]"], 7000, 22000),
    ]


def test_what_is_described_is_named_once_in_the_books_language() -> None:
    pictures = [
        said("A road.", 1, 1, role="description", about="image", place=" 3"),
        said("A hill.", 3, 1, role="description", about="image", place=" 3"),
        said("A dog.", 5, 1, role="description", about="image", place=" 9"),
        said("It rained.", 7, 1),
    ]
    assert [cue.texts for cue in cues_of(*pictures)] == [
        ["[image description] A road."],
        ["A hill."],
        ["[image description] A dog."],
        ["It rained."],
    ]
    german = cues_of(pictures[0], options=CaptionOptions(language="de-AT"))
    assert german[0].texts == ["[Bildbeschreibung] A road."]


def test_a_picture_without_words_shows_what_is_said() -> None:
    cue = HeardCue(
        kind="utterance", start_s=0, duration_s=2, spoken="An image without a description.", role="description"
    )
    assert " ".join(cues_of(cue)[0].texts) == "[description] An image without a description."


def test_markup_in_the_text_stays_text() -> None:
    assert "\n<v Narrator>a &lt;b&gt; &amp; --&gt; c\n" in to_vtt(cues_of(said("a <b> & --> c")))
    assert "\na <b> & → c\n" in to_srt(cues_of(said("a <b> & --> c")))


def test_words_carry_their_times_on_wish() -> None:
    options = CaptionOptions(words=True)
    text = to_vtt(captions([chapter(said("One two three.", 1, 3))], options), options)
    assert text.endswith("<v Narrator>One <00:00:02.000>two <00:00:03.000>three.\n")


def test_japanese_is_broken_between_characters_and_fills_half_as_many_of_them() -> None:
    sentence = (
        "吾輩はここで始めて人間というものを見た、しかもあとで聞くとそれは書生という一番獰悪な種族であったそうだ。"
    )
    found = [line for cue in cues_of(said(sentence)) for line in cue.texts]
    assert "".join(found) == sentence
    assert all(len(line) <= 21 for line in found)
    assert not any(line[0] in "、。っょー" for line in found)
    assert len(cues_of(said(sentence))) == 2


def test_a_word_longer_than_a_line_is_cut_and_nothing_is_put_between_its_pieces() -> None:
    word = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
    (cue,) = cues_of(said(word))
    assert "".join(cue.texts) == word
    (cue,) = cues_of(said("e\u0301" * 40))
    assert not any(line.startswith("\u0301") for line in cue.texts)


def test_joiners_stay_where_they_are() -> None:
    assert cues_of(said("می\u200cخواهم 👩\u200d👧"))[0].texts == ["می\u200cخواهم 👩\u200d👧"]


def test_a_long_sound_goes_on_in_the_books_language() -> None:
    found = cues_of(replace(drive(20), text="[Autofahrt]"), options=CaptionOptions(language="de"))
    assert [cue.texts for cue in found] == [["[Autofahrt]"], ["[weiterhin: Autofahrt]"]]


WORDS = st.lists(st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=60), max_size=40)


@given(st.lists(st.tuples(WORDS, st.floats(0, 3), st.floats(0.001, 30)), min_size=1, max_size=6))
def test_cues_never_overlap_and_never_outgrow_their_lines(sentences: list[tuple[list[str], float, float]]) -> None:
    heard, at = [], 0.0
    for words, pause, length in sentences:
        at += pause
        heard.append(said(" ".join(words), at, length))
        at += length
    found = cues_of(*heard)
    for cue in found:
        assert cue.start_ms < cue.end_ms
        assert len(cue.texts) <= 2
        assert all(len(text) <= 42 for text in cue.texts)
    assert all(one.end_ms <= other.start_ms for one, other in pairwise(found))
    for block in to_vtt(found).split("\n\n")[1:]:
        assert re.fullmatch(r"\d\d:\d\d:\d\d\.\d{3} --> \d\d:\d\d:\d\d\.\d{3}", block.splitlines()[1])


@pytest.fixture
def book(desk: Desk) -> Path:
    desk.write(f"The Long Way\n\nChapter 1\n\n{LONG}\n\nChapter 2\n\nIt rained.\n")
    desk.flags = {"formats": "vtt, srt"}
    return desk.build().folder


def read_by_ffmpeg(path: Path) -> list[dict[str, str]]:
    command = ["ffprobe", "-v", "error", "-show_packets", "-of", "json", str(path)]
    done = subprocess.run(command, capture_output=True, check=True, timeout=60)
    assert not done.stderr
    return list(json.loads(done.stdout)["packets"])


@pytest.mark.parametrize("kind", ["vtt", "srt"])
def test_ffmpeg_reads_every_cue_of_book_and_chapters(book: Path, kind: str) -> None:
    whole = read_by_ffmpeg(book / f"The Long Way.{kind}")
    parts = [read_by_ffmpeg(book / f"chapters/0{number} - Chapter {number}.{kind}") for number in (1, 2)]
    assert len(whole) == sum(map(len, parts)) > 4
    text = (book / f"chapters/02 - Chapter 2.{kind}").read_text("utf-8")
    assert "It rained." in text
    assert float(parts[1][0]["pts_time"]) == pytest.approx(0.4, abs=0.01)


def test_the_command_prints_a_chapter_in_longer_lines(book: Path) -> None:
    done = CliRunner().invoke(app, ["captions", str(book), "--chapter", "1", "--characters", "300", "--lines", "1"])
    assert f"<v Narrator>{LONG}\n" in done.stdout
    assert CliRunner().invoke(app, ["captions", str(book), "--chapter", "9"]).exit_code == 9


def test_the_command_takes_the_document_that_the_book_was_built_from(desk: Desk, book: Path) -> None:
    command = ["captions", str(desk.source), "--out", str(desk.request.out)]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    assert done.stdout == CliRunner().invoke(app, ["captions", str(book)]).stdout
    shutil.rmtree(book)
    again = CliRunner().invoke(app, command)
    assert (again.exit_code, again.stdout) == (3, "")
    assert "not built yet" in again.stderr
