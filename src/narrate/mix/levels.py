"""What takes measure behind their mastering, and the gains that bring a chapter's voices to its loudness.

In: the samples of takes; later, where each lies in its chapter. Out: a few numbers a take, as bytes that travel from
worker to worker; a gain a voice. One gain for all of a chapter's sentences in one voice, never one a sentence: what the
voice means to be quiet stays quiet. No filter runs here for the sound's sake: a take is compressed, and what `chain`'s
filters will do to its energy and its peaks is computed from their response.
"""

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from narrate.mix import dynamics
from narrate.mix.loudness import integrated_lufs, k_response, power
from narrate.mix.profiles import Profile

if TYPE_CHECKING:
    from numpy.typing import NDArray

GAIN_STEP_DB = 0.1
"""Gains are rounded to this, at most 0.05 LU off the target, so that a changed word leaves the rest of its chapter as
it was as a rule, and only one stretch is encoded anew."""

_LARGEST_GAIN_DB = 30.0
_STEP_S = 0.093
_BLOCK_S, _BLOCK_STEP_S = 0.4, 0.1  # ITU-R BS.1770-4, Annex 1: gating blocks
_GAINS_DB = (-3.0, 0.0, 3.0)
"""The limiter's loss is known at these gains around the one that the take alone would get."""
_ATTACK_S, _RELEASE_S = 0.006, 0.014
_HEAD = struct.Struct("<IIfffff")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class TakeLevels:
    """What one take measures behind the profile's compressor and filters, at a gain of 0 dB.

    `energies` are K-weighted sums of squares over steps of `step_s` seconds, in square-seconds, float32. At the gains
    `gain_db` + (-3, 0, 3) dB the limiter leaves `kept` (three shares) of the energy.
    """

    step_s: float
    energies: "NDArray[np.float32]"
    gain_db: float
    kept: tuple[float, ...]

    def to_bytes(self) -> bytes:
        """In 32 bytes and four a step."""
        head = _HEAD.pack(len(self.energies), round(self.step_s * 1e9), self.gain_db, *self.kept, 0.0)
        return head + self.energies.astype("<f4").tobytes()


def unpacked(data: bytes) -> list[TakeLevels]:
    """The levels of takes, each as `to_bytes` wrote it, one after the other."""
    found, at = [], 0
    while at < len(data):
        count, step_ns, gain_db, low, middle, high, _ = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        energies = np.frombuffer(data, "<f4", count, at)
        at += 4 * count
        found.append(TakeLevels(step_s=step_ns / 1e9, energies=energies, gain_db=gain_db, kept=(low, middle, high)))
    return found


def measure(samples: "NDArray[np.int16]", sample_rate: int, profile: Profile) -> TakeLevels:
    """The levels of one take: mono samples of shape (frames,) at `sample_rate` Hz."""
    pcm = compressed(samples, sample_rate, profile)
    step = _step(sample_rate)
    spectra = _spectra(pcm, step)
    energies = _energies(spectra, sample_rate, step, profile)
    steps = np.concatenate(([0.0], np.cumsum(energies)))
    lufs = _loudness(np.arange(len(steps), dtype=np.float64) * (step / sample_rate), steps)
    gain_db = profile.loudness_lufs - lufs if math.isfinite(lufs) else 0.0
    kept = _kept(spectra, sample_rate, [gain_db + each for each in _GAINS_DB], profile)
    return TakeLevels(step_s=step / sample_rate, energies=energies, gain_db=gain_db, kept=kept)


def compressed(samples: "NDArray[np.int16]", sample_rate: int, profile: Profile) -> "NDArray[np.float32]":
    """A take behind the compressor: float32 of shape (frames,), in [-1, 1) before its gain."""
    pcm = samples.astype(np.float32)
    pcm *= np.float32(1 / 32768)
    curve = dynamics.gain_curve(samples, sample_rate, profile)
    if curve is not None:
        pcm *= curve
    return pcm


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Heard:
    """A take at its place in a chapter: where it begins, in seconds of the chapter's sound without interludes, and the
    name of the voice that speaks it."""

    start_s: float
    voice: str
    levels: TakeLevels


@dataclass(frozen=True, kw_only=True, slots=True)
class Drive:
    """An interlude: after how many seconds of the chapter's other sound it begins, its length, its loudness."""

    start_s: float
    length_s: float
    loudness_lufs: float


