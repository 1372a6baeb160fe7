"""How loud a chapter is over its length, for the waveform: a byte a bar.

In: a sound file. Out: base64. ffmpeg decodes, with a deadline; an hour takes about a second of CPU.
"""

import base64
from itertools import pairwise
from pathlib import Path

from narrate.process import ffmpeg_path, run

BARS = 800
"""More than a waveform on the widest screen has; `static/waveform.js` takes the loudest of those that
a bar stands for."""

_TIMEOUT_S = 600
# Enough for the envelope of a voice, whose strongest parts are below 1 kHz; an hour is 14 MB. What is longer is looked
# at more coarsely, so that a day of sound in one file takes no more than 90 MB.
_SAMPLE_RATE = 4000
_COARSE_SAMPLE_RATE = 1000
_COARSE_FROM_S = 2 * 3600


def peaks(file: Path, duration_s: float) -> str:
    """The loudness (RMS) of each of `BARS` equal stretches of `file`, 255 the loudest of them, in base64.

    Raises AudioError when ffmpeg cannot read the file.
    """
    import numpy as np

    rate = _SAMPLE_RATE if duration_s < _COARSE_FROM_S else _COARSE_SAMPLE_RATE
    command = [ffmpeg_path(), "-nostdin", "-v", "error", "-protocol_whitelist", "file", "-i", f"file:{file}"]
    command += ["-map", "0:a:0", "-ac", "1", "-ar", str(rate), "-f", "s8", "-"]
    samples = np.frombuffer(run(command, timeout_s=_TIMEOUT_S).stdout, np.int8)
    edges = np.linspace(0, len(samples), BARS + 1).astype(int)
    # As integers of 64 bits only a bar at a time: the whole would be eight times as large.
    bars = np.array(
        [
            np.sqrt(np.mean(np.square(samples[start:end], dtype=np.int64))) if end > start else 0.0
            for start, end in pairwise(edges)
        ]
    )
    loudest = bars.max()
    levels = np.rint(255 * bars / loudest) if loudest > 0 else bars
    return base64.b64encode(levels.astype(np.uint8).tobytes()).decode("ascii")
