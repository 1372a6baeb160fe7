"""What a shop asks for: credits, a sample, room tone, and `inspect --acx`, which finds what is missing."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from conftest import Desk, decoded, desk_in
from narrate.document import Chapter, Document, Metadata, Origin, Paragraph
from narrate.errors import AudioError
from narrate.inspection.acx import Finding, check_acx
from narrate.plan import Action
from narrate.process import ffmpeg_path
from narrate.publish.sample import first_frames, sample_end
from narrate.text.credits import is_closing, is_opening, with_credits

SENTENCE = "The engine starts at once, and hums along for a while, as it did on every other night that winter. "
BOOK = f"---\ntitle: The Shop\nauthor: A. Passenger\n---\n\n## One\n\n{SENTENCE * 9}\n\n## Two\n\n{SENTENCE * 8}\n"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with desk_in(tmp_path_factory.mktemp("shop")) as desk:
        desk.name = "shop.md"
        desk.flags["audio.profile"] = "acx"
        desk.write(BOOK)
        return desk.build().folder


@pytest.fixture
def book(built: Path, tmp_path: Path) -> Path:
    return shutil.copytree(built, tmp_path / "book")


def missed(folder: Path) -> list[tuple[str, str]]:
    return [(each.file, each.rule) for each in check_acx(folder) if not each.met]


def finding(folder: Path, rule: str, file: str) -> Finding:
    return next(each for each in check_acx(folder) if (each.rule, each.file) == (rule, file))


def test_a_book_made_for_the_shop_meets_every_rule(book: Path) -> None:
    assert missed(book) == []
    assert {each.file for each in check_acx(book)} >= {"sample/sample.mp3", "book", "chapters/02 - One.mp3"}


def test_credits_are_spoken_in_files_of_their_own(book: Path) -> None:
    chapters = json.loads((book / "timeline.json").read_text("utf-8"))["chapters"]
    assert [each["title"] for each in chapters] == ["Opening credits", "One", "Two", "Closing credits"]
    said = [" ".join(cue["text"] for cue in each["cues"] if cue["kind"] == "utterance") for each in chapters]
    assert said[0] == "The Shop, by A. Passenger. Narrated by a computer's voice."
    assert said[-1] == "This has been The Shop, by A. Passenger. Narrated by a computer's voice. The end."
    assert not [cue for each in chapters for cue in each["cues"] if cue["kind"] == "interlude"]


def test_the_sample_is_the_beginning_of_the_book_and_not_its_credits(book: Path) -> None:
    sample, first = decoded(book / "sample/sample.mp3"), decoded(book / "chapters/02 - One.mp3")
    assert 60 <= len(sample) / 44100 <= 300
    length = min(len(sample), len(first)) - 1200
    assert np.abs(sample[1200:length] - first[1200:length]).max() < 1e-4
    manifest = json.loads((book / "publication.json").read_text("utf-8"))
    (preview,) = [each for each in manifest["resources"] if each.get("rel") == "preview"]
    assert preview["url"] == "sample/sample.mp3"


def test_a_chapter_can_be_regenerated_and_the_sample_is_still_there(desk: Desk) -> None:
    desk.name = "shop.md"
    desk.flags["audio.profile"] = "acx"
    desk.write(BOOK)
    desk.build()
    assert desk.plan().publish is Action.UP_TO_DATE
    desk.write(BOOK.replace("winter", "summer", 1))
    folder = desk.build().folder
    assert missed(folder) == []
    del desk.flags["audio.profile"]
    assert not (desk.build().folder / "sample").exists(), "a book for the road has none"


def encoded(path: Path, *arguments: str) -> None:
    """Run a chapter through ffmpeg."""
    other = path.with_suffix(".other.mp3")
    command = [ffmpeg_path(), "-v", "error", "-y", "-i", str(path), *arguments, str(other)]
    subprocess.run(command, check=True)
    other.replace(path)


CHAPTER = "chapters/02 - One.mp3"
CBR = ("-c:a", "libmp3lame", "-b:a", "192k")


@pytest.mark.parametrize(
    ("arguments", "rules"),
    [
        (("-af", "volume=-6dB", *CBR), ["RMS"]),
        (("-af", "volume=16dB", *CBR), ["RMS", "peak", "noise floor"]),
        (("-c:a", "libmp3lame", "-b:a", "128k"), ["bitrate"]),
        (("-c:a", "libmp3lame", "-q:a", "0"), ["bitrate"]),
        (("-ar", "48000", *CBR), ["sample rate"]),
        (("-ss", "0.5", *CBR), ["head of room tone"]),
        (("-af", "apad=pad_dur=5", *CBR), ["tail of room tone"]),
    ],
    ids=["soft", "loud", "128k", "variable", "48 kHz", "no head", "digital silence behind"],
)
def test_each_rule_that_a_file_breaks_is_told(book: Path, arguments: tuple[str, ...], rules: list[str]) -> None:
    encoded(book / CHAPTER, *arguments)
    assert [(file, rule) for file, rule in missed(book) if file == CHAPTER] == [(CHAPTER, rule) for rule in rules]


def test_noise_is_told_by_its_level(book: Path) -> None:
    rng = np.random.default_rng(1)
    pcm = decoded(book / CHAPTER) + rng.normal(0, 10 ** (-52 / 20), len(decoded(book / CHAPTER))).astype(np.float32)
    command = [ffmpeg_path(), "-v", "error", "-y", "-f", "f32le", "-ar", "44100", "-ac", "1", "-i", "-", *CBR]
    subprocess.run([*command, str(book / CHAPTER)], input=pcm.astype("<f4").tobytes(), check=True)
    floor = finding(book, "noise floor", CHAPTER)
    assert not floor.met
    assert float(floor.found.split()[0]) == pytest.approx(-52, abs=1)


def test_one_stereo_file_among_mono_ones_is_told(book: Path) -> None:
    encoded(book / CHAPTER, "-ac", "2", *CBR)
    assert ("book", "channels") in missed(book)


def test_what_is_missing_is_told(book: Path) -> None:
    shutil.rmtree(book / "sample")
    (book / "chapters/01 - Opening credits.mp3").unlink()
    assert set(missed(book)) >= {("sample/sample.mp3", "retail sample"), (CHAPTER, "opening credits")}
    with pytest.raises(AudioError, match="no chapters"):
        list(check_acx(book / "chapters"))


def test_a_sample_ends_in_a_pause_between_one_and_five_minutes() -> None:
    pauses = [(each * 10.0, 0.2 if each % 3 else 0.5) for each in range(1, 60)]
    assert sample_end(pauses, 45) == 45, "a short book is its own sample"
    assert sample_end(pauses, 600) == 180.25
    assert sample_end([(100.0, 0.2), (290.0, 0.2), (310.0, 2.0)], 600) == pytest.approx(290.1)
    assert sample_end([], 600) == 300


def test_frames_are_cut_whole() -> None:
    frame = bytes.fromhex("fffb9064") + bytes(413)
    assert first_frames(frame * 3, 2) == frame * 2
    assert first_frames(frame * 3 + frame[:50], 9) == frame * 3
    assert first_frames(b"no frames", 1) == b""


@pytest.mark.parametrize(
    ("language", "said"), [("en", "The end."), ("de-AT", "Ende."), ("fr", "Fin."), ("pl", "The end.")]
)
def test_credits_are_in_the_language_of_the_work(language: str, said: str) -> None:
    chapter = Chapter(title="One", titled=True, blocks=(Paragraph(text="It rains.", origin=Origin()),))
    document = Document(metadata=Metadata(title="T"), chapters=(chapter,), seen=1)
    found = with_credits(document, Metadata(title="T", author="A", language=language, narrator="N"))
    assert found.is_balanced
    assert is_opening(found.chapters[0].title)
    assert is_closing(found.chapters[-1].title)
    assert found.chapters[-1].blocks[-1].text == said  # type: ignore[union-attr]
    assert "N" in found.chapters[0].blocks[-1].text  # type: ignore[union-attr]
    assert with_credits(found, Metadata(title="T", author="A", language=language, narrator="N")) is found