def chapter_gains(
    heard: Sequence[Heard], drives: Sequence[Drive], *, length_s: float, loudness_lufs: float
) -> dict[str, float]:
    """A gain in dB for each voice: all voices equally loud, and the chapter, whose sound without interludes lasts
    `length_s` seconds, at `loudness_lufs`, behind the limiter.

    Measured is the speech with its pauses, as ffmpeg's `ebur128` measures it; where interludes make the whole file
    softer than that, the gain goes half the way towards the whole file, at most 0.2 LU, so that both are near it.
    0 for silence; never more than 30 dB, so that a whisper of noise stays one.
    """
    takes: dict[str, list[TakeLevels]] = {}
    for each in heard:
        takes.setdefault(each.voice, []).append(each.levels)
    gains = {voice: _own_gain(levels, loudness_lufs) for voice, levels in takes.items()}
    total = _timeline(heard, takes, gains, length_s)
    measured = _loudness(*total)
    if not math.isfinite(measured):
        return dict.fromkeys(gains, 0.0)
    change = loudness_lufs - measured
    if drives:
        whole = _loudness(*_with_drives(total, drives, change))
        change += min(max(0.0, (loudness_lufs - whole) / 2), 0.2)
    return {
        voice: round(min(round((gain + change) / GAIN_STEP_DB) * GAIN_STEP_DB, _LARGEST_GAIN_DB), 3)
        for voice, gain in gains.items()
    }


def _own_gain(levels: Sequence[TakeLevels], loudness_lufs: float) -> float:
    """The gain that brings the takes of one voice, one after the other without pauses, to the loudness."""
    edges, energies = _joined(levels)
    measured = _loudness(edges, energies)
    if not math.isfinite(measured):
        return 0.0
    gain = loudness_lufs - measured
    for _ in range(3):  # the loss grows by a tenth of a dB a dB: this converges at once
        gain = loudness_lufs - measured - 10 * math.log10(_kept_share(levels, gain))
    return gain


def _joined(levels: Sequence[TakeLevels]) -> "tuple[NDArray[np.float64], NDArray[np.float64]]":
    edges = np.concatenate(([0.0], np.cumsum(np.concatenate([np.full(len(x.energies), x.step_s) for x in levels]))))
    energies = np.concatenate(([0.0], np.cumsum(np.concatenate([x.energies for x in levels]), dtype=np.float64)))
    return edges, energies


def _kept_share(levels: Sequence[TakeLevels], gain_db: float) -> float:
    """What the limiter leaves of the energy of these takes at `gain_db`."""
    whole = np.array([float(each.energies.sum()) for each in levels])
    if not whole.sum():
        return 1.0
    kept = np.array([_interpolated(each, gain_db) for each in levels])
    return float((whole * kept).sum() / whole.sum())


def _interpolated(levels: TakeLevels, gain_db: float) -> float:
    return float(np.interp(gain_db, [levels.gain_db + each for each in _GAINS_DB], levels.kept))


def _timeline(
    heard: Sequence[Heard], takes: Mapping[str, Sequence[TakeLevels]], gains: Mapping[str, float], length_s: float
) -> "tuple[NDArray[np.float64], NDArray[np.float64]]":
    """The chapter's energy behind gains and limiter, what has been heard until when; to its end, for the blocks that
    lie half in the silence there count, and much where there is little else."""
    scales = {voice: 10.0 ** (gain / 10) * _kept_share(takes[voice], gain) for voice, gain in gains.items()}
    edges: list[NDArray[np.float64]] = [np.zeros(1)]
    energies: list[NDArray[np.float64]] = [np.zeros(1)]
    for each in heard:
        count = len(each.levels.energies)
        edges.append(each.start_s + np.arange(count + 1, dtype=np.float64) * each.levels.step_s)
        energies += [np.zeros(1), each.levels.energies.astype(np.float64) * scales[each.voice]]
    edges.append(np.array([max(length_s, float(edges[-1][-1]))]))
    energies.append(np.zeros(1))
    return np.concatenate(edges), np.cumsum(np.concatenate(energies))


def _with_drives(
    speech: "tuple[NDArray[np.float64], NDArray[np.float64]]",
    drives: Sequence[Drive],
    change_db: float,
) -> "tuple[NDArray[np.float64], NDArray[np.float64]]":
    """The same with the interludes in their places, the speech `change_db` louder."""
    times, energies = speech
    energies = energies * 10.0 ** (change_db / 10)
    bounds = [0.0, *(each.start_s for each in drives), float(times[-1])]
    new_times, new_energies, later_s, more = [], [], 0.0, 0.0
    for number, (begin, end) in enumerate(pairwise(bounds)):
        inside = (times >= begin) & (times <= end)
        at = np.concatenate(([begin], times[inside], [end]))
        new_times.append(at + later_s)
        new_energies.append(np.interp(at, times, energies) + more)
        if number < len(drives):
            later_s += drives[number].length_s
            more += power(drives[number].loudness_lufs) * drives[number].length_s
    return np.concatenate(new_times), np.concatenate(new_energies)


