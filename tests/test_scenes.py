"""Scenes: which is heard where, how a journey goes, whose recordings are played, and what a change makes anew."""

import wave
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from conftest import Desk, contents, decoded, timeline
from meters import ebur128_lufs
from narrate.assets import palette
from narrate.cli.app import app
from narrate.errors import AudioError, ConfigError
from narrate.mix.interlude import UNDER_SPEECH_LU, Under, clip, load_bed
from narrate.mix.loudness import block_powers, integrated_lufs
from narrate.mix.options import MixOptions
from narrate.preview import sampling
from narrate.text.journey import HOME, drive
from narrate.text.phrases import phrases_for

DRIVE = """\
# A Drive

## One

The engine starts at once. It hums.

::: car driving, rain :::

Rain falls on the road.

***

It has stopped.

## Two

We are home.
"""


def scenes(folder: Path) -> list[list[str]]:
    """The captions of the interludes of each chapter."""
    return [[cue["caption"] for cue in chapter["cues"] if cue["kind"] == "interlude"] for chapter in timeline(folder)]


def noise(path: Path, length_s: float, level: float, *, rate: int = 44100) -> Path:
    samples = level * np.random.default_rng(5).standard_normal(round(length_s * rate))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.clip(samples * 32767, -32767, 32767).astype("<i2").tobytes())
    return path


def test_what_is_heard_has_a_name_in_the_books_language(desk: Desk) -> None:
    desk.name = "fahrt.md"
    desk.flags = {"language": "de", "voice": "fake/low"}
    desk.write("# Eine Fahrt\n\n## Eins\n\nHier.\n\n::: car driving, rain :::\n\nDa.\n\n## Zwei\n\nDort.\n")
    assert scenes(desk.build().folder) == [["[Autofahrt, Regen]", "[Autofahrt]"], []]


def test_every_scene_has_a_name_in_every_language_of_descriptions() -> None:
    for language in ("de", "es", "fr", "it"):
        assert phrases_for(language).scenes.keys() == palette().keys()


@pytest.fixture
def drive_desk(desk: Desk) -> Desk:
    desk.name = "drive.md"
    desk.write(DRIVE)
    return desk


# Which scene is heard where.


def test_a_line_gives_one_interlude_its_scene_and_the_settings_all_others(drive_desk: Desk) -> None:
    drive_desk.flags = {"interludes.scene": "Car  Idling"}
    folder = drive_desk.build().folder
    assert scenes(folder) == [["[car driving, rain]", "[car idling]", "[car idling]"], []]


def test_front_matter_chooses_a_scene_and_a_flag_goes_above_it(drive_desk: Desk) -> None:
    drive_desk.write(f"---\nnarrate:\n  interludes:\n    scenes: journey\n---\n{DRIVE}")
    assert drive_desk.open().config.text.journey
    drive_desk.flags = {"interludes.scene": "ferry engine"}
    assert not drive_desk.open().config.text.journey
    assert scenes(drive_desk.build().folder)[0] == ["[car driving, rain]", "[ferry engine]", "[ferry engine]"]


def test_a_scene_before_a_chapter_is_what_the_chapter_before_it_ends_in(drive_desk: Desk) -> None:
    drive_desk.write("# A\n\n## One\n\nHere.\n\n::: ferry engine :::\n\n## Two\n\nThere.\n\n::: car idling :::\n")
    assert scenes(drive_desk.build().folder) == [["[ferry engine]"], []]
    account = drive_desk.plan().account
    assert [(each.kind, each.line) for each in account.skipped] == [("scene break", 13)]


def test_of_two_breaks_side_by_side_the_one_that_names_its_scene_is_heard(drive_desk: Desk) -> None:
    drive_desk.write("# A\n\n## One\n\nHere.\n\n***\n\n::: car idling :::\n\n***\n\nThere.\n")
    assert scenes(drive_desk.build().folder) == [["[car idling]"]]


def test_sections_that_are_chapters_end_in_the_scene_between_them(drive_desk: Desk) -> None:
    drive_desk.write("Here we are, at last.\n\n::: car idling :::\n\nThere we go again.\n\n***\n\nGone.\n")
    assert scenes(drive_desk.build().folder) == [["[car idling]"], ["[car driving]"], []]


