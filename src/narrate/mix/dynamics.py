"""The compressor, and the ffmpeg filters that speech passes behind it on its way to the encoder.

In: the 16-bit samples of one take, a Profile. Out: a gain for each sample; an ffmpeg `-af` chain, and the same filters'
response, by which `levels` knows what they will do to a take's loudness and `counterweight` takes them out of what is
no speech.

The compressor is ours because its result must be known before anything is encoded: a chapter's loudness is met by one
gain, which is found from what every take measures behind its compressor. It is decided from the take alone, in integers
(thousandths of a dB), so that a take has one curve, on every machine. All else is ffmpeg's.
"""

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from narrate.mix.profiles import Profile

if TYPE_CHECKING:
    from numpy.typing import NDArray

HOP_S = 16 / 22_050
"""The envelope has one level for about so many seconds: 0.73 ms, a third of the attack."""

OVERSHOOT_DB = 0.4
"""What the limiter leaves below the ceiling: a decoded MP3 may rise above the samples that were encoded, and a true
peak above its samples. On five voices of espeak-ng, whose own 22.05 kHz are half the rate at which the limiter looks,
both together came to 0.3 dB at 96 kbit/s; a limiter at 22.05 kHz left up to 0.8."""

_SOUNDING_DB = 30
"""A take's own level is that of its parts within this of its loudest."""
_TAPER_MDB = (30_000, 10_000)
"""Below the first under the take's level nothing is made louder any more, and less and less over the second before it:
breath, room and hiss stay where they are."""
_PRESENCE_HZ = 2000.0
_PRESENCE_OCTAVES = 2.0
_SILENCE_MDB = -120_000


