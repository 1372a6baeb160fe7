"""`mix/loudness.py` against ffmpeg's ebur128 and the cases of EBU Tech 3341 (mono)."""

import math
import time

import numpy as np
import pytest
from numpy.typing import NDArray

from meters import ebur128_lufs
from narrate.mix.loudness import block_powers, integrated_lufs
from spoken import RATE, spoken

RATES = (22050, 44100, 48000)


def tones(*steps: tuple[float, float], hz: float, sample_rate: int) -> NDArray[np.float32]:
    """Sines one after another, each (seconds, peak in dBFS)."""
    parts = [
        10 ** (level_dbfs / 20) * np.sin(2 * np.pi * hz * np.arange(round(length_s * sample_rate)) / sample_rate)
        for length_s, level_dbfs in steps
    ]
    return np.concatenate(parts).astype(np.float32)


def integrated(pcm: NDArray[np.float32], sample_rate: int) -> float:
    return integrated_lufs(block_powers(pcm, sample_rate))


def test_speech_reads_what_ffmpeg_reads() -> None:
    pcm = np.concatenate(spoken()).astype(np.float32) / 32768
    assert integrated(pcm, RATE) == pytest.approx(ebur128_lufs(pcm, RATE), abs=0.1)


def test_a_sine_of_997_hz_at_full_scale_reads_3_01_lufs_below_zero() -> None:
    assert integrated(tones((5, 0.0), hz=997, sample_rate=48000), 48000) == pytest.approx(-3.01, abs=0.01)


@pytest.mark.parametrize("sample_rate", RATES)
@pytest.mark.parametrize("hz", [40, 60, 100, 500, 997, 3000, 8000])
def test_a_sine_reads_what_ffmpeg_reads(hz: float, sample_rate: int) -> None:
    pcm = tones((3, -23.0), hz=hz, sample_rate=sample_rate)
    assert integrated(pcm, sample_rate) == pytest.approx(ebur128_lufs(pcm, sample_rate), abs=0.03)


@pytest.mark.parametrize("sample_rate", RATES)
@pytest.mark.parametrize(
    "steps",
    [
        ((10, -36.0), (60, -23.0), (10, -36.0)),  # Tech 3341, case 3: the relative gate
        ((10, -72.0), (10, -36.0), (60, -23.0), (10, -36.0), (10, -72.0)),  # case 4: the absolute gate too
        ((20, -26.0), (20.1, -20.0), (20, -26.0)),  # case 5: nothing is gated
    ],
    ids=["case 3", "case 4", "case 5"],
)
def test_the_gates_are_those_of_the_standard(steps: tuple[tuple[float, float], ...], sample_rate: int) -> None:
    """In stereo these read -23.0 ± 0.1 LUFS; one channel of two is 3.01 lower."""
    pcm = tones(*steps, hz=1000, sample_rate=sample_rate)
    assert integrated(pcm, sample_rate) == pytest.approx(-26.01, abs=0.1)
    assert integrated(pcm, sample_rate) == pytest.approx(ebur128_lufs(pcm, sample_rate), abs=0.03)


def test_what_is_softer_than_70_lufs_below_full_scale_is_not_heard() -> None:
    assert integrated(tones((2, -68.0), hz=997, sample_rate=48000), 48000) == -math.inf
    assert integrated(tones((2, -66.0), hz=997, sample_rate=48000), 48000) == pytest.approx(-69.0, abs=0.05)


def test_a_gating_block_begins_every_100_ms_and_lasts_400() -> None:
    assert len(block_powers(np.ones((22050, 1), np.float32), 22050)) == 7


def test_frames_after_the_last_whole_100_ms_are_not_counted() -> None:
    tone = tones((1.0, -20.0), hz=997, sample_rate=22050)
    louder = np.concatenate((tone, np.ones(2000, np.float32)))
    assert np.allclose(block_powers(tone, 22050), block_powers(louder, 22050), rtol=1e-6)


def test_a_take_shorter_than_a_block_gives_one_block_over_the_frames_it_has() -> None:
    tone = tones((0.2, -20.0), hz=997, sample_rate=22050)
    assert len(block_powers(tone, 22050)) == 1
    assert integrated(tone, 22050) == pytest.approx(-23.0, abs=0.1)


def test_nothing_gives_no_block_and_silence_no_loudness() -> None:
    assert block_powers(np.zeros((0, 1), np.float32), 22050).size == 0
    assert integrated_lufs(np.zeros(0)) == -math.inf
    assert integrated(np.zeros(22050, np.float32), 22050) == -math.inf


def test_the_loudness_of_a_whole_is_found_from_the_blocks_of_its_parts() -> None:
    soft, loud = (tones((2, level), hz=997, sample_rate=44100) for level in (-30.0, -24.0))
    powers = np.concatenate((block_powers(soft, 44100), block_powers(loud, 44100)))
    mean_power = (10**-3.0 + 10**-2.4) / 2
    assert integrated_lufs(powers) == pytest.approx(10 * math.log10(mean_power) - 3.01, abs=0.02)


def test_a_long_signal_is_measured_alike_in_one_piece_or_many() -> None:
    """Windows are filtered a few at once; the seams between those batches must not show."""
    rng = np.random.default_rng(4)
    pcm = (0.1 * rng.standard_normal(22050 * 30)).astype(np.float32)
    start = 22050 * 13
    whole = block_powers(pcm, 22050)[130 + 2 :]
    assert np.allclose(block_powers(pcm[start:], 22050)[2:], whole, rtol=1e-4)


@pytest.mark.slow
def test_a_thousand_seconds_of_speech_cost_a_fraction_of_a_second() -> None:
    """About 0.2 s of CPU on the machine it was written on; the bound is wide for slower and busier ones."""
    take = (0.1 * np.random.default_rng(1).standard_normal(22050 * 6)).astype(np.float32)
    block_powers(take, 22050)
    begun = time.process_time()
    for _ in range(167):
        block_powers(take, 22050)
    assert time.process_time() - begun < 1.0
