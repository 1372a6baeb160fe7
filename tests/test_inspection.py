"""What `inspect`, `doctor` and `voices --sample` find out: from the files and from the machine, not from the build."""

import json
import re
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from conftest import THREE_CHAPTERS, Desk, decoded, timeline
from fake_engine import FakeEngine
from meters import ebur128_lufs
from narrate import diagnosis, speech, work
from narrate.cli.app import app
from narrate.errors import AudioError, OutputError, VoiceError
from narrate.inspection import facts as inspection
from narrate.inspection.facts import inspect_path
from narrate.preview.sampling import narrowed, write_sample
from narrate.process import ffmpeg_path, run
from narrate.publish.mp3 import primer, write_mp3
from narrate.publish.options import Mp3Options


def write_wav(path: Path, pcm: np.ndarray, sample_rate: int = 44100) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(sample_rate)
        file.writeframes((pcm * 32767).astype("<i2").tobytes())
    return path


def tone(seconds: float, amplitude: float = 0.25) -> np.ndarray:
    return amplitude * np.sin(2 * np.pi * 997 * np.arange(round(seconds * 44100)) / 44100)


@pytest.fixture
def book(desk: Desk) -> Path:
    desk.write(THREE_CHAPTERS)
    return desk.build().folder


def test_a_folder_is_the_whole_book_and_then_its_chapters_in_order(book: Path) -> None:
    found = list(inspect_path(book))
    assert [each.path.name for each in found] == [
        "The Long Way.mp3",
        "01 - Chapter 1.mp3",
        "02 - Chapter 2.mp3",
        "03 - Chapter 3.mp3",
    ]
    chapters = timeline(book)
    assert [each.duration_s for each in found[1:]] == pytest.approx([c["duration_s"] for c in chapters], abs=0.001)
    assert found[0].duration_s == pytest.approx(sum(c["duration_s"] for c in chapters), abs=0.001)
    assert {each.bitrate_kbps for each in found} == {96}


def test_marks_and_tags_are_read_back_from_the_file(book: Path) -> None:
    (facts,) = inspect_path(book / "The Long Way.mp3")
    assert [mark.title for mark in facts.marks] == ["Chapter 1", "Chapter 2", "Chapter 3"]
    assert [mark.start_s for mark in facts.marks] == pytest.approx([c["start_s"] for c in timeline(book)], abs=0.0006)
    assert facts.tags["TIT2"] == "The Long Way"
    assert facts.tags["APIC:"].startswith("image/jpeg, ")
    assert not any(name.startswith(("CHAP", "CTOC")) for name in facts.tags)


