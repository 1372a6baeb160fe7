"""`mix/interlude.py`: to the frame, at its loudness, with equal power, the same on every build."""

import hashlib
import wave
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from meters import ebur128_lufs
from narrate.audio import from_clip
from narrate.errors import AudioError, ConfigError
from narrate.mix.beds import bed_fingerprint
from narrate.mix.interlude import clip, load_bed
from narrate.mix.options import MixOptions

RATE = 44100
SIX_S = 6 * RATE
TARGET_LUFS = MixOptions().profile.loudness_lufs - MixOptions().interlude_below_lu
Pcm = NDArray[np.float32]


def recording(path: Path, samples: NDArray[np.float64], *, sample_rate: int = RATE) -> Path:
    """A WAV file of samples in [-1, 1], shape (frames,) or (frames, channels)."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1 if samples.ndim == 1 else samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(sample_rate)
        file.writeframes(np.rint(samples * 32767).astype("<i2").tobytes())
    return path


def noise(length_s: float, *, sample_rate: int = RATE, level: float = 0.1) -> NDArray[np.float64]:
    return np.clip(level * np.random.default_rng(7).standard_normal(round(length_s * sample_rate)), -1, 1)


def interlude(
    sound: str | Path = "car driving", *, frames: int = SIX_S, seed: str = "one", fade_s: float = 1.25
) -> Pcm:
    bed = load_bed(sound, sample_rate=RATE)
    return clip(bed, frames=frames, seed=seed, loudness_lufs=TARGET_LUFS, fade_s=fade_s)


@pytest.mark.parametrize("frames", [0, 1, 2, 1000, RATE, SIX_S - 1, SIX_S, SIX_S + 1, 90 * RATE])
def test_an_interlude_has_exactly_the_frames_asked_for(frames: int) -> None:
    pcm = interlude(frames=frames)
    assert pcm.shape == (frames, 1)
    assert pcm.dtype == np.float32


def test_both_ends_are_silent() -> None:
    pcm = interlude()
    assert pcm[0] == 0
    assert pcm[-1] == 0
    assert np.abs(pcm[: RATE // 100]).max() < 0.01
    assert np.abs(pcm[-RATE // 100 :]).max() < 0.01


def test_half_way_through_a_fade_there_is_half_the_power(tmp_path: Path) -> None:
    steady = recording(tmp_path / "hum.wav", 0.2 * np.sin(2 * np.pi * 200 * np.arange(20 * RATE) / RATE))
    pcm = interlude(steady, fade_s=1.0)
    around = RATE // 100  # two whole periods
    full = np.mean(pcm[3 * RATE : 3 * RATE + 2 * around] ** 2)
    for middle in (RATE // 2, SIX_S - RATE // 2):
        assert np.mean(pcm[middle - around : middle + around] ** 2) / full == pytest.approx(0.5, abs=0.02)


def test_a_fade_never_takes_more_than_half_the_interlude() -> None:
    pcm = interlude(frames=RATE, fade_s=5.0)
    assert pcm[0] == 0
    assert pcm[-1] == 0
    assert np.abs(pcm[RATE // 2 - 2000 : RATE // 2 + 2000]).max() > 0.01


@pytest.mark.parametrize("seed", ["one", "two", "three", "four"])
def test_between_the_fades_it_lies_nine_lu_under_the_speech(seed: str) -> None:
    steady = interlude(seed=seed)[round(1.25 * RATE) : -round(1.25 * RATE)]
    assert TARGET_LUFS == -25.0
    assert ebur128_lufs(steady, RATE) == pytest.approx(TARGET_LUFS, abs=0.5)


def test_the_same_seed_gives_the_same_place_and_another_seed_another() -> None:
    assert np.array_equal(interlude(seed="chapter 1"), interlude(seed="chapter 1"))
    assert not np.array_equal(interlude(seed="chapter 1"), interlude(seed="chapter 2"))


def test_the_place_in_the_bed_is_the_seeds_sha_256() -> None:
    """Which no process, hash seed or machine can change."""
    bed = load_bed("car driving", sample_rate=RATE)
    room = int(bed.clip.frame_count()) - SIX_S + 1
    start = int.from_bytes(hashlib.sha256(b"where\n0").digest()[:8], "big") % room
    middle = slice(2 * RATE, 4 * RATE)
    there = from_clip(bed.clip)[start : start + SIX_S][middle, 0]
    assert np.corrcoef(interlude(seed="where")[middle, 0], there)[0, 1] > 0.9999


def test_a_recording_shorter_than_the_interlude_is_looped_without_a_click(tmp_path: Path) -> None:
    """It ends at -0.25 and begins at +0.1: joined bluntly, that is a step."""
    seconds = np.arange(2 * RATE) / RATE
    swelling = np.cos(2 * np.pi * 150.25 * seconds) * np.linspace(0.1, 0.25, seconds.size)
    pcm = interlude(recording(tmp_path / "short.wav", swelling))
    steepest_in_the_tone = 2 * np.pi * 150.25 / RATE * np.abs(pcm).max()
    assert np.abs(np.diff(pcm[:, 0])).max() < 1.2 * steepest_in_the_tone


def test_the_joint_of_a_looped_recording_keeps_its_power(tmp_path: Path) -> None:
    pcm = interlude(recording(tmp_path / "short.wav", noise(2.5)), frames=20 * RATE)
    tenths = pcm[2 * RATE : 18 * RATE].reshape(-1, RATE // 10)
    level_db = 10 * np.log10((tenths**2).mean(axis=1))
    assert np.ptp(level_db) < 1.5


def test_a_stereo_recording_at_48_khz_is_played(tmp_path: Path) -> None:
    both = np.stack((noise(9, sample_rate=48000), noise(9, sample_rate=48000, level=0.05)), axis=1)
    pcm = interlude(recording(tmp_path / "stereo.wav", both, sample_rate=48000))
    assert pcm.shape == (SIX_S, 1)
    steady = pcm[round(1.25 * RATE) : -round(1.25 * RATE)]
    assert ebur128_lufs(steady, RATE) == pytest.approx(TARGET_LUFS, abs=0.5)


def test_peaks_stay_below_minus_three_decibels_whatever_the_recording(tmp_path: Path) -> None:
    knocks = noise(10, level=0.0005)
    knocks[:: RATE // 2] = 0.9
    pcm = interlude(recording(tmp_path / "knocks.wav", knocks))
    assert np.abs(pcm).max() <= 10 ** (-3 / 20)


def test_a_gap_in_a_recording_is_not_chosen(tmp_path: Path) -> None:
    """Most places in it are silent; the seed's next choices are tried, and what is heard is at its loudness."""
    gappy = np.concatenate((noise(20), np.zeros(25 * RATE)))
    path = recording(tmp_path / "gappy.wav", gappy)
    for seed in "abcdefgh":
        assert np.abs(interlude(path, seed=seed)[2 * RATE : 4 * RATE]).max() > 0.02