@pytest.mark.parametrize(
    ("line", "flags", "said"),
    [
        ("::: scene my tram :::", {}, "line 5: no scene named 'my tram'"),
        ("***", {"interludes.scene": "flying saucer"}, "no scene named 'flying saucer'"),
    ],
)
def test_a_scene_that_nobody_has_is_told_with_its_line_and_what_there_is(
    drive_desk: Desk, line: str, flags: dict[str, str], said: str
) -> None:
    drive_desk.write(f"# A\n\nHere.\n\n{line}\n\nThere.\n")
    drive_desk.flags = flags
    with pytest.raises(ConfigError, match=said) as caught:
        drive_desk.plan()
    assert "car driving, night motorway" in caught.value.hint


def test_one_scene_and_a_journey_at_once_is_an_error(drive_desk: Desk) -> None:
    drive_desk.flags = {"interludes.scene": "car idling", "interludes.scenes": "journey"}
    with pytest.raises(ConfigError, match="give one of them"):
        drive_desk.open()


def test_without_interludes_no_scene_is_looked_for(drive_desk: Desk) -> None:
    drive_desk.write("# A\n\n## One\n\nHere.\n\n::: scene my tram :::\n\nThere.\n")
    drive_desk.flags = {"interludes.enabled": False}
    assert scenes(drive_desk.build().folder) == [[]]


# The journey.


def test_every_scene_leads_to_another_and_from_everywhere_to_the_open_road() -> None:
    for name, scene in palette().items():
        assert set(scene.leads_to) <= palette().keys() - {name}
        assert scene.leads_to
        reached = {name}
        for _ in palette():
            reached |= {after for each in reached for after in palette()[each].leads_to}
        assert HOME in reached


@pytest.mark.parametrize("work", ["Moby-Dick", "Middlemarch", "Walden", "\udcff"])
def test_a_journey_changes_scenes_only_as_a_drive_does_over_all_chapters(work: str) -> None:
    counts = [1, 3, 0, 12, 1, 1, 2, 1, 40, 1, 1, 5, *[1] * 30]
    heard = [scene for number, count in enumerate(counts, start=1) for scene in drive(work, number, count)]
    assert len(heard) == sum(counts)
    for before, after in pairwise(heard):
        assert after == before or after in palette()[before].leads_to
    assert set(heard) == set(palette()), "it comes through all of the palette"


def test_a_journey_is_the_works_own_and_the_same_every_time() -> None:
    assert drive("Moby-Dick", 3, 20) == drive("Moby-Dick", 3, 20)
    ways = {tuple(drive(work, number, 9) for number in range(1, 9)) for work in ("Moby-Dick", "Middlemarch", "Emma")}
    assert len(ways) == 3


def test_no_scene_of_a_journey_lasts_for_ever() -> None:
    heard = drive("Middlemarch", 1, 120)
    stays = [0]
    for before, after in pairwise(heard):
        stays.append(stays[-1] + 1 if after == before else 0)
    assert max(stays) < 6


def test_a_book_on_a_journey_keeps_the_scenes_that_its_lines_name(drive_desk: Desk) -> None:
    drive_desk.flags = {"interludes.scenes": "journey"}
    heard = scenes(drive_desk.build().folder)[0]
    expected = drive("A Drive\n", 1, 3)
    assert heard == ["[car driving, rain]", *(f"[{scene}]" for scene in expected[1:])]


def test_a_change_in_one_chapter_moves_no_scene_of_another(drive_desk: Desk) -> None:
    chapters = [f"## {n}\n\nWords of {n}.\n\n***\n\nMore of them.\n\n" for n in range(1, 6)]
    drive_desk.flags = {"interludes.scenes": "journey"}
    drive_desk.write("# A\n\n" + "".join(chapters))
    before = scenes(drive_desk.build().folder)
    chapters[0] += "***\n\nNew.\n\n***\n\nAnd new again.\n\n"
    drive_desk.write("# A\n\n" + "".join(chapters))
    plan = drive_desk.plan()
    assert [chapter.reused is not None for chapter in plan.chapters] == [False, True, True, True, True]
    assert scenes(drive_desk.build().folder)[1:] == before[1:]


# What a change makes anew.


def stretches(desk: Desk) -> set[str]:
    return {name for name in contents(desk.folder / "store") if name.startswith("stretches")}


