#!/usr/bin/env python3
"""Render the interlude beds in `audio/` from the recipes in `audio/manifest.toml`.

    .venv/bin/python scripts/render_beds.py            # write every bed whose file is not what its recipe gives
    .venv/bin/python scripts/render_beds.py --check    # exit 1 if a file is not what its recipe gives

A bed is the sum of its layers (`bed_layers.py`), each of which loops by construction. Chance comes from the raw words
of PCG64, whose stream numpy keeps from version to version, and the only use of it is for phases, places and sizes. Two
machines differ by the last bit of an FFT: at most one step of 16 bits.
"""

import argparse
import sys
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
from bed_layers import Chance, Size, layer
from numpy.typing import NDArray

from narrate.audio import decode
from narrate.mix.loudness import block_powers, integrated_lufs
from narrate.process import ffmpeg_path, run
from narrate.units import db_to_gain

AUDIO = Path(__file__).resolve().parents[1] / "audio"


def render(bed: dict[str, Any]) -> NDArray[np.int16]:
    """A bed by its table in the manifest: mono, 16 bits, at the loudness that the table names."""
    sample_rate, chance = bed["sample_rate"], Chance(bed["seed"])
    size = Size(frames=round(bed["duration_s"] * sample_rate), sample_rate=sample_rate)
    sound = np.zeros(size.frames)
    for recipe in bed["recipe"].values():
        sound += layer(recipe, size, chance)
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
        elif not same(samples, path, bed["sample_rate"]):
            write(samples, path, bed["sample_rate"])
            print(f"{path.name}: {samples.size / bed['sample_rate']:.1f} s, {path.stat().st_size:,} bytes")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
