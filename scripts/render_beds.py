#!/usr/bin/env python3
"""Render the interlude beds in `audio/` from the recipes in `audio/manifest.toml`.

    .venv/bin/python scripts/render_beds.py            # write every bed
    .venv/bin/python scripts/render_beds.py --check    # exit 1 if a file is not what its recipe gives

Everything loops by construction: noises are inverse Fourier transforms, so their last sample leads to their first; the
engine turns a whole number of crank cycles; drift is such a noise too, and the joints' tails run over the end into the
beginning. Chance comes from the raw words of PCG64, whose stream numpy keeps from version to version, and the only use
of it is for phases and places. Two machines differ by the last bit of an FFT: at most one step of 16 bits.
"""

import argparse
import sys
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from narrate.audio import decode
from narrate.mix.loudness import block_powers, integrated_lufs
from narrate.process import ffmpeg_path, run
from narrate.units import db_to_gain

AUDIO = Path(__file__).resolve().parents[1] / "audio"
Signal = NDArray[np.float64]


class Chance:
    """Uniform numbers in [0, 1) from a seed, the same with every version of numpy."""

    def __init__(self, seed: int) -> None:
        self._words = np.random.PCG64(seed)

    def uniform(self, count: int) -> Signal:
        raw = np.asarray(self._words.random_raw(count), np.uint64)
        return np.asarray((raw >> np.uint64(11)) * 2.0**-53, np.float64)


def from_magnitudes(magnitudes: Signal, frames: int, chance: Chance) -> Signal:
    """Noise of `frames` samples with this spectrum (frames // 2 + 1 values) and random phases, at root mean square 1.

    A sum of very many sinusoids with random phases is Gaussian noise, and it is periodic.
    """
    phases = np.exp(2j * np.pi * chance.uniform(magnitudes.size))
    signal = np.fft.irfft(magnitudes * phases, frames)
    return np.asarray(signal / np.sqrt(np.mean(signal**2)))


def shaped_noise(recipe: dict[str, Any], frames: int, sample_rate: int, chance: Chance) -> Signal:
    """Noise that is flat to a corner, then falls at a slope, with bumps, between a low and a high cut."""
    hz = np.fft.rfftfreq(frames, 1 / sample_rate)
    hz[0] = hz[1]
    level_db = recipe["slope_db_per_octave"] * np.log2(np.maximum(hz / recipe["flat_below_hz"], 1.0))
    for bump in recipe["bumps"]:
        away = np.log2(hz / bump["at_hz"]) / bump["width_octaves"]
        level_db += bump["gain_db"] * np.exp(-0.5 * away**2)
    # Butterworth magnitudes: 24 dB an octave below, 18 dB above (glass and lining).
    level_db -= 10 * np.log10(1 + (recipe["low_cut_hz"] / hz) ** 8)
    level_db -= 10 * np.log10(1 + (hz / recipe["high_cut_hz"]) ** 6)
    magnitudes = 10 ** (level_db / 20)
    magnitudes[0] = 0.0
    return from_magnitudes(magnitudes, frames, chance)


def slow_noise(band_hz: list[float], frames: int, sample_rate: int, chance: Chance) -> Signal:
    """A wavering line of root mean square 1 that holds only the frequencies of `band_hz`, and loops."""
    hz = np.fft.rfftfreq(frames, 1 / sample_rate)
    inside = (hz >= band_hz[0]) & (hz <= band_hz[1])
    count = int(inside.sum())
    spectrum = np.zeros(hz.size, np.complex128)
    # Falling as 1/f: slow changes are the larger ones.
    spectrum[inside] = np.exp(2j * np.pi * chance.uniform(count)) / hz[inside]
    signal = np.fft.irfft(spectrum, frames)
    return np.asarray(signal / np.sqrt(np.mean(signal**2)))


def engine(recipe: dict[str, Any], frames: int, sample_rate: int, chance: Chance) -> Signal:
    """The sum of the half orders of a crankshaft that turns, not quite evenly, at root mean square 1."""
    wander = slow_noise(recipe["wander_hz"], frames, sample_rate, chance) * recipe["wander_turns"]
    # Of two turns each: order 0.5 of the crankshaft is harmonic 1 of the cycle.
    cycles = np.arange(frames) * (recipe["crank_cycles"] / frames) + wander / 2
    fundamental = np.exp(2j * np.pi * cycles)
    phases = chance.uniform(len(recipe["orders_db"]))
    harmonic = np.ones(frames, np.complex128)
    signal = np.zeros(frames)
    for level_db, phase in zip(recipe["orders_db"], phases, strict=True):
        harmonic *= fundamental
        signal += db_to_gain(level_db) * (harmonic * np.exp(2j * np.pi * phase)).real
    return np.asarray(signal / np.sqrt(np.mean(signal**2)))