def test_another_scene_in_one_place_encodes_only_the_stretch_that_holds_it(drive_desk: Desk) -> None:
    long = "This sentence is long enough to fill a good part of a stretch, said again and again. " * 32
    text = DRIVE.replace("It hums.", f"It hums. {long}\n\n{long}").replace("We are home.", f"We are home. {long}")
    drive_desk.write(text)
    drive_desk.build()
    before = stretches(drive_desk)
    assert len(before) >= 4
    drive_desk.write(text.replace("car driving, rain", "car driving, snow"))
    plan = drive_desk.plan()
    assert [(str(each.action), each.reason) for each in plan.chapters] == [
        ("run", "interludes changed"),
        ("up to date", ""),
    ]
    drive_desk.build()
    assert not drive_desk.said
    assert len(stretches(drive_desk) - before) == 1


# The listener's own recordings.


def recordings(folder: Path) -> Path:
    folder.mkdir()
    noise(folder / "soft.wav", 9, 0.003)
    noise(folder / "loud.wav", 9, 0.3)
    (folder / "manifest.toml").write_text(
        '[beds."My  Tram"]\nfile = "soft.wav"\nlicence = "mine"\n\n[beds."car driving, rain"]\nfile = "loud.wav"\n'
    )
    return folder


def test_own_recordings_are_scenes_by_their_names_and_as_loud_as_all_others(drive_desk: Desk) -> None:
    recordings(drive_desk.folder / "sounds")
    drive_desk.flags = {"interludes.folder": "sounds", "interludes.scene": "my tram"}
    mix = drive_desk.open().config.mix
    assert {name: file.name for name, file in dict(mix.recordings).items()} == {
        "my tram": "soft.wav",
        "car driving, rain": "loud.wav",
    }
    folder = drive_desk.build().folder
    assert scenes(folder)[0] == ["[car driving, rain]", "[my tram]", "[my tram]"]
    pcm = decoded(folder / "A Drive.mp3")
    levels = []
    for cue in timeline(folder)[0]["cues"]:
        if cue["kind"] == "interlude":
            start, length = cue["start_s"], cue["duration_s"]
            levels.append(
                ebur128_lufs(pcm[round((start + 1.5) * 44100) : round((start + length - 1.5) * 44100)], 44100)
            )
    assert levels == pytest.approx([levels[0]] * 3, abs=0.5)


def test_one_recording_of_ones_own_is_heard_in_the_scene_of_the_book_under_its_name(drive_desk: Desk) -> None:
    own = noise(drive_desk.folder / "own.wav", 9, 0.1)
    drive_desk.flags = {"interludes.file": "own.wav", "interludes.scene": "night train"}
    mix = drive_desk.open().config.mix
    assert mix.sound("night train") == own
    assert mix.sound("car driving, rain") == "car driving, rain"
    assert scenes(drive_desk.build().folder)[0] == ["[car driving, rain]", "[night train]", "[night train]"]


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        (None, "no folder with a manifest.toml"),
        ("beds = 3", "names no recordings"),
        ("[beds.tram]\nfile = 3", "beds.tram has no file"),
        ("[beds.tram", "not valid TOML"),
        ("\xff", "cannot be read"),
    ],
)
def test_a_folder_without_recordings_is_an_error_that_says_how_to_name_one(
    drive_desk: Desk, manifest: str | None, said: str
) -> None:
    (drive_desk.folder / "sounds").mkdir()
    if manifest is not None:
        (drive_desk.folder / "sounds/manifest.toml").write_bytes(manifest.encode("latin-1"))
    drive_desk.flags = {"interludes.folder": "sounds"}
    with pytest.raises(ConfigError, match=said):
        drive_desk.open()


def test_a_recording_that_is_missing_or_no_sound_is_told_before_anything_is_spoken(drive_desk: Desk) -> None:
    folder = recordings(drive_desk.folder / "sounds")
    drive_desk.flags = {"interludes.folder": "sounds"}
    (folder / "loud.wav").write_text("no sound")
    with pytest.raises(AudioError, match=r"loud\.wav"):
        drive_desk.build()
    (folder / "loud.wav").unlink()
    with pytest.raises(AudioError, match=r"no such sound file: .*loud\.wav"):
        drive_desk.build()
    assert not drive_desk.said


# Under the speech.


