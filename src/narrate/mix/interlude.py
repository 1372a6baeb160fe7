"""Interludes: a few seconds of a bed, cut where its seed says, at its loudness, faded in and out.

In: the name of a scene (a bed of `audio/manifest.toml`) or the path of the listener's own recording. Out: mono PCM of
exactly the frames asked for, which may go on, faintly, under what is said next. It reads those files and nothing else.
pydub cuts, repeats, lays over and sets the gain; only the fade's curve is numpy's, because pydub's `fade` is linear in
amplitude, in steps of a millisecond, where two sounds that know nothing of each other want equal power.
"""

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from narrate.audio import decode, from_clip, to_clip
from narrate.errors import AudioError
from narrate.mix.beds import bed_path, stamp
from narrate.mix.loudness import block_powers, integrated_lufs
from narrate.units import db_to_gain
from narrate.units import frames as frames_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

PEAK_DBFS = -3.0
"""No sample of an interlude is above this, whatever the recording; it is then softer than asked for."""
SHORTEST_S = 0.5
"""A recording shorter than this would not loop but buzz."""
UNDER_SPEECH_LU = 24.0
"""How far below the speech a bed lies that goes on under it. WCAG 2.2, criterion 1.4.7, wants 20 dB; the other four are
for sentences softer than the chapter."""
_SWELL_LU = 3.0
"""No 400 ms of it are more than this above that, not even where a car passes."""
_LOOP_FADE_S = 1.0
_TRIES = 8
_HUSHED_LU = 12.0
"""A place so far below the recording's own loudness is a gap in it: another is tried, and it is never lifted more."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Bed:
    """A sound to cut interludes from: `clip` is a pydub AudioSegment, 16 bits, mono, at `sample_rate` Hz.

    `loudness_lufs` is its integrated loudness. `seamless` says that its end leads to its beginning.
    """

    clip: Any
    sample_rate: int
    loudness_lufs: float
    seamless: bool


def load_bed(sound: str | Path, *, sample_rate: int) -> Bed:
    """The bed of a scene (`str`) or a recording of the listener's own (`Path`), decoded at `sample_rate` Hz.

    Kept by the process as long as the file does not change. Raises AudioError when there is no such scene or file,
    when ffmpeg finds no audio in it, or when it is silent or shorter than half a second.
    """
    path = bed_path(sound)
    return _load(path, *stamp(path), sample_rate, isinstance(sound, str))


@dataclass(frozen=True, kw_only=True, slots=True)
class Under:
    """A bed that goes on for `frames` frames behind its interlude, under speech of `speech_lufs`."""

    frames: int
    speech_lufs: float


def clip(
    bed: Bed, *, frames: int, seed: str, loudness_lufs: float, fade_s: float, under: Under | None = None
) -> "NDArray[np.float32]":
    """An interlude of exactly `frames` frames (and those of `under`), shape (frames, 1), in [-1, 1], at the bed's rate.

    The same `seed` gives the same place in the bed, on every machine. What lies between the fades sits at
    `loudness_lufs` (ITU-R BS.1770-4), unless peaks would pass -3 dBFS. Both ends are faded over `fade_s` seconds,
    at most half the interlude, with equal power (a quarter of a sine). With `under` it does not end there, but sinks to
    UNDER_SPEECH_LU below the speech, stays there, and is faded out at the very end.
    """
    if frames <= 0:
        return np.zeros((under.frames if under else 0, 1), np.float32)
    fade = min(frames_of(fade_s, bed.sample_rate), frames // 2)
    length = frames + (under.frames if under else 0)
    piece, found_lufs = _choose(bed, length, slice(fade, frames - fade), seed)
    lift_db = loudness_lufs - max(found_lufs, bed.loudness_lufs - _HUSHED_LU)
    pcm: NDArray[np.float32] = from_clip(piece.apply_gain(min(lift_db, PEAK_DBFS - piece.max_dBFS)))
    rise = _rise(fade)
    pcm[:fade] *= rise
    if under is None or not under.frames:
        pcm[frames - fade :] *= rise[::-1]
        return pcm
    faint = _faint(pcm[frames:], bed.sample_rate, loudness_lufs, under.speech_lufs - UNDER_SPEECH_LU)
    pcm[frames - fade : frames] *= np.sqrt(rise[::-1] ** 2 + (faint * rise) ** 2)
    pcm[frames:] *= np.float32(faint)
    last = min(fade, under.frames // 2)
    pcm[length - last :] *= _rise(last)[::-1]
    return pcm


def _faint(pcm: "NDArray[np.float32]", sample_rate: int, loudness_lufs: float, wanted_lufs: float) -> float:
    """The gain that brings `pcm`, of a bed at `loudness_lufs`, to `wanted_lufs`, without lifting what is softer."""
    powers = block_powers(pcm, sample_rate)
    loudest_lufs = integrated_lufs(powers[[int(powers.argmax())]])
    down_db = max(loudness_lufs, integrated_lufs(powers), loudest_lufs - _SWELL_LU) - wanted_lufs
    return db_to_gain(min(0.0, -down_db))


def _choose(bed: Bed, frames: int, heard: slice, seed: str) -> tuple[Any, float]:
    """The first place of those that the seed names which is no gap in the recording, else the loudest of them; and how
    loud it is where it is fully `heard`."""
    best, best_lufs = None, -math.inf
    for start, source in _places(bed, frames, seed):
        piece = source.get_sample_slice(start, start + frames)
        pcm = from_clip(piece)
        middle = pcm[heard]
        steady = middle if len(middle) >= frames_of(0.4, bed.sample_rate) else pcm
        lufs = integrated_lufs(block_powers(steady, bed.sample_rate))
        if best is None or lufs > best_lufs:
            best, best_lufs = piece, lufs
        if lufs > bed.loudness_lufs - _HUSHED_LU:
            return piece, lufs
    return best, best_lufs


def _places(bed: Bed, frames: int, seed: str) -> Iterator[tuple[int, Any]]:
    """Starts of stretches of `frames` frames, and the clip, looped if need be, that they count in."""
    length = int(bed.clip.frame_count())
    source, room = bed.clip, length - frames + 1
    if room < 1:
        unit = bed.clip if bed.seamless else _looped(bed)
        room = int(unit.frame_count())
        # A loop may be entered anywhere, so one round more than the stretch is long.
        source = unit * (-(-frames // room) + 1)
    for attempt in range(_TRIES):
        digest = hashlib.sha256(f"{seed}\n{attempt}".encode()).digest()
        yield int.from_bytes(digest[:8], "big") % room, source


def _looped(bed: Bed) -> Any:
    """The bed with its end laid over its beginning, so that it can be repeated: shorter by the crossfade."""
    length = int(bed.clip.frame_count())
    fade = min(frames_of(_LOOP_FADE_S, bed.sample_rate), length // 2)
    rise = _rise(fade)
    head = from_clip(bed.clip.get_sample_slice(0, fade)) * rise
    tail = from_clip(bed.clip.get_sample_slice(length - fade, length)) * rise[::-1]
    seam = to_clip(tail, sample_rate=bed.sample_rate).overlay(to_clip(head, sample_rate=bed.sample_rate))
    return bed.clip.get_sample_slice(fade, length - fade).append(seam, crossfade=0)


def _rise(frame_count: int) -> "NDArray[np.float32]":
    """A quarter of a sine from 0, shape (frame_count, 1): with its mirror image the powers add up to one."""
    angle = np.arange(frame_count) * (math.pi / 2 / max(frame_count, 1))
    rise: NDArray[np.float32] = np.sin(angle).astype(np.float32)
    return rise.reshape(-1, 1)


@lru_cache(maxsize=4)
def _load(path: Path, _mtime_ns: int, _size: int, sample_rate: int, seamless: bool) -> Bed:
    pcm = decode(path, sample_rate=sample_rate)
    if len(pcm) < frames_of(SHORTEST_S, sample_rate):
        raise AudioError(f"{path}: too short for an interlude", hint="it must last half a second or more")
    loudness_lufs = integrated_lufs(block_powers(pcm, sample_rate))
    if loudness_lufs == -math.inf:
        raise AudioError(f"{path}: holds only silence")
    return Bed(
        clip=to_clip(pcm, sample_rate=sample_rate),
        sample_rate=sample_rate,
        loudness_lufs=loudness_lufs,
        seamless=seamless,
    )
