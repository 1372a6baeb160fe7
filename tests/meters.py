"""What ffmpeg's own meters say of PCM: the judge in tests of loudness."""

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from narrate.process import ffmpeg_path, run


def ebur128_lufs(pcm: NDArray[np.float32], sample_rate: int) -> float:
    """Integrated loudness of mono PCM by ffmpeg's `ebur128`, in steps of 0.01 LU (its log rounds to 0.1)."""
    command = [ffmpeg_path(), "-v", "error", "-f", "f32le", "-ar", str(sample_rate), "-ac", "1", "-i", "-"]
    command += ["-af", "ebur128=metadata=1,ametadata=print:file=-:key=lavfi.r128.I", "-f", "null", "-"]
    printed = run(command, timeout_s=60, stdin=pcm.astype("<f4").tobytes()).stdout.decode()
    return float(re.findall(r"lavfi\.r128\.I=(-?[\d.]+)", printed)[-1])


def true_peak_dbtp(path: Path) -> float:
    """The true peak of a sound file as decoded, by ffmpeg's `ebur128`, in steps of 0.1 dB."""
    command = [ffmpeg_path(), "-hide_banner", "-nostats", "-i", str(path), "-map", "0:a:0"]
    said = run([*command, "-af", "ebur128=peak=true:framelog=quiet", "-f", "null", "-"], timeout_s=60).stderr.decode()
    return float(re.findall(r"Peak:\s+(-?[\d.]+) dBFS", said)[-1])