@pytest.mark.parametrize("scene", palette())
def test_under_speech_a_bed_is_at_least_twenty_decibels_below_it_at_every_moment(scene: str) -> None:
    rate, mix = 44100, MixOptions()
    for seed in ("one", "two", "three"):
        pcm = clip(
            load_bed(scene, sample_rate=rate),
            frames=6 * rate,
            seed=seed,
            loudness_lufs=mix.profile.loudness_lufs - mix.interlude_below_lu,
            fade_s=1.25,
            under=Under(frames=9 * rate, speech_lufs=mix.profile.loudness_lufs),
        )
        assert pcm.shape == (15 * rate, 1)
        powers = block_powers(pcm[6 * rate :], rate)
        assert integrated_lufs(powers[[powers.argmax()]]) <= mix.profile.loudness_lufs - 20
        assert integrated_lufs(powers) >= mix.profile.loudness_lufs - UNDER_SPEECH_LU - 6, "it is there"
        assert integrated_lufs(block_powers(pcm[2 * rate : 4 * rate], rate)) > mix.profile.loudness_lufs - 13, (
            "as without it"
        )
        assert abs(float(pcm[6 * rate, 0] - pcm[6 * rate - 1, 0])) <= np.abs(np.diff(pcm[: 6 * rate, 0])).max()
        assert pcm[-1] == 0


def test_in_a_book_the_bed_goes_on_faintly_under_the_next_sentence_and_then_ends(drive_desk: Desk) -> None:
    text = "# A\n\n## One\n\nHere.\n\n***\n\nA sentence that goes on for a while, about nothing at all. And one more.\n"
    drive_desk.write(text)
    plain = decoded(drive_desk.build().folder / "A.mp3")
    drive_desk.flags = {"interludes.under_speech": 3.0}
    folder = drive_desk.build().folder
    cues = timeline(folder)[0]["cues"]
    assert [cue["under_speech_s"] for cue in cues if cue["kind"] == "interlude"] == [3.0]
    under = decoded(folder / "A.mp3") - plain
    said = next(cue for cue in cues if cue["kind"] == "utterance" and cue["text"].startswith("A sentence"))
    first = round(said["start_s"] * 44100)
    speech_db = 10 * np.log10(np.mean(plain[first : first + 3 * 44100] ** 2))
    bed_db = 10 * np.log10(np.mean(under[first : first + 2 * 44100] ** 2))
    assert -40 < bed_db - speech_db < -20
    breath = under[first - 22050 : first - 4410]
    assert 10 * np.log10(np.mean(breath**2)) > speech_db - 40, "through the breath before it, too"
    after = under[first + round(3.2 * 44100) :]
    assert 10 * np.log10(np.mean(after**2) + 1e-12) < speech_db - 50


# Hearing them.


def said(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["interludes", *arguments])
    assert result.exit_code == code, result.output
    return result.stdout if not code else result.stderr


def test_the_command_lists_the_palette_and_a_folders_recordings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = recordings(tmp_path / "sounds")
    lines = said("--folder", str(folder)).splitlines()
    assert [line.split("  ")[0] for line in lines[1:]] == [*palette(), "my tram"]
    assert "loud.wav" in next(line for line in lines if line.startswith("car driving, rain"))
    assert '"caption": "[ferry engine]"' in said("--json")


@pytest.mark.parametrize("suffix", [".wav", ".mp3"])
def test_a_scene_is_written_at_the_loudness_of_an_interlude(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    monkeypatch.chdir(tmp_path)
    out = tmp_path / f"ferry{suffix}"
    said("--scene", "ferry engine", "--seconds", "8", "--out", str(out))
    pcm = decoded(out)
    assert len(pcm) / 44100 == pytest.approx(8, abs=0.06)
    mix = MixOptions()
    assert ebur128_lufs(pcm[2 * 44100 : -2 * 44100], 44100) == pytest.approx(
        mix.profile.loudness_lufs - mix.interlude_below_lu, abs=0.7
    )


def test_scenes_are_played_one_after_the_other_by_whatever_player_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    player = tmp_path / "mpv"
    player.write_text(f'#!/bin/sh\nfor last; do :; done\nwc -c <"$last" >>{tmp_path}/played\n')
    player.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    said("--play", "--seconds", "1")
    assert len((tmp_path / "played").read_text().split()) == len(palette())
    said("--play", "--scene", "cassette hiss", "--seconds", "1")
    assert len((tmp_path / "played").read_text().split()) == len(palette()) + 1


def test_without_a_player_and_without_a_scene_of_that_name_one_line_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sampling, "_PLAYERS", (("no-such-player",),))
    assert "--out sound.wav" in said("--play", "--scene", "car idling", code=7)
    assert "no scene named 'spaceship'" in said("--scene", "spaceship", "--out", "x.wav", code=4)
    assert not (tmp_path / "x.wav").exists()