def test_loudness_and_peak_are_those_of_the_decoded_sound(book: Path) -> None:
    (facts,) = inspect_path(book / "The Long Way.mp3")
    assert facts.loudness_lufs == pytest.approx(ebur128_lufs(decoded(facts.path), 44100), abs=0.1)
    assert facts.true_peak_dbtp <= -1.5


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that ffmpeg was given to measure."""
    names = []

    def noting(command: list[str], **rest: Any) -> Any:
        names.append(Path(command[command.index("-i") + 1]).name)
        return run(command, **rest)

    monkeypatch.setattr(inspection, "run", noting)
    return names


def test_no_second_of_a_book_is_measured_twice_and_it_measures_as_it_would_alone(
    book: Path, measured: list[str]
) -> None:
    whole, *chapters = inspect_path(book)
    assert sorted(measured) == [each.path.name for each in chapters]
    (alone,) = inspect_path(whole.path)
    assert whole.true_peak_dbtp == alone.true_peak_dbtp == max(each.true_peak_dbtp for each in chapters)
    # Rounded to 0.1, and half a minute has few gating blocks.
    assert whole.loudness_lufs == pytest.approx(ebur128_lufs(decoded(whole.path), 44100), abs=0.05 + 0.02)


@pytest.mark.parametrize("change", ["a byte in the middle", "a frame too many", "a chapter less"])
def test_a_book_that_is_not_its_chapters_is_measured_itself(book: Path, measured: list[str], change: str) -> None:
    path = book / "The Long Way.mp3"
    data = bytearray(path.read_bytes())
    if change == "a byte in the middle":
        data[-len(data) // 8] ^= 1
    elif change == "a frame too many":
        data += primer(Mp3Options())
    else:
        (book / "chapters/02 - Chapter 2.mp3").unlink()
    path.write_bytes(data)
    found = list(inspect_path(book))
    assert sorted(measured) == sorted(each.path.name for each in found)


def test_a_silent_book_is_as_loud_as_silence_alone(tmp_path: Path) -> None:
    silence = primer(Mp3Options())
    (tmp_path / "chapters").mkdir()
    for path, count in ((tmp_path / "b.mp3", 80), (tmp_path / "chapters/1.mp3", 40), (tmp_path / "chapters/2.mp3", 40)):
        write_mp3(path, tag=b"", options=Mp3Options(), mpeg_frame_count=count, parts=[silence * count])
    (alone,) = inspect_path(tmp_path / "b.mp3")
    whole = next(iter(inspect_path(tmp_path)))
    assert (whole.loudness_lufs, whole.true_peak_dbtp) == (alone.loudness_lufs, alone.true_peak_dbtp)


def test_any_sound_file_can_be_inspected(tmp_path: Path) -> None:
    (facts,) = inspect_path(write_wav(tmp_path / "tone.wav", tone(2)))
    assert (facts.duration_s, facts.tags, facts.marks) == (2.0, {}, ())
    # 0.25 of full scale is -12.04 dBFS; a sine of 997 Hz reads 3.01 LU less (ITU-R BS.1770-4).
    assert facts.true_peak_dbtp == pytest.approx(-12.0, abs=0.15)
    assert facts.loudness_lufs == pytest.approx(-15.05, abs=0.15)


def test_silence_has_no_level_in_json(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "silence.wav", np.zeros(44100))
    assert next(inspect_path(path)).true_peak_dbtp == -np.inf
    said = CliRunner().invoke(app, ["inspect", str(path), "--json"]).stdout
    assert json.loads(said, parse_constant=pytest.fail)["files"][0]["true_peak_dbtp"] is None


def test_tags_of_a_stranger_do_not_move_the_cursor(book: Path) -> None:
    from mutagen.id3 import ID3, TIT2

    tag = ID3(book / "The Long Way.mp3")
    tag.add(TIT2(encoding=3, text=["The\x1b[2J Way"]))
    tag.save(book / "The Long Way.mp3")
    said = CliRunner().invoke(app, ["inspect", str(book / "The Long Way.mp3")]).stdout
    assert re.search(r"TIT2 +The \[2J Way", said)
    assert "\x1b" not in said


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("text.txt", b"no sound", "not a sound file"),
        ("empty.mp3", b"", "cannot be read"),
        ("noise.mp3", bytes(range(1, 250)) * 40, "cannot be read"),
        ("cut.wav", b"RIFF\x24\0\0\0WAVEfmt ", "cut.wav"),
    ],
)
def test_what_is_no_sound_is_an_error_that_names_it(tmp_path: Path, name: str, data: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(AudioError, match=said) as caught:
        list(inspect_path(tmp_path / name))
    assert name in str(caught.value)


def test_nothing_to_inspect_is_an_error_that_says_what_to_give(tmp_path: Path) -> None:
    for path, said in ((tmp_path, "no MP3s"), (tmp_path / "gone", "no such file"), (Path("/dev/null"), "neither")):
        with pytest.raises(AudioError, match=said) as caught:
            list(inspect_path(path))
        assert "OUT/Author/Title" in caught.value.hint


# The doctor.


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    engine = FakeEngine()
    monkeypatch.setattr(speech, "ENGINES", {"fake": lambda _: engine})
    work.engine.cache_clear()
    return engine


def findings(store: Path) -> dict[str, diagnosis.Finding]:
    return {finding.what: finding for finding in diagnosis.examine(store)}


@pytest.mark.usefixtures("engine")
def test_the_doctor_tries_everything_and_leaves_nothing(tmp_path: Path) -> None:
    found = findings(tmp_path / "not/there/yet")
    assert list(found) == ["narrate", "engine fake", "ffmpeg", "MP3 encoder", "interludes", "store"]
    assert all(finding.ok for finding in found.values())
    assert "3 voices" in found["engine fake"].found
    assert ffmpeg_path() in found["ffmpeg"].found
    assert list(tmp_path.iterdir()) == []


def test_an_engine_that_cannot_speak_is_not_there(tmp_path: Path, engine: FakeEngine) -> None:
    engine.failing = ["All is well."]
    assert not findings(tmp_path)["engine fake"].ok


@pytest.mark.usefixtures("engine")
def test_a_store_below_a_file_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    found = findings(tmp_path / "file" / "store")["store"]
    assert not found.ok


# A first hearing.


def test_a_language_takes_in_its_regions_and_no_other_language(engine: FakeEngine) -> None:
    assert [voice.id for voice in narrowed(engine, "en", "")] == ["fake/low", "fake/high"]
    assert [voice.id for voice in narrowed(engine, "EN_gb", "")] == ["fake/high"]
    assert [voice.id for voice in narrowed(engine, "", "high")] == ["fake/high"]
    assert len(narrowed(engine, "", "")) == 3
    with pytest.raises(VoiceError, match="'e'"):
        narrowed(engine, "e", "")


@pytest.mark.parametrize("suffix", [".mp3", ".wav", ".flac", ".ogg", ".opus", ".m4a", ".MP3"])
def test_every_voice_is_heard_in_every_format(tmp_path: Path, engine: FakeEngine, suffix: str) -> None:
    path = tmp_path / f"sample{suffix}"
    write_sample(engine, engine.voices(), path, rate_wpm=175, pitch=50)
    expected_s = sum(0.5 + 0.06 * len(spoken) for spoken, _ in engine.spoken)
    assert len(engine.spoken) == 3
    assert len(decoded(path)) / 44100 == pytest.approx(expected_s, abs=0.15)
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_a_sample_that_cannot_be_written_leaves_nothing(tmp_path: Path, engine: FakeEngine) -> None:
    with pytest.raises(AudioError, match="unknown kind") as caught:
        write_sample(engine, engine.voices(), tmp_path / "sample.txt", rate_wpm=175, pitch=50)
    assert ".mp3" in caught.value.hint
    (tmp_path / "sample.wav").mkdir()
    with pytest.raises(OutputError, match=r"sample\.wav"):
        write_sample(engine, engine.voices(), tmp_path / "sample.wav", rate_wpm=175, pitch=50)
    assert [each.name for each in tmp_path.iterdir()] == ["sample.wav"]
