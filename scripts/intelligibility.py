#!/usr/bin/env python3
"""What mastering does for speech in a car: each profile against the raw voice, at equal loudness, in cabin noise.

    scripts/intelligibility                     # the table: a voice and a noise that nothing was tuned on
    scripts/intelligibility --tuning            # the voice and the noise that the profiles were tuned on
    scripts/intelligibility --plot docs/intelligibility.png --check

Half a minute of espeak-ng goes through the very mastering that books get: compressor, ffmpeg's filters, limiter, at the
gain that meets the profile's loudness. Then all are brought to the raw voice's LUFS, and noise is added at -5, 0 and
+5 dB below the raw voice's active level. ESTOI and STOI are pystoi's (Jensen and Taal 2016; Taal et al. 2011), SIIB is
`speech_meters.siib_gauss`; each compares with the clean raw voice, and delays are checked to be none. Beside the
profiles stands what any editor offers: ffmpeg's compressor at 3:1 with its usual times (20 and 250 ms).
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from speech_meters import active_power, delay, siib_gauss

ROOT = Path(__file__).resolve().parents[1]
SNRS_DB = (-5, 0, 5)
RAW, PLAIN = "raw", "3:1 compressor"
TUNED_ON = ("gmw/en-US", "asphalt")
REPORTED_ON = ("gmw/en-GB-x-rp+f4", "motorway")
LEAST_ESTOI, LEAST_SIIB, LEAST_STOI_IN_QUIET = 0.02, 0.18, 0.95
TEXT = (
    "The road was empty when we left the harbour behind us.",
    "She drove, and nobody had said a word since the ferry.",
    "There are long stretches of that coast where nothing is lit, neither a house nor a sign.",
    "In the morning the engine would not start, so we walked up to the farm.",
    "The first cassette was a play; the second, somebody's letters, read by a man with a slow voice.",
    "Thick fog sat in the valley, and six ships passed us, one after another, without a sound.",
    "“Which of these is yours?” he asked, and pointed at the boats.",
)
_PAUSE_S = 0.18
_RELEASE_HZ = 44_100

Pcm = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One way to master, measured: STOI in quiet, and at each of SNRS_DB ESTOI, STOI and SIIB (bits a second)."""

    name: str
    stoi_in_quiet: float
    estoi: tuple[float, ...]
    stoi: tuple[float, ...]
    siib: tuple[float, ...]


def cabin(kind: str, length: int, sample_rate: int, seed: int) -> Pcm:
    """Noise of a moving car, of power 1: `asphalt` falls by 7 dB an octave from 60 Hz; `motorway` by 5 from 90 Hz, with
    other resonances, wind, and a four-cylinder engine at 2400 revolutions a minute. Both swell and fade slowly."""
    rng = np.random.default_rng(seed)
    size = 1 << (length - 1).bit_length()
    hz = np.maximum(np.fft.rfftfreq(size, 1 / sample_rate), 1.0)
    corner, slope, humps = {
        "asphalt": (60, 7.0, ((40, 4), (110, 4), (215, 5), (900, 2))),
        "motorway": (90, 5.0, ((70, 3), (180, 4), (235, 6), (600, 3))),
    }[kind]
    level_db = -slope * np.log2(np.maximum(hz, corner) / corner)
    level_db += sum(db * np.exp(-0.5 * (np.log2(hz / centre) / 0.22) ** 2) for centre, db in humps)
    spectrum = (rng.standard_normal(len(hz)) + 1j * rng.standard_normal(len(hz))) * 10 ** (level_db / 20)
    noise = np.fft.irfft(np.where(hz < 20, 0, spectrum), size)[:length]
    noise /= noise.std()
    at = np.arange(length) / sample_rate
    if kind == "motorway":
        orders = ((1, 0.3), (2, 1.0), (3, 0.25), (4, 0.5), (6, 0.3))
        engine = sum(level * np.sin(2 * np.pi * 40 * order * at + order) for order, level in orders)
        noise += engine / engine.std() * 10 ** (-9 / 20)
    noise *= 1 + 0.15 * np.sin(2 * np.pi * 0.3 * at)
    found: Pcm = (noise / noise.std()).astype(np.float32)
    return found