def joints(recipe: dict[str, Any], frames: int, sample_rate: int, chance: Chance) -> Signal:
    """Pairs of thumps, the wheelbase apart in time, at uneven distances; a peak of about 1."""
    count = recipe["count"]
    places = (np.arange(count) + 0.15 + 0.7 * chance.uniform(count)) / count
    strengths = 0.6 + 0.4 * chance.uniform(count)
    seconds = np.arange(round(8 * recipe["thump_decay_s"] * sample_rate)) / sample_rate
    swell = 1 - np.exp(-seconds / 0.004)
    thump = np.sin(2 * np.pi * recipe["thump_hz"] * seconds) * np.exp(-seconds / recipe["thump_decay_s"])
    slap = np.sin(2 * np.pi * recipe["slap_hz"] * seconds) * np.exp(-seconds / recipe["slap_decay_s"])
    blow = swell * (thump + db_to_gain(recipe["slap_db"]) * slap)
    apart = round(recipe["wheelbase_m"] / (recipe["speed_kmh"] / 3.6) * sample_rate)
    signal = np.zeros(frames)
    for place, strength in zip(places, strengths, strict=True):
        for axle, share in ((0, 1.0), (apart, 0.8)):
            at = (round(place * frames) + axle + np.arange(blow.size)) % frames
            signal[at] += strength * share * blow
    return signal


def render(bed: dict[str, Any]) -> NDArray[np.int16]:
    """A bed by its table in the manifest: mono, 16 bits, at the loudness that the table names."""
    sample_rate, recipe, chance = bed["sample_rate"], bed["recipe"], Chance(bed["seed"])
    frames = round(bed["duration_s"] * sample_rate)
    size = (frames, sample_rate, chance)
    drift = recipe["drift"]

    def drifting(signal: Signal, depth_db: float) -> Signal:
        return signal * 10 ** (depth_db / 20 * slow_noise(drift["band_hz"], *size))

    sound = drifting(shaped_noise(recipe["road"], *size), drift["road_db"])
    sound += db_to_gain(recipe["engine"]["level_db"]) * drifting(engine(recipe["engine"], *size), drift["engine_db"])
    sound += db_to_gain(recipe["wind"]["level_db"]) * drifting(shaped_noise(recipe["wind"], *size), drift["wind_db"])
    sound += db_to_gain(recipe["joints"]["level_db"]) * joints(recipe["joints"], *size)
    sound *= 0.1 / np.sqrt(np.mean(sound**2))
    gain_db = bed["loudness_lufs"] - integrated_lufs(block_powers(sound.astype(np.float32), sample_rate))
    return np.rint(np.clip(sound * db_to_gain(gain_db) * 32768, -32768, 32767)).astype(np.int16)


def write(samples: NDArray[np.int16], path: Path, sample_rate: int) -> None:
    """The samples as FLAC without a date or an encoder's name, under a temporary name first."""
    part = path.with_name(f".{path.stem}.part.flac")
    command = [ffmpeg_path(), "-v", "error", "-y", "-f", "s16le", "-ar", str(sample_rate), "-ac", "1"]
    command += ["-i", "-", "-map_metadata", "-1", "-fflags", "+bitexact", "-flags:a", "+bitexact"]
    command += ["-c:a", "flac", "-compression_level", "12", str(part)]
    run(command, timeout_s=120, stdin=samples.astype("<i2").tobytes())
    part.replace(path)


def same(samples: NDArray[np.int16], path: Path, sample_rate: int) -> bool:
    """Whether the file at `path` holds these samples, give or take one step of 16 bits."""
    if not path.is_file():
        return False
    found = np.rint(decode(path, sample_rate=sample_rate)[:, 0] * 32768).astype(np.int32)
    return found.shape == samples.shape and int(np.abs(found - samples).max()) <= 1


def main() -> int:
    parser = argparse.ArgumentParser(description="Render the interlude beds from audio/manifest.toml.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file differs from its recipe")
    check = parser.parse_args().check
    wrong = 0
    for bed in tomllib.loads((AUDIO / "manifest.toml").read_text(encoding="utf-8"))["beds"].values():
        path = AUDIO / bed["file"]
        samples = render(bed)
        if check:
            right = same(samples, path, bed["sample_rate"])
            wrong += not right
            print(f"{path.name}: {'as its recipe' if right else 'DIFFERS from its recipe'}")
        else:
            write(samples, path, bed["sample_rate"])
            print(f"{path.name}: {samples.size / bed['sample_rate']:.1f} s, {path.stat().st_size:,} bytes")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
