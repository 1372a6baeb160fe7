"""The sounds that a bed is laid together from: noises, turning engines, seams of the road, drops, wipers, passing cars.

In: a layer's table of the manifest, how many samples at which rate, and a source of chance. Out: float64 samples that
loop: noises are inverse Fourier transforms, so their last sample leads to their first; what turns does so a whole
number of times; and whatever rings on past the end rings into the beginning.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from narrate.units import db_to_gain

Signal = NDArray[np.float64]
Recipe = dict[str, Any]

SPEED_OF_SOUND_M_S = 343.0


class Chance:
    """Uniform numbers in [0, 1) from a seed, the same with every version of numpy."""

    def __init__(self, seed: int) -> None:
        self._words = np.random.PCG64(seed)

    def uniform(self, count: int) -> Signal:
        raw = np.asarray(self._words.random_raw(count), np.uint64)
        return np.asarray((raw >> np.uint64(11)) * 2.0**-53, np.float64)


@dataclass(frozen=True, kw_only=True, slots=True)
class Size:
    """A loop of `frames` samples at `sample_rate` Hz."""

    frames: int
    sample_rate: int

    @property
    def hz(self) -> Signal:
        """The frequencies of its Fourier transform."""
        return np.fft.rfftfreq(self.frames, 1 / self.sample_rate)


def layer(recipe: Recipe, size: Size, chance: Chance) -> Signal:
    """One layer by its table: its sound at its level, drifting if it says so."""
    signal = KINDS[recipe["kind"]](recipe, size, chance)
    if throb := recipe.get("throb"):
        signal = signal * throbbing(throb, size, chance)
    if drift := recipe.get("drift"):
        signal = signal * 10 ** (drift["depth_db"] / 20 * slow_noise(drift["band_hz"], size, chance))
    return np.asarray(db_to_gain(recipe.get("level_db", 0.0)) * signal)


def at_one(signal: Signal) -> Signal:
    """The signal at root mean square 1."""
    return np.asarray(signal / np.sqrt(np.mean(signal**2)))


def noise(recipe: Recipe, size: Size, chance: Chance) -> Signal:
    """Noise that is flat to a corner, then falls (or rises) at a slope, with bumps, between a low and a high cut; at
    root mean square 1. A sum of very many sinusoids with random phases is Gaussian noise, and it is periodic."""
    magnitudes = spectrum(recipe, size.hz)
    phases = np.exp(2j * np.pi * chance.uniform(magnitudes.size))
    return at_one(np.fft.irfft(magnitudes * phases, size.frames))


def spectrum(recipe: Recipe, hz: Signal) -> Signal:
    """The magnitudes that a recipe of noise draws, in decibels, over `hz` (which begins at 0); nothing at 0 Hz."""
    hz = np.concatenate((hz[1:2], hz[1:]))
    level_db = recipe["slope_db_per_octave"] * np.log2(np.maximum(hz / recipe["flat_below_hz"], 1.0))
    for bump in recipe["bumps"]:
        away = np.log2(hz / bump["at_hz"]) / bump["width_octaves"]
        level_db += bump["gain_db"] * np.exp(-0.5 * away**2)
    # Butterworth magnitudes: 24 dB an octave below, 18 dB above (glass and lining).
    level_db -= 10 * np.log10(1 + (recipe["low_cut_hz"] / hz) ** 8)
    level_db -= 10 * np.log10(1 + (hz / recipe["high_cut_hz"]) ** 6)
    magnitudes = 10 ** (level_db / 20)
    magnitudes[0] = 0.0
    return np.asarray(magnitudes)


def slow_noise(band_hz: list[float], size: Size, chance: Chance) -> Signal:
    """A wavering line of root mean square 1 that holds only the frequencies of `band_hz`, and loops."""
    hz = size.hz
    inside = (hz >= band_hz[0]) & (hz <= band_hz[1])
    phases = np.zeros(hz.size, np.complex128)
    # Falling as 1/f: slow changes are the larger ones.
    phases[inside] = np.exp(2j * np.pi * chance.uniform(int(inside.sum()))) / hz[inside]
    return at_one(np.fft.irfft(phases, size.frames))


def throbbing(recipe: Recipe, size: Size, chance: Chance) -> Signal:
    """A gain about 1 that swells `count` times in the loop, by `depth` (0 to 1): strokes of an engine, by its crank."""
    turns = np.arange(size.frames) * (recipe["count"] / size.frames) + chance.uniform(1)[0]
    return np.asarray(1 + recipe["depth"] * np.cos(2 * np.pi * turns))


def engine(recipe: Recipe, size: Size, chance: Chance) -> Signal:
    """The harmonics of something that turns, not quite evenly, a whole number of times; at root mean square 1.

    Of a four-stroke engine a cycle is two turns of the crankshaft: harmonic 1 is its order 0.5.
    """
    wander = slow_noise(recipe["wander_hz"], size, chance) * recipe["wander_turns"]
    cycles = np.arange(size.frames) * (recipe["cycles"] / size.frames) + wander / 2
    fundamental = np.exp(2j * np.pi * cycles)
    phases = chance.uniform(len(recipe["harmonics_db"]))
    harmonic = np.ones(size.frames, np.complex128)
    signal = np.zeros(size.frames)
    for level_db, phase in zip(recipe["harmonics_db"], phases, strict=True):
        harmonic *= fundamental
        signal += db_to_gain(level_db) * (harmonic * np.exp(2j * np.pi * phase)).real
    return at_one(signal)


def joints(recipe: Recipe, size: Size, chance: Chance) -> Signal:
    """Seams of a carriageway: pairs of thumps, the wheelbase apart in time, at uneven distances; a peak of about 1."""
    count = recipe["count"]
    places = (np.arange(count) + 0.15 + 0.7 * chance.uniform(count)) / count
    strengths = 0.6 + 0.4 * chance.uniform(count)
    seconds = np.arange(round(8 * recipe["thump_decay_s"] * size.sample_rate)) / size.sample_rate
    swell = 1 - np.exp(-seconds / 0.004)
    thump = np.sin(2 * np.pi * recipe["thump_hz"] * seconds) * np.exp(-seconds / recipe["thump_decay_s"])
    slap = np.sin(2 * np.pi * recipe["slap_hz"] * seconds) * np.exp(-seconds / recipe["slap_decay_s"])
    blow = swell * (thump + db_to_gain(recipe["slap_db"]) * slap)
    apart = round(recipe["wheelbase_m"] / (recipe["speed_kmh"] / 3.6) * size.sample_rate)
    signal = np.zeros(size.frames)
    for place, strength in zip(places, strengths, strict=True):
        for axle, share in ((0, 1.0), (apart, 0.8)):
            add_round(signal, round(place * size.frames) + axle, strength * share * blow)
    return signal


def drops(recipe: Recipe, size: Size, chance: Chance) -> Signal:
    """Rain on sheet metal and glass: drops at random instants, of random size, each ringing in one of a few ways
    (`rings`: a frequency and a decay each); at root mean square 1."""
    total = np.zeros(size.frames // 2 + 1, np.complex128)
    count = round(recipe["drops_a_second"] * size.frames / size.sample_rate / len(recipe["rings"]))
    for ring in recipe["rings"]:
        places = (chance.uniform(count) * size.frames).astype(np.int64)
        # Box and Muller: the decibels of the sizes are Gaussian.
        radius = np.sqrt(-2 * np.log1p(-chance.uniform(count)))
        size_db = recipe["spread_db"] * radius * np.cos(2 * np.pi * chance.uniform(count))
        struck = np.zeros(size.frames)
        np.add.at(struck, places, 10 ** (size_db / 20))
        seconds = np.arange(size.frames) / size.sample_rate
        kernel = np.exp(-seconds / ring["decay_s"]) * np.sin(2 * np.pi * ring["at_hz"] * seconds)
        kernel *= 1 - np.exp(-seconds / 0.0004)
        kernel /= np.sqrt(np.sum(kernel**2))
        total += db_to_gain(ring["gain_db"]) * np.fft.rfft(struck) * np.fft.rfft(kernel)
    total[0] = 0.0
    return at_one(np.fft.irfft(total, size.frames))


def wiper(recipe: Recipe, size: Size, chance: Chance) -> Signal:
    """Wipers that go `cycles` times: out and back a stroke of wet rubber each (noise of the recipe's own spectrum that
    swells and stops), and a soft knock where they turn. A stroke's height is about 1."""
    rubber = noise(recipe, size, chance)
    period = size.frames / recipe["cycles"]
    stroke = round(recipe["stroke_s"] * size.sample_rate)
    # Slow at first, fastest past the middle, then stopped within a twentieth of the way.
    along = np.linspace(0, 1, stroke)
    swell = np.sin(np.pi * along**0.8) ** 1.5
    gain = np.zeros(size.frames)
    seconds = np.arange(round(0.2 * size.sample_rate)) / size.sample_rate
    knock = np.sin(2 * np.pi * recipe["knock_hz"] * seconds) * np.exp(-seconds / 0.025) * (1 - np.exp(-seconds / 0.005))
    knocks = np.zeros(size.frames)
    strengths = 0.85 + 0.3 * chance.uniform(2 * recipe["cycles"])
    for number, strength in enumerate(strengths):
        start = round((number // 2) * period + (number % 2) * (stroke + recipe["turn_s"] * size.sample_rate))
        share = strength * (1.0 if number % 2 == 0 else db_to_gain(recipe["back_db"]))
        add_round(gain, start, share * swell)
        add_round(knocks, start + stroke, share * db_to_gain(recipe["knock_db"]) * knock)
    return rubber * gain + knocks


def passes(recipe: Recipe, size: Size, chance: Chance) -> Signal:
    """Other cars, one for each of `cars`: tyre noise and a few tones, louder as 1/distance, their pitch by Doppler's
    law for a source and a listener that both move. A car abreast at its nearest has a root mean square of about 1."""
    signal = np.zeros(size.frames)
    own_m_s = recipe["own_speed_kmh"] / 3.6
    for car in recipe["cars"]:
        heard, first = _pass(car, recipe, own_m_s, size.sample_rate, chance)
        at = round(car["at_s"] * size.sample_rate) + first
        add_round(signal, at, db_to_gain(car["level_db"]) * heard)
    return signal


def _pass(car: Recipe, recipe: Recipe, own_m_s: float, sample_rate: int, chance: Chance) -> tuple[Signal, int]:
    """What is heard of one car, and where it begins, in samples before it is abreast."""
    speed_m_s, aside_m, c = car["speed_kmh"] / 3.6, car["aside_m"], SPEED_OF_SOUND_M_S
    half = round(recipe["heard_s"] * sample_rate)
    t = np.arange(-half, half) / sample_rate
    # In the air's frame: the listener is at own·t, the source at -speed·τ. Sound sent at τ arrives at t when
    # (own·t + speed·τ)² + aside² = c²·(t - τ)²: a quadratic in τ, of which the earlier root is meant.
    a = c * c - speed_m_s**2
    b = -2 * t * (c * c + own_m_s * speed_m_s)
    k = t**2 * (c * c - own_m_s**2) - aside_m**2
    sent = (-b - np.sqrt(b * b - 4 * a * k)) / (2 * a)
    distance = c * (t - sent)
    source = _car(car, recipe, half, sample_rate, chance)
    places = (sent + 1.5 * recipe["heard_s"]) * sample_rate
    heard = np.interp(places, np.arange(source.size), source)
    fade = np.sin(np.pi / 2 * np.clip((1 - np.abs(t) / recipe["heard_s"]) * 4, 0, 1)) ** 2
    return np.asarray(heard * fade * aside_m / distance), -half


def _car(car: Recipe, recipe: Recipe, half: int, sample_rate: int, chance: Chance) -> Signal:
    """A car as it sounds at its own side: three times `heard_s` of it."""
    size = Size(frames=3 * half, sample_rate=sample_rate)
    tyres = noise(recipe["tyres"], size, chance)
    seconds = np.arange(size.frames) / sample_rate
    tones = np.zeros(size.frames)
    phases = chance.uniform(len(car["tones_db"]))
    for times, (level_db, phase) in enumerate(zip(car["tones_db"], phases, strict=True), start=1):
        tones += db_to_gain(level_db) * np.sin(2 * np.pi * (car["tone_hz"] * times * seconds + phase))
    return tyres + tones


def add_round(signal: Signal, at: int, piece: Signal) -> None:
    """Add `piece` to a loop, from sample `at` on and over the end into the beginning."""
    np.add.at(signal, (at + np.arange(piece.size)) % signal.size, piece)


KINDS: dict[str, Callable[[Recipe, Size, Chance], Signal]] = {
    "noise": noise,
    "engine": engine,
    "joints": joints,
    "drops": drops,
    "wiper": wiper,
    "passes": passes,
}
"""What a layer's `kind` may be."""