def test_a_text_file_is_refused(tmp_path: Path) -> None:
    for name in ("drive.txt", "drive.mp3"):
        path = tmp_path / name
        path.write_text("Wheels on wet tarmac, somewhere past midnight.\n" * 50)
        with pytest.raises(AudioError, match=name):
            load_bed(path, sample_rate=RATE)


@pytest.mark.parametrize(
    ("samples", "why"), [(np.zeros(RATE), "silence"), (noise(0.3), "too short")], ids=["silence", "too short"]
)
def test_a_recording_of_nothing_is_refused(tmp_path: Path, samples: NDArray[np.float64], why: str) -> None:
    with pytest.raises(AudioError, match=why):
        load_bed(recording(tmp_path / "nothing.wav", samples), sample_rate=RATE)


def test_a_file_or_scene_that_does_not_exist_is_refused_and_the_scenes_are_named(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match=r"missing\.wav"):
        load_bed(tmp_path / "missing.wav", sample_rate=RATE)
    with pytest.raises(AudioError, match=r"missing\.wav"):
        bed_fingerprint(tmp_path / "missing.wav")
    with pytest.raises(ConfigError, match="flying saucer") as caught:
        load_bed("flying saucer", sample_rate=RATE)
    assert "car driving" in caught.value.hint


def test_a_bed_is_decoded_once_and_again_when_its_file_changes(tmp_path: Path) -> None:
    path = recording(tmp_path / "mine.wav", noise(8))
    first = load_bed(path, sample_rate=RATE)
    assert load_bed(path, sample_rate=RATE) is first
    recording(path, noise(9))
    assert load_bed(path, sample_rate=RATE).clip.frame_count() == 9 * RATE


def test_a_fingerprint_follows_the_content_and_not_the_name(tmp_path: Path) -> None:
    one, two = recording(tmp_path / "a.wav", noise(1)), recording(tmp_path / "b.wav", noise(1))
    other = recording(tmp_path / "c.wav", noise(1.1))
    assert bed_fingerprint(one) == bed_fingerprint(two) != bed_fingerprint(other)
    assert len(bed_fingerprint("car driving")) == 64