def _loudness(times: "NDArray[np.float64]", energies: "NDArray[np.float64]") -> float:
    """The integrated loudness of a sound of which so much energy has been heard at each of `times`."""
    if times[-1] < _BLOCK_S:
        return integrated_lufs(np.array([energies[-1] / max(times[-1], 1e-9)]))
    grid = np.interp(np.arange(int(times[-1] / _BLOCK_STEP_S + 1e-6) + 1) * _BLOCK_STEP_S, times, energies)
    steps = round(_BLOCK_S / _BLOCK_STEP_S)
    return integrated_lufs((grid[steps:] - grid[:-steps]) / _BLOCK_S)


def _step(sample_rate: int) -> int:
    return int(1 << round(math.log2(sample_rate * _STEP_S)))


def _spectra(pcm: "NDArray[np.float32]", step: int) -> "NDArray[np.complex64]":
    """The spectrum of each `step` frames, divided by their number; the last ones are filled up with silence.

    Filters are applied to these, each step for itself: that they ring beyond a step is neglected, which is 0.06 LU over
    a chapter of speech.
    """
    count = -(-pcm.size // step)
    padded = np.zeros(count * step, np.float32)
    padded[: pcm.size] = pcm
    # norm="forward": without it numpy transforms float32 in double precision, at four times the cost.
    return np.fft.rfft(padded.reshape(count, step), norm="forward").astype(np.complex64, copy=False)


def _energies(spectra: "NDArray[np.complex64]", sample_rate: int, step: int, profile: Profile) -> "NDArray[np.float32]":
    """Energy a step behind filters and K-weighting, by Parseval's theorem."""
    found: NDArray[np.float32] = np.square(spectra.view(np.float32)) @ _weights(profile, sample_rate, step)
    return found


@lru_cache(maxsize=16)
def _weights(profile: Profile, sample_rate: int, step: int) -> "NDArray[np.float32]":
    gain = np.abs(k_response(sample_rate, step) * dynamics.response(profile, sample_rate, step)) ** 2
    gain[1:-1] *= 2.0
    return np.repeat(gain * (step / sample_rate), 2).astype(np.float32)


def _kept(
    spectra: "NDArray[np.complex64]", sample_rate: int, gains_db: Sequence[float], profile: Profile
) -> tuple[float, ...]:
    """The share of the energy that `chain`'s limiter leaves at each of `gains_db`.

    A model of ffmpeg's alimiter: what a hop of 0.73 ms is over the limit it is turned down by, in straight lines from
    6 ms before it and to 14 ms behind it. On six voices of espeak-ng and three profiles its losses of 0.2 to 1 LU are
    within 0.05 of the filter's own.
    """
    peaks, energies = _filtered_hops(spectra, sample_rate, profile)
    whole = float(energies.sum())
    kept = []
    for gain_db in gains_db:
        limit = np.float32(10.0 ** ((dynamics.limit_dbfs(profile) - gain_db) / 20))
        loud = (peaks > limit).any(axis=1)
        if not loud.any():
            kept.append(1.0)
            continue
        reduced = (np.float32(1) - limit / np.maximum(peaks[loud], limit)).astype(np.float32, copy=False)
        turned_down = _spread(reduced, dynamics.hop_frames(sample_rate) / sample_rate)
        left = np.square(np.float32(1) - turned_down)
        kept.append(1.0 - float((energies[loud] * (np.float32(1) - left)).sum()) / whole)
    return tuple(kept)


def _spread(reduced: "NDArray[np.float32]", hop_s: float) -> "NDArray[np.float32]":
    """Each reduction with the limiter's slopes before and behind it; (windows, hops)."""
    found = reduced.copy()
    before, behind = (round(each / hop_s) for each in (_ATTACK_S, _RELEASE_S))
    for lag in range(1, before):
        np.maximum(found[:, :-lag], reduced[:, lag:] * np.float32(1 - lag / before), out=found[:, :-lag])
    for lag in range(1, behind):
        np.maximum(found[:, lag:], reduced[:, :-lag] * np.float32(1 - lag / behind), out=found[:, lag:])
    return found


def _filtered_hops(
    spectra: "NDArray[np.complex64]", sample_rate: int, profile: Profile
) -> "tuple[NDArray[np.float32], NDArray[np.float32]]":
    """Peaks and energies, (steps, hops), behind the profile's filters."""
    step, hop = _step(sample_rate), dynamics.hop_frames(sample_rate)
    filtered = np.fft.irfft(spectra * _filter_response(profile, sample_rate, step), step)
    hops = filtered.reshape(len(spectra), step // hop, hop)
    energies = np.einsum("whf,whf->wh", hops, hops)
    highest = np.abs(filtered)
    while highest.shape[1] > step // hop:
        highest = np.maximum(highest[:, ::2], highest[:, 1::2])
    return highest, energies


@lru_cache(maxsize=16)
def _filter_response(profile: Profile, sample_rate: int, size: int) -> "NDArray[np.complex64]":
    return (size * dynamics.response(profile, sample_rate, size)).astype(np.complex64)