def versions(voice: str, text: Sequence[str], only: Sequence[str] = ()) -> tuple[dict[str, Pcm], int]:
    """The text as `voice` speaks it: raw, by each profile, and through a plain compressor; and the sample rate."""
    from narrate.mix.profiles import PROFILES
    from narrate.speech import ENGINES, Delivery, SpeechOptions

    engine = ENGINES["pyttsx3"](SpeechOptions())
    takes = [engine.speak(sentence, Delivery(voice=voice)) for sentence in text]
    sample_rate = takes[0].info.sample_rate
    samples = [np.rint(take.pcm[:, 0] * 32768).astype(np.int16) for take in takes]
    raw = _joined([each.astype(np.float32) / 32768 for each in samples], sample_rate)
    found = {RAW: raw}
    for name, profile in PROFILES.items():
        if not only or name in only:
            found[name] = _mastered(samples, sample_rate, profile)
    threshold = 10 ** ((10 * np.log10(active_power(raw, sample_rate)) - 6) / 20)
    plain = f"acompressor=threshold={threshold:.4f}:ratio=3:attack=20:release=250"
    found[PLAIN] = _filtered(raw, sample_rate, plain)
    return found, sample_rate


def measure(sounds: Mapping[str, Pcm], sample_rate: int, noise: str, seed: int = 1) -> list[Row]:
    """The rows of `sounds`, all brought to the loudness of the raw one. Raises ValueError for one that comes late."""
    from pystoi import stoi

    raw = sounds[RAW]
    power = active_power(raw, sample_rate)
    road = cabin(noise, len(raw), sample_rate, seed)
    rows = []
    for name, pcm in sounds.items():
        if late := delay(raw, pcm):
            raise ValueError(f"{name} comes {late} frames late: these measures want aligned signals")
        level = pcm * np.float32(10 ** ((_lufs(raw, sample_rate) - _lufs(pcm, sample_rate)) / 20))
        noisy = [level + road * np.float32(np.sqrt(power) * 10 ** (-snr_db / 20)) for snr_db in SNRS_DB]
        rows.append(
            Row(
                name=name,
                stoi_in_quiet=float(stoi(raw, level, sample_rate)),
                estoi=tuple(float(stoi(raw, each, sample_rate, extended=True)) for each in noisy),
                stoi=tuple(float(stoi(raw, each, sample_rate)) for each in noisy),
                siib=tuple(siib_gauss(raw, each, sample_rate) for each in noisy),
            )
        )
    return rows


def shortcomings(rows: Sequence[Row]) -> list[str]:
    """What `road` owes of what it promises over the raw voice."""
    by_name = {row.name: row for row in rows}
    raw, road = by_name[RAW], by_name["road"]
    found = []
    for index, snr_db in enumerate(SNRS_DB):
        gained, more = road.estoi[index] - raw.estoi[index], road.siib[index] / raw.siib[index] - 1
        if gained < LEAST_ESTOI:
            found.append(f"{snr_db:+d} dB: ESTOI {gained:+.3f}, wanted {LEAST_ESTOI:+.2f}")
        if more < LEAST_SIIB:
            found.append(f"{snr_db:+d} dB: SIIB {more:+.0%}, wanted {LEAST_SIIB:+.0%}")
    if road.stoi_in_quiet < LEAST_STOI_IN_QUIET:
        found.append(f"STOI in quiet {road.stoi_in_quiet:.3f}, wanted {LEAST_STOI_IN_QUIET}")
    return found


