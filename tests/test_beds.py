"""The beds in `audio/`: each is what its recipe gives, and sounds, by its numbers, like a car at a steady 90 km/h.

The bands are DESIGN.md's: measured cabins, and what sounded right.
"""

import importlib.util
import tomllib
from pathlib import Path
from typing import Any

import mutagen.flac
import numpy as np
import pytest
from numpy.typing import NDArray

from meters import ebur128_lufs
from narrate.audio import decode

ROOT = Path(__file__).resolve().parents[1]
BEDS: dict[str, dict[str, Any]] = tomllib.loads((ROOT / "audio/manifest.toml").read_text(encoding="utf-8"))["beds"]
CARS = [name for name in BEDS if name.startswith("car driving")]
Pcm = NDArray[np.float64]


def sound_of(name: str) -> Pcm:
    bed = BEDS[name]
    return decode(ROOT / "audio" / bed["file"], sample_rate=bed["sample_rate"])[:, 0].astype(np.float64)


def power_spectrum(pcm: Pcm, sample_rate: int) -> tuple[Pcm, Pcm]:
    """Frequencies above 10 Hz and the power at each. The bed loops, so it needs no window."""
    hz = np.fft.rfftfreq(pcm.size, 1 / sample_rate)
    power = np.abs(np.fft.rfft(pcm)) ** 2
    return hz[hz > 10], power[hz > 10]


def a_weight(hz: Pcm) -> Pcm:
    """IEC 61672-1, annex E, as a factor of power, 1 at 1 kHz."""
    low = np.sqrt((hz**2 + 107.7**2) * (hz**2 + 737.9**2))
    gain = 12194**2 * hz**4 / ((hz**2 + 20.6**2) * low * (hz**2 + 12194**2))
    return np.asarray((gain * 10 ** (2.0 / 20)) ** 2)


def c_weight(hz: Pcm) -> Pcm:
    gain = 12194**2 * hz**2 / ((hz**2 + 20.6**2) * (hz**2 + 12194**2))
    return np.asarray((gain * 10 ** (0.062 / 20)) ** 2)


@pytest.mark.parametrize("name", BEDS)
def test_a_bed_is_what_its_recipe_gives(name: str) -> None:
    spec = importlib.util.spec_from_file_location("render_beds", ROOT / "scripts/render_beds.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    bed = BEDS[name]
    assert script.same(script.render(bed), ROOT / "audio" / bed["file"], bed["sample_rate"])


@pytest.mark.parametrize("name", BEDS)
def test_a_bed_is_as_long_and_loud_as_the_manifest_says_and_under_a_megabyte(name: str) -> None:
    bed = BEDS[name]
    path = ROOT / "audio" / bed["file"]
    info = mutagen.flac.FLAC(path).info
    assert (info.sample_rate, info.channels, info.bits_per_sample) == (bed["sample_rate"], 1, 16)
    assert info.total_samples == round(bed["duration_s"] * bed["sample_rate"])
    assert path.stat().st_size < 1_000_000
    assert ebur128_lufs(sound_of(name).astype(np.float32), bed["sample_rate"]) == pytest.approx(
        bed["loudness_lufs"], abs=0.1
    )


@pytest.mark.parametrize("name", BEDS)
def test_a_bed_carries_no_date_and_no_encoder(name: str) -> None:
    assert not mutagen.flac.FLAC(ROOT / "audio" / BEDS[name]["file"]).tags


@pytest.mark.parametrize("name", BEDS)
def test_a_bed_has_its_caption_in_lower_case_and_brackets_and_a_licence(name: str) -> None:
    assert BEDS[name]["caption"] == f"[{BEDS[name]['scene']}]".lower()
    assert BEDS[name]["licence"] == "CC0-1.0"


@pytest.mark.parametrize("name", BEDS)
def test_the_step_from_a_beds_end_to_its_beginning_is_no_click(name: str) -> None:
    pcm = sound_of(name)
    assert abs(pcm[0] - pcm[-1]) <= np.percentile(np.abs(np.diff(pcm)), 99)


@pytest.mark.parametrize("name", CARS)
def test_a_car_falls_by_three_to_five_decibels_an_octave(name: str) -> None:
    hz, power = power_spectrum(sound_of(name), BEDS[name]["sample_rate"])
    centres = 1000 * 2.0 ** (np.arange(-12, 6) / 3)  # thirds of an octave, 63 Hz to 3.15 kHz
    levels = [
        10 * np.log10(power[(hz >= centre * 2 ** (-1 / 6)) & (hz < centre * 2 ** (1 / 6))].sum()) for centre in centres
    ]
    assert -5 <= np.polyfit(np.log2(centres), levels, 1)[0] <= -3


@pytest.mark.parametrize("name", CARS)
def test_a_car_is_low_in_pitch(name: str) -> None:
    hz, power = power_spectrum(sound_of(name), BEDS[name]["sample_rate"])
    c_minus_a_db = 10 * np.log10((power * c_weight(hz)).sum() / (power * a_weight(hz)).sum())
    assert 8 <= c_minus_a_db <= 13


@pytest.mark.parametrize("name", CARS)
def test_a_car_hums_and_rumbles_but_does_not_bang(name: str) -> None:
    pcm = sound_of(name)
    crest_db = 20 * np.log10(np.abs(pcm).max() / pcm.std())
    assert 11 <= crest_db <= 16


@pytest.mark.parametrize("name", CARS)
def test_a_car_undulates(name: str) -> None:
    tenth_s = BEDS[name]["sample_rate"] // 10
    pcm = sound_of(name)
    pieces = pcm[: pcm.size // tenth_s * tenth_s].reshape(-1, tenth_s)
    deviation_db = float(np.std(10 * np.log10((pieces**2).mean(axis=1))))
    assert 1 <= deviation_db <= 2.5


@pytest.mark.parametrize("name", CARS)
def test_the_engine_can_be_told_from_the_road(name: str) -> None:
    """Its firing, two a turn, stands out of the road noise in the critical band (100 Hz wide) by more than -6 dB,
    about where a low tone begins to be heard through noise, and by less than +3, where it would whine."""
    bed = BEDS[name]
    hz, power = power_spectrum(sound_of(name), bed["sample_rate"])
    firing_hz = bed["recipe"]["engine"]["crank_cycles"] / bed["duration_s"] * 4
    away = np.abs(hz - firing_hz)
    noise = power[(away > 4) & (away < 12)].sum() * 100 / 16
    tone_db = 10 * np.log10(power[away <= 4].sum() / noise)
    assert -6 <= tone_db <= 3
