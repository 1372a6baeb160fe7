"""Conversions between the units that names in this program carry: seconds, frames, decibels.

A *frame* is one sample per channel. Every position inside a book is an integer count of frames at the
release's sample rate; seconds appear only at the edges, where people and files want them.
"""

import math


def db_to_gain(level_db: float) -> float:
    """The linear amplitude factor of `level_db` decibels (20·log10)."""
    return float(10.0 ** (level_db / 20.0))


def gain_to_db(gain: float) -> float:
    """Decibels of a linear amplitude factor; -inf for zero."""
    return 20.0 * math.log10(gain) if gain > 0 else -math.inf


def frames(duration_s: float, sample_rate: int) -> int:
    """The whole number of frames nearest to `duration_s` seconds at `sample_rate` Hz."""
    return round(duration_s * sample_rate)


def seconds(frame_count: int, sample_rate: int) -> float:
    """Seconds of `frame_count` frames, rounded to the microsecond so that equal counts print equally."""
    return round(frame_count / sample_rate, 6)


def milliseconds(frame_count: int, sample_rate: int) -> int:
    """The whole number of milliseconds nearest to `frame_count` frames; of two as near the later one."""
    return (2000 * frame_count + sample_rate) // (2 * sample_rate)


def clock(duration_s: float) -> str:
    """`duration_s` as a person reads it: `4:07`, `1:02:09`."""
    whole = round(duration_s)
    hours, minutes, secs = whole // 3600, whole % 3600 // 60, whole % 60
    return f"{hours}:{minutes:02d}:{secs:02d}" if hours else f"{minutes}:{secs:02d}"