def table(rows: Sequence[Row]) -> str:
    """Markdown: a row a way of mastering, what it gains over the raw voice in brackets."""
    raw = rows[0]
    heads = [f"{name} {snr_db:+d} dB" for name in ("ESTOI", "SIIB") for snr_db in SNRS_DB]
    lines = ["| | STOI in quiet | " + " | ".join(heads) + " |", "|---|" + "---|" * (len(heads) + 1)]
    for row in rows:
        cells = [f"{row.stoi_in_quiet:.3f}"]
        for mine, its in zip(row.estoi, raw.estoi, strict=True):
            cells.append(f"{mine:.3f}" + ("" if row is raw else f" ({mine - its:+.3f})"))
        for mine, its in zip(row.siib, raw.siib, strict=True):
            cells.append(f"{mine:.0f}" + (" bit/s" if row is raw else f" ({mine / its - 1:+.0%})"))
        lines.append(f"| {row.name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def plot(rows: Sequence[Row], title: str, path: Path) -> None:
    """Bars: what each way of mastering gains over the raw voice, by both measures."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    raw, others = rows[0], rows[1:]
    figure, axes = plt.subplots(1, 2, figsize=(10, 4.0), constrained_layout=True)
    colours = ("#1b6ca8", "#7aa6c2", "#c2b280", "#9a8c98", "#b56576")
    for axis, label, gains, promised in (
        (axes[0], "ESTOI, more than raw", lambda r: np.subtract(r.estoi, raw.estoi), LEAST_ESTOI),
        (axes[1], "SIIB, % more than raw", lambda r: 100 * (np.divide(r.siib, raw.siib) - 1), 100 * LEAST_SIIB),
    ):
        width = 0.8 / len(others)
        for index, (row, colour) in enumerate(zip(others, colours, strict=False)):
            axis.bar(np.arange(3) + (index - (len(others) - 1) / 2) * width, gains(row), width * 0.9, label=row.name,
                     color=colour)  # fmt: skip
        axis.axhline(promised, color="#555", lw=0.8, ls="--", label="promised of road")
        axis.axhline(0, color="black", lw=0.8)
        axis.set_xticks(range(3), [f"{snr_db:+d} dB" for snr_db in SNRS_DB])
        axis.set_xlabel("speech against noise")
        axis.set_title(label, fontsize=10)
        for side in ("top", "right"):
            axis.spines[side].set_visible(False)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=6, frameon=False, fontsize=9)
    figure.suptitle(title, fontsize=11)
    figure.savefig(path, dpi=130)


def _mastered(samples: Sequence[NDArray[np.int16]], sample_rate: int, profile: object) -> Pcm:
    from narrate.mix.dynamics import chain
    from narrate.mix.levels import Heard, chapter_gains, compressed, measure
    from narrate.mix.profiles import Profile

    assert isinstance(profile, Profile)
    heard, at_s = [], 0.0
    for each in samples:
        heard.append(Heard(start_s=at_s, voice="one", levels=measure(each, sample_rate, profile)))
        at_s += len(each) / sample_rate + _PAUSE_S
    gain_db = chapter_gains(heard, [], length_s=at_s, loudness_lufs=profile.loudness_lufs)["one"]
    takes = [compressed(each, sample_rate, profile) * np.float32(10 ** (gain_db / 20)) for each in samples]
    return _filtered(
        _joined(takes, sample_rate), sample_rate, chain(profile, mix_rate=sample_rate, sample_rate=_RELEASE_HZ)
    )


def _joined(takes: Sequence[Pcm], sample_rate: int) -> Pcm:
    pause = np.zeros(round(_PAUSE_S * sample_rate), np.float32)
    return np.concatenate([part for take in takes for part in (take, pause)])


def _filtered(pcm: Pcm, sample_rate: int, filters: str) -> Pcm:
    from narrate.process import ffmpeg_path

    command = [ffmpeg_path(), "-v", "error", "-f", "f32le", "-ar", str(sample_rate), "-ac", "1", "-i", "-"]
    command += ["-af", filters, "-ar", str(sample_rate), "-f", "f32le", "-"]
    done = subprocess.run(command, input=pcm.astype("<f4").tobytes(), capture_output=True, check=True)
    return np.frombuffer(done.stdout, "<f4")[: len(pcm)]


def _lufs(pcm: Pcm, sample_rate: int) -> float:
    from narrate.mix.loudness import block_powers, integrated_lufs

    return integrated_lufs(block_powers(pcm, sample_rate))


def main() -> int:
    """Parse, measure, print; 1 when `--check` finds that `road` owes something."""
    parser = argparse.ArgumentParser(prog="scripts/intelligibility", description="What mastering does in a car.")
    parser.add_argument("--tuning", action="store_true", help="the voice and the noise that profiles were tuned on")
    parser.add_argument("--voice", help="another voice of espeak-ng, by its id")
    parser.add_argument("--noise", choices=("asphalt", "motorway"), help="another noise")
    parser.add_argument("--json", action="store_true", help="one object a row instead of the table")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw what each gains")
    parser.add_argument("--check", action="store_true", help="end with 1 where road does not hold what it promises")
    given = parser.parse_args()
    voice, noise = TUNED_ON if given.tuning else REPORTED_ON
    voice, noise = given.voice or voice, given.noise or noise
    sounds, sample_rate = versions(voice, TEXT)
    rows = measure(sounds, sample_rate, noise)
    if given.json:
        fields = Row.__dataclass_fields__
        print(json.dumps([{name: getattr(row, name) for name in fields} for row in rows]))
    else:
        print(f"{voice}, {noise}, {len(sounds[RAW]) / sample_rate:.0f} s\n\n{table(rows)}")
    if given.plot:
        plot(rows, f"What mastering gains in cabin noise, at equal loudness ({voice}, {noise})", given.plot)
    owed = shortcomings(rows) if given.check else []
    for line in owed:
        print(f"intelligibility: road: {line}", file=sys.stderr)
    return 1 if owed else 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "src"))
    sys.exit(main())
