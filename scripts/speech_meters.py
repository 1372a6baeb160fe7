"""How much of speech survives noise: instrumental measures of intelligibility, beside those that pystoi has.

In: PCM, clean and received, aligned to the sample. Out: numbers. No package on PyPI has SIIB.
"""

import math

import numpy as np
import soxr
from numpy.typing import NDArray

_RATE = 16_000
_FRAME, _HOP = 400, 200  # 25 ms, half overlapping
_BANDS_HZ = (100.0, 6500.0)
_RANGE_DB = 40.0
_MASKING_S = 0.2
_STACKED = 15
_PRODUCTION = 0.75**2  # squared correlation of what a talker means and says


def siib_gauss(clean: NDArray[np.float32], received: NDArray[np.float32], sample_rate: int) -> float:
    """Speech intelligibility in bits per second: the information that `received` still shares with `clean`.

    S. Van Kuyk, W. B. Kleijn and R. C. Hendriks, "An evaluation of intrusive instrumental intelligibility metrics"
    (IEEE/ACM TASLP 26(11), 2018): SIIB with the capacity of a Gaussian channel. Log energies of a gammatone filterbank
    with forward masking (Rhebergen et al., 2006), 15 of them stacked, decorrelated by the KLT of the clean ones, and
    per channel -1/2 log2(1 - rho² r²). Wants 20 s of speech or more; both mono, shape (frames,).
    """
    scale = clean.std()
    signals = [soxr.resample(each.astype(np.float64) / scale, sample_rate, _RATE) for each in (clean, received)]
    frames = [np.lib.stride_tricks.sliding_window_view(each, _FRAME)[::_HOP] for each in signals]
    powers = 10 * np.log10((frames[0] ** 2).mean(axis=1) + 1e-12)
    active = powers > np.quantile(powers, 0.999) - _RANGE_DB
    window, bank = np.hanning(_FRAME + 1)[:-1], _gammatones()
    spectra = [np.abs(np.fft.rfft(each[active] * window, axis=1)) ** 2 for each in frames]
    logs = [np.log(bank @ each.T + 1e-12) for each in spectra]
    floor = logs[0].min(axis=1, keepdims=True)
    stacks = [_stacked(_masked(each, floor)) for each in logs]
    _, basis = np.linalg.eigh(np.cov(stacks[0]))
    sent, heard = (basis.T @ each for each in stacks)
    shared = (sent * heard).mean(axis=1) ** 2 / ((sent**2).mean(axis=1) * (heard**2).mean(axis=1))
    return float(-0.5 * _RATE / _HOP / _STACKED * np.log2(1 - _PRODUCTION * shared).sum())


def active_power(speech: NDArray[np.float32], sample_rate: int) -> float:
    """The mean square of speech without its pauses: of frames of 25 ms within 40 dB of the loudest."""
    size = sample_rate // 40
    powers = (speech[: len(speech) // size * size].reshape(-1, size).astype(np.float64) ** 2).mean(axis=1)
    return float(powers[powers > powers.max() * 10 ** (-_RANGE_DB / 10)].mean())


def delay(clean: NDArray[np.float32], received: NDArray[np.float32], most: int = 2000) -> int:
    """By how many frames `received` comes later, as the peak of their cross-correlation says; at most `most`."""
    size = 1 << (2 * len(clean)).bit_length()
    both = np.fft.irfft(np.fft.rfft(received, size) * np.conj(np.fft.rfft(clean, size)), size)
    near = np.concatenate((both[-most:], both[: most + 1]))
    return int(np.abs(near).argmax()) - most


def _gammatones() -> NDArray[np.float64]:
    """Squared magnitudes of 4th-order gammatone filters, one an ERB, (bands, bins); Holdsworth and Patterson, 1988."""

    def erbs(hz: float) -> float:
        return 21.4 * math.log10(1 + 0.00437 * hz)

    low, high = map(erbs, _BANDS_HZ)
    centres = (10 ** (np.linspace(low, high, round(high - low)) / 21.4) - 1) / 0.00437
    order = 4
    factor = math.factorial(order - 1) ** 2 / (math.pi * math.factorial(2 * order - 2) * 2.0 ** (2 - 2 * order))
    widths = factor * 24.7 * (1 + 0.00437 * centres)
    bins = np.arange(_FRAME // 2 + 1) * _RATE / _FRAME
    gains = (widths[:, None] ** 2 + (bins - centres[:, None]) ** 2) ** (-order / 2)
    gains /= gains.max(axis=1, keepdims=True)
    return np.where(gains < 1e-3, 0, gains) ** 2


def _masked(logs: NDArray[np.float64], floor: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each frame's energy, or what still masks it of those up to 200 ms before it."""
    reach = int(_MASKING_S * _RATE / _HOP)
    found = logs.copy()
    for lag in range(1, reach):
        fallen = logs[:, :-lag] - math.log(lag + 1) / math.log(reach) * (logs[:, :-lag] - floor)
        np.maximum(found[:, lag:], fallen, out=found[:, lag:])
    return found - found.mean(axis=1, keepdims=True)


def _stacked(logs: NDArray[np.float64]) -> NDArray[np.float64]:
    count = logs.shape[1] - _STACKED
    return np.concatenate([logs[:, start : start + count] for start in range(_STACKED)])