def gain_curve(samples: "NDArray[np.int16]", sample_rate: int, profile: Profile) -> "NDArray[np.float32] | None":
    """The compressor's gain, linear, for each of `samples` (mono, shape (frames,)); None where it is 1 throughout.

    D. Giannoulis, M. Massberg and J. D. Reiss, "Digital Dynamic Range Compressor Design: A Tutorial and Analysis"
    (JAES 60(6), 2012): a decoupled peak detector in the log domain (section 2.3), whose release, a constant fall in dB,
    is here a running maximum; its attack a mean over twice `attack_ms` around each moment, which is linear in phase and
    so is there when the sound is. The static curve turns about the take's own level, so that neither a voice's level
    nor the difference between two sentences is touched. That fast and shallow compression helps speech in noise is from
    T.-C. Zorilă, V. Kandia and Y. Stylianou, "Speech-in-noise intelligibility improvement based on spectral shaping and
    dynamic range compression" (Interspeech 2012), here at half the depth.
    """
    if not profile.compression or not samples.size:
        return None
    hop = hop_frames(sample_rate)
    peaks = _peaks(samples, hop, profile.deess)
    loudest = int(peaks.max())
    if not loudest:
        return None
    levels = _levels_mdb()[peaks]
    ramp = np.arange(len(levels)) * round(8685.9 * 1000 * hop / sample_rate / profile.release_ms)
    envelope = np.maximum.accumulate(levels + ramp) - ramp
    over = envelope - _own_level_mdb(peaks, loudest)
    gains = -over * round(1000 * profile.compression) // 1000
    np.minimum(gains, round(1000 * profile.lift_db), out=gains)
    floor, width = _TAPER_MDB
    gains = np.where(gains > 0, gains * np.clip(over + floor, 0, width) // width, gains)
    reach = max(1, round(profile.attack_ms / 1000 * sample_rate / hop))
    return _interpolated(gains, hop, reach)[: samples.size]


def chain(
    profile: Profile, *, mix_rate: int, sample_rate: int, overshoot_db: float = OVERSHOOT_DB, gain_db: float = 0.0
) -> str:
    """The `-af` chain behind the compressor, from `mix_rate` to `sample_rate` (Hz): high-pass, presence, resampling by
    soxr, `gain_db`, and a limiter that keeps true peaks under the ceiling in a decoded file of a codec that may rise
    above its samples by `overshoot_db`. It neither delays nor lengthens anything.

    ffmpeg's alimiter: 5 ms look-ahead, whose delay it makes up for itself (`latency`), 10 ms release (on espeak-ng
    half the loss of loudness that 50 ms cost), and no make-up gain (`level`).
    """
    filters = [f"highpass=f={profile.highpass_hz:g}"] if profile.highpass_hz else []
    if profile.presence_db:
        filters.append(f"equalizer=f={_PRESENCE_HZ:g}:t=o:w={_PRESENCE_OCTAVES:g}:g={profile.presence_db:g}")
    if mix_rate != sample_rate:
        filters.append(f"aresample={sample_rate}:resampler=soxr")
    if gain_db:
        filters.append(f"volume={gain_db:g}dB")
    limit = 10.0 ** (limit_dbfs(profile, overshoot_db) / 20.0)
    return ",".join((*filters, f"alimiter=limit={limit:.6f}:attack=5:release=10:level=0:latency=1"))


def limit_dbfs(profile: Profile, overshoot_db: float = OVERSHOOT_DB) -> float:
    """The sample peak, in dB, that the chain's limiter allows."""
    return profile.ceiling_dbtp - overshoot_db


@lru_cache(maxsize=16)
def response(profile: Profile, sample_rate: int, size: int) -> "NDArray[np.complex128]":
    """What `chain`'s high-pass and presence filter do at the `size // 2 + 1` frequencies of a real FFT of `size`.

    The biquads are those of R. Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter coefficients" (W3C Note,
    2021), which ffmpeg's `highpass` and `equalizer` follow; a test holds them against ffmpeg.
    """
    z = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
    found = np.ones(len(z), complex)
    if profile.highpass_hz:
        w = 2 * math.pi * profile.highpass_hz / sample_rate
        alpha, cos = math.sin(w) / (2 * 0.707), math.cos(w)
        found *= (1 + cos) / 2 * (1 - z) ** 2 / (1 + alpha - 2 * cos * z + (1 - alpha) * z**2)
    if profile.presence_db:
        w = 2 * math.pi * _PRESENCE_HZ / sample_rate
        alpha = math.sin(w) * math.sinh(math.log(2) / 2 * _PRESENCE_OCTAVES * w / math.sin(w))
        a, cos = 10.0 ** (profile.presence_db / 40), math.cos(w)
        found *= (1 + alpha * a - 2 * cos * z + (1 - alpha * a) * z**2) / (
            1 + alpha / a - 2 * cos * z + (1 - alpha / a) * z**2
        )
    return found


def counterweight(pcm: "NDArray[np.float32]", sample_rate: int, profile: Profile) -> "NDArray[np.float32]":
    """`pcm` (shape (frames, 1)) so that it comes out of `chain` with the spectrum that it has: for interludes, whose
    rumble the high-pass would take. Ends that are silent stay so to -60 dB. At most 24 dB is made up for.

    By one FFT over the whole, in magnitude alone: a bed of noise has no phase to keep.
    """
    if not len(pcm) or not (profile.highpass_hz or profile.presence_db):
        return pcm
    size = 1 << (2 * len(pcm) - 1).bit_length()
    inverse = 1.0 / np.maximum(np.abs(response(profile, sample_rate, size)), 10.0 ** (-24 / 20))
    whole: NDArray[np.float32] = np.fft.irfft(np.fft.rfft(pcm[:, 0], size) * inverse, size).astype(np.float32)
    return whole[: len(pcm)].reshape(-1, 1)


def hop_frames(sample_rate: int) -> int:
    """How many frames `HOP_S` is: a power of two, by which a maximum is found four times as fast."""
    return int(1 << max(0, round(math.log2(sample_rate * HOP_S))))


def _peaks(samples: "NDArray[np.int16]", hop: int, deess: float) -> "NDArray[np.uint16]":
    """The highest absolute sample of each hop, 0 to 32768; or, where that is higher, `deess` times the highest
    difference between two samples, which is 4 dB at 6 kHz and -11 dB at 1 kHz (at 22,050 Hz)."""
    padded = np.zeros(-(-samples.size // hop) * hop + 1, np.int16)
    padded[1 : 1 + samples.size] = samples
    here = padded[1:]
    peaks = _highest(np.abs(here).view(np.uint16), hop)
    if deess:
        # Between 16-bit numbers, unsigned: the larger less the smaller never overflows.
        steps = _highest((np.maximum(here, padded[:-1]) - np.minimum(here, padded[:-1])).view(np.uint16), hop)
        weighed = np.minimum(steps.astype(np.int64) * round(1000 * deess) // 1000, 32768)
        peaks = np.maximum(peaks, weighed.astype(np.uint16))
    return peaks


def _highest(values: "NDArray[np.uint16]", hop: int) -> "NDArray[np.uint16]":
    while hop > 1:
        values, hop = np.maximum(values[::2], values[1::2]), hop // 2
    return values


def _own_level_mdb(peaks: "NDArray[np.uint16]", loudest: int) -> int:
    """The level of a take by which its curve turns: the mean square of the peaks of its sounding parts."""
    sounding = peaks[peaks > loudest * 10.0 ** (-_SOUNDING_DB / 20)].astype(np.int64)
    power = int((sounding * sounding).sum()) / len(sounding)
    return round(10_000 * math.log10(power / 32768**2))


@lru_cache(maxsize=1)
def _levels_mdb() -> "NDArray[np.int64]":
    """The level of each peak from 0 to 32768, in thousandths of a dB below full scale."""
    levels = np.full(32769, _SILENCE_MDB, np.int64)
    levels[1:] = np.rint(20_000 * np.log10(np.arange(1, 32769) / 32768))
    return levels


_LEAST_CDB, _MOST_CDB = -6000, 3000


@lru_cache(maxsize=1)
def _linear() -> "NDArray[np.float32]":
    """The linear gain of each hundredth of a dB from -60 to 30."""
    return (10.0 ** (np.arange(_LEAST_CDB, _MOST_CDB + 1) / 2000)).astype(np.float32)


def _interpolated(gains_mdb: "NDArray[np.int64]", hop: int, reach: int) -> "NDArray[np.float32]":
    """A linear gain a sample: at each hop's edges the mean over `reach` hops on both sides, straight between."""
    padded = np.concatenate((np.repeat(gains_mdb[:1], reach), gains_mdb, np.repeat(gains_mdb[-1:], reach)))
    total = np.concatenate(([0], np.cumsum(padded)))
    means = (total[2 * reach :] - total[: -2 * reach]) // (20 * reach)
    edges = _linear()[np.clip(means, _LEAST_CDB, _MOST_CDB) - _LEAST_CDB]
    along = ((np.arange(hop, dtype=np.float32) + np.float32(0.5)) / np.float32(hop)).astype(np.float32)
    # Element by element, not as a product of matrices: that rounds in another order on another machine.
    curve: NDArray[np.float32] = np.multiply((edges[1:] - edges[:-1])[:, None], along)
    curve += edges[:-1, None]
    return curve.reshape(-1)
